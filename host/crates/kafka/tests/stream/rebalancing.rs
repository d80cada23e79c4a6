//! Two consumers of one group.

use crate::harness::*;
use cofferdam_data::{TopicOffset, TopicPartition};
use cofferdam_kafka::{BatchConsumer, ConsumerEvent};
use std::collections::BTreeMap;
use std::time::Instant;

/// A sink task in short: counts what it got, commits and finishes when asked.
struct Sink {
    consumer: BatchConsumer,
    got: Vec<Got>,
    next: BTreeMap<TopicPartition, i64>,
    revoked: Vec<Vec<TopicPartition>>,
}

impl Sink {
    fn new(consumer: BatchConsumer) -> Self {
        Self { consumer, got: Vec::new(), next: BTreeMap::new(), revoked: Vec::new() }
    }

    async fn step(&mut self, max_records: usize) {
        match self.consumer.next(max_records, PLENTY, TICK / 10, true).await {
            ConsumerEvent::Records(runs) => {
                for run in &runs {
                    assert!(self.consumer.assignment().contains(&run.origin), "{} is not assigned", run.origin);
                    self.next.insert(run.origin.clone(), run.offsets.last().unwrap() + 1);
                }
                self.got.extend(flatten(&runs));
            }
            ConsumerEvent::Assigned(_) => self.consumer.finish_assign().await.unwrap(),
            ConsumerEvent::Revoked { partitions, lost } => {
                assert!(!lost);
                // No record of theirs comes any more, however often we ask before we have finished.
                for _ in 0..3 {
                    if let ConsumerEvent::Records(runs) = self.consumer.next(10, PLENTY, TICK / 50, true).await {
                        assert!(runs.iter().all(|run| !partitions.contains(&run.origin)));
                        for run in &runs {
                            self.next.insert(run.origin.clone(), run.offsets.last().unwrap() + 1);
                        }
                        self.got.extend(flatten(&runs));
                    }
                }
                let offsets = self.next.iter().filter(|(at, _)| partitions.contains(at));
                let offsets: Vec<TopicOffset> =
                    offsets.map(|(at, offset)| TopicOffset { at: at.clone(), offset: *offset }).collect();
                self.consumer.commit(&offsets, SOON).await.unwrap();
                self.next.retain(|at, _| !partitions.contains(at));
                self.revoked.push(partitions);
                self.consumer.finish_revoke().await.unwrap();
            }
            ConsumerEvent::Error(error) => panic!("{error}"),
            ConsumerEvent::Idle => {}
        }
    }

    fn mine(&self) -> Vec<i32> {
        let mut mine: Vec<i32> = self.consumer.assignment().iter().map(|at| at.partition).collect();
        mine.sort_unstable();
        mine
    }
}

async fn shared_without_loss(overrides: &[(&str, &str)], eager: bool) {
    let stream = Stream::start();
    let (topic, group) = (stream.filled(4, 1000, 50).await, unique("g"));
    let mut first = Sink::new(stream.consumer(&group, &topic, overrides));
    let deadline = Instant::now() + SOON;
    while first.got.len() < 500 {
        assert!(Instant::now() < deadline, "{} records came", first.got.len());
        first.step(20).await;
    }
    assert_eq!(first.mine(), [0, 1, 2, 3]);
    let mut second = Sink::new(stream.consumer(&group, &topic, overrides));
    while first.consumer.assignment().len() != 2 || second.consumer.assignment().len() != 2 {
        assert!(Instant::now() < deadline, "{:?} and {:?}", first.mine(), second.mine());
        first.step(1).await;
        second.step(1).await;
    }
    let gone = first.revoked.first().map_or(0, Vec::len);
    assert_eq!(gone, if eager { 4 } else { 2 }, "{:?}", first.revoked);
    while first.got.len() + second.got.len() < 4000 {
        let count = (first.got.len(), second.got.len());
        assert!(Instant::now() < deadline, "{count:?} records came");
        first.step(100).await;
        second.step(100).await;
    }
    let mut all = first.got.clone();
    all.extend(second.got.clone());
    all.sort();
    for partition in 0..4 {
        assert_eq!(offsets_of(&all, partition), (0..1000).collect::<Vec<i64>>(), "each once");
    }
    // One leaves: the other has all at once, long before the session would time out.
    let left = Instant::now();
    second.consumer.close().await;
    while first.consumer.assignment().len() != 4 {
        assert!(left.elapsed() < SOON, "{:?}", first.mine());
        first.step(1).await;
    }
    first.consumer.close().await;
}

#[tokio::test]
async fn an_eager_group_shares_its_partitions_without_loss() {
    shared_without_loss(&[], true).await;
}

#[tokio::test]
async fn a_cooperative_group_shares_its_partitions_without_loss() {
    let assignor = "org.apache.kafka.clients.consumer.CooperativeStickyAssignor";
    shared_without_loss(&[("partition.assignment.strategy", assignor)], false).await;
}

#[tokio::test]
async fn a_consumer_that_does_not_come_back_loses_its_partitions() {
    let stream = Stream::start();
    let topic = stream.filled(1, 10, 0).await;
    let short = [("max.poll.interval.ms", "6000"), ("session.timeout.ms", "6000")];
    let group = unique("g");
    let mut consumer = stream.consumer(&group, &topic, &short);
    assigned(&mut consumer).await;
    records(&mut consumer, 5).await;
    // It is not asked any more, so in the end another one is given its partition.
    let mut other = stream.consumer(&group, &topic, &[]);
    assert_eq!(assigned(&mut other).await, [at(&topic, 0)]);
    match event(&mut consumer, true).await {
        ConsumerEvent::Revoked { partitions, lost } => assert_eq!((partitions, lost), (vec![at(&topic, 0)], true)),
        other => panic!("expected the loss, got {other:?}"),
    }
    consumer.finish_revoke().await.unwrap();
    assert!(consumer.assignment().is_empty());
    other.close().await;
    // It joins again, and reads from the start: nothing was committed.
    assert_eq!(offsets_of(&records(&mut consumer, 10).await, 0), (0..10).collect::<Vec<i64>>());
    consumer.close().await;
}

#[tokio::test]
async fn a_pause_ends_when_the_partition_goes() {
    let assignor = "org.apache.kafka.clients.consumer.CooperativeStickyAssignor";
    for overrides in [vec![], vec![("partition.assignment.strategy", assignor)]] {
        let stream = Stream::start();
        let (topic, group) = (stream.filled(2, 10, 0).await, unique("g"));
        let mut first = stream.consumer(&group, &topic, &overrides);
        let both = assigned(&mut first).await;
        first.pause(&both);
        quiet(&mut first).await;
        let mut second = Sink::new(stream.consumer(&group, &topic, &overrides));
        let deadline = Instant::now() + SOON;
        // Each has one, then the first has both again.
        while second.consumer.assignment().len() != 1 || first.assignment().len() != 1 {
            assert!(Instant::now() < deadline);
            second.step(1).await;
            match first.next(1, PLENTY, TICK / 10, false).await {
                ConsumerEvent::Assigned(_) => first.finish_assign().await.unwrap(),
                ConsumerEvent::Revoked { .. } => first.finish_revoke().await.unwrap(),
                _ => {}
            }
        }
        second.consumer.close().await;
        let back = assigned_again(&mut first).await;
        let came = records(&mut first, 10 * back).await;
        assert_eq!(came.len(), 10 * back);
        first.close().await;
    }
}

/// Waits until both partitions are assigned; how many of them came back just now.
async fn assigned_again(consumer: &mut BatchConsumer) -> usize {
    let (deadline, mut came) = (Instant::now() + SOON, 0);
    while came == 0 || consumer.assignment().len() != 2 {
        assert!(Instant::now() < deadline);
        match consumer.next(1, PLENTY, TICK / 10, false).await {
            ConsumerEvent::Assigned(partitions) => {
                came = partitions.len();
                consumer.finish_assign().await.unwrap();
            }
            ConsumerEvent::Revoked { .. } => consumer.finish_revoke().await.unwrap(),
            _ => {}
        }
    }
    came
}

#[tokio::test]
async fn dropping_a_consumer_leaves_the_group_as_well() {
    let stream = Stream::start();
    let (topic, group) = (stream.filled(2, 1, 0).await, unique("g"));
    let mut first = stream.consumer(&group, &topic, &[]);
    // Handed out, never finished.
    assert!(matches!(event(&mut first, true).await, ConsumerEvent::Assigned(_)));
    drop(first);
    let mut second = stream.consumer(&group, &topic, &[]);
    let begun = Instant::now();
    assert_eq!(assigned(&mut second).await.len(), 2);
    assert!(begun.elapsed() < std::time::Duration::from_secs(20), "{:?}", begun.elapsed());
    second.close().await;
}
