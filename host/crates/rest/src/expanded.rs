//! `GET /connectors?expand=…`: everything about every connector, in one answer (rest.md §4.1).
//!
//! Dashboards ask for it again and again, and it changes seldom: the last answer is kept and given until something that
//! it tells has changed. Whoever asks while it is being made waits for it rather than making another.

use crate::entity::{ConnectorInfoEntity, ConnectorStateInfoEntity};
use crate::error::ApiError;
use axum::body::Bytes;
use axum::http::StatusCode;
use cofferdam_herder::{HerderError, HerderHandle};
use serde::{Serialize, Serializer};
use tokio::sync::Mutex;

/// What can be told of a connector besides its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expansion {
    Status,
    Info,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Expanded {
    Status(ConnectorStateInfoEntity),
    Info(ConnectorInfoEntity),
}

/// The last answer.
#[derive(Debug, Default)]
pub(crate) struct ExpandedList {
    last: Mutex<Option<Answer>>,
}

#[derive(Debug)]
struct Answer {
    revision: u64,
    expansions: Vec<Expansion>,
    body: Bytes,
}

impl ExpandedList {
    /// The answer as JSON. Expansions that are not known are ignored.
    pub(crate) async fn get(&self, herder: &HerderHandle, expansions: &[&str]) -> Result<Bytes, ApiError> {
        let expansions = Expansion::parse(expansions);
        let mut last = self.last.lock().await;
        // Read before what it is about: a change meanwhile makes the answer newer than it says, never older.
        let revision = herder.revision();
        if let Some(answer) = &*last
            && (answer.revision, &answer.expansions) == (revision, &expansions)
        {
            return Ok(answer.body.clone());
        }
        let body = make(herder, &expansions).await?;
        *last = Some(Answer { revision, expansions, body: body.clone() });
        Ok(body)
    }
}

impl Expansion {
    /// Each once, in the order asked for.
    fn parse(texts: &[&str]) -> Vec<Self> {
        let mut known = Vec::new();
        for text in texts {
            let expansion = match *text {
                "status" => Self::Status,
                "info" => Self::Info,
                _ => continue,
            };
            if !known.contains(&expansion) {
                known.push(expansion);
            }
        }
        known
    }

    async fn of(self, herder: &HerderHandle, name: &str) -> Result<(&'static str, Expanded), HerderError> {
        Ok(match self {
            Self::Status => ("status", Expanded::Status(herder.connector_status(name).await?.into())),
            Self::Info => ("info", Expanded::Info(herder.connector_info(name).await?.into())),
        })
    }
}

/// A JSON object with its fields in this order.
struct Object<K, V>(Vec<(K, V)>);

impl<K: Serialize, V: Serialize> Serialize for Object<K, V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

async fn make(herder: &HerderHandle, expansions: &[Expansion]) -> Result<Bytes, ApiError> {
    let mut connectors = Vec::new();
    'connectors: for name in herder.connectors().await {
        let mut fields = Vec::with_capacity(expansions.len());
        for expansion in expansions {
            match expansion.of(herder, &name).await {
                Ok(field) => fields.push(field),
                // A connector that disappears meanwhile, or has no status yet, is left out.
                Err(HerderError::NoStatus(_) | HerderError::ConnectorNotFound(_)) => continue 'connectors,
                Err(error) => return Err(error.into()),
            }
        }
        connectors.push((name, Object(fields)));
    }
    let json = serde_json::to_vec(&Object(connectors));
    Ok(json.map_err(|error| ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()))?.into())
}
