//! What a call into a plugin can come back with instead of a result.

use std::time::Duration;
use thiserror::Error;

/// Why a call into a plugin did not succeed.
///
/// The three are kept apart because the worker does different things: it repeats a retriable call with the same
/// instance, it stops an instance that failed, and it never calls a broken one again.
#[derive(Clone, Debug, Error)]
pub enum PluginError {
    /// The plugin asks for the same call again, after so long if it says.
    #[error("{message}")]
    Retriable {
        /// The plugin's words.
        message: String,
        /// How long it asks to wait.
        after: Option<Duration>,
    },
    /// The plugin gave up, in its own words. The instance is sound: `stop` may be called.
    #[error("{0}")]
    Failed(String),
    /// The instance is gone: a trap, a limit, a missed deadline, an answer that contradicts itself. No further call,
    /// not even `stop`. The text is the whole trace: cause first, then the guest's backtrace.
    #[error("{0}")]
    Broken(String),
}

impl PluginError {
    /// Whether the instance can still be called.
    pub fn instance_is_sound(&self) -> bool {
        !matches!(self, Self::Broken(_))
    }
}
