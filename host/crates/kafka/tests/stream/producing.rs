//! Sending and acknowledgements.

use crate::harness::*;
use cofferdam_data::{ColumnBuilder, Headers, kind};
use cofferdam_kafka::{Admin, AdminError, ClientKind, SendError, TaskProducer};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

#[tokio::test]
async fn each_record_is_acknowledged_with_its_number_and_place() {
    let stream = Stream::start();
    let topic = stream.topic(2).await;
    let values: Vec<Vec<u8>> = (0..2500).map(|number| value(0, number, 0)).collect();
    let mut sent = run(&topic, &values.iter().map(|value| Some(value.as_slice())).collect::<Vec<_>>());
    sent.partitions = (0..2500).map(|number| number % 2).collect();
    let mut producer = stream.producer(&[]);
    // In two pieces, with numbers far from zero.
    let far = 1 << 40;
    assert_eq!(producer.send_run(&sent, 0, 1200, far), (1200, None));
    assert_eq!(producer.send_run(&sent, 1200, 9999, far + 1200), (1300, None));
    assert_eq!(producer.in_flight(), 2500);
    let (mut acks, deadline) = (Vec::new(), Instant::now() + SOON);
    while producer.in_flight() > 0 {
        assert!(Instant::now() < deadline);
        producer.wait_ack(SOON).await;
        producer.take_acks(&mut acks);
    }
    assert!(acks.iter().all(|ack| ack.error.is_none()));
    for partition in 0..2 {
        let mine: Vec<(u64, i64)> =
            acks.iter().filter(|ack| ack.partition == partition).map(|ack| (ack.sequence, ack.offset)).collect();
        let expected: Vec<(u64, i64)> = (0..1250)
            .map(|number| (far + 2 * number + u64::try_from(partition).unwrap(), i64::try_from(number).unwrap()))
            .collect();
        assert_eq!(mine, expected, "in order");
    }
}

#[tokio::test]
async fn keys_choose_the_partition_that_kafkas_java_producer_chooses() {
    let stream = Stream::start();
    let topic = stream.topic(10).await;
    // From Kafka's own test of its murmur2.
    let hashes = [
        ("21", -973_932_308_i32),
        ("foobar", -790_332_482),
        ("abc", 479_470_107),
        ("a-little-bit-long-string", -985_981_536),
    ];
    let mut keys = ColumnBuilder::default();
    hashes.iter().for_each(|(key, _)| keys.push(kind::BYTES, 0, key.as_bytes()));
    let mut sent = run(&topic, &[Some(&b"x"[..]); 4]);
    sent.keys = keys.finish();
    let acks = send_all(&mut stream.producer(&[]), &sent).await;
    let expected: Vec<i32> = hashes.iter().map(|(_, hash)| (hash & 0x7fff_ffff) % 10).collect();
    assert_eq!(acks.iter().map(|ack| ack.partition).collect::<Vec<_>>(), expected);
}

#[tokio::test]
async fn what_cannot_be_sent_is_told_and_the_rest_goes_on() {
    let stream = Stream::start();
    let topic = stream.topic(1).await;
    let large = vec![b'x'; 3000];
    for timestamps in [vec![], vec![1_700_000_000_000]] {
        let mut producer = stream.producer(&[("max.request.size", "2000")]);
        // Know the topic first: librdkafka takes any partition of a topic that it does not know.
        send_all(&mut producer, &run(&topic, &[Some(b"first")])).await;
        let mut sent = run(&topic, &[Some(b"a"), Some(b"b"), Some(&large), Some(b"d")]);
        sent.timestamps = timestamps;
        let (taken, error) = producer.send_run(&sent, 0, 4, 10);
        assert_eq!(taken, 2, "{error:?}");
        let Some(SendError::Failed(words)) = error else { panic!("{error:?}") };
        assert_eq!(
            words,
            "The message is 3036 bytes when serialized which is larger than 2000, which is the value of the \
             max.request.size configuration."
        );
        sent.partitions = vec![-1, -1, -1, 7];
        let error = producer.send_run(&sent, 3, 4, 12);
        assert_eq!(error, (0, Some(SendError::Failed(format!("Topic {topic} has no partition 7")))));
        sent.partitions = vec![0];
        assert_eq!(producer.send_run(&sent, 3, 4, 12), (1, None));
        let (mut acks, deadline) = (Vec::new(), Instant::now() + SOON);
        while producer.in_flight() > 0 {
            assert!(Instant::now() < deadline);
            producer.wait_ack(SOON).await;
            producer.take_acks(&mut acks);
        }
        assert_eq!(
            acks.iter().map(|ack| (ack.sequence, ack.error.clone())).collect::<Vec<_>>(),
            [(10, None), (11, None), (12, None)]
        );
    }
}

#[tokio::test]
async fn a_record_just_over_the_maximum_is_refused_and_nothing_behind_it_is_sent() {
    let stream = Stream::start();
    let topic = stream.topic(1).await;
    let mut producer = stream.producer(&[("max.request.size", "2000")]);
    // 36 bytes are librdkafka's for the record itself.
    let (largest, larger) = (vec![b'x'; 1964], vec![b'x'; 1965]);
    let sent = run(&topic, &[Some(&largest), Some(&larger), Some(b"behind")]);
    let (taken, error) = producer.send_run(&sent, 0, 3, 0);
    assert!(matches!(&error, Some(SendError::Failed(words)) if words.contains("2001 bytes")), "{error:?}");
    assert_eq!((taken, producer.in_flight()), (1, 1));
    // Headers count, and are counted before they are copied: these would be 200 GB.
    let mut sent = run(&topic, &[Some(b"few"), Some(b"many")]);
    let mut values = ColumnBuilder::default();
    (0..100_001).for_each(|_| values.push(kind::BYTES, 0, b"v"));
    sent.headers = Headers {
        counts: vec![1, 100_000],
        names: vec!["a".into(), "n".repeat(2_000_000)],
        name_of: std::iter::once(0).chain(std::iter::repeat_n(1, 100_000)).collect(),
        values: values.finish(),
    };
    let (taken, error) = producer.send_run(&sent, 0, 2, 1);
    assert!(matches!(&error, Some(SendError::Failed(words)) if words.contains("max.request.size")), "{error:?}");
    assert_eq!((taken, producer.in_flight()), (1, 2));
    let (mut acks, deadline) = (Vec::new(), Instant::now() + SOON);
    while producer.in_flight() > 0 {
        assert!(Instant::now() < deadline);
        producer.wait_ack(SOON).await;
        producer.take_acks(&mut acks);
    }
    assert!(acks.iter().map(|ack| (ack.sequence, &ack.error)).eq([(0, &None), (1, &None)]), "{acks:?}");
}

#[tokio::test]
async fn a_record_larger_than_the_buffer_is_refused_instead_of_waiting_for_ever() {
    let stream = Stream::start();
    let topic = stream.topic(1).await;
    let large = vec![b'x'; 100_000];
    for timestamps in [vec![], vec![1_700_000_000_000]] {
        let mut producer = stream.producer(&[("buffer.memory", "50000")]);
        let mut sent = run(&topic, &[Some(b"a"), Some(&large)]);
        sent.timestamps = timestamps;
        assert_eq!(producer.send_run(&sent, 0, 2, 0), (1, Some(SendError::QueueFull)), "the first may make room");
        let (mut acks, deadline) = (Vec::new(), Instant::now() + SOON);
        while producer.in_flight() > 0 {
            assert!(Instant::now() < deadline);
            producer.wait_ack(SOON).await;
            producer.take_acks(&mut acks);
        }
        let (taken, error) = producer.send_run(&sent, 1, 2, 1);
        assert!(matches!(&error, Some(SendError::Failed(words)) if words.contains("buffer.memory")), "{error:?}");
        assert_eq!((taken, acks.len()), (0, 1));
    }
}

#[tokio::test]
async fn a_full_buffer_is_told_and_empties() {
    let stream = Stream::start();
    let topic = stream.topic(1).await;
    let values: Vec<Vec<u8>> = (0..3000).map(|number| value(0, number, 1000)).collect();
    let values: Vec<Option<&[u8]>> = values.iter().map(|value| Some(value.as_slice())).collect();
    for timestamps in [vec![], vec![1_700_000_000_000]] {
        let mut producer = stream.producer(&[("buffer.memory", "500000")]);
        let mut sent = run(&topic, &values);
        sent.timestamps = timestamps;
        let (taken, error) = producer.send_run(&sent, 0, 3000, 0);
        assert!(taken > 100 && taken < 1000, "{taken}");
        assert_eq!(error, Some(SendError::QueueFull));
        let mut total = taken;
        let (mut acks, deadline) = (Vec::new(), Instant::now() + SOON);
        while total < 3000 || producer.in_flight() > 0 {
            assert!(Instant::now() < deadline);
            producer.wait_ack(SOON).await;
            producer.take_acks(&mut acks);
            let (taken, error) = producer.send_run(&sent, total, 3000, total as u64);
            assert!(matches!(error, None | Some(SendError::QueueFull)), "{error:?}");
            total += taken;
        }
        assert!(acks.iter().map(|ack| ack.sequence).eq(0..3000));
    }
}

#[tokio::test]
async fn purged_records_are_acknowledged_with_an_error() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let nowhere = settings(&format!("127.0.0.1:{port}"), ClientKind::Producer, None, &[]);
    let mut producer = TaskProducer::new(nowhere).unwrap();
    assert_eq!(producer.send_run(&run("t", &[Some(b"a"), Some(b"b")]), 0, 2, 0), (2, None));
    let begun = Instant::now();
    producer.wait_ack(Duration::from_millis(50)).await;
    assert!(begun.elapsed() >= Duration::from_millis(50) && producer.in_flight() == 2);
    producer.purge();
    let mut acks = Vec::new();
    while producer.in_flight() > 0 {
        assert!(begun.elapsed() < SOON);
        producer.wait_ack(SOON).await;
        producer.take_acks(&mut acks);
    }
    assert_eq!(acks.len(), 2);
    assert!(acks.iter().all(|ack| ack.error.as_ref().is_some_and(|error| error.contains("Purged"))), "{acks:?}");
    let begun = Instant::now();
    drop(producer);
    assert!(begun.elapsed() < Duration::from_millis(50), "dropping took {:?}", begun.elapsed());
}

#[tokio::test]
async fn a_record_waits_for_a_topic_that_comes_later() {
    let stream = Stream::start();
    let topic = unique("late");
    let mut producer = stream.producer(&[("allow.auto.create.topics", "false")]);
    assert_eq!(producer.send_run(&run(&topic, &[Some(b"a")]), 0, 1, 5), (1, None));
    producer.wait_ack(Duration::from_millis(1500)).await;
    assert_eq!(producer.in_flight(), 1);
    let admin = stream.admin();
    assert!(!admin.topic_exists(&topic, SOON).await.unwrap());
    admin.create_topic(&topic, 1, 1, &BTreeMap::new(), SOON).await.unwrap();
    let mut acks = Vec::new();
    producer.wait_ack(SOON).await;
    producer.take_acks(&mut acks);
    assert_eq!(acks.iter().map(|ack| (ack.sequence, ack.offset, &ack.error)).collect::<Vec<_>>(), [(5, 0, &None)]);
}

#[tokio::test]
async fn topics_are_created_described_and_deleted() {
    let stream = Stream::start();
    let (admin, topic, none) = (stream.admin(), unique("t"), BTreeMap::new());
    admin.ping(SOON).await.unwrap();
    assert!(admin.cluster_id(SOON).await.unwrap().is_some());
    assert_eq!(admin.partitions(&topic, SOON).await.unwrap(), None);
    assert!(admin.create_topic(&topic, 3, 1, &none, SOON).await.unwrap());
    assert!(!admin.create_topic(&topic, 3, 1, &none, SOON).await.unwrap());
    // A topic is known to all brokers a moment after it is made.
    let deadline = Instant::now() + SOON;
    while admin.partitions(&topic, SOON).await.unwrap() != Some(3) {
        assert!(Instant::now() < deadline);
    }
    let wrong =
        admin.create_topic(&unique("t"), 1, 1, &BTreeMap::from([("no.such.key".into(), "1".into())]), SOON).await;
    assert!(wrong.unwrap_err().to_string().contains("Configuration is invalid"));
    assert!(admin.delete_topic(&topic, SOON).await.unwrap());
    assert!(!admin.delete_topic(&topic, SOON).await.unwrap());
}

#[tokio::test]
async fn a_cluster_that_cannot_be_reached_is_told_in_time() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let admin = Admin::new(settings(&format!("127.0.0.1:{port}"), ClientKind::Admin, None, &[])).unwrap();
    let begun = Instant::now();
    let error = admin.ping(Duration::from_millis(300)).await.unwrap_err();
    assert!(matches!(error, AdminError::Request { retriable: true, .. }), "{error}");
    assert!(error.to_string().starts_with("cannot reach the brokers: "), "{error}");
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    let begun = Instant::now();
    drop(admin);
    assert!(begun.elapsed() < Duration::from_millis(50), "dropping took {:?}", begun.elapsed());
}
