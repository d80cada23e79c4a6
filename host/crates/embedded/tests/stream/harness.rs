//! A stream per test, clients of it, and waiting on state.

use std::io::BufRead;
use std::sync::Arc;
use std::time::{Duration, Instant};

use cofferdam_embedded::{EmbeddedConfig, EmbeddedStream};
use kafka_protocol::messages::fetch_request::{FetchPartition, FetchTopic};
use kafka_protocol::messages::{FetchRequest, TopicName};
use parking_lot::Mutex;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::OwnedMessage;
use rdkafka::producer::{BaseRecord, DeliveryResult, Producer, ProducerContext, ThreadedProducer};
use rdkafka::{ClientContext, Message, Offset, TopicPartitionList};

use super::wire::{Wire, text};

/// Longest wait for anything.
pub const LIMIT: Duration = Duration::from_secs(30);

/// A running stream with a directory of its own, or the address of one.
pub struct Stream {
    pub bootstrap: String,
    pub inner: Option<EmbeddedStream>,
    _dir: Option<tempfile::TempDir>,
}

/// What became of the records sent.
#[derive(Default, Clone)]
pub struct Reports {
    pub delivered: Arc<Mutex<Vec<(i32, i64)>>>,
    pub failed: Arc<Mutex<Vec<KafkaError>>>,
}

impl ClientContext for Reports {}
impl ConsumerContext for Reports {}
impl ProducerContext for Reports {
    type DeliveryOpaque = ();
    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        match result {
            Ok(m) => self.delivered.lock().push((m.partition(), m.offset())),
            Err((e, _)) => self.failed.lock().push(e.clone()),
        }
    }
}

pub type TestProducer = ThreadedProducer<Reports>;
pub type TestConsumer = BaseConsumer<Reports>;

impl Stream {
    /// A stream with nothing in it.
    pub fn start() -> Self {
        Self::start_with(|_| {})
    }

    /// The same, configured.
    pub fn start_with(configure: impl FnOnce(&mut EmbeddedConfig)) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut config = EmbeddedConfig::new(dir.path());
        configure(&mut config);
        let inner = EmbeddedStream::start(config).unwrap();
        Self { bootstrap: inner.bootstrap(), inner: Some(inner), _dir: Some(dir) }
    }

    /// One that runs elsewhere.
    pub fn at(bootstrap: &str) -> Self {
        Self { bootstrap: bootstrap.to_owned(), inner: None, _dir: None }
    }

    fn config(&self, extra: &[(&str, &str)]) -> ClientConfig {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", &self.bootstrap);
        for (key, value) in extra {
            config.set(*key, *value);
        }
        config
    }

    pub fn admin(&self) -> AdminClient<DefaultClientContext> {
        self.config(&[]).create().unwrap()
    }

    /// A connection on which requests are written by hand.
    pub fn wire(&self) -> Wire {
        Wire::connect(&self.bootstrap)
    }

    /// An idempotent producer.
    pub fn producer(&self, extra: &[(&str, &str)]) -> (TestProducer, Reports) {
        let mut config =
            self.config(&[("enable.idempotence", "true"), ("message.timeout.ms", "20000"), ("linger.ms", "2")]);
        for (key, value) in extra {
            config.set(*key, *value);
        }
        let reports = Reports::default();
        (config.create_with_context(reports.clone()).unwrap(), reports)
    }

    pub fn consumer(&self, group: &str, extra: &[(&str, &str)]) -> TestConsumer {
        let mut config = self.config(&[
            ("group.id", group),
            ("auto.offset.reset", "earliest"),
            ("enable.auto.commit", "false"),
            ("session.timeout.ms", "6000"),
            ("heartbeat.interval.ms", "1000"),
        ]);
        for (key, value) in extra {
            config.set(*key, *value);
        }
        config.create_with_context(Reports::default()).unwrap()
    }

    /// A consumer of all partitions of a topic from `offset` on, in no group.
    pub fn assigned(&self, topic: &str, partitions: i32, offset: Offset, extra: &[(&str, &str)]) -> TestConsumer {
        let consumer = self.consumer("nobody", extra);
        let mut list = TopicPartitionList::new();
        for p in 0..partitions {
            list.add_partition_offset(topic, p, offset).unwrap();
        }
        consumer.assign(&list).unwrap();
        consumer
    }

    pub fn create(&self, topic: &str, partitions: i32) {
        self.try_create(topic, partitions, &[]).unwrap();
    }

    pub fn try_create(&self, topic: &str, partitions: i32, configs: &[(&str, &str)]) -> Result<(), RDKafkaErrorCode> {
        let topic = NewTopic::new(topic, partitions, TopicReplication::Fixed(1));
        self.try_create_topic(configs.iter().fold(topic, |t, (k, v)| t.set(k, v)))
    }

    pub fn try_create_topic(&self, topic: NewTopic<'_>) -> Result<(), RDKafkaErrorCode> {
        let results = block_on(self.admin().create_topics(&[topic], &options())).unwrap();
        results.into_iter().next().unwrap().map(drop).map_err(|(_, code)| code)
    }

    /// Sends `per` records `<partition>/<i>` with key `k<i>` to each partition.
    pub fn fill(&self, topic: &str, partitions: i32, per: usize) {
        let (producer, reports) = self.producer(&[]);
        for i in 0..per {
            for p in 0..partitions {
                send(&producer, topic, p, Some(format!("k{i}").as_bytes()), Some(format!("{p}/{i}").as_bytes()));
            }
        }
        flush(&producer, &reports);
    }
}

pub use futures::executor::block_on;

pub fn options() -> AdminOptions {
    AdminOptions::new().operation_timeout(Some(LIMIT)).request_timeout(Some(LIMIT))
}

/// Sends one record, waiting while the queue is full.
pub fn send(producer: &TestProducer, topic: &str, partition: i32, key: Option<&[u8]>, value: Option<&[u8]>) {
    let mut record: BaseRecord<'_, [u8], [u8]> = BaseRecord::to(topic).partition(partition);
    record.key = key;
    record.payload = value;
    loop {
        match producer.send(record) {
            Ok(()) => return,
            Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), back)) => {
                record = back;
                std::thread::yield_now();
            }
            Err((e, _)) => panic!("send: {e}"),
        }
    }
}

/// Waits until everything is delivered.
pub fn flush(producer: &TestProducer, reports: &Reports) {
    producer.flush(LIMIT).unwrap();
    let failed = reports.failed.lock();
    assert!(failed.is_empty(), "{} not delivered, the first: {}", failed.len(), failed[0]);
}

/// Reads until there are `wanted` records. Fails if there are fewer.
pub fn drain(consumer: &TestConsumer, wanted: usize) -> Vec<OwnedMessage> {
    let deadline = Instant::now() + LIMIT;
    let mut got = Vec::with_capacity(wanted);
    while got.len() < wanted {
        assert!(Instant::now() < deadline, "{} of {wanted} records in {LIMIT:?}", got.len());
        if let Some(message) = consumer.poll(Duration::from_millis(200)) {
            got.push(message.unwrap().detach());
        }
    }
    got
}

/// Reads all partitions of a topic to their ends.
pub fn read_all(stream: &Stream, topic: &str, partitions: i32) -> Vec<OwnedMessage> {
    read_to_end(&stream.assigned(topic, partitions, Offset::Beginning, &[TELL_ENDS]), partitions)
}

/// What [`read_to_end`] needs of a consumer.
pub const TELL_ENDS: (&str, &str) = ("enable.partition.eof", "true");

/// Reads what is left of `partitions` partitions, to their ends.
pub fn read_to_end(consumer: &TestConsumer, partitions: i32) -> Vec<OwnedMessage> {
    let deadline = Instant::now() + LIMIT;
    let (mut got, mut ended) = (Vec::new(), std::collections::HashSet::new());
    while ended.len() < partitions as usize {
        assert!(Instant::now() < deadline, "the ends of {ended:?} in {LIMIT:?}");
        match consumer.poll(Duration::from_millis(200)) {
            Some(Ok(message)) => got.push(message.detach()),
            Some(Err(KafkaError::PartitionEOF(p))) => drop(ended.insert(p)),
            Some(Err(e)) => panic!("poll: {e}"),
            None => {}
        }
    }
    got
}

/// A request for what comes to partition 0 of `topic`, which waits longer for it than any test does.
pub fn patient_fetch(topic: &str) -> FetchRequest {
    let partition = FetchPartition::default().with_partition_max_bytes(1 << 20);
    let topic = FetchTopic::default().with_topic(TopicName(text(topic))).with_partitions(vec![partition]);
    let wait = i32::try_from(2 * LIMIT.as_millis()).unwrap();
    FetchRequest::default().with_max_wait_ms(wait).with_min_bytes(1).with_max_bytes(1 << 20).with_topics(vec![topic])
}

/// Asks again until there is an answer.
pub fn eventually<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + LIMIT;
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(Instant::now() < deadline, "{what}: not in {LIMIT:?}");
        std::thread::yield_now();
    }
}

/// Polls all consumers until `wanted` is true of the numbers of partitions they have.
pub fn pump(consumers: &[TestConsumer], wanted: impl Fn(&[usize]) -> bool) {
    let deadline = Instant::now() + LIMIT;
    loop {
        for consumer in consumers {
            if let Some(Err(e)) = consumer.poll(Duration::from_millis(20)) {
                panic!("poll: {e}");
            }
        }
        let counts: Vec<usize> = consumers.iter().map(|c| c.assignment().unwrap().count()).collect();
        if wanted(&counts) {
            return;
        }
        assert!(Instant::now() < deadline, "the assignment is still {counts:?} after {LIMIT:?}");
    }
}

/// Runs one of the crate's examples in a process of its own, which may be killed.
pub fn spawn(example: &str, args: &[&str]) -> Child {
    // Beside the directory with this test: `target/<profile>/examples`.
    let target = std::env::current_exe().unwrap().parent().and_then(std::path::Path::parent).unwrap().to_owned();
    let program = target.join("examples").join(format!("{example}{}", std::env::consts::EXE_SUFFIX));
    let child = std::process::Command::new(&program).args(args).stdout(std::process::Stdio::piped()).spawn();
    Child(child.unwrap_or_else(|e| panic!("{}: {e}; cargo build --examples makes it", program.display())))
}

/// A process that does not outlive the test.
pub struct Child(std::process::Child);

impl Child {
    /// The first line it writes.
    pub fn line(&mut self) -> String {
        let mut line = String::new();
        std::io::BufReader::new(self.0.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        line.trim().to_owned()
    }

    /// kill -9
    pub fn kill(mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
