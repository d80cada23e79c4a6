//! The wire types: names, order and presence of fields are Kafka Connect's (rest.md).

use cofferdam_config::{ConfigKey, ConfigValue, DefaultValue};
use cofferdam_herder::{
    ConfigEntry, ConfigReport, ConnectorInfo, ConnectorKind, ConnectorStateInfo, LoggerLevel, PluginInfo, ServerInfo,
    StateInfo, TaskInfo,
};
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// What this worker is.
#[derive(Serialize, ToSchema)]
#[schema(as = ServerInfo)]
pub(crate) struct ServerInfoEntity {
    version: String,
    commit: String,
    kafka_cluster_id: Option<String>,
}

impl From<ServerInfo> for ServerInfoEntity {
    fn from(info: ServerInfo) -> Self {
        Self { version: info.version, commit: info.commit, kafka_cluster_id: info.kafka_cluster_id }
    }
}

fn kind(kind: ConnectorKind) -> &'static str {
    match kind {
        ConnectorKind::Source => "source",
        ConnectorKind::Sink => "sink",
        ConnectorKind::Unknown => "unknown",
    }
}

/// A task's name.
#[derive(Serialize, ToSchema)]
#[schema(as = ConnectorTaskId)]
pub(crate) struct TaskIdEntity {
    connector: String,
    task: u32,
}

/// A connector as it is configured.
#[derive(Serialize, ToSchema)]
#[schema(as = ConnectorInfo)]
pub(crate) struct ConnectorInfoEntity {
    pub(crate) name: String,
    config: BTreeMap<String, String>,
    tasks: Vec<TaskIdEntity>,
    #[serde(rename = "type")]
    #[schema(pattern = "^(source|sink|unknown)$")]
    kind: &'static str,
}

impl From<ConnectorInfo> for ConnectorInfoEntity {
    fn from(info: ConnectorInfo) -> Self {
        let tasks = (0..info.tasks).map(|task| TaskIdEntity { connector: info.name.clone(), task }).collect();
        Self { name: info.name, config: info.config, tasks, kind: kind(info.kind) }
    }
}

/// A task as it is configured.
#[derive(Serialize, ToSchema)]
#[schema(as = TaskInfo)]
pub(crate) struct TaskInfoEntity {
    id: TaskIdEntity,
    config: BTreeMap<String, String>,
}

impl From<TaskInfo> for TaskInfoEntity {
    fn from(info: TaskInfo) -> Self {
        Self { id: TaskIdEntity { connector: info.connector, task: info.task }, config: info.config }
    }
}

/// A connector's state, or a task's, which has an id. A version that is not known is null; one that the plugin does not
/// have is left out (rest.md §5.1).
#[derive(Serialize, ToSchema)]
#[schema(as = State)]
pub(crate) struct StateEntity {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<i32>,
    state: String,
    worker_id: String,
    #[serde(skip_serializing_if = "is_undefined")]
    version: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    trace: Option<String>,
}

fn is_undefined(version: &Option<String>) -> bool {
    version.as_deref() == Some("undefined")
}

impl StateEntity {
    pub(crate) fn connector(info: StateInfo) -> Self {
        Self { id: None, state: info.state, worker_id: info.worker_id, version: info.version, trace: info.trace }
    }

    pub(crate) fn task(id: i32, info: StateInfo) -> Self {
        Self { id: Some(id), ..Self::connector(info) }
    }
}

/// What is observed of a connector and its tasks.
#[derive(Serialize, ToSchema)]
#[schema(as = ConnectorStateInfo)]
pub(crate) struct ConnectorStateInfoEntity {
    name: String,
    connector: StateEntity,
    tasks: Vec<StateEntity>,
    #[serde(rename = "type")]
    kind: &'static str,
}

impl From<ConnectorStateInfo> for ConnectorStateInfoEntity {
    fn from(info: ConnectorStateInfo) -> Self {
        let task = |(id, state)| StateEntity::task(i32::try_from(id).unwrap_or(i32::MAX), state);
        Self {
            name: info.name,
            connector: StateEntity::connector(info.connector),
            tasks: info.tasks.into_iter().map(task).collect(),
            kind: kind(info.kind),
        }
    }
}

/// Whether the worker can do its work.
#[derive(Serialize, ToSchema)]
#[schema(as = WorkerStatus)]
pub(crate) struct HealthEntity {
    pub(crate) status: &'static str,
    pub(crate) message: String,
}

/// A logger's level and when it was changed.
#[derive(Serialize, ToSchema)]
#[schema(as = LoggerLevel)]
pub(crate) struct LoggerLevelEntity {
    level: &'static str,
    /// Milliseconds since 1970; null: never.
    last_modified: Option<i64>,
}

impl From<LoggerLevel> for LoggerLevelEntity {
    fn from(logger: LoggerLevel) -> Self {
        Self { level: logger.level.as_str(), last_modified: logger.last_modified }
    }
}

/// An installed class.
#[derive(Serialize, ToSchema)]
#[schema(as = PluginInfo)]
pub(crate) struct PluginInfoEntity {
    class: String,
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<String>,
}

impl From<PluginInfo> for PluginInfoEntity {
    fn from(info: PluginInfo) -> Self {
        let version = Some(info.version).filter(|version| version != "undefined");
        Self { class: info.class, kind: info.plugin_type.as_str(), version }
    }
}

/// `order` repeats `order_in_group`: clients exist that read one or the other.
#[derive(Serialize, ToSchema)]
#[schema(as = ConfigKeyInfo)]
pub(crate) struct ConfigKeyInfoEntity {
    name: String,
    #[serde(rename = "type")]
    kind: &'static str,
    required: bool,
    default_value: Option<String>,
    importance: &'static str,
    documentation: String,
    group: Option<String>,
    order_in_group: i32,
    width: &'static str,
    display_name: String,
    dependents: Vec<String>,
    order: i32,
}

impl From<ConfigKey> for ConfigKeyInfoEntity {
    fn from(key: ConfigKey) -> Self {
        let default_value = key.default_shown();
        Self {
            name: key.name,
            kind: key.config_type.as_str(),
            required: key.default == DefaultValue::Required,
            default_value,
            importance: key.importance.as_str(),
            documentation: key.documentation,
            group: key.group,
            order_in_group: key.order_in_group,
            width: key.width.as_str(),
            display_name: key.display_name,
            dependents: key.dependents,
            order: key.order_in_group,
        }
    }
}

/// A key's value and what is wrong with it.
#[derive(Serialize, ToSchema)]
#[schema(as = ConfigValueInfo)]
struct ConfigValueEntity {
    name: String,
    value: Option<String>,
    recommended_values: Vec<String>,
    errors: Vec<String>,
    visible: bool,
}

impl From<ConfigValue> for ConfigValueEntity {
    fn from(value: ConfigValue) -> Self {
        let ConfigValue { name, value, recommended_values, errors, visible } = value;
        Self { name, value, recommended_values, errors, visible }
    }
}

/// A key's definition and value.
#[derive(Serialize, ToSchema)]
#[schema(as = ConfigInfo)]
struct ConfigInfoEntity {
    definition: Option<ConfigKeyInfoEntity>,
    value: ConfigValueEntity,
}

impl From<&ConfigEntry> for ConfigInfoEntity {
    fn from(entry: &ConfigEntry) -> Self {
        Self { definition: entry.definition.clone().map(Into::into), value: entry.value.clone().into() }
    }
}

/// What is said about a configuration.
#[derive(Serialize, ToSchema)]
#[schema(as = ConfigInfos)]
pub(crate) struct ConfigInfosEntity {
    name: String,
    error_count: usize,
    groups: Vec<String>,
    configs: Vec<ConfigInfoEntity>,
}

impl From<&ConfigReport> for ConfigInfosEntity {
    fn from(report: &ConfigReport) -> Self {
        Self {
            name: report.name.clone(),
            error_count: report.error_count(),
            groups: report.groups().into_iter().map(str::to_owned).collect(),
            configs: report.entries().map(Into::into).collect(),
        }
    }
}
