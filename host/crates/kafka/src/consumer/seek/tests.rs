use super::*;
use crate::{ClientKind, ConsumerEvent, TaskProducer, client_settings};
use cofferdam_data::{ColumnBuilder, SourceRun, kind};
use cofferdam_embedded::{EmbeddedConfig, EmbeddedStream};
use std::collections::BTreeMap;

const TICK: Duration = Duration::from_millis(100);

/// A topic with records 0 to 9, and a consumer that has partition 0 of it.
async fn consumer(stream: &EmbeddedStream) -> BatchConsumer {
    let none = BTreeMap::new();
    let settings =
        |kind, group| client_settings(kind, &stream.bootstrap(), &none, &none, &none, "test", group).unwrap().0;
    let mut producer = TaskProducer::new(settings(ClientKind::Producer, None)).unwrap();
    let mut values = ColumnBuilder::default();
    (0..10).for_each(|_| values.push(kind::BYTES, 0, b"x"));
    let (topics, values) = (vec!["t".to_owned()], values.finish());
    let run = SourceRun { topics, topic_of: vec![0], partitions: vec![0], values, ..SourceRun::default() };
    assert_eq!(producer.send_run(&run, 0, 10, 0), (10, None));
    let mut acks = Vec::new();
    while producer.in_flight() > 0 {
        producer.wait_ack(TICK).await;
        producer.take_acks(&mut acks);
    }
    let mut consumer = BatchConsumer::subscribe(settings(ClientKind::Consumer, Some("g")), &["t".to_owned()]).unwrap();
    while consumer.assignment().is_empty() {
        if let ConsumerEvent::Assigned(_) = consumer.next(1, 1 << 20, TICK, false).await {
            consumer.finish_assign().await.unwrap();
        }
    }
    consumer
}

#[tokio::test]
async fn nothing_is_read_between_a_seek_and_librdkafkas_answer() {
    let dir = tempfile::tempdir().unwrap();
    let stream = EmbeddedStream::start(EmbeddedConfig::new(dir.path())).unwrap();
    let mut consumer = consumer(&stream).await;
    // librdkafka reads from 0 already, and its answer is not in yet: as if it had just gone there.
    let at = TopicPartition { topic: "t".to_owned(), partition: 0 };
    let target = Target { offset: 0, number: 1 };
    consumer.partitions.find_mut("t", 0).unwrap().seek_to(target);
    let (answer, running) = oneshot::channel();
    consumer.seeks.running = Some(running);
    let deadline = Instant::now() + Duration::from_secs(30);
    while consumer.records.len() < 10 {
        let event = consumer.next(500, 1 << 20, TICK, true).await;
        assert!(matches!(event, ConsumerEvent::Idle) && Instant::now() < deadline, "{event:?}");
    }
    answer.send(vec![(at, target, None)]).unwrap();
    let event = consumer.next(500, 1 << 20, TICK, true).await;
    let ConsumerEvent::Records(runs) = event else { panic!("the records are lost: {event:?}") };
    assert_eq!(runs[0].offsets, (0..10).collect::<Vec<i64>>());
    consumer.close().await;
}
