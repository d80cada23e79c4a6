//! Connectors: the classes that can be asked for, and running instances.

use crate::{ConfigMap, Grant, Interrupt, OffsetReader, PluginDesc, PluginError, SinkTask, SourceTask, TaskContext};
use async_trait::async_trait;
use std::sync::Arc;
use std::time::Duration;

/// Remarks about one configuration key, beyond what its definition says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// The key.
    pub name: String,
    /// What is wrong with its value, each a whole message.
    pub errors: Vec<String>,
    /// Values to offer.
    pub recommended: Vec<String>,
    /// Whether the key matters, given the others.
    pub visible: bool,
}

/// A source partition (JSON object), and the offset (JSON object) that it gets, or `None`: it is forgotten. A sink's
/// partitions are `{"kafka_topic":…,"kafka_partition":…}`, its offsets `{"kafka_offset":…}`.
pub type OffsetChange = (String, Option<String>);

/// What a connector instance is given by its host.
pub struct ConnectorContext {
    /// The connector's name.
    pub name: String,
    /// Its configuration, without nulls.
    pub config: ConfigMap,
    /// What waits for its running call.
    pub interrupt: Interrupt,
    /// Reads stored source offsets; `None` for sinks.
    pub offsets: Option<Arc<dyn OffsetReader>>,
}

/// One connector class, from which connector and task instances are made. A method that is added here, to [`Connector`],
/// [`SourceTask`] or [`SinkTask`] is to be forwarded by [`crate::redacted`], too: with a default body the compiler does not
/// ask for it.
#[async_trait]
pub trait ConnectorPlugin: Send + Sync {
    /// What the class says about itself.
    fn desc(&self) -> &PluginDesc;

    /// What its definition cannot say about this configuration: the plugin's own verdicts, and for every key that names
    /// something outside of what the worker allows, an error on that key. Bounded in time.
    async fn validate(&self, config: &ConfigMap) -> Result<Vec<Verdict>, PluginError>;

    /// What a connector with this configuration may reach. Nothing, unless the class runs in a sandbox that says so.
    fn grants(&self, _config: &ConfigMap) -> Vec<Grant> {
        Vec::new()
    }

    /// A fresh connector instance, not started.
    async fn connector(&self, context: ConnectorContext) -> Result<Box<dyn Connector>, PluginError>;

    /// A fresh source task instance, not started. Fails on a sink's class.
    async fn source_task(&self, context: TaskContext) -> Result<Box<dyn SourceTask>, PluginError>;

    /// A fresh sink task instance, not started. Fails on a source's class.
    async fn sink_task(&self, context: TaskContext) -> Result<Box<dyn SinkTask>, PluginError>;
}

/// What a look at the external system brought (WIT `connector.observation`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Observation {
    /// Task configs are to be computed anew.
    pub reconfigure: bool,
    /// Look again after so long; `None`: never again.
    pub again: Option<Duration>,
}

/// A running connector: splits the work into task configs.
#[async_trait]
pub trait Connector: Send {
    /// Starts it. May be called again after `stop`.
    async fn start(&mut self) -> Result<(), PluginError>;

    /// At most `max` task configurations.
    async fn task_configs(&mut self, max: u32) -> Result<Vec<ConfigMap>, PluginError>;

    /// Looks whether the external system has changed.
    async fn watch(&mut self) -> Result<Observation, PluginError>;

    /// Stops it.
    async fn stop(&mut self) -> Result<(), PluginError>;

    /// Checks offsets that an operator wants to set (`None`: forget), on an instance that is not started (WIT
    /// `connector.alter-offsets`). `true`: nothing else is to be done by hand in the external system. An error refuses the
    /// change.
    async fn alter_offsets(&mut self, _changes: &[OffsetChange]) -> Result<bool, PluginError> {
        Ok(false)
    }
}
