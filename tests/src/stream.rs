//! Kafka as the tests see it: what is in a topic, and where real Kafka is.

use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::{Message, Offset, TopicPartitionList};
use std::time::Duration;

/// Apache Kafka, started by `./x test` once for the whole run.
pub struct RealKafka;

impl RealKafka {
    /// Its address, if it runs; else the test is noted as skipped.
    pub fn bootstrap(test: &str) -> Option<String> {
        let bootstrap = std::env::var("COFFERDAM_TEST_KAFKA").ok().filter(|address| !address.is_empty());
        if bootstrap.is_none() {
            crate::skip(test, "no real Kafka: needs Java 17 and Maven, started by ./x test");
        }
        bootstrap
    }
}

/// The values of all records of a topic, by partition and offset.
pub fn records(bootstrap: &str, topic: &str) -> Vec<Vec<u8>> {
    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", bootstrap)
        .set("group.id", "cofferdam-tests-reader")
        .set("enable.auto.commit", "false")
        .set("enable.partition.eof", "true")
        .create()
        .expect("a consumer");
    let timeout = Duration::from_secs(30);
    let metadata = consumer.fetch_metadata(Some(topic), timeout).expect("metadata of the topic");
    let partitions = metadata.topics()[0].partitions().len() as i32;
    let mut values = Vec::new();
    for partition in 0..partitions {
        let (low, high) = consumer.fetch_watermarks(topic, partition, timeout).expect("watermarks");
        let mut list = TopicPartitionList::new();
        list.add_partition_offset(topic, partition, Offset::Offset(low)).expect("a partition");
        consumer.assign(&list).expect("an assignment");
        let mut next = low;
        while next < high {
            match consumer.poll(timeout).expect("a record before the timeout") {
                Ok(message) => {
                    next = message.offset() + 1;
                    values.push(message.payload().unwrap_or_default().to_vec());
                }
                Err(rdkafka::error::KafkaError::PartitionEOF(_)) => break,
                Err(error) => panic!("reading {topic}: {error}"),
            }
        }
    }
    values
}

/// How many records a topic holds, by its offsets.
pub fn records_in(bootstrap: &str, topic: &str) -> u64 {
    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", bootstrap)
        .set("group.id", "cofferdam-tests-counter")
        .create()
        .expect("a consumer");
    let timeout = Duration::from_secs(30);
    let metadata = consumer.fetch_metadata(Some(topic), timeout).expect("metadata of the topic");
    let partitions = metadata.topics()[0].partitions().iter().map(rdkafka::metadata::MetadataPartition::id);
    let count = |partition| {
        let (low, high) = consumer.fetch_watermarks(topic, partition, timeout).expect("watermarks");
        u64::try_from(high - low).expect("offsets in order")
    };
    partitions.map(count).sum()
}

/// Creates a topic with one partition.
pub fn create_topic(bootstrap: &str, topic: &str) {
    let new = [NewTopic::new(topic, 1, TopicReplication::Fixed(1))];
    let results = wait(admin(bootstrap).create_topics(&new, &AdminOptions::new())).expect("creating a topic");
    results.into_iter().for_each(|result| drop(result.expect("creating a topic")));
}

/// Deletes topics.
pub fn delete_topics(bootstrap: &str, topics: &[String]) {
    let names: Vec<&str> = topics.iter().map(String::as_str).collect();
    let results = wait(admin(bootstrap).delete_topics(&names, &AdminOptions::new())).expect("deleting topics");
    results.into_iter().for_each(|result| drop(result.expect("deleting a topic")));
}

fn admin(bootstrap: &str) -> AdminClient<DefaultClientContext> {
    ClientConfig::new().set("bootstrap.servers", bootstrap).create().expect("an admin client")
}

fn wait<T>(answer: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(answer)
}
