//! Why a connector's offsets could not be read or changed, in Kafka Connect's words (rest.md §9).

use cofferdam_config::ProviderError;
use cofferdam_plugin::ResolveError;
use std::fmt;
use thiserror::Error;

/// What kind of connector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Writes into Kafka.
    Source,
    /// Reads from Kafka.
    Sink,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Source => "source",
            Self::Sink => "sink",
        })
    }
}

/// What was to be done with the offsets of a sink's consumer group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupChange {
    /// Some were to be set or forgotten.
    Alter,
    /// The group was to be forgotten.
    Reset,
}

impl fmt::Display for GroupChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Alter => "alter",
            Self::Reset => "reset",
        })
    }
}

/// Why offsets could not be read or changed. Where Kafka Connect's words say no cause, the log has it.
#[derive(Debug, Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum OffsetsError {
    /// The class is not installed here.
    #[error(transparent)]
    Class(#[from] ResolveError),
    /// A placeholder in the configuration cannot be looked up.
    #[error(transparent)]
    Provider(#[from] ProviderError),
    /// A partition or an offset that can be none of this kind of connector.
    #[error("{0}")]
    Invalid(String),
    /// Not a map of primitive values. Kafka: `DataException`.
    #[error("{0}")]
    Format(String),
    /// The connector does not agree, in its own words.
    #[error("{0}")]
    Refused(String),
    #[error("Failed to retrieve offsets for source connector {0}")]
    ReadSource(String),
    #[error("Failed to retrieve consumer group offsets for sink connector {0}")]
    ReadSink(String),
    #[error("Failed to modify offsets for {kind} connector {name}")]
    Modify { kind: Kind, name: String },
    #[error("Timed out while calling the 'alterOffsets' method for {kind} connector {name}")]
    ConnectorTimeout { kind: Kind, name: String },
    #[error(
        "Timed out while trying to read to the end of the offsets topic prior to modifying offsets for source connector \
         {0}"
    )]
    ReadTimeout(String),
    #[error("Timed out while attempting to modify offsets for source connector {0}")]
    WriteTimeout(String),
    #[error("Failed to list offsets prior to resetting offsets for sink connector {0}")]
    ListBeforeReset(String),
    #[error(
        "Failed to {change} consumer group offsets for connector {name} either because its tasks haven't stopped completely \
         yet or the connector was resumed before the request to {change} its offsets could be successfully completed. If \
         the connector is in a stopped state, this operation can be safely retried. If it doesn't eventually succeed, the \
         Connect cluster may need to be restarted to get rid of the zombie sink tasks."
    )]
    GroupIsActive { change: GroupChange, name: String },
    #[error("Failed to alter consumer group offsets for connector {0}")]
    AlterGroup(String),
    #[error("Failed to reset consumer group offsets for sink connector {0}")]
    ResetGroup(String),
}
