//! Records, batches, waiting.

use crate::harness::*;
use cofferdam_data::{ColumnBuilder, Headers, TimestampType, kind};
use cofferdam_kafka::{BatchConsumer, ClientKind, ConsumerEvent};
use std::time::{Duration, Instant};

#[tokio::test]
async fn records_arrive_as_they_were_sent() {
    let stream = Stream::start();
    let topic = stream.topic(1).await;
    let mut sent = run(&topic, &[Some(b"one"), None, Some(b"")]);
    let mut keys = ColumnBuilder::default();
    keys.push_null();
    keys.push(kind::BYTES, 0, b"k");
    keys.push(kind::BYTES, 0, b"");
    sent.keys = keys.finish();
    sent.timestamps = vec![1_700_000_000_001, 1_700_000_000_002, -1];
    let mut values = ColumnBuilder::default();
    for value in [Some(&b"1"[..]), None, Some(b""), Some(b"4")] {
        match value {
            Some(value) => values.push(kind::BYTES, 0, value),
            None => values.push_null(),
        }
    }
    sent.headers = Headers {
        counts: vec![0, 3, 1],
        names: vec!["a".into(), "b".into()],
        name_of: vec![0, 1, 0, 1],
        values: values.finish(),
    };
    assert_eq!(sent.check(), Ok(()));
    let mut producer = stream.producer(&[]);
    let acks = send_all(&mut producer, &sent).await;
    assert_eq!(
        acks.iter().map(|ack| (ack.sequence, ack.partition, ack.offset)).collect::<Vec<_>>(),
        [(0, 0, 0), (1, 0, 1), (2, 0, 2)]
    );

    let mut consumer = stream.consumer(&unique("g"), &topic, &[]);
    assigned(&mut consumer).await;
    let ConsumerEvent::Records(runs) = event(&mut consumer, true).await else { panic!("no records") };
    let [got] = runs.as_slice() else { panic!("{runs:?}") };
    assert_eq!(got.origin, at(&topic, 0));
    assert_eq!((&got.topics, &got.topic_of, &got.partitions), (&vec![topic], &vec![0], &vec![0]));
    assert_eq!(got.offsets, [0, 1, 2]);
    assert_eq!(got.timestamp_type, TimestampType::CreateTime);
    assert_eq!(got.timestamps[..2], sent.timestamps[..2]);
    assert!(got.timestamps[2] > 1_700_000_000_002);
    assert_eq!(got.values, sent.values);
    assert_eq!(got.keys, sent.keys);
    assert_eq!(got.headers, sent.headers);
    consumer.close().await;
}

#[tokio::test]
async fn batches_keep_within_their_bounds_and_lose_nothing() {
    let stream = Stream::start();
    let topic = stream.filled(3, 400, 100).await;
    let mut consumer = stream.consumer(&unique("g"), &topic, &[]);
    assigned(&mut consumer).await;
    let (mut all, mut step) = (Vec::new(), 0);
    let deadline = Instant::now() + SOON;
    while all.len() < 1200 {
        assert!(Instant::now() < deadline, "{} records came", all.len());
        step += 1;
        // By turns: few records, few bytes, less than one record's bytes.
        let (max_records, max_bytes, most) = [(7, PLENTY, 7), (PLENTY, 1050, 10), (PLENTY, 10, 1)][step % 3];
        if let ConsumerEvent::Records(runs) = consumer.next(max_records, max_bytes, TICK, true).await {
            let got = flatten(&runs);
            assert!(got.len() <= most, "{} of at most {most}", got.len());
            all.extend(got);
        }
    }
    for partition in 0..3 {
        assert_eq!(offsets_of(&all, partition), (0..400).collect::<Vec<i64>>());
        for got in all.iter().filter(|got| got.partition == partition) {
            assert_eq!(got.value, Some(value(partition, usize::try_from(got.offset).unwrap(), 100)));
        }
    }
    assert_eq!(consumer.position(&at(&topic, 1)), Some(400));
    quiet(&mut consumer).await;
    consumer.close().await;
}

#[tokio::test]
async fn records_wait_while_they_are_not_asked_for() {
    let stream = Stream::start();
    let topic = stream.filled(1, 10, 0).await;
    let mut consumer = stream.consumer(&unique("g"), &topic, &[]);
    assigned(&mut consumer).await;
    for _ in 0..5 {
        let event = consumer.next(500, PLENTY, TICK, false).await;
        assert!(matches!(event, ConsumerEvent::Idle), "{event:?}");
    }
    assert_eq!(offsets_of(&records(&mut consumer, 10).await, 0), (0..10).collect::<Vec<i64>>());
    consumer.close().await;
}

#[tokio::test]
async fn a_record_wakes_the_waiting_consumer_at_once() {
    let stream = Stream::start();
    let topic = stream.topic(1).await;
    let mut consumer = stream.consumer(&unique("g"), &topic, &[]);
    assigned(&mut consumer).await;
    let mut producer = stream.producer(&[("linger.ms", "0")]);
    send_all(&mut producer, &run(&topic, &[Some(b"first")])).await;
    records(&mut consumer, 1).await;
    let mut quickest = Duration::MAX;
    for _ in 0..5 {
        let task = tokio::spawn(async move {
            let event = consumer.next(500, PLENTY, SOON, true).await;
            assert!(matches!(event, ConsumerEvent::Records(_)), "{event:?}");
            (consumer, Instant::now())
        });
        let begun = Instant::now();
        send_all(&mut producer, &run(&topic, &[Some(b"next")])).await;
        let (back, woken) = task.await.unwrap();
        consumer = back;
        quickest = quickest.min(woken - begun);
    }
    assert!(quickest < TICK, "woken after {quickest:?} at best");
    // And idle is idle for as long as was asked, not longer.
    let begun = Instant::now();
    let event = consumer.next(500, PLENTY, TICK, true).await;
    assert!(matches!(event, ConsumerEvent::Idle), "{event:?}");
    assert!(begun.elapsed() >= TICK && begun.elapsed() < 20 * TICK, "{:?}", begun.elapsed());
    consumer.close().await;
}

#[tokio::test]
async fn brokers_that_are_down_are_an_error_event_not_the_end() {
    // A port that was free a moment ago: nobody listens.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let settings = settings(&format!("127.0.0.1:{port}"), ClientKind::Consumer, Some("g"), &[]);
    let mut consumer = BatchConsumer::subscribe(settings, &["t".to_owned()]).unwrap();
    let deadline = Instant::now() + SOON;
    let error = loop {
        match consumer.next(500, PLENTY, TICK, true).await {
            ConsumerEvent::Error(error) => break error,
            other => assert!(matches!(other, ConsumerEvent::Idle) && Instant::now() < deadline, "{other:?}"),
        }
    };
    assert!(!error.is_fatal(), "{error}");
    assert!(error.to_string().contains("127.0.0.1"), "{error}");
    let commit = consumer.commit(&[offset("t", 0, 1)], TICK).await.unwrap_err();
    assert_eq!(commit.to_string(), "the commit of offsets was not answered within 100 ms");
    let begun = Instant::now();
    let committed = consumer.committed(&[at("t", 0)], TICK).await.unwrap_err();
    assert!(committed.to_string().starts_with("cannot read the committed offsets of t-0: "), "{committed}");
    assert!(begun.elapsed() < SOON);
    consumer.close().await;
    assert!(begun.elapsed() < Duration::from_secs(11), "closed after {:?}", begun.elapsed());
}

#[tokio::test]
async fn a_missing_topic_is_found_once_it_is_there() {
    let stream = Stream::start();
    let topic = unique("late");
    let mut consumer = stream.consumer(&unique("g"), &topic, &[("allow.auto.create.topics", "false")]);
    let deadline = Instant::now() + SOON;
    loop {
        match consumer.next(500, PLENTY, TICK, true).await {
            ConsumerEvent::Error(error) if error.to_string().contains(&topic) => break,
            other => assert!(matches!(other, ConsumerEvent::Idle) && Instant::now() < deadline, "{other:?}"),
        }
    }
    stream.admin().create_topic(&topic, 1, 1, &std::collections::BTreeMap::new(), SOON).await.unwrap();
    send_all(&mut stream.producer(&[]), &run(&topic, &[Some(b"at last")])).await;
    let begun = Instant::now();
    assert_eq!(records(&mut consumer, 1).await[0].value, Some(b"at last".to_vec()));
    assert!(begun.elapsed() < Duration::from_secs(12), "found after {:?}", begun.elapsed());
    consumer.close().await;
}
