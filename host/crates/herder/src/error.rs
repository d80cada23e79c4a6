//! What the herder can answer instead of a result.

use crate::Stage;
use cofferdam_config::{ConfigError, ProviderError, Secrets};
use cofferdam_plugin::{PluginError, ResolveError};
use cofferdam_worker::{OffsetsError, WorkerError};
use thiserror::Error;

/// Why a request was not done. The texts are Kafka Connect's (rest.md §4 to §8) wherever it has one.
#[derive(Debug, Error)]
pub enum HerderError {
    /// No such connector; for requests that read or change its configuration.
    #[error("Connector {0} not found")]
    ConnectorNotFound(String),
    /// No such connector; for requests that change its target state.
    #[error("Unknown connector {0}")]
    UnknownConnector(String),
    /// No such connector; for restarts.
    #[error("Unknown connector: {0}")]
    UnknownToRestart(String),
    /// The connector has no such task.
    #[error("Task {0} not found")]
    TaskNotFound(String),
    /// The connector has no status, or does not exist.
    #[error("No status found for connector {0}")]
    NoStatus(String),
    /// The task has no status, or does not exist.
    #[error("No status found for task {0}")]
    NoTaskStatus(String),
    /// A restart with a plan needs a status.
    #[error("Status for connector {0} not found")]
    NoStatusToRestart(String),
    /// Neither a class nor an alias of a plugin.
    #[error("Unknown plugin {0}.")]
    UnknownPlugin(String),
    /// The name is taken.
    #[error("Connector {0} already exists")]
    AlreadyExists(String),
    /// The configuration carries another name.
    #[error("Connector name configuration ({configured}) doesn't match connector name in the URL ({name})")]
    NameMismatch {
        /// `name` in the configuration.
        configured: String,
        /// The name that was asked for.
        name: String,
    },
    /// `connector.class` is missing.
    #[error("Connector config contains no connector type")]
    NoConnectorType,
    /// `connector.class` names nothing that is installed, or more than one thing.
    #[error(transparent)]
    Class(#[from] ResolveError),
    /// A version requirement cannot be read.
    #[error("{0}")]
    VersionSyntax(String),
    /// A plugin's class is installed, but not in a version as required.
    #[error("{0}")]
    NoSuchVersion(String),
    /// The configuration has errors; the text lists all of them.
    #[error("{0}")]
    InvalidConfig(String),
    /// A value for a Kafka client that its type does not allow.
    #[error(transparent)]
    ClientOverride(#[from] ConfigError),
    /// Records would pass as if the key were not set.
    #[error(
        "Connector config sets {key} to {value}, but this version of Cofferdam does not run transformations and \
         predicates yet; remove {key} and the keys that begin with it"
    )]
    ChainNotRun {
        /// `transforms` or `predicates`.
        key: &'static str,
        /// Its value.
        value: String,
    },
    /// The class to validate is not of the type that the request names.
    #[error("Included connector type {included} does not match request type {requested}")]
    TypeMismatch {
        /// `connector.class`.
        included: String,
        /// The type in the request.
        requested: String,
    },
    /// The connector's configuration changed again and again while a patch was being validated.
    #[error(
        "The configuration of connector {0} was changed by other requests while the patch was validated; try again"
    )]
    PatchConflict(String),
    /// A later request stops the connector anyway, so this one did not wait for it any longer.
    #[error("Connector {0} did not answer, and a later request replaces this one")]
    Superseded(String),
    /// A placeholder in the configuration cannot be resolved.
    #[error(transparent)]
    Provider(#[from] ProviderError),
    /// A plugin failed while it validated.
    #[error("{0}")]
    Plugin(#[from] PluginError),
    /// The connector did not start, or did not give task configs. It stays configured.
    #[error("{0}")]
    Connector(#[from] WorkerError),
    /// An alteration of offsets that names none.
    #[error("Partitions / offsets need to be provided for an alter offsets request")]
    NoOffsets,
    /// Offsets are changed only while nothing of the connector runs.
    #[error(
        "Connectors must be in the STOPPED state before their offsets can be modified. This can be done for the specified \
         connector by issuing a 'PUT' request to the '/connectors/{0}/stop' endpoint"
    )]
    NotStopped(String),
    /// The connector's offsets could not be read or changed.
    #[error("{0}")]
    Offsets(#[from] OffsetsError),
    /// The worker does not track topics (`topic.tracking.enable`).
    #[error("Topic tracking is disabled.")]
    TopicTracking,
    /// The worker lets nobody reset the topics that it tracks (`topic.tracking.allow.reset`).
    #[error("Topic tracking reset is disabled.")]
    TopicTrackingReset,
    /// The task could not be made; its status says why.
    #[error("Failed to start task: {0}")]
    TaskStart(String),
    /// Task configs come from other workers only, and there are none.
    #[error("Kafka Connect in standalone mode does not support externally setting task configurations.")]
    NoTaskConfigs,
    /// Zombies are those of other workers.
    #[error("Kafka Connect in standalone mode does not support exactly-once source connectors.")]
    NoFencing,
    /// Not done within the time that a request has. It may still be done later.
    #[error("{}", timed_out(.0.as_ref()))]
    Timeout(Option<Stage>),
    /// A bug of ours; the log has the details.
    #[error("The operation ended unexpectedly; the worker's log says why")]
    Panicked,
    /// The worker is going down.
    #[error("The herder is shutting down")]
    ShuttingDown,
}

impl HerderError {
    /// The error of a validation without the values of placeholders in its text.
    #[must_use]
    pub(crate) fn redacted(self, secrets: &Secrets) -> Self {
        match self {
            Self::Class(error) => Self::Class(error.redacted(secrets)),
            Self::Plugin(error) => Self::Plugin(error.redacted(secrets)),
            Self::ClientOverride(error) => Self::ClientOverride(ConfigError {
                value: error.value.map(|value| secrets.redact(&value).into_owned()),
                message: secrets.redact(&error.message).into_owned(),
                ..error
            }),
            Self::VersionSyntax(text) => Self::VersionSyntax(secrets.redact(&text).into_owned()),
            other => other,
        }
    }
}

fn timed_out(stage: Option<&Stage>) -> String {
    match stage {
        Some(stage) => format!("Request timed out. {stage}"),
        None => "Request timed out".to_owned(),
    }
}
