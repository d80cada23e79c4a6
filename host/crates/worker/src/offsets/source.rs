//! Source offsets: what the offset store has.

use super::json::normalized;
use super::{OffsetsChange, OffsetsError, RequestedOffset, Subject};
use std::collections::BTreeMap;
use tokio::time::timeout_at;

pub(super) async fn read(connector: &Subject<'_>) -> Result<Vec<(String, String)>, OffsetsError> {
    connector.worker.offsets.all(connector.name).await.map_err(|error| {
        tracing::error!(connector = connector.name, %error, "failed to read source offsets");
        OffsetsError::ReadSource(connector.name.to_owned())
    })
}

pub(super) async fn modify(connector: &Subject<'_>, change: OffsetsChange) -> Result<bool, OffsetsError> {
    let (name, store) = (connector.name, &connector.worker.offsets);
    let requested = match change {
        OffsetsChange::Alter(requested) => requested,
        OffsetsChange::Reset => {
            let all = timeout_at(connector.deadline, store.all(name)).await;
            let all = all.map_err(|_| OffsetsError::ReadTimeout(name.to_owned()))?;
            let forget = |(partition, _)| RequestedOffset { partition: Some(partition), offset: None };
            all.map_err(|error| connector.modify_failed(error))?.into_iter().map(forget).collect()
        }
    };
    let changes: Vec<_> = changes(requested)?.into_iter().collect();
    let complete = connector.agrees(&changes).await?;
    if changes.is_empty() {
        tracing::info!(connector = name, "no source offsets to forget: there are none, or none any more");
        return Ok(complete);
    }
    let written = timeout_at(connector.deadline, store.write(name, changes)).await;
    written
        .map_err(|_| OffsetsError::WriteTimeout(name.to_owned()))?
        .map_err(|error| connector.modify_failed(error))?;
    Ok(complete)
}

/// The offset of each source partition, of equal ones the last.
fn changes(requested: Vec<RequestedOffset>) -> Result<BTreeMap<String, Option<String>>, OffsetsError> {
    let mut changes = BTreeMap::new();
    for RequestedOffset { partition, offset } in requested {
        let offset = offset.as_deref().map(normalized).transpose()?;
        match (partition, offset) {
            (Some(partition), offset) => drop(changes.insert(normalized(&partition)?, offset)),
            // Nothing is ever stored there, so there is nothing to forget.
            (None, None) => {}
            (None, Some(_)) => {
                let text = "The partition for a source connector offset cannot be null or missing";
                return Err(OffsetsError::Invalid(text.to_owned()));
            }
        }
    }
    Ok(changes)
}
