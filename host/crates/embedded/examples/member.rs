//! A member of a consumer group until it is killed: `member <bootstrap> <group> <topic>`. It reads and commits nothing. The
//! process that a test of groups kills: a consumer that is dropped says goodbye.

use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [bootstrap, group, topic] = args.as_slice() else {
        return Err("usage: member <bootstrap> <group> <topic>".into());
    };
    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", bootstrap)
        .set("group.id", group)
        .set("enable.auto.commit", "false")
        .set("session.timeout.ms", "6000")
        .set("heartbeat.interval.ms", "1000")
        .create()?;
    consumer.subscribe(&[topic])?;
    loop {
        let _ = consumer.poll(Duration::from_secs(1));
    }
}
