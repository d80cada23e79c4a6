//! What the worker can answer the herder instead of doing what it was asked.

use cofferdam_config::{ProviderError, TargetState};
use cofferdam_plugin::{PluginError, ResolveError};
use thiserror::Error;

/// Why a connector could not be run as asked. The messages are Kafka Connect's where it has one (runtime.md §1.3, §8).
#[derive(Debug, Error)]
pub enum WorkerError {
    /// The class is not installed here.
    #[error(transparent)]
    Class(#[from] ResolveError),
    /// A placeholder in the configuration cannot be resolved.
    #[error(transparent)]
    Provider(#[from] ProviderError),
    /// The plugin's own failure.
    #[error("{0}")]
    Plugin(#[from] PluginError),
    /// A setting of the connector cannot be used.
    #[error("Invalid value {value} for configuration {key}: {reason}")]
    Setting {
        /// The configuration key.
        key: String,
        /// Its value.
        value: String,
        /// What is wrong with it.
        reason: String,
    },
    /// More task configs than allowed.
    #[error(
        "The connector {name} has generated {generated} tasks, which is greater than {max}, the maximum number of tasks \
         it is configured to create. This behaviour should be considered a bug and is disallowed. If necessary, it can \
         be permitted by reconfiguring the connector with 'tasks.max.enforce' set to false; however, this option will \
         be removed in a future release of Kafka Connect."
    )]
    TooManyTasks {
        /// The connector.
        name: String,
        /// Task configs that it gave.
        generated: usize,
        /// `tasks.max`.
        max: u32,
    },
    /// No connector of that name runs on this worker.
    #[error("Connector {0} is not running on this worker")]
    NotRunning(String),
    /// A connector that failed can only be stopped or restarted.
    #[error("WorkerConnector{{id={name}}} Cannot transition connector to {target} since it has failed")]
    HasFailed {
        /// The connector.
        name: String,
        /// What was asked.
        target: TargetState,
    },
    /// A connector of that name runs already.
    #[error("Connector {0} already exists in this worker")]
    AlreadyRunning(String),
}
