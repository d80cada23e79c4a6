use super::*;
use cofferdam_data::{ColumnBuilder, Position, SourceRun, kind};

fn batch(runs: &[usize], positions: &[(&str, Option<(u32, u32)>)]) -> SourceBatch {
    let run = |records: &usize| {
        let mut values = ColumnBuilder::default();
        (0..*records).for_each(|_| values.push(kind::BYTES, 0, b"x"));
        SourceRun { topics: vec!["t".into()], topic_of: vec![0], values: values.finish(), ..SourceRun::default() }
    };
    let position = |(offset, after): &(&str, Option<(u32, u32)>)| Position {
        source_partition: "{}".into(),
        offset: Some((*offset).into()),
        after: after.map(|(run, index)| Place { run, index }),
    };
    SourceBatch {
        runs: runs.iter().map(run).collect(),
        positions: positions.iter().map(position).collect(),
        idle_ms: 0,
    }
}

fn offsets(released: &Released) -> Vec<&str> {
    released.positions.iter().map(|(_, offset)| offset.as_deref().unwrap()).collect()
}

#[test]
fn a_position_waits_for_every_record_before_it() {
    let mut inflight = Inflight::new(false);
    let first = inflight.register(1, &batch(&[2, 2], &[("b", None), ("a", Some((0, 1)))])).unwrap();
    for sequence in [first + 1, first + 3, first + 2] {
        inflight.acknowledge(sequence, 0, 0);
        assert_eq!(inflight.release(), Released::default());
    }
    inflight.acknowledge(first, 0, 0);
    let released = inflight.release();
    assert_eq!(offsets(&released), ["a", "b"]);
    assert_eq!(released.polls.iter().map(|(number, _)| *number).collect::<Vec<_>>(), [1]);
    assert_eq!(inflight.len(), 0);
}

#[test]
fn a_prefix_releases_the_positions_within_it_only() {
    let mut inflight = Inflight::new(false);
    let first =
        inflight.register(1, &batch(&[3], &[("0", Some((0, 0))), ("1", Some((0, 1))), ("2", Some((0, 2)))])).unwrap();
    inflight.acknowledge(first, 0, 0);
    inflight.acknowledge(first + 2, 0, 0);
    assert_eq!(offsets(&inflight.release()), ["0"]);
    inflight.acknowledge(first + 1, 0, 0);
    assert_eq!(offsets(&inflight.release()), ["1", "2"]);
}

#[test]
fn a_poll_without_records_is_committed_in_its_turn() {
    let mut inflight = Inflight::new(false);
    let first = inflight.register(1, &batch(&[1], &[("1", None)])).unwrap();
    inflight.register(2, &batch(&[], &[("heartbeat", None)])).unwrap();
    assert_eq!(inflight.release(), Released::default());
    inflight.acknowledge(first, 0, 0);
    let released = inflight.release();
    assert_eq!(offsets(&released), ["1", "heartbeat"]);
    assert_eq!(released.polls.len(), 2);
}

#[test]
fn placements_are_told_in_record_order() {
    let mut inflight = Inflight::new(true);
    let first = inflight.register(7, &batch(&[3], &[])).unwrap();
    inflight.acknowledge(first + 2, 5, 50);
    inflight.acknowledge(first, 3, 30);
    inflight.acknowledge(first + 1, -1, -1);
    inflight.acknowledge(first + 1, 9, 9);
    let placements = Placements { partitions: vec![3, -1, 5], offsets: vec![30, -1, 50] };
    assert_eq!(inflight.release().polls, [(7, placements)]);
}

#[test]
fn a_place_that_does_not_exist_breaks_the_instance() {
    let mut inflight = Inflight::new(false);
    for place in [(0, 1), (1, 0)] {
        let error = inflight.register(1, &batch(&[1], &[("x", Some(place))])).unwrap_err();
        assert!(!error.instance_is_sound() && error.to_string().contains("no such record"), "{error}");
    }
}

#[test]
fn random_orders_never_release_too_early() {
    // Every permutation of five records in three polls: a position is out exactly when all before it are in.
    let mut orders = vec![vec![]];
    for n in 0..5u64 {
        orders = orders
            .into_iter()
            .flat_map(|o: Vec<u64>| {
                (0..=o.len()).map(move |at| {
                    let mut o = o.clone();
                    o.insert(at, n);
                    o
                })
            })
            .collect();
    }
    for order in orders {
        let mut inflight = Inflight::new(false);
        inflight.register(1, &batch(&[2], &[("2", None)])).unwrap();
        inflight.register(2, &batch(&[1], &[("3", None)])).unwrap();
        inflight.register(3, &batch(&[1, 1], &[("4", Some((0, 0))), ("5", None)])).unwrap();
        let (mut acknowledged, mut released) = (vec![], 0u64);
        for sequence in order {
            inflight.acknowledge(sequence, 0, 0);
            acknowledged.push(sequence);
            let prefix = (0..).take_while(|n| acknowledged.contains(n)).count() as u64;
            for offset in offsets(&inflight.release()) {
                released = offset.parse().unwrap();
            }
            let expected = [2, 3, 4, 5].into_iter().filter(|end| *end <= prefix).max().unwrap_or(0);
            assert_eq!(released, expected, "{acknowledged:?}");
        }
    }
}

#[test]
fn many_runs_and_many_positions_are_taken_in_at_once() {
    // With a sum over all earlier runs for each position this would be 10^10 steps.
    const RUNS: usize = 100_000;
    let positions: Vec<(&str, Option<(u32, u32)>)> =
        (0..RUNS).map(|run| ("x", Some((u32::try_from(run).unwrap(), 0)))).collect();
    let mut inflight = Inflight::new(false);
    inflight.register(1, &batch(&vec![1; RUNS], &positions)).unwrap();
    (0..RUNS as u64).for_each(|sequence| inflight.acknowledge(sequence, 0, 0));
    assert_eq!(inflight.release().positions.len(), RUNS);
}
