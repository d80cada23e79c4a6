//! A connector's offsets (rest.md §9): whether they may be changed now, and what the requester is told.

use crate::HerderError;
use crate::handle::REQUEST_TIMEOUT;
use crate::standalone::Standalone;
use cofferdam_config::TargetState;
use cofferdam_worker::OffsetsChange;

impl Standalone {
    /// The partitions of a connector, and the offset of each, as JSON objects.
    pub(crate) async fn offsets(&self, name: &str) -> Result<Vec<(String, String)>, HerderError> {
        let config = self.configured(name)?.config;
        Ok(self.worker().offsets(name, &config, REQUEST_TIMEOUT).await?)
    }

    /// Changes offsets, within the time that a request has at most, whether somebody waits for it or not.
    pub(crate) async fn modify_offsets(&self, name: &str, change: OffsetsChange) -> Result<String, HerderError> {
        let state = self.configured(name)?;
        if state.target != TargetState::Stopped || !state.tasks.is_empty() {
            return Err(HerderError::NotStopped(name.to_owned()));
        }
        let _stage = self.begin(name, format!("modifying offsets for connector {name}"));
        let done = if change == OffsetsChange::Reset { "reset" } else { "altered" };
        let modified = self.worker().modify_offsets(name, &state.config, change, REQUEST_TIMEOUT);
        let complete = self.unless_superseded(name, modified).await?;
        tracing::info!(connector = name, done, "offsets were changed");
        Ok(told(done, complete))
    }
}

/// Kafka: `Worker.completeModifyOffsetsCallback`.
fn told(done: &str, complete: bool) -> String {
    if complete {
        return format!("The offsets for this connector have been {done} successfully");
    }
    format!(
        "The Connect framework-managed offsets for this connector have been {done} successfully. However, if this connector \
         manages offsets externally, they will need to be manually {done} in the system that the connector uses."
    )
}
