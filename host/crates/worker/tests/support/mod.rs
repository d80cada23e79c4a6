//! A worker with an embedded stream, and a plugin written in Rust whose tasks do as a script says.

#![allow(clippy::unwrap_used, reason = "a test ends where something is not as it must be")]

use async_trait::async_trait;
use cofferdam_config::{ConfigDef, TargetState, WorkerConfig};
use cofferdam_data::{
    Column, ColumnBuilder, Position, SchemaTable, SinkRun, SourceBatch, SourceRun, TopicOffset, TopicPartition, kind,
};
use cofferdam_embedded::{EmbeddedConfig, EmbeddedStream};
use cofferdam_plugin::{
    Catalog, Committable, ConfigMap, Connector, ConnectorContext, ConnectorPlugin, Converted, Converter,
    ConverterFactory, PluginDesc, PluginError, PluginType, PollRequest, SinkRequest, SinkTask, SourceTask, Taken,
    TaskContext, Topics, Verdict,
};
use cofferdam_storage::{MemoryOffsetStore, MemoryStatusStore, State, Status, StatusBackingStore};
use cofferdam_worker::{TaskId, Worker, WorkerContext};
use parking_lot::Mutex;
use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep};

const DEADLINE: Duration = Duration::from_secs(40);

/// What the fakes are to do, and what they were asked.
#[derive(Default)]
pub struct Script {
    /// What polls give, one after the other: values of records to topic `t`.
    pub polls: Mutex<VecDeque<Vec<Vec<u8>>>>,
    /// Calls of this name that are to fail retriably, each time it stands here.
    pub retriable: Mutex<Vec<&'static str>>,
    /// Asked for with every `open`.
    pub seek: Mutex<Option<i64>>,
    /// Whether the instance is to be replaced; once.
    pub recycle: Mutex<bool>,
    /// All calls, in order; `put` with its offsets.
    pub calls: Mutex<Vec<String>>,
}

impl Script {
    fn call(&self, name: &'static str, told: String) -> Result<(), PluginError> {
        self.calls.lock().push(format!("{name} {told}").trim().to_owned());
        let mut retriable = self.retriable.lock();
        let Some(at) = retriable.iter().position(|call| *call == name) else { return Ok(()) };
        retriable.remove(at);
        Err(PluginError::Retriable { message: "not yet".to_owned(), after: Some(Duration::ZERO) })
    }

    /// The calls of a name.
    pub fn calls_of(&self, name: &str) -> Vec<String> {
        self.calls.lock().iter().filter(|call| call.split(' ').next() == Some(name)).cloned().collect()
    }
}

/// A worker and what it writes to.
pub struct Setup {
    pub worker: Arc<Worker>,
    pub script: Arc<Script>,
    pub statuses: Arc<MemoryStatusStore>,
    pub offsets: Arc<MemoryOffsetStore>,
    _stream: EmbeddedStream,
    _dir: tempfile::TempDir,
}

impl Setup {
    pub fn new() -> Self {
        Self::with(&[])
    }

    /// With these properties of the worker on top.
    pub fn with(more: &[(&str, &str)]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let stream = EmbeddedStream::start(EmbeddedConfig::new(dir.path())).unwrap();
        let properties = [
            ("bootstrap.servers", "127.0.0.1:1"),
            ("key.converter", "Bytes"),
            ("value.converter", "Bytes"),
            ("header.converter", "Bytes"),
            ("plugin.path", "/nonexistent"),
            ("offset.flush.interval.ms", "200"),
            ("config.providers", "env"),
            ("config.providers.env.class", "EnvVar"),
        ];
        let properties: BTreeMap<String, String> =
            properties.iter().chain(more).map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        let (config, _) = WorkerConfig::from_properties(properties, "worker.properties").unwrap();
        let (script, catalog) = (Arc::new(Script::default()), Catalog::new());
        catalog.add_converters(vec![Arc::new(Bytes(desc("Bytes", PluginType::Converter)))]);
        let plugin = |class, kind| -> Arc<dyn ConnectorPlugin> {
            Arc::new(Fake { desc: desc(class, kind), script: script.clone() })
        };
        let plugins = vec![plugin("Source", PluginType::Source), plugin("Sink", PluginType::Sink)];
        catalog.set_file(PathBuf::from("/fake.wasm"), Ok(plugins));
        let (statuses, offsets) = (Arc::new(MemoryStatusStore::default()), Arc::new(MemoryOffsetStore::new()));
        let worker = Worker::new(WorkerContext {
            config: Arc::new(config),
            bootstrap: stream.bootstrap(),
            worker_id: "here".to_owned(),
            catalog,
            offsets: offsets.clone(),
            statuses: statuses.clone(),
        });
        Self { worker, script, statuses, offsets, _stream: stream, _dir: dir }
    }

    /// Starts task 0 of a connector of this class, with its name.
    pub async fn start(&self, class: &str, keys: &[(&str, &str)]) {
        let all = [("connector.class", class), ("topics", "t")].into_iter().chain(keys.iter().copied());
        let config: ConfigMap = all.map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
        let id = TaskId { connector: class.to_owned(), task: 0 };
        assert!(self.worker.start_task(id, &config, ConfigMap::new(), TargetState::Started).await);
    }

    pub async fn stop(&self, class: &str) {
        self.worker.stop_tasks(&[TaskId { connector: class.to_owned(), task: 0 }]).await;
    }

    pub fn status(&self, class: &str) -> Option<Status> {
        self.statuses.task(class, 0)
    }

    /// Waits until something is so, as long as no task fails.
    pub async fn until(&self, what: &str, is_so: impl AsyncFn() -> bool) {
        let deadline = Instant::now() + DEADLINE;
        while !is_so().await {
            let failed = ["Source", "Sink"]
                .iter()
                .find_map(|class| self.status(class).filter(|status| status.state == State::Failed)?.trace);
            assert!(failed.is_none(), "waiting for {what}: {failed:?}");
            assert!(Instant::now() < deadline, "not in time: {what}; {:?}", self.script.calls.lock());
            sleep(Duration::from_millis(5)).await;
        }
    }

    /// Sends records to topic `t` by way of the source, and waits until their position is stored.
    pub async fn fill(&self, records: usize) {
        self.script.polls.lock().push_back((0..records).map(|number| number.to_string().into_bytes()).collect());
        self.start("Source", &[]).await;
        self.until("a stored position", async || self.stored().await.is_some()).await;
        self.stop("Source").await;
        self.script.calls.lock().clear();
    }

    /// The source's position.
    pub async fn stored(&self) -> Option<String> {
        use cofferdam_storage::OffsetBackingStore;
        self.offsets.read("Source", &["{}".to_owned()]).await.unwrap().remove(0)
    }
}

fn desc(class: &str, plugin_type: PluginType) -> PluginDesc {
    PluginDesc {
        class: class.to_owned(),
        task_class: class.to_owned(),
        plugin_type,
        version: "1".to_owned(),
        documentation: String::new(),
        config: ConfigDef { keys: Vec::new() },
        capabilities: Vec::new(),
        location: "here".to_owned(),
        wants_acknowledgements: false,
    }
}

struct Fake {
    desc: PluginDesc,
    script: Arc<Script>,
}

#[async_trait]
impl ConnectorPlugin for Fake {
    fn desc(&self) -> &PluginDesc {
        &self.desc
    }

    async fn validate(&self, _: &ConfigMap) -> Result<Vec<Verdict>, PluginError> {
        Ok(Vec::new())
    }

    async fn connector(&self, _: ConnectorContext) -> Result<Box<dyn Connector>, PluginError> {
        Err(PluginError::Failed("only tasks here".to_owned()))
    }

    async fn source_task(&self, _: TaskContext) -> Result<Box<dyn SourceTask>, PluginError> {
        Ok(Box::new(FakeTask { script: self.script.clone(), requests: Vec::new() }))
    }

    async fn sink_task(&self, _: TaskContext) -> Result<Box<dyn SinkTask>, PluginError> {
        Ok(Box::new(FakeTask { script: self.script.clone(), requests: Vec::new() }))
    }
}

struct FakeTask {
    script: Arc<Script>,
    requests: Vec<SinkRequest>,
}

#[async_trait]
impl SourceTask for FakeTask {
    async fn start(&mut self) -> Result<(), PluginError> {
        self.script.call("start", String::new())
    }

    async fn poll(&mut self, request: PollRequest) -> Result<SourceBatch, PluginError> {
        let values = self.script.polls.lock().pop_front().unwrap_or_default();
        if values.is_empty() {
            return Ok(SourceBatch::default());
        }
        let mut column = ColumnBuilder::default();
        values.iter().for_each(|value| column.push(kind::BYTES, 0, value));
        let run = SourceRun {
            topics: vec!["t".to_owned()],
            topic_of: vec![0],
            partitions: vec![0],
            values: column.finish(),
            ..SourceRun::default()
        };
        let offset = Some(format!(r#"{{"poll":{}}}"#, request.number));
        let position = Position { source_partition: "{}".to_owned(), offset, after: None };
        Ok(SourceBatch { runs: vec![run], positions: vec![position], idle_ms: 0 })
    }

    async fn committed(&mut self, number: u64) -> Result<(), PluginError> {
        self.script.call("committed", number.to_string())
    }

    async fn acknowledged(&mut self, _: u64, _: &[i32], _: &[i64]) -> Result<(), PluginError> {
        Ok(())
    }

    async fn stop(&mut self) -> Result<(), PluginError> {
        self.script.call("stop", String::new())
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
        self.script.call("start", String::new())
    }

    async fn open(&mut self, partitions: &[TopicPartition]) -> Result<(), PluginError> {
        self.script.call("open", String::new())?;
        if let Some(offset) = *self.script.seek.lock() {
            let offsets = partitions.iter().map(|at| TopicOffset { at: at.clone(), offset });
            self.requests.push(SinkRequest::Seek(offsets.collect()));
        }
        Ok(())
    }

    async fn put(&mut self, runs: Vec<SinkRun>) -> (Vec<SinkRun>, Result<Taken, PluginError>) {
        let offsets: Vec<String> = runs.iter().flat_map(|run| &run.offsets).map(i64::to_string).collect();
        let result = self.script.call("put", offsets.join(","));
        (runs, result.map(|()| Taken::default()))
    }

    async fn pre_commit(&mut self, offsets: &[TopicOffset]) -> Result<Committable, PluginError> {
        let told: Vec<String> = offsets.iter().map(|offset| offset.offset.to_string()).collect();
        self.script.call("pre-commit", told.join(","))?;
        Ok(Committable { offsets: offsets.to_vec(), ..Committable::default() })
    }

    async fn close(&mut self, _: &[TopicPartition]) -> Result<(), PluginError> {
        self.script.call("close", String::new())
    }

    async fn stop(&mut self) -> Result<(), PluginError> {
        self.script.call("stop", String::new())
    }

    fn take_requests(&mut self) -> Vec<SinkRequest> {
        std::mem::take(&mut self.requests)
    }

    fn wants_recycling(&self) -> bool {
        *self.script.recycle.lock()
    }

    async fn recycle(&mut self) -> Result<(), PluginError> {
        *self.script.recycle.lock() = false;
        self.script.call("recycle", String::new())
    }
}

/// Bytes as they are, in both directions.
struct Bytes(PluginDesc);

impl ConverterFactory for Bytes {
    fn desc(&self) -> &PluginDesc {
        &self.0
    }

    fn create(&self, _: &ConfigMap) -> Result<Box<dyn Converter>, String> {
        Ok(Box::new(Bytes(self.0.clone())))
    }
}

impl Converter for Bytes {
    fn class(&self) -> &str {
        &self.0.class
    }

    fn to_connect_data(&mut self, _: Topics<'_>, raw: Column, _: &SchemaTable) -> Converted {
        raw.into()
    }

    fn from_connect_data(&mut self, _: Topics<'_>, column: Column, _: &SchemaTable) -> Converted {
        column.into()
    }
}
