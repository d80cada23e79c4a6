//! Measures this crate's consumer and producer beside librdkafka's plain loops: records a second, and CPU seconds of
//! this process per million records.
//!
//! `cargo run --example throughput -p cofferdam-kafka -- BOOTSTRAP [RECORDS] [BYTES] [PARTITIONS]`
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a tool for developers"
)]

use cofferdam_data::{ColumnBuilder, SourceRun, kind};
use cofferdam_kafka::{Admin, BatchConsumer, ClientKind, ClientSettings, ConsumerEvent, TaskProducer, client_settings};
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::producer::{BaseProducer, BaseRecord, DeliveryResult, Producer, ProducerContext};
use rdkafka::{ClientConfig, ClientContext};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// What a measurement began with.
struct Watch(Instant, f64);

impl Watch {
    fn start() -> Self {
        Self(Instant::now(), cpu())
    }

    fn stop(&self, what: &str, records: usize) {
        let (wall, cpu, count) = (self.0.elapsed().as_secs_f64(), cpu() - self.1, records as f64);
        println!("{what:<44} {:>9.0} rec/s {:>6.2} CPU s/M", count / wall, cpu / count * 1e6);
    }
}

/// CPU seconds of this process so far.
fn cpu() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    fields.iter().skip(11).take(2).map(|ticks| ticks.parse::<f64>().unwrap()).sum::<f64>() / 100.0
}

#[derive(Clone, Default)]
struct Counter(Arc<AtomicUsize>);
impl ClientContext for Counter {}
impl ProducerContext for Counter {
    type DeliveryOpaque = usize;
    fn delivery(&self, report: &DeliveryResult<'_>, _: usize) {
        assert!(report.is_ok());
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

struct Bench {
    bootstrap: String,
    records: usize,
    bytes: usize,
    partitions: i32,
}

impl Bench {
    fn settings(&self, kind: ClientKind, group: Option<&str>) -> ClientSettings {
        let none = BTreeMap::new();
        client_settings(kind, &self.bootstrap, &none, &none, &none, "bench", group).unwrap().0
    }

    /// The same settings for librdkafka's own loops.
    fn plain(&self, kind: ClientKind, group: Option<&str>) -> ClientConfig {
        let settings = self.settings(kind, group);
        let mut config = ClientConfig::new();
        for name in PLAIN {
            if let Some(value) = settings.get(name) {
                config.set(*name, value);
            }
        }
        config
    }

    fn value(&self) -> Vec<u8> {
        (0..self.bytes).map(|index| b'a' + u8::try_from(index * 7 % 26).unwrap()).collect()
    }

    fn bare_producer(&self, topic: &str) {
        let counter = Counter::default();
        let producer: BaseProducer<Counter> =
            self.plain(ClientKind::Producer, None).create_with_context(counter.clone()).unwrap();
        let value = self.value();
        let (watch, mut sent) = (Watch::start(), 0);
        while sent < self.records {
            let partition = i32::try_from(sent).unwrap() % self.partitions;
            let record =
                BaseRecord::<[u8], [u8], usize>::with_opaque_to(topic, sent).partition(partition).payload(&value);
            match producer.send(record) {
                Ok(()) => {
                    sent += 1;
                    if sent % 1000 == 0 {
                        producer.poll(Duration::ZERO);
                    }
                }
                Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), _)) => {
                    producer.poll(Duration::from_millis(1));
                }
                Err((error, _)) => panic!("{error}"),
            }
        }
        while producer.in_flight_count() > 0 {
            producer.poll(Duration::from_millis(1));
        }
        assert_eq!(counter.0.load(Ordering::Relaxed), self.records);
        watch.stop("BaseProducer::send, poll", self.records);
    }

    async fn task_producer(&self, topic: &str, timestamps: bool) {
        let mut producer = TaskProducer::new(self.settings(ClientKind::Producer, None)).unwrap();
        let value = self.value();
        let mut column = ColumnBuilder::default();
        (0..1000).for_each(|_| column.push(kind::BYTES, 0, &value));
        let mut run = SourceRun {
            topics: vec![topic.to_owned()],
            topic_of: vec![0],
            values: column.finish(),
            timestamps: if timestamps { vec![1_700_000_000_000] } else { vec![] },
            ..SourceRun::default()
        };
        let (watch, mut sent, mut acked, mut acks) = (Watch::start(), 0, 0, Vec::new());
        while acked < self.records {
            if sent < self.records {
                let from = sent % 1000;
                run.partitions = vec![i32::try_from(sent / 1000).unwrap() % self.partitions];
                let (taken, error) = producer.send_run(&run, from, 1000, sent as u64);
                sent += taken;
                if error.is_some() {
                    producer.wait_ack(Duration::from_secs(10)).await;
                }
            } else {
                producer.wait_ack(Duration::from_secs(10)).await;
            }
            producer.take_acks(&mut acks);
            acked += acks.len();
            assert!(acks.iter().all(|ack| ack.error.is_none()));
            acks.clear();
        }
        let what = if timestamps { "TaskProducer, with timestamps" } else { "TaskProducer, plain" };
        watch.stop(what, self.records);
    }

    fn bare_consumer(&self, topic: &str) {
        let consumer: BaseConsumer = self.plain(ClientKind::Consumer, Some(&format!("bare-{topic}"))).create().unwrap();
        consumer.subscribe(&[topic]).unwrap();
        let (mut watch, mut got) = (None, 0);
        while got < self.records {
            if let Some(message) = consumer.poll(Duration::from_millis(100)) {
                watch.get_or_insert_with(Watch::start);
                got += usize::from(message.unwrap().payload_len() == self.bytes);
            }
        }
        watch.unwrap().stop("BaseConsumer::poll (nothing copied)", self.records);
    }

    async fn batch_consumer(&self, topic: &str, most: usize) {
        let settings = self.settings(ClientKind::Consumer, Some(&format!("batch-{most}-{topic}")));
        let mut consumer = BatchConsumer::subscribe(settings, &[topic.to_owned()]).unwrap();
        let (mut watch, mut got, mut calls) = (None, 0, 0);
        while got < self.records {
            match consumer.next(most, 1 << 20, Duration::from_millis(100), true).await {
                ConsumerEvent::Records(runs) => {
                    watch.get_or_insert_with(Watch::start);
                    got += runs.iter().map(cofferdam_data::SinkRun::len).sum::<usize>();
                    calls += 1;
                }
                ConsumerEvent::Assigned(_) => consumer.finish_assign().await.unwrap(),
                ConsumerEvent::Idle | ConsumerEvent::Error(_) => {}
                ConsumerEvent::Revoked { .. } => panic!("revoked"),
            }
        }
        watch.unwrap().stop(&format!("BatchConsumer, {most} at most, {} a batch", got / calls), self.records);
        consumer.close().await;
    }
}

/// What the plain loops take over from the settings.
const PLAIN: &[&str] = &[
    "bootstrap.servers",
    "group.id",
    "auto.offset.reset",
    "enable.auto.commit",
    "check.crcs",
    "fetch.queue.backoff.ms",
    "acks",
    "max.in.flight.requests.per.connection",
    "linger.ms",
    "queue.buffering.max.kbytes",
    "message.max.bytes",
    "delivery.timeout.ms",
];

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |index: usize, otherwise| arguments.get(index).map_or(otherwise, |text| text.parse().unwrap());
    let bench = Bench {
        bootstrap: arguments.first().unwrap().clone(),
        records: number(1, 1_000_000),
        bytes: number(2, 100),
        partitions: i32::try_from(number(3, 4)).unwrap(),
    };
    let admin = Admin::new(bench.settings(ClientKind::Admin, None)).unwrap();
    let topics: Vec<String> =
        ["bare", "plain", "timed"].map(|name| format!("bench-{name}-{}", std::process::id())).into();
    for topic in &topics {
        admin.create_topic(topic, bench.partitions, 1, &BTreeMap::new(), Duration::from_secs(30)).await.unwrap();
    }
    for _ in 0..2 {
        tokio::task::block_in_place(|| bench.bare_producer(&topics[0]));
        bench.task_producer(&topics[1], false).await;
        bench.task_producer(&topics[2], true).await;
    }
    for topic in topics.iter().take(2) {
        tokio::task::block_in_place(|| bench.bare_consumer(topic));
        for most in [500, 2000] {
            bench.batch_consumer(topic, most).await;
        }
    }
    for topic in &topics {
        admin.delete_topic(topic, Duration::from_secs(30)).await.unwrap();
    }
}
