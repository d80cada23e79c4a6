//! The benchmark's bare twins: the same records through librdkafka with nothing of ours in between.
//!
//! `bare produce|poll|batch BOOTSTRAP TOPICS COUNT SIZE` moves COUNT records and prints one line: seconds, CPU seconds,
//! peak RSS in KiB.

use rdkafka::bindings as native;
use rdkafka::client::ClientContext;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::message::DeliveryResult;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer, ProducerContext};
use rdkafka::types::RDKafkaErrorCode;
use rdkafka::{Offset, TopicPartitionList};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

#[derive(Default)]
struct Count(AtomicU64);
impl ClientContext for Count {}
impl ProducerContext for Count {
    type DeliveryOpaque = ();
    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        result.as_ref().expect("a delivered record");
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [loop_, bootstrap, topics, count, size] = arguments.as_slice() else {
        eprintln!("usage: bare produce|poll|batch BOOTSTRAP TOPIC,TOPIC COUNT SIZE");
        std::process::exit(1);
    };
    let topics: Vec<&str> = topics.split(',').collect();
    let (count, size) = (count.parse().expect("a count"), size.parse().expect("a size"));
    let begin = Instant::now();
    match loop_.as_str() {
        "produce" => produce(bootstrap, &topics, count, size),
        "poll" => poll(bootstrap, topics[0], count),
        "batch" => batch(bootstrap, topics[0], count),
        other => panic!("no loop {other}"),
    }
    let seconds = begin.elapsed().as_secs_f64();
    println!("{seconds:.4} {:.4} {}", cofferdam_tests::cpu_seconds("self"), cofferdam_tests::peak_rss_kib("self"));
}

/// The settings of a source task's producer in Kafka Connect.
fn produce(bootstrap: &str, topics: &[&str], count: u64, size: usize) {
    let producer: BaseProducer<Count> = ClientConfig::new()
        .set("bootstrap.servers", bootstrap)
        .set("acks", "all")
        .set("max.in.flight.requests.per.connection", "1")
        .set("linger.ms", "5")
        .create_with_context(Count::default())
        .expect("a producer");
    let value = vec![b'x'; size];
    for number in 0..count {
        let topic = topics[usize::try_from(number).expect("64 bits") % topics.len()];
        let mut record = BaseRecord::<(), [u8], ()>::to(topic).payload(&value);
        while let Err((error, back)) = producer.send(record) {
            assert!(matches!(error, KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull)), "{error}");
            producer.poll(Duration::from_millis(10));
            record = back;
        }
        if number % 1000 == 0 {
            producer.poll(Duration::ZERO);
        }
    }
    while producer.in_flight_count() > 0 {
        producer.poll(Duration::from_millis(10));
    }
    assert_eq!(producer.context().0.load(Ordering::Relaxed), count);
}

fn consumer(bootstrap: &str, topic: &str) -> BaseConsumer {
    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", bootstrap)
        .set("group.id", "bare")
        .set("enable.auto.commit", "false")
        .create()
        .expect("a consumer");
    let mut list = TopicPartitionList::new();
    list.add_partition_offset(topic, 0, Offset::Beginning).expect("a partition");
    consumer.assign(&list).expect("an assignment");
    consumer
}

fn poll(bootstrap: &str, topic: &str, count: u64) {
    let consumer = consumer(bootstrap, topic);
    let mut got = 0;
    while got < count {
        if let Some(message) = consumer.poll(Duration::from_secs(10)) {
            message.expect("a record");
            got += 1;
        }
    }
}

fn batch(bootstrap: &str, topic: &str, count: u64) {
    let consumer = consumer(bootstrap, topic);
    let name = std::ffi::CString::new(topic).expect("a topic");
    let mut messages = vec![std::ptr::null_mut(); 10_000];
    let mut got = 0;
    // SAFETY: the queue is created from a live client and destroyed before it; every message handed out is destroyed
    // once; the array is as long as said.
    unsafe {
        let queue = native::rd_kafka_queue_new(consumer.client().native_ptr());
        let partition = native::rd_kafka_queue_get_partition(consumer.client().native_ptr(), name.as_ptr(), 0);
        assert!(!partition.is_null(), "no queue of {topic}");
        native::rd_kafka_queue_forward(partition, queue);
        while got < count {
            let read = native::rd_kafka_consume_batch_queue(queue, 100, messages.as_mut_ptr(), messages.len());
            for message in &messages[..usize::try_from(read).expect("a count")] {
                assert_eq!((**message).err, native::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR);
                native::rd_kafka_message_destroy(*message);
                got += 1;
            }
            consumer.poll(Duration::ZERO);
        }
        native::rd_kafka_queue_destroy(partition);
        native::rd_kafka_queue_destroy(queue);
    }
}
