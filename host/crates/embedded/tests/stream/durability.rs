//! kill -9 under load: nothing acknowledged is lost, nothing is there twice, nothing has moved.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use cofferdam_embedded::Fsync;
use parking_lot::Mutex;
use rdkafka::config::ClientConfig;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::producer::{BaseRecord, DeliveryResult, Producer, ProducerContext, ThreadedProducer};
use rdkafka::{ClientContext, Message};

use super::harness::*;

const PARTITIONS: i32 = 3;

/// A stream in a process of its own that can be killed and started again on the same port.
pub struct Server {
    dir: tempfile::TempDir,
    fsync: Fsync,
    child: Option<Child>,
    stream: Stream,
}

impl Server {
    pub fn start(fsync: Fsync) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let (child, bootstrap) = launch(dir.path(), "0", fsync);
        Self { dir, fsync, child: Some(child), stream: Stream::at(&bootstrap) }
    }

    pub fn into_parts(mut self) -> (tempfile::TempDir, Child, Stream) {
        (self.dir, self.child.take().unwrap(), self.stream)
    }

    fn kill_and_start_again(&mut self) {
        self.child.take().unwrap().kill();
        let port = self.stream.bootstrap.rsplit(':').next().unwrap().to_owned();
        self.child = Some(launch(self.dir.path(), &port, self.fsync).0);
    }
}

fn launch(dir: &Path, port: &str, fsync: Fsync) -> (Child, String) {
    let fsync = if fsync == Fsync::Commit { "commit" } else { "none" };
    let mut child = spawn("serve", &[dir.join("data").to_str().unwrap(), port, fsync]);
    let address = child.line();
    assert!(address.starts_with("127.0.0.1:"), "{address:?}");
    (child, address)
}

/// Number, partition and offset of each record that was acknowledged.
#[derive(Clone, Default)]
struct Acks(Arc<Mutex<Vec<(u64, i32, i64)>>>);

impl ClientContext for Acks {}
impl ProducerContext for Acks {
    type DeliveryOpaque = Box<u64>;
    fn delivery(&self, result: &DeliveryResult<'_>, number: Box<u64>) {
        if let Ok(m) = result {
            self.0.lock().push((*number, m.partition(), m.offset()));
        }
    }
}

fn produce_over_kills(fsync: Fsync, kills: usize, between: usize) {
    let mut server = Server::start(fsync);
    server.stream.create("t", PARTITIONS);
    let acks = Acks::default();
    let producer: ThreadedProducer<Acks> = ClientConfig::new()
        .set("bootstrap.servers", &server.stream.bootstrap)
        .set("enable.idempotence", "true")
        .set("linger.ms", "1")
        .set("message.timeout.ms", "60000")
        .set("queue.buffering.max.messages", "5000")
        .set("reconnect.backoff.max.ms", "200")
        .create_with_context(acks.clone())
        .unwrap();
    let deadline = Instant::now() + 4 * LIMIT;
    let (mut number, mut killed) = (0u64, 0);
    while killed < kills {
        let value = number.to_string();
        let partition = (number % PARTITIONS as u64) as i32;
        let record = BaseRecord::<[u8], [u8], Box<u64>>::with_opaque_to("t", Box::new(number));
        match producer.send(record.partition(partition).payload(value.as_bytes())) {
            Ok(()) => number += 1,
            Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), _)) => std::thread::yield_now(),
            Err((e, _)) => panic!("send: {e}"),
        }
        if number % 64 == 0 && acks.0.lock().len() > (killed + 1) * between {
            server.kill_and_start_again();
            killed += 1;
        }
        assert!(Instant::now() < deadline, "{killed} kills, {} acknowledged of {number}", acks.0.lock().len());
    }
    producer.flush(LIMIT).unwrap();
    let acks = acks.0.lock();
    verify(&server.stream, &acks);
    assert_eq!(acks.len() as u64, number, "the producer outlives the kills");
}

fn verify(stream: &Stream, acks: &[(u64, i32, i64)]) {
    let mut at = HashMap::new();
    let mut last = HashMap::new();
    for message in read_all(stream, "t", PARTITIONS) {
        let number: u64 = String::from_utf8_lossy(message.payload().unwrap()).parse().unwrap();
        let before = last.insert(message.partition(), number);
        assert!(before.is_none_or(|before| before < number), "twice or out of order: {before:?} then {number}");
        at.insert((message.partition(), message.offset()), number);
    }
    let there: HashSet<u64> = at.values().copied().collect();
    for (number, partition, offset) in acks {
        assert!(there.contains(number), "{number} was acknowledged and is lost");
        assert_eq!(at.get(&(*partition, *offset)), Some(number), "{number} is not where it was acknowledged");
    }
}

#[test]
fn acknowledged_records_survive_kills_under_load() {
    produce_over_kills(Fsync::None, 3, 20_000);
}

#[test]
fn acknowledged_records_survive_kills_under_load_with_fsync() {
    produce_over_kills(Fsync::Commit, 1, 1_000);
}

#[test]
fn topics_configs_and_committed_offsets_survive_a_kill() {
    let mut server = Server::start(Fsync::None);
    server.stream.create("gone", 1);
    block_on(server.stream.admin().delete_topics(&["gone"], &options())).unwrap().remove(0).unwrap();
    super::offsets::group_with_commit(&server.stream);
    assert_eq!(super::topics::alter(&server.stream, "t", &[("max.message.bytes", "1000")]).0, 0);
    server.kill_and_start_again();
    let stream = &server.stream;
    assert_eq!(super::offsets::list(stream, "g"), [("t".to_owned(), 0, 10), ("t".to_owned(), 1, 11)]);
    let metadata = stream.admin().inner().fetch_metadata(None, LIMIT).unwrap();
    let topics: Vec<_> = metadata.topics().iter().map(|t| (t.name(), t.partitions().len())).collect();
    assert_eq!(topics, [("t", 2)]);
    let consumer = stream.consumer("g", &[TELL_ENDS]);
    rdkafka::consumer::Consumer::subscribe(&consumer, &["t"]).unwrap();
    assert_eq!(read_to_end(&consumer, 2).len(), 19, "from 10 and 11 of 20 each");
}
