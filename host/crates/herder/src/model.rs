//! What the herder answers with.

use crate::Stage;
use cofferdam_plugin::{ConfigMap, PluginDesc, PluginType, Unusable};
use cofferdam_storage::Status;
use std::collections::BTreeMap;

/// A configuration as it was asked for: JSON nulls are kept, so that they can be refused by name.
pub type RequestedConfig = BTreeMap<String, Option<String>>;

/// What kind a connector is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConnectorKind {
    /// Writes into Kafka.
    Source,
    /// Reads from Kafka.
    Sink,
    /// Its class is not installed here.
    Unknown,
}

impl From<PluginType> for ConnectorKind {
    fn from(plugin_type: PluginType) -> Self {
        match plugin_type {
            PluginType::Source => Self::Source,
            PluginType::Sink => Self::Sink,
            _ => Self::Unknown,
        }
    }
}

/// A connector as it is configured. Kafka: `ConnectorInfo`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectorInfo {
    /// Its name.
    pub name: String,
    /// Its configuration as it was given.
    pub config: ConfigMap,
    /// How many tasks it has, numbered from 0.
    pub tasks: u32,
    /// Its kind.
    pub kind: ConnectorKind,
}

/// A task as it is configured. Kafka: `TaskInfo`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskInfo {
    /// Its connector.
    pub connector: String,
    /// Its number.
    pub task: u32,
    /// Its configuration.
    pub config: ConfigMap,
}

/// What is observed of a connector or task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateInfo {
    /// The state, in Kafka's word (`RUNNING`).
    pub state: String,
    /// Who wrote it.
    pub worker_id: String,
    /// The plugin's version; `None` if it was never known.
    pub version: Option<String>,
    /// What went wrong; never empty.
    pub trace: Option<String>,
}

impl From<Status> for StateInfo {
    fn from(status: Status) -> Self {
        Self {
            state: status.state.to_string(),
            worker_id: status.worker_id,
            version: status.version,
            trace: status.trace.filter(|trace| !trace.is_empty()),
        }
    }
}

/// What is observed of a connector and its tasks. Kafka: `ConnectorStateInfo`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectorStateInfo {
    /// The connector's name.
    pub name: String,
    /// The connector itself.
    pub connector: StateInfo,
    /// Its tasks, by number.
    pub tasks: Vec<(u32, StateInfo)>,
    /// Its kind.
    pub kind: ConnectorKind,
}

/// What the worker says about itself. Kafka: `ServerInfo`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerInfo {
    /// The version of Kafka Connect whose interface this is.
    pub version: String,
    /// 16 hex digits: what this worker was built from.
    pub commit: String,
    /// The Kafka cluster; `None` until it has been reached.
    pub kafka_cluster_id: Option<String>,
}

/// Whether the worker can do its work (rest.md §11).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Health {
    /// It answers.
    Healthy,
    /// Connectors given at start are still being created.
    Starting(Option<Stage>),
    /// It started, and does not answer now.
    Unhealthy(Option<Stage>),
}

/// One installed class. Kafka: `PluginInfo`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PluginInfo {
    /// The class.
    pub class: String,
    /// Its kind.
    pub plugin_type: PluginType,
    /// Its version; `undefined` if it has none.
    pub version: String,
}

/// What was found in `plugin.path`, and what is built in.
pub struct PluginFiles {
    /// What can be used.
    pub plugins: Vec<PluginDesc>,
    /// Files that cannot be used.
    pub unusable: Vec<Unusable>,
}
