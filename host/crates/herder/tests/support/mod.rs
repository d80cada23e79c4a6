//! A herder with the real worker and stores, and plugins written in Rust that do as their configuration says:
//!
//! | key | effect |
//! |---|---|
//! | `tasks` | how many tasks the connector asks for (default: `tasks.max`) |
//! | `start` | `fail`, `hang`, `panic`, `say:TEXT` (fails with this text): what the connector's start does |
//! | `task.start` | the same for the start of its tasks |
//! | `secret` | handed to the tasks as it is, and written to [`Setup::seen`] like all else that they get |
//! | `file` | the one file that the connector may reach |
//! | `alter` | `complete`, `fail`, `break`, `retry` (once), `hang`: what becomes of offsets that are to be altered |
//! | `check` | `reject` (an error on `topic`), `lie` (errors on odd keys), `fail`, `hang`, `panic`: what validation does |
//!
//! The source is there in two versions, 1.0 and 0.9.

#![allow(dead_code, reason = "each test file uses its own part")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends where something is not as it must be")]

use async_trait::async_trait;
use cofferdam_config::{ConfigDef, ConfigKey, ConfigType, DefaultValue, Importance, Validator, Width, WorkerConfig};
use cofferdam_data::{Column, SchemaTable, SinkRun, SourceBatch, TopicOffset, TopicPartition};
use cofferdam_embedded::{EmbeddedConfig, EmbeddedStream};
use cofferdam_herder::{HerderContext, HerderHandle, LogLevel, Loggers, RequestedConfig, standalone};
use cofferdam_kafka::{Admin, BatchConsumer, ClientKind, ClientSettings, ConsumerEvent, client_settings};
use cofferdam_plugin::{
    Access, Capability, Catalog, Committable, ConfigMap, Connector, ConnectorContext, ConnectorPlugin, Converted,
    Converter, ConverterFactory, Grant, Observation, OffsetChange, PluginDesc, PluginError, PluginType, PollRequest,
    Scope, SinkRequest, SinkTask, SourceTask, Taken, TaskContext, Topics, Verdict,
};
use cofferdam_storage::{
    ConfigBackingStore as _, MemoryConfigStore, MemoryOffsetStore, MemoryStatusStore, OffsetBackingStore, State,
    StatusBackingStore,
};
use cofferdam_worker::{Worker, WorkerContext};
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

/// The source's class.
pub const SOURCE: &str = "test.FakeSourceConnector";
/// The sink's class.
pub const SINK: &str = "test.FakeSinkConnector";
/// What statuses say.
pub const WORKER_ID: &str = "127.0.0.1:8083";
/// How long a test waits for a state.
const DEADLINE: Duration = Duration::from_secs(20);

/// A herder and what it writes to.
pub struct Setup {
    pub herder: HerderHandle,
    pub catalog: Arc<Catalog>,
    pub statuses: Arc<MemoryStatusStore>,
    pub offsets: Arc<MemoryOffsetStore>,
    pub worker: Arc<Worker>,
    configs: Arc<MemoryConfigStore>,
    seen: Seen,
    /// What connectors were asked to alter, in order.
    pub altered: Altered,
    stream: Option<Stream>,
}

/// What instances were made with, in order: `connector` or `task`, and the configuration.
type Seen = Arc<Mutex<Vec<(&'static str, ConfigMap)>>>;

/// An embedded stream and its data.
struct Stream {
    embedded: EmbeddedStream,
    _dir: tempfile::TempDir,
}

/// Offsets that connectors were asked to alter: one list per call.
pub type Altered = Arc<Mutex<Vec<Vec<OffsetChange>>>>;

impl Setup {
    /// A herder whose Kafka cannot be reached, which nothing here depends on.
    pub fn new() -> Self {
        Self::with(&[])
    }

    /// The same with worker properties.
    pub fn with(properties: &[(&str, &str)]) -> Self {
        Self::make(properties, None, None)
    }

    /// One whose source offsets are in this store; `offsets` stays empty.
    pub fn with_store(store: Arc<dyn OffsetBackingStore>) -> Self {
        Self::make(&[], None, Some(store))
    }

    /// A herder whose Kafka is an embedded stream.
    pub fn on_stream() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let embedded = EmbeddedStream::start(EmbeddedConfig::new(dir.path())).unwrap();
        Self::make(&[], Some(Stream { embedded, _dir: dir }), None)
    }

    fn make(properties: &[(&str, &str)], stream: Option<Stream>, store: Option<Arc<dyn OffsetBackingStore>>) -> Self {
        let altered = Altered::default();
        let mut all = BTreeMap::new();
        let defaults = [
            ("bootstrap.servers", "127.0.0.1:1"),
            ("key.converter", "test.TextConverter"),
            ("value.converter", "test.TextConverter"),
            ("header.converter", "test.TextConverter"),
            ("plugin.path", "/nonexistent"),
        ];
        for (key, value) in defaults.iter().chain(properties) {
            all.insert((*key).to_owned(), (*value).to_owned());
        }
        let (config, _warnings) = WorkerConfig::from_properties(all, "worker.properties").unwrap();
        let config = Arc::new(config);
        let (catalog, seen) = (Catalog::new(), Seen::default());
        let converter = |plugin_type| -> Arc<dyn ConverterFactory> { Arc::new(TextConverterFactory::new(plugin_type)) };
        catalog.add_converters(vec![converter(PluginType::Converter), converter(PluginType::HeaderConverter)]);
        let plugins: Vec<Arc<dyn ConnectorPlugin>> = vec![
            Arc::new(FakePlugin::new(SOURCE, PluginType::Source, &seen, &altered)),
            Arc::new(FakePlugin::new(SINK, PluginType::Sink, &seen, &altered)),
            Arc::new(FakePlugin::new(SOURCE, PluginType::Source, &seen, &altered).of_version("0.9")),
        ];
        catalog.set_file(PathBuf::from("/plugins/fake.wasm"), Ok(plugins));
        catalog.set_file(PathBuf::from("/plugins/broken.wasm"), Err("not a component".to_owned()));
        let (statuses, configs) = (Arc::new(MemoryStatusStore::default()), Arc::new(MemoryConfigStore::default()));
        let offsets = Arc::new(MemoryOffsetStore::new());
        let bootstrap = stream.as_ref().map_or_else(|| "127.0.0.1:1".to_owned(), |stream| stream.embedded.bootstrap());
        let worker = Worker::new(WorkerContext {
            config: config.clone(),
            bootstrap,
            worker_id: WORKER_ID.to_owned(),
            catalog: catalog.clone(),
            offsets: store.unwrap_or_else(|| offsets.clone()),
            statuses: statuses.clone(),
        });
        let herder = standalone(HerderContext {
            worker: worker.clone(),
            catalog: catalog.clone(),
            configs: configs.clone(),
            statuses: statuses.clone(),
            config,
            commit: "0123456789abcdef".to_owned(),
            kafka_cluster_id: watch::channel(Some("cluster".to_owned())).1,
            loggers: Arc::new(Loggers::new([(String::new(), LogLevel::Info)], |_| {})),
        });
        Self { herder, catalog, statuses, offsets, worker, configs, seen, altered, stream }
    }

    /// The value of a key in what the last instance of this sort was made with.
    pub fn last_seen(&self, sort: &str, key: &str) -> Option<String> {
        let seen = self.seen.lock();
        seen.iter().rev().find(|(made, _)| *made == sort).and_then(|(_, config)| config.get(key).cloned())
    }

    fn client(&self, kind: ClientKind, group: Option<&str>) -> ClientSettings {
        let (bootstrap, none) = (self.stream.as_ref().unwrap().embedded.bootstrap(), BTreeMap::new());
        client_settings(kind, &bootstrap, &none, &none, &none, "test", group).unwrap().0
    }

    /// Makes a topic.
    pub async fn topic(&self, name: &str, partitions: i32) {
        let admin = Admin::new(self.client(ClientKind::Admin, None)).unwrap();
        assert!(admin.create_topic(name, partitions, 1, &BTreeMap::new(), DEADLINE).await.unwrap());
    }

    /// A member of a consumer group, with its partitions.
    pub async fn member(&self, group: &str, topic: &str) -> BatchConsumer {
        let settings = self.client(ClientKind::Consumer, Some(group));
        let mut member = BatchConsumer::subscribe(settings, &[topic.to_owned()]).unwrap();
        let deadline = Instant::now() + DEADLINE;
        while !matches!(member.next(1, 1, DEADLINE, false).await, ConsumerEvent::Assigned(_)) {
            assert!(Instant::now() < deadline, "no partitions in time");
        }
        member.finish_assign().await.unwrap();
        member
    }

    /// Whether a connector is configured.
    pub fn is_configured(&self, connector: &str) -> bool {
        self.configs.get(connector).is_some()
    }

    /// Waits until a task shows a state.
    pub async fn task_is(&self, connector: &str, task: u32, state: State) {
        let seen = || self.statuses.task(connector, task).map(|status| status.state);
        self.until(&format!("task {connector}-{task} is {state}"), || seen() == Some(state)).await;
    }

    /// Waits until a connector shows a state.
    pub async fn connector_is(&self, connector: &str, state: State) {
        let seen = || self.statuses.connector(connector).map(|status| status.state);
        self.until(&format!("connector {connector} is {state}"), || seen() == Some(state)).await;
    }

    /// Waits until something is so.
    pub async fn until(&self, what: &str, is_so: impl Fn() -> bool) {
        let deadline = Instant::now() + DEADLINE;
        while !is_so() {
            assert!(Instant::now() < deadline, "not within {DEADLINE:?}: {what}");
            sleep(Duration::from_millis(5)).await;
        }
    }
}

/// A configuration of the source with these keys on top.
pub fn source(keys: &[(&str, &str)]) -> RequestedConfig {
    let mut config = config(&[("connector.class", SOURCE), ("topic", "t")]);
    config.extend(self::config(keys));
    config
}

/// A configuration of the sink, which reads topic `t`, with these keys on top.
pub fn sink(keys: &[(&str, &str)]) -> RequestedConfig {
    let mut config = config(&[("connector.class", SINK), ("topics", "t")]);
    config.extend(self::config(keys));
    config
}

/// A configuration.
pub fn config(keys: &[(&str, &str)]) -> RequestedConfig {
    keys.iter().map(|(key, value)| ((*key).to_owned(), Some((*value).to_owned()))).collect()
}

struct FakePlugin {
    desc: PluginDesc,
    seen: Seen,
    altered: Altered,
}

impl FakePlugin {
    fn new(class: &str, plugin_type: PluginType, seen: &Seen, altered: &Altered) -> Self {
        let topic = ConfigKey::new("topic", ConfigType::String, DefaultValue::Required, Importance::High, "A topic.")
            .group("Fake", 1, Width::Long, "Topic");
        let secret = ConfigKey::new("secret", ConfigType::Password, DefaultValue::Null, Importance::Low, "A secret.");
        let mut keys = vec![secret];
        if plugin_type == PluginType::Source {
            keys.insert(0, topic);
        }
        let capability = Capability {
            access: Access::ReadFile,
            scope: Scope::FromConfig("file".to_owned()),
            purpose: "reads the file".to_owned(),
        };
        let desc = PluginDesc {
            class: class.to_owned(),
            task_class: class.replace("Connector", "Task"),
            plugin_type,
            version: "1.0".to_owned(),
            documentation: "A fake.".to_owned(),
            config: ConfigDef { keys },
            capabilities: vec![capability],
            location: "/plugins/fake.wasm".to_owned(),
            wants_acknowledgements: false,
        };
        Self { desc, seen: seen.clone(), altered: altered.clone() }
    }

    fn see(&self, sort: &'static str, config: &ConfigMap) {
        self.seen.lock().push((sort, config.clone()));
    }
}

impl FakePlugin {
    fn of_version(mut self, version: &str) -> Self {
        version.clone_into(&mut self.desc.version);
        self
    }
}

/// Does what the value says.
async fn behave(value: Option<&String>) -> Result<(), PluginError> {
    match value.map(String::as_str) {
        Some("fail") => Err(PluginError::Failed("asked to fail".to_owned())),
        Some("hang") => std::future::pending().await,
        Some("panic") => panic!("asked to panic"),
        Some(said) if said.starts_with("say:") => Err(PluginError::Failed(said.to_owned())),
        _ => Ok(()),
    }
}

#[async_trait]
impl ConnectorPlugin for FakePlugin {
    fn desc(&self) -> &PluginDesc {
        &self.desc
    }

    async fn validate(&self, config: &ConfigMap) -> Result<Vec<Verdict>, PluginError> {
        behave(config.get("check")).await?;
        let verdict = |name: &str, error: &str, recommended: &[&str], visible| Verdict {
            name: name.to_owned(),
            errors: vec![error.to_owned()],
            recommended: recommended.iter().map(|text| (*text).to_owned()).collect(),
            visible,
        };
        Ok(match config.get("check").map(String::as_str) {
            Some("reject") => {
                vec![verdict("topic", "Invalid value t for configuration topic: rejected", &["u"], true)]
            }
            Some("lie") => vec![
                verdict("no.such.key", "made up", &[], true),
                verdict("topic", "once", &[], false),
                verdict("topic", "twice", &[], false),
                verdict("tasks.max", "too few", &["2", "3"], true),
            ],
            _ => Vec::new(),
        })
    }

    fn grants(&self, config: &ConfigMap) -> Vec<Grant> {
        let grant = |file: &String| Grant { access: Access::ReadFile, target: format!("/base/{file}") };
        config.get("file").map(grant).into_iter().collect()
    }

    async fn connector(&self, context: ConnectorContext) -> Result<Box<dyn Connector>, PluginError> {
        self.see("connector", &context.config);
        let (failures, altered) = (number(&context.config, "tasks.fail"), self.altered.clone());
        Ok(Box::new(FakeConnector { failures, altered, config: context.config }))
    }

    async fn source_task(&self, context: TaskContext) -> Result<Box<dyn SourceTask>, PluginError> {
        self.see("task's connector", &context.connector_config);
        self.see("task", &context.config);
        Ok(Box::new(FakeTask(context.config)))
    }

    async fn sink_task(&self, context: TaskContext) -> Result<Box<dyn SinkTask>, PluginError> {
        self.see("task's connector", &context.connector_config);
        self.see("task", &context.config);
        Ok(Box::new(FakeTask(context.config)))
    }
}

/// A number of the configuration, 0 without.
fn number(config: &ConfigMap, key: &str) -> u32 {
    config.get(key).and_then(|number| number.parse().ok()).unwrap_or(0)
}

struct FakeConnector {
    config: ConfigMap,
    /// So often `task_configs` fails.
    failures: u32,
    altered: Altered,
}

#[async_trait]
impl Connector for FakeConnector {
    async fn start(&mut self) -> Result<(), PluginError> {
        behave(self.config.get("start")).await
    }

    async fn task_configs(&mut self, max: u32) -> Result<Vec<ConfigMap>, PluginError> {
        if self.failures > 0 {
            self.failures -= 1;
            return Err(PluginError::Failed("asked to fail to split the work".to_owned()));
        }
        let tasks = self.config.get("tasks").and_then(|tasks| tasks.parse().ok()).unwrap_or(max);
        let config = |task: u32| {
            let mut config = ConfigMap::from([("number".to_owned(), task.to_string())]);
            for key in ["task.start", "secret"] {
                config.extend(self.config.get(key).map(|value| (key.to_owned(), value.clone())));
            }
            config
        };
        Ok((0..tasks).map(config).collect())
    }

    async fn watch(&mut self) -> Result<Observation, PluginError> {
        Ok(Observation::default())
    }

    async fn stop(&mut self) -> Result<(), PluginError> {
        Ok(())
    }

    async fn alter_offsets(&mut self, changes: &[OffsetChange]) -> Result<bool, PluginError> {
        self.altered.lock().push(changes.to_vec());
        let alter = self.config.get("alter");
        match alter.map(String::as_str) {
            Some("complete") => Ok(true),
            Some("break") => Err(PluginError::Broken("asked to break".to_owned())),
            Some("retry") if self.altered.lock().len() == 1 => {
                Err(PluginError::Retriable { message: "not yet".to_owned(), after: Some(Duration::ZERO) })
            }
            _ => behave(alter).await.map(|()| false),
        }
    }
}

struct FakeTask(ConfigMap);

#[async_trait]
impl SourceTask for FakeTask {
    async fn start(&mut self) -> Result<(), PluginError> {
        behave(self.0.get("task.start")).await
    }

    async fn poll(&mut self, _request: PollRequest) -> Result<SourceBatch, PluginError> {
        // A source with nothing to read.
        sleep(Duration::from_millis(10)).await;
        Ok(SourceBatch::default())
    }

    async fn committed(&mut self, _number: u64) -> Result<(), PluginError> {
        Ok(())
    }

    async fn acknowledged(&mut self, _: u64, _: &[i32], _: &[i64]) -> Result<(), PluginError> {
        Ok(())
    }

    async fn stop(&mut self) -> Result<(), PluginError> {
        Ok(())
    }

    fn wants_recycling(&self) -> bool {
        false
    }

    async fn recycle(&mut self) -> Result<(), PluginError> {
        Ok(())
    }
}

#[async_trait]
impl SinkTask for FakeTask {
    async fn start(&mut self) -> Result<(), PluginError> {
        behave(self.0.get("task.start")).await
    }

    async fn open(&mut self, _partitions: &[TopicPartition]) -> Result<(), PluginError> {
        Ok(())
    }

    async fn put(&mut self, runs: Vec<SinkRun>) -> (Vec<SinkRun>, Result<Taken, PluginError>) {
        (runs, Ok(Taken::default()))
    }

    async fn pre_commit(&mut self, offsets: &[TopicOffset]) -> Result<Committable, PluginError> {
        Ok(Committable { offsets: offsets.to_vec(), ..Committable::default() })
    }

    async fn close(&mut self, _partitions: &[TopicPartition]) -> Result<(), PluginError> {
        Ok(())
    }

    async fn stop(&mut self) -> Result<(), PluginError> {
        Ok(())
    }

    fn take_requests(&mut self) -> Vec<SinkRequest> {
        Vec::new()
    }

    fn wants_recycling(&self) -> bool {
        false
    }

    async fn recycle(&mut self) -> Result<(), PluginError> {
        Ok(())
    }
}

/// Text as it is, in both directions.
struct TextConverterFactory {
    desc: PluginDesc,
}

impl TextConverterFactory {
    fn new(plugin_type: PluginType) -> Self {
        let key = |name: &str, config_type, default| ConfigKey::new(name, config_type, default, Importance::Low, "");
        let keys = vec![
            key("converter.type", ConfigType::String, DefaultValue::Required)
                .validator(Validator::OneOf(["key", "value", "header"].map(str::to_owned).to_vec())),
            key("schemas.enable", ConfigType::Boolean, DefaultValue::text("true")),
        ];
        let desc = PluginDesc {
            class: "test.TextConverter".to_owned(),
            task_class: String::new(),
            plugin_type,
            version: "undefined".to_owned(),
            documentation: String::new(),
            config: ConfigDef { keys },
            capabilities: Vec::new(),
            location: "classpath".to_owned(),
            wants_acknowledgements: false,
        };
        Self { desc }
    }
}

impl ConverterFactory for TextConverterFactory {
    fn desc(&self) -> &PluginDesc {
        &self.desc
    }

    fn create(&self, _config: &ConfigMap) -> Result<Box<dyn Converter>, String> {
        Ok(Box::new(TextConverter))
    }
}

struct TextConverter;

impl Converter for TextConverter {
    fn class(&self) -> &str {
        "test.TextConverter"
    }

    fn to_connect_data(&mut self, _topics: Topics<'_>, raw: Column, _schemas: &SchemaTable) -> Converted {
        raw.into()
    }

    fn from_connect_data(&mut self, _topics: Topics<'_>, column: Column, _schemas: &SchemaTable) -> Converted {
        column.into()
    }
}
