use super::*;
use cofferdam_data::{ColumnError, kind};

fn column(cells: &[&str]) -> Column {
    let mut builder = cofferdam_data::ColumnBuilder::default();
    for cell in cells {
        builder.push(kind::STRING, 0, cell.as_bytes());
    }
    builder.finish()
}

fn run(partition: &str, values: &[&str]) -> SourceRun {
    SourceRun {
        source_partition: Some(partition.to_owned()),
        topics: vec!["t".into()],
        topic_of: vec![0],
        partitions: vec![-1],
        values: column(values),
        ..SourceRun::default()
    }
}

fn position(partition: &str, offset: &str, after: Option<(u32, u32)>) -> Position {
    let after = after.map(|(run, index)| Place { run, index });
    Position { source_partition: partition.into(), offset: Some(offset.into()), after }
}

fn good() -> SourceBatch {
    SourceBatch {
        runs: vec![run(r#"{"file":"a"}"#, &["1", "2"]), run(r#"{"file":"b"}"#, &["3"])],
        positions: vec![
            position(r#"{ "file" : "a" }"#, r#"{"n":2}"#, Some((0, 1))),
            position(r#"{"file":"b"}"#, r#"{"n":1}"#, None),
        ],
        idle_ms: 0,
    }
}

fn told(change: impl FnOnce(&mut SourceBatch)) -> String {
    let mut bad = good();
    change(&mut bad);
    batch(&bad, &SandboxConfig::default(), 3).unwrap_err().to_string()
}

#[test]
fn a_sound_batch_passes() {
    assert_eq!(batch(&good(), &SandboxConfig::default(), 0), Ok(()));
    assert_eq!(batch(&SourceBatch::default(), &SandboxConfig::default(), 0), Ok(()));
}

#[test]
fn lies_in_columns_name_run_and_index() {
    assert_eq!(
        told(|batch| batch.runs[1].values.ends = vec![9]),
        "run 1: column `values` `ends` at index 0 is 9, but there are 1 bytes of data"
    );
    let error = RunError::Column { what: "values", source: ColumnError::UnknownKind { index: 1, kind: 77 } };
    assert_eq!(
        told(|batch| batch.runs[0].values.kinds = vec![2, 77]),
        BatchError::Run { run: 0, source: error }.to_string()
    );
    assert_eq!(
        told(|batch| batch.runs[0].topic_of = vec![4]),
        "run 0: `topic-of` at index 0 points past the end of its table"
    );
    assert_eq!(
        told(|batch| batch.runs[0].values.schemas = vec![3, 4]),
        "run 0: `values` at index 1 names schema 4, which this instance was never given"
    );
}

#[test]
fn sizes_are_told() {
    let small = SandboxConfig { batch_max_bytes: 8, batch_max_records: 2, ..SandboxConfig::default() };
    let error = batch(&good(), &small, 0).unwrap_err().to_string();
    assert_eq!(error, format!("batch of {} bytes exceeds sandbox.batch.max.bytes (8)", bytes(&good())));
    let small = SandboxConfig { batch_max_bytes: 1 << 20, ..small };
    let error = batch(&good(), &small, 0).unwrap_err().to_string();
    assert_eq!(error, "batch of 3 records exceeds sandbox.batch.max.records (2)");
}

#[test]
fn source_partitions_are_objects_of_primitives() {
    assert!(
        told(|batch| batch.runs[0].source_partition = Some("[1]".into()))
            .starts_with("run 0: source partition is not a JSON object")
    );
    assert_eq!(
        told(|batch| batch.positions[0].offset = Some(r#"{"n":{"deep":1}}"#.into())),
        "position 0: offset is not valid: Offsets may only contain primitive types as values, but field n contains MAP"
    );
}

#[test]
fn places_exist_and_cover_what_was_read() {
    assert_eq!(
        told(|batch| batch.positions[0].after = Some(Place { run: 0, index: 2 })),
        "position 0 holds after record 2 of run 0, which is not in the batch"
    );
    assert_eq!(
        told(|batch| batch.positions[0].after = Some(Place { run: 0, index: 0 })),
        r#"run 0: no position of source partition {"file":"a"} holds after its last record, at index 1"#
    );
    assert!(told(|batch| batch.positions.clear()).starts_with("run 0: no position"));
    // Records without a source partition keep no offsets and need no position.
    let mut free = good();
    free.runs.iter_mut().for_each(|run| run.source_partition = None);
    free.positions.clear();
    assert_eq!(batch(&free, &SandboxConfig::default(), 0), Ok(()));
}

#[test]
fn equal_objects_have_one_text() {
    assert_eq!(canonical(r#"{"b":1.0,"a":"x"}"#), canonical(r#"{ "a":"x", "b":1 }"#));
    assert_ne!(canonical(r#"{"b":1.5}"#), canonical(r#"{"b":1}"#));
    assert_ne!(canonical(r#"{"b":"1"}"#), canonical(r#"{"b":1}"#));
}
