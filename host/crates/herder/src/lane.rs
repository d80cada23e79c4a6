//! What can be asked of one connector. Operations on a connector are done one after the other, in its lane.

use crate::{ConnectorInfo, ConnectorStateInfo, HerderError, RestartRequest};
use cofferdam_config::TargetState;
use cofferdam_plugin::ConfigMap;
use cofferdam_worker::OffsetsChange;
use tokio::sync::oneshot;

/// Where an operation's result goes.
#[derive(Debug)]
pub(crate) struct Reply<T>(oneshot::Sender<Result<T, HerderError>>);

impl<T> Reply<T> {
    /// A reply and where to wait for it.
    pub(crate) fn channel() -> (Self, oneshot::Receiver<Result<T, HerderError>>) {
        let (sender, receiver) = oneshot::channel();
        (Self(sender), receiver)
    }

    /// Answers. What nobody waits for any more is logged if it failed.
    pub(crate) fn answer(self, connector: &str, result: Result<T, HerderError>) {
        if let Err(Err(error)) = self.0.send(result) {
            tracing::warn!(connector, %error, "operation failed after its request had timed out or gone away");
        }
    }
}

/// A new configuration for a connector; validated.
#[derive(Debug)]
pub(crate) struct NewConfig {
    /// The configuration.
    pub(crate) config: ConfigMap,
    /// The configuration that it was derived from, if it must not have changed since.
    pub(crate) derived_from: Option<ConfigMap>,
}

/// What became of a [`NewConfig`].
#[derive(Debug)]
pub(crate) enum Put {
    /// There was no such connector.
    Created(ConnectorInfo),
    /// There was one.
    Updated(ConnectorInfo),
    /// The configuration that it was derived from is not the current one; nothing was done.
    Stale,
}

/// One operation on one connector.
#[derive(Debug)]
pub(crate) enum Operation {
    Create(ConfigMap, TargetState, Reply<ConnectorInfo>),
    Put(NewConfig, Reply<Put>),
    Delete(Reply<()>),
    /// Makes what runs follow the target state, which is already written.
    ApplyTarget(Option<Reply<()>>),
    /// The connector instance alone.
    RestartConnector(Reply<()>),
    Restart(RestartRequest, Reply<ConnectorStateInfo>),
    RestartTask(u32, Reply<()>),
    /// Computes the task configs anew.
    Reconfigure,
    /// Answers with what was done, in words.
    ModifyOffsets(OffsetsChange, Reply<String>),
}

impl Operation {
    /// Whether another one right behind it would do nothing more.
    pub(crate) fn covers(&self, next: &Self) -> bool {
        matches!((self, next), (Self::Reconfigure, Self::Reconfigure) | (Self::ApplyTarget(_), Self::ApplyTarget(None)))
    }

    /// Whether it begins with stopping the connector, so that what an earlier one still waits for is pointless. A
    /// configuration that was derived from another one may turn out stale, and then nothing is stopped.
    pub(crate) fn supersedes(&self) -> bool {
        match self {
            Self::Put(new, _) => new.derived_from.is_none(),
            Self::Delete(_) | Self::RestartConnector(_) => true,
            _ => false,
        }
    }
}

/// How an operation went, beyond its reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Done,
    /// The task configs could not be computed; it is worth another try.
    RetryReconfigure,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_turn_out_stale_stops_nothing_before_its_turn() {
        let put = |derived_from| {
            let new = NewConfig { config: ConfigMap::new(), derived_from };
            Operation::Put(new, Reply::channel().0)
        };
        assert!(put(None).supersedes());
        assert!(!put(Some(ConfigMap::new())).supersedes());
        assert!(Operation::Delete(Reply::channel().0).supersedes());
    }
}
