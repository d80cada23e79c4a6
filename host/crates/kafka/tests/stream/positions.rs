//! Committing, seeking, pausing.

use crate::harness::*;
use cofferdam_kafka::ConsumerEvent;

#[tokio::test]
async fn a_committed_offset_is_where_the_next_consumer_starts() {
    let stream = Stream::start();
    let (topic, group) = (stream.filled(2, 20, 0).await, unique("g"));
    let both = [at(&topic, 0), at(&topic, 1)];
    let mut first = stream.consumer(&group, &topic, &[]);
    assert_eq!(assigned(&mut first).await, both);
    assert_eq!(first.committed(&both, SOON).await.unwrap(), []);
    records(&mut first, 40).await;
    first.commit(&[offset(&topic, 0, 15)], SOON).await.unwrap();
    assert_eq!(first.committed(&both, SOON).await.unwrap(), [offset(&topic, 0, 15)]);
    first.commit(&[], SOON).await.unwrap();
    first.close().await;
    let mut second = stream.consumer(&group, &topic, &[]);
    assigned(&mut second).await;
    let got = records(&mut second, 25).await;
    assert_eq!(offsets_of(&got, 0), (15..20).collect::<Vec<i64>>());
    assert_eq!(offsets_of(&got, 1), (0..20).collect::<Vec<i64>>());
    second.close().await;
}

#[tokio::test]
async fn a_commit_that_kafka_refuses_says_why() {
    let stream = Stream::start();
    let topic = stream.filled(1, 1, 0).await;
    let mut consumer = stream.consumer(&unique("g"), &topic, &[]);
    assigned(&mut consumer).await;
    let error = consumer.commit(&[offset("no-such-topic", 0, 1)], SOON).await;
    let text = error.unwrap_err().to_string();
    assert!(text.starts_with("cannot commit offsets: "), "{text}");
    consumer.close().await;
}

#[tokio::test]
async fn after_a_seek_the_next_record_is_the_one_sought() {
    let stream = Stream::start();
    let topic = stream.filled(2, 2000, 100).await;
    let mut consumer = stream.consumer(&unique("g"), &topic, &[]);
    assigned(&mut consumer).await;
    // In the middle of what was fetched ahead, part of it taken from librdkafka already.
    let first = records(&mut consumer, 700).await;
    for target in [10, 1500, 0, 1990, 300, 300] {
        consumer.seek(&[offset(&topic, 0, target)]).unwrap();
        assert_eq!(consumer.position(&at(&topic, 0)), Some(target));
        let mut got = Vec::new();
        while offsets_of(&got, 0).len() < 5 {
            got.extend(records(&mut consumer, 1).await);
        }
        assert_eq!(offsets_of(&got, 0)[..5], (target..target + 5).collect::<Vec<i64>>());
    }
    // The other partition went on, undisturbed.
    let so_far = offsets_of(&first, 1).len();
    assert!(consumer.position(&at(&topic, 1)).unwrap_or(0) >= i64::try_from(so_far).unwrap());
    consumer.close().await;
}

#[tokio::test]
async fn a_seek_back_loses_nothing_however_much_was_fetched_ahead() {
    const COUNT: usize = 150_000;
    let stream = Stream::start();
    let topic = stream.filled(1, COUNT, 0).await;
    let mut consumer = stream.consumer(&unique("g"), &topic, &[("queued.min.messages", "1000000")]);
    assigned(&mut consumer).await;
    for target in [0, 500, 20_000, 3] {
        records(&mut consumer, 1000).await;
        // Time to fetch ahead: what waits is what used to be thrown away together with the first records sought.
        for _ in 0..5 {
            let event = consumer.next(500, PLENTY, TICK, false).await;
            assert!(matches!(event, ConsumerEvent::Idle), "{event:?}");
        }
        consumer.seek(&[offset(&topic, 0, target)]).unwrap();
        let got = offsets_of(&records(&mut consumer, 3000).await, 0);
        assert!(got.iter().copied().eq(target..target + 3000), "after {target} came {:?} …", &got[..3]);
    }
    let (position, end) = (consumer.position(&at(&topic, 0)).unwrap(), i64::try_from(COUNT).unwrap());
    let rest = records(&mut consumer, usize::try_from(end - position).unwrap()).await;
    assert!(offsets_of(&rest, 0).into_iter().eq(position..end));
    consumer.close().await;
}

#[tokio::test]
async fn without_a_reset_policy_a_partition_without_offsets_ends_the_consumer() {
    let stream = Stream::start();
    let topic = stream.filled(1, 1, 0).await;
    let mut consumer = stream.consumer(&unique("g"), &topic, &[("auto.offset.reset", "none")]);
    assigned(&mut consumer).await;
    let deadline = std::time::Instant::now() + SOON;
    let error = loop {
        match consumer.next(500, PLENTY, TICK, true).await {
            ConsumerEvent::Error(error) => break error,
            other => assert!(matches!(other, ConsumerEvent::Idle) && std::time::Instant::now() < deadline, "{other:?}"),
        }
    };
    assert!(error.is_fatal(), "{error}");
    consumer.close().await;
}

#[tokio::test]
async fn the_last_of_several_seeks_counts() {
    let stream = Stream::start();
    let topic = stream.filled(1, 500, 0).await;
    let mut consumer = stream.consumer(&unique("g"), &topic, &[]);
    assigned(&mut consumer).await;
    // Before fetching has begun: librdkafka refuses to seek then.
    consumer.seek(&[offset(&topic, 0, 400)]).unwrap();
    consumer.seek(&[offset(&topic, 0, 20)]).unwrap();
    assert_eq!(offsets_of(&records(&mut consumer, 480).await, 0), (20..500).collect::<Vec<i64>>());
    for target in [1, 2, 3] {
        consumer.seek(&[offset(&topic, 0, target)]).unwrap();
        let _ = consumer.next(1, PLENTY, std::time::Duration::ZERO, true).await;
        consumer.seek(&[offset(&topic, 0, 100 * target)]).unwrap();
        assert_eq!(offsets_of(&records(&mut consumer, 2).await, 0), [100 * target, 100 * target + 1]);
    }
    consumer.close().await;
}

#[tokio::test]
async fn a_seek_before_the_assignment_is_taken_sets_its_start() {
    let stream = Stream::start();
    let topic = stream.filled(2, 100, 0).await;
    let mut consumer = stream.consumer(&unique("g"), &topic, &[]);
    let event = event(&mut consumer, true).await;
    assert!(matches!(event, ConsumerEvent::Assigned(_)), "{event:?}");
    assert!(consumer.assignment().is_empty());
    consumer.seek(&[offset(&topic, 1, 95)]).unwrap();
    let refused = consumer.seek(&[offset("other", 0, 1), offset(&topic, 0, -1)]).unwrap_err();
    assert_eq!(refused.to_string(), "cannot seek other-0 to offset 1: the partition is not assigned");
    consumer.finish_assign().await.unwrap();
    let got = records(&mut consumer, 105).await;
    assert_eq!(offsets_of(&got, 0), (0..100).collect::<Vec<i64>>());
    assert_eq!(offsets_of(&got, 1), (95..100).collect::<Vec<i64>>());
    consumer.close().await;
}

#[tokio::test]
async fn a_paused_partition_goes_on_where_it_was() {
    let stream = Stream::start();
    let topic = stream.filled(2, 1000, 100).await;
    let mut consumer = stream.consumer(&unique("g"), &topic, &[]);
    assigned(&mut consumer).await;
    let paused = [at(&topic, 0)];
    let mut all = Vec::new();
    for round in 0..6 {
        // A few records only, so that some stay taken from librdkafka but not handed out.
        all.extend(records(&mut consumer, 37).await);
        let before = offsets_of(&all, 0).len();
        consumer.pause(&paused);
        let left = 1000 - offsets_of(&all, 1).len();
        all.extend(records(&mut consumer, 50.min(left)).await);
        assert_eq!(offsets_of(&all, 0).len(), before, "round {round}");
        consumer.resume(&paused);
    }
    let left = 2000 - all.len();
    all.extend(records(&mut consumer, left).await);
    assert_eq!(offsets_of(&all, 0), (0..1000).collect::<Vec<i64>>());
    assert_eq!(offsets_of(&all, 1), (0..1000).collect::<Vec<i64>>());
    consumer.close().await;
}

#[tokio::test]
async fn a_seek_moves_a_paused_partition() {
    let stream = Stream::start();
    let topic = stream.filled(1, 300, 0).await;
    let mut consumer = stream.consumer(&unique("g"), &topic, &[]);
    assigned(&mut consumer).await;
    records(&mut consumer, 50).await;
    consumer.pause(&[at(&topic, 0)]);
    consumer.seek(&[offset(&topic, 0, 10)]).unwrap();
    quiet(&mut consumer).await;
    consumer.resume(&[at(&topic, 0)]);
    assert_eq!(offsets_of(&records(&mut consumer, 290).await, 0), (10..300).collect::<Vec<i64>>());
    consumer.close().await;
}
