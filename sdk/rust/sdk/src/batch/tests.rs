use super::*;
use crate::value::kind;

fn partition(name: &str) -> SourcePartition {
    SourcePartition::of("p", name)
}

#[test]
fn records_of_one_partition_share_a_run() {
    let (a, b) = (partition("a"), partition("b"));
    let mut batch = Batch::new();
    batch.push(&a, &SourceRecord::new("t").value("1"));
    batch.push(&partition("a"), &SourceRecord::new("t").value("2"));
    batch.push(&b, &SourceRecord::new("t").value("3"));
    batch.push_untracked(&SourceRecord::new("t").value("4"));
    batch.push_untracked(&SourceRecord::new("t").value("5"));
    assert_eq!((batch.records(), batch.bytes()), (5, 5));
    let runs = batch.take_runs();
    assert_eq!(runs.iter().map(|run| run.values.ends.len()).collect::<Vec<_>>(), [2, 1, 2]);
    assert_eq!(runs[0].source_partition.as_deref(), Some(r#"{"p":"a"}"#));
    assert_eq!(runs[2].source_partition, None);
}

#[test]
fn what_no_record_has_takes_no_room() {
    let mut batch = Batch::new();
    for _ in 0..3 {
        batch.push(&partition("a"), &SourceRecord::new("t").value("x"));
    }
    let run = batch.take_runs().remove(0);
    assert_eq!((run.topic_of.as_slice(), run.partitions.as_slice()), ([0].as_slice(), [-1].as_slice()));
    assert!(run.timestamps.is_empty() && run.keys.ends.is_empty() && run.headers.counts.is_empty());
}

#[test]
fn what_a_late_record_has_is_padded_before() {
    let header = [Header { name: "h", value: Value::Integer(1), schema: None }];
    let mut batch = Batch::new();
    batch.push(&partition("a"), &SourceRecord::new("t"));
    batch.push(&partition("a"), &SourceRecord::new("t"));
    batch.push(&partition("a"), &SourceRecord::new("u").key("k").timestamp_ms(5).partition(2).headers(&header));
    batch.push(&partition("a"), &SourceRecord::new("t"));
    let run = batch.take_runs().remove(0);
    assert_eq!(run.topics, ["t", "u"]);
    assert_eq!(run.topic_of, [0, 0, 1, 0]);
    assert_eq!(run.partitions, [-1, -1, 2, -1]);
    assert_eq!(run.timestamps, [-1, -1, 5, -1]);
    assert_eq!(run.keys.kinds, [kind::NULL, kind::NULL, kind::STRING, kind::NULL]);
    assert_eq!(run.headers.counts, [0, 0, 1, 0]);
    assert_eq!((run.headers.names, run.headers.name_of), (vec!["h".to_owned()], vec![0]));
}

#[test]
fn a_position_covers_the_records_before_it() {
    let a = partition("a");
    let mut batch = Batch::new();
    batch.position(&a, &SourceOffset::of("n", 0));
    batch.push(&a, &SourceRecord::new("t"));
    batch.push(&a, &SourceRecord::new("t"));
    batch.position(&a, &SourceOffset::of("n", 2));
    batch.push_untracked(&SourceRecord::new("t"));
    batch.boundary(Boundary::Commit);
    batch.forget(&a);
    let after: Vec<_> = batch.positions.iter().map(|position| position.after).collect();
    assert_eq!(after, [None, Some((0, 1)), Some((1, 0))]);
    assert_eq!(batch.positions[1].offset.as_deref(), Some(r#"{"n":2}"#));
    assert_eq!(batch.positions[2].offset, None);
    assert_eq!(batch.boundaries, [(Some((1, 0)), Boundary::Commit)]);
}

#[test]
fn many_topics_are_told_apart() {
    let topics: Vec<_> = (0..50).map(|n| format!("t{n}")).collect();
    let mut batch = Batch::new();
    for topic in topics.iter().chain(&topics) {
        batch.push(&partition("a"), &SourceRecord::new(topic));
    }
    let run = batch.take_runs().remove(0);
    assert_eq!(run.topics, topics);
    assert_eq!(run.topic_of, (0..50).chain(0..50).collect::<Vec<_>>());
}

#[test]
fn a_few_names_need_no_map() {
    let mut names = Names::default();
    for name in ["a", "b", "a"] {
        names.number(name);
    }
    assert!(names.numbers.is_empty());
    assert_eq!((names.number("b"), names.number("c")), (1, 2));
}

#[test]
fn a_column_is_a_run_of_its_own() {
    let mut values = ColumnBuilder::default();
    values.push("x", None);
    values.push("y", None);
    let mut batch = Batch::new();
    batch.push_column(&partition("a"), "t", values);
    batch.push_column(&partition("a"), "t", ColumnBuilder::default());
    let runs = batch.take_runs();
    assert_eq!((runs.len(), runs[0].topics.as_slice()), (1, ["t".to_owned()].as_slice()));
    assert_eq!(runs[0].topic_of, [0]);
    assert_eq!(runs[0].values.ends, [1, 2]);
}
