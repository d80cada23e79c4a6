//! A broker, topics, and clients with short settings.

use cofferdam_data::{ColumnBuilder, SinkRun, SourceRun, TopicOffset, TopicPartition, kind};
use cofferdam_embedded::{EmbeddedConfig, EmbeddedStream};
use cofferdam_kafka::{
    Ack, Admin, BatchConsumer, ClientKind, ClientSettings, ConsumerEvent, GroupAdmin, SendError, TaskProducer,
    client_settings,
};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

pub const SOON: Duration = Duration::from_secs(30);
pub const TICK: Duration = Duration::from_millis(100);
pub const PLENTY: usize = 1 << 30;

/// A broker, embedded unless the environment names one.
pub struct Stream {
    bootstrap: String,
    _embedded: Option<(EmbeddedStream, tempfile::TempDir)>,
}

impl Stream {
    pub fn start() -> Self {
        if let Ok(bootstrap) = std::env::var("COFFERDAM_TEST_BOOTSTRAP") {
            return Self { bootstrap, _embedded: None };
        }
        let dir = tempfile::tempdir().unwrap();
        let embedded = EmbeddedStream::start(EmbeddedConfig::new(dir.path())).unwrap();
        Self { bootstrap: embedded.bootstrap(), _embedded: Some((embedded, dir)) }
    }

    pub fn settings(&self, kind: ClientKind, group: Option<&str>, overrides: &[(&str, &str)]) -> ClientSettings {
        settings(&self.bootstrap, kind, group, overrides)
    }

    pub fn admin(&self) -> Admin {
        Admin::new(self.settings(ClientKind::Admin, None, &[])).unwrap()
    }

    pub fn group_admin(&self, group: &str) -> GroupAdmin {
        GroupAdmin::new(&self.settings(ClientKind::Admin, None, &[]), group).unwrap()
    }

    pub fn producer(&self, overrides: &[(&str, &str)]) -> TaskProducer {
        TaskProducer::new(self.settings(ClientKind::Producer, None, overrides)).unwrap()
    }

    pub fn consumer(&self, group: &str, topic: &str, overrides: &[(&str, &str)]) -> BatchConsumer {
        let settings = self.settings(ClientKind::Consumer, Some(group), overrides);
        BatchConsumer::subscribe(settings, &[topic.to_owned()]).unwrap()
    }

    /// A new topic of its own.
    pub async fn topic(&self, partitions: i32) -> String {
        let name = unique("topic");
        assert!(self.admin().create_topic(&name, partitions, 1, &BTreeMap::new(), SOON).await.unwrap());
        name
    }

    /// A new topic with records `0..count` in each partition, values "partition:number" padded to `size`.
    pub async fn filled(&self, partitions: i32, count: usize, size: usize) -> String {
        let topic = self.topic(partitions).await;
        let mut producer = self.producer(&[]);
        for partition in 0..partitions {
            let values: Vec<Vec<u8>> = (0..count).map(|number| value(partition, number, size)).collect();
            let mut run = run(&topic, &values.iter().map(|value| Some(value.as_slice())).collect::<Vec<_>>());
            run.partitions = vec![partition];
            send_all(&mut producer, &run).await;
        }
        topic
    }
}

pub fn settings(bootstrap: &str, kind: ClientKind, group: Option<&str>, overrides: &[(&str, &str)]) -> ClientSettings {
    let overrides = overrides.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    let none = BTreeMap::new();
    client_settings(kind, bootstrap, &none, &none, &overrides, "test", group).unwrap().0
}

pub fn unique(what: &str) -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
    format!("{what}-{}-{now}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}

pub fn at(topic: &str, partition: i32) -> TopicPartition {
    TopicPartition { topic: topic.to_owned(), partition }
}

pub fn offset(topic: &str, partition: i32, offset: i64) -> TopicOffset {
    TopicOffset { at: at(topic, partition), offset }
}

pub fn value(partition: i32, number: usize, size: usize) -> Vec<u8> {
    let mut value = format!("{partition}:{number}").into_bytes();
    value.resize(value.len().max(size), b'.');
    value
}

/// A run of values without keys.
pub fn run(topic: &str, values: &[Option<&[u8]>]) -> SourceRun {
    let mut column = ColumnBuilder::default();
    for value in values {
        match value {
            Some(value) => column.push(kind::BYTES, 0, value),
            None => column.push_null(),
        }
    }
    let topics = vec![topic.to_owned()];
    SourceRun { topics, topic_of: vec![0], partitions: vec![-1], values: column.finish(), ..SourceRun::default() }
}

/// Sends a run as a task would; its acknowledgements by sequence, which begins at 0.
pub async fn send_all(producer: &mut TaskProducer, run: &SourceRun) -> Vec<Ack> {
    let (mut sent, mut acks) = (0, Vec::new());
    let deadline = Instant::now() + SOON;
    while sent < run.len() || producer.in_flight() > 0 {
        assert!(Instant::now() < deadline, "{sent} sent, {} not acknowledged", producer.in_flight());
        let (taken, error) = producer.send_run(run, sent, run.len(), sent as u64);
        sent += taken;
        assert!(matches!(error, None | Some(SendError::QueueFull)), "{error:?}");
        producer.wait_ack(SOON).await;
        producer.take_acks(&mut acks);
    }
    assert_eq!(acks.len(), run.len());
    assert!(acks.iter().all(|ack| ack.error.is_none()), "{:?}", acks.iter().find(|ack| ack.error.is_some()));
    acks.sort_by_key(|ack| ack.sequence);
    acks
}

/// What a consumer gave: one entry per record.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Got {
    pub partition: i32,
    pub offset: i64,
    pub value: Option<Vec<u8>>,
}

pub fn flatten(runs: &[SinkRun]) -> Vec<Got> {
    let mut all = Vec::new();
    for run in runs {
        assert_eq!(run.values.check(run.len()), Ok(()));
        assert_eq!(run.keys.check(run.len()), Ok(()));
        assert!(!run.is_empty());
        for (offset, cell) in run.offsets.iter().zip(run.values.cells()) {
            let value = (cell.kind == kind::BYTES).then(|| cell.bytes.to_vec());
            all.push(Got { partition: run.origin.partition, offset: *offset, value });
        }
    }
    all
}

/// The next event that is no error and not idle.
pub async fn event(consumer: &mut BatchConsumer, records: bool) -> ConsumerEvent {
    let deadline = Instant::now() + SOON;
    loop {
        match consumer.next(500, PLENTY, TICK, records).await {
            ConsumerEvent::Error(error) => eprintln!("{error}"),
            ConsumerEvent::Idle => assert!(Instant::now() < deadline, "nothing happened"),
            other => return other,
        }
    }
}

/// Waits for the first assignment and takes it.
pub async fn assigned(consumer: &mut BatchConsumer) -> Vec<TopicPartition> {
    match event(consumer, false).await {
        ConsumerEvent::Assigned(mut partitions) => {
            consumer.finish_assign().await.unwrap();
            partitions.sort();
            partitions
        }
        other => panic!("expected an assignment, got {other:?}"),
    }
}

/// The next `count` records, rebalances finished on the way.
pub async fn records(consumer: &mut BatchConsumer, count: usize) -> Vec<Got> {
    let mut all = Vec::new();
    let deadline = Instant::now() + SOON;
    while all.len() < count {
        assert!(Instant::now() < deadline, "{} of {count} records came", all.len());
        match consumer.next(500.min(count - all.len()), PLENTY, TICK, true).await {
            ConsumerEvent::Records(runs) => all.extend(flatten(&runs)),
            ConsumerEvent::Assigned(_) => consumer.finish_assign().await.unwrap(),
            ConsumerEvent::Revoked { partitions, lost } => {
                eprintln!("revoked: {partitions:?}, lost: {lost}");
                consumer.finish_revoke().await.unwrap();
            }
            ConsumerEvent::Error(error) => eprintln!("{error}"),
            ConsumerEvent::Idle => {}
        }
    }
    all
}

/// That nothing but trouble comes for a little while.
pub async fn quiet(consumer: &mut BatchConsumer) {
    let deadline = Instant::now() + Duration::from_millis(500);
    while Instant::now() < deadline {
        match consumer.next(500, PLENTY, TICK, true).await {
            ConsumerEvent::Idle | ConsumerEvent::Error(_) => {}
            other => panic!("expected nothing, got {other:?}"),
        }
    }
}

/// The offsets of a partition.
pub fn offsets_of(got: &[Got], partition: i32) -> Vec<i64> {
    got.iter().filter(|got| got.partition == partition).map(|got| got.offset).collect()
}
