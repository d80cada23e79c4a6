//! A connector's offsets, seen and changed from outside (rest.md §9). Kafka: `Worker.connectorOffsets`,
//! `Worker.modifyConnectorOffsets`.
//!
//! Of a source they are what the offset store has; of a sink, what its consumer group has committed. A change is checked,
//! then the connector is asked, then it is made. Whether nothing of the connector runs is the herder's to know.

mod error;
mod json;
mod sink;
mod source;

pub use error::OffsetsError;

use crate::WorkerContext;
use crate::providers::resolve;
use crate::task::retry_pause;
use crate::worker::is_source;
use cofferdam_config::ResolvedConfig;
use cofferdam_plugin::{ConfigMap, ConnectorContext, ConnectorPlugin, Interrupt, OffsetChange, PluginError, redacted};
use error::Kind;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// An offset as a request names it. Both are JSON objects, or null.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestedOffset {
    /// Whose offset.
    pub partition: Option<String>,
    /// The offset; `None`: to be forgotten.
    pub offset: Option<String>,
}

/// What is to become of a connector's offsets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OffsetsChange {
    /// These are set or forgotten, the others stay.
    Alter(Vec<RequestedOffset>),
    /// All are forgotten.
    Reset,
}

/// See [`crate::Worker::offsets`].
pub(crate) async fn read(
    worker: &WorkerContext,
    name: &str,
    config: &ConfigMap,
    timeout: Duration,
) -> Result<Vec<(String, String)>, OffsetsError> {
    let connector = Subject::new(worker, name, config, timeout).await?;
    match connector.kind {
        Kind::Source => source::read(&connector).await,
        Kind::Sink => sink::read(&connector).await,
    }
}

/// See [`crate::Worker::modify_offsets`].
pub(crate) async fn modify(
    worker: &WorkerContext,
    name: &str,
    config: &ConfigMap,
    change: OffsetsChange,
    timeout: Duration,
) -> Result<bool, OffsetsError> {
    let connector = Subject::new(worker, name, config, timeout).await?;
    match connector.kind {
        Kind::Source => source::modify(&connector, change).await,
        Kind::Sink => sink::modify(&connector, change).await,
    }
}

/// The connector that a request is about.
struct Subject<'a> {
    worker: &'a WorkerContext,
    name: &'a str,
    /// With values in the place of placeholders.
    config: ConfigMap,
    plugin: Arc<dyn ConnectorPlugin>,
    kind: Kind,
    /// All must be done by then.
    deadline: Instant,
}

impl<'a> Subject<'a> {
    async fn new(
        worker: &'a WorkerContext,
        name: &'a str,
        config: &ConfigMap,
        timeout: Duration,
    ) -> Result<Self, OffsetsError> {
        let deadline = Instant::now() + timeout;
        let ResolvedConfig { config, secrets, .. } = resolve(&worker.config, name, config).await?;
        let plugin =
            redacted(worker.catalog.connector_of(&config).map_err(|error| error.redacted(&secrets))?, &secrets);
        let kind = if is_source(plugin.desc()) { Kind::Source } else { Kind::Sink };
        Ok(Self { worker, name, config, plugin, kind, deadline })
    }

    /// Time that is left.
    fn left(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }

    /// Has the connector agree to a change, in an instance that was made for it alone.
    async fn agrees(&self, changes: &[OffsetChange]) -> Result<bool, OffsetsError> {
        let asked = timeout_at(self.deadline, self.ask(changes)).await;
        match asked.map_err(|_| OffsetsError::ConnectorTimeout { kind: self.kind, name: self.name.to_owned() })? {
            Ok(complete) => Ok(complete),
            Err(PluginError::Failed(message) | PluginError::Retriable { message, .. }) => {
                Err(OffsetsError::Refused(message))
            }
            Err(PluginError::Broken(trace)) => Err(self.modify_failed(trace)),
        }
    }

    async fn ask(&self, changes: &[OffsetChange]) -> Result<bool, PluginError> {
        let offsets =
            (self.kind == Kind::Source).then(|| crate::source::offset_reader(&self.worker.offsets, self.name));
        let (name, config, interrupt) = (self.name.to_owned(), self.config.clone(), Interrupt::default());
        let mut instance = self.plugin.connector(ConnectorContext { name, config, interrupt, offsets }).await?;
        loop {
            match instance.alter_offsets(changes).await {
                Err(PluginError::Retriable { message, after }) => {
                    tracing::warn!(connector = self.name, message, "altering offsets is to be tried again");
                    tokio::time::sleep(retry_pause(after)).await;
                }
                answered => return answered,
            }
        }
    }

    /// The answer does not say why (rest.md §9.2), so the log does.
    fn modify_failed(&self, cause: impl std::fmt::Display) -> OffsetsError {
        tracing::error!(connector = self.name, %cause, "failed to modify offsets");
        OffsetsError::Modify { kind: self.kind, name: self.name.to_owned() }
    }
}
