//! The connector as a worker sees it, natively.
#![expect(clippy::unwrap_used, reason = "a helper that fails, fails the test")]

use cofferdam_sdk::testing::SinkHarness;
use cofferdam_sdk::{Schema, SinkConnector, SourceRecord, TopicOffset, Value};
use file_sink::FileStreamSink;
use std::fs;
use std::path::Path;

type Harness = SinkHarness<FileStreamSink>;

fn harness(path: &Path) -> Harness {
    Harness::new([("file", path.to_str().unwrap()), ("topics", "t")])
}

fn record<'a>(value: impl Into<Value<'a>>) -> SourceRecord<'a> {
    SourceRecord::new("t").value(value)
}

#[test]
fn values_become_lines() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("out.txt");
    fs::write(&path, "before\n").unwrap();
    let mut harness = harness(&path);
    harness.start().unwrap();
    let float = Schema::intern(r#"{"type":"float","optional":false}"#).unwrap();
    let records = [
        record("text"),
        record(""),
        record(Value::Null),
        record(b"\xff\x00".as_slice()),
        record(Value::Json(r#"{"id":1}"#)),
        record(true),
        record(i64::MIN),
        record(1e10),
        record(f64::from(0.1f32)).value_schema(float),
        record("two\nlines"),
    ];
    assert_eq!(harness.put(&records).unwrap(), []);
    let mut expected = b"before\ntext\n\nnull\n".to_vec();
    expected.extend(b"\xff\x00\n{\"id\":1}\ntrue\n-9223372036854775808\n1.0E10\n0.1\ntwo\nlines\n");
    assert_eq!(fs::read(&path).unwrap(), expected);
}

#[test]
fn all_that_was_put_may_be_committed() {
    let directory = tempfile::tempdir().unwrap();
    let mut harness = harness(&directory.path().join("out.txt"));
    harness.start().unwrap();
    harness.open(&[("t", 0), ("t", 1)]).unwrap();
    harness.put(&[record("a"), record("b"), record("c").partition(1)]).unwrap();
    let committed = harness.pre_commit().unwrap();
    let at = |partition, offset| TopicOffset { topic: "t".into(), partition, offset };
    assert_eq!(committed.offsets, [at(0, 2), at(1, 1)]);
    assert!(!committed.buffered);
    assert!(harness.pre_commit().is_ok(), "nothing new");
}

#[test]
fn a_file_that_was_moved_away_is_made_anew() {
    let directory = tempfile::tempdir().unwrap();
    let (path, moved) = (directory.path().join("out.txt"), directory.path().join("out.txt.1"));
    let mut harness = harness(&path);
    harness.start().unwrap();
    harness.put(&[record("a")]).unwrap();
    fs::rename(&path, &moved).unwrap();
    harness.put(&[record("b")]).unwrap();
    harness.pre_commit().unwrap();
    harness.put(&[record("c")]).unwrap();
    assert_eq!((fs::read(&moved).unwrap(), fs::read(&path).unwrap()), (b"a\nb\n".to_vec(), b"c\n".to_vec()));
}

#[test]
fn a_rotation_that_makes_the_new_file_is_followed() {
    let directory = tempfile::tempdir().unwrap();
    let (path, moved) = (directory.path().join("out.txt"), directory.path().join("out.txt.1"));
    let rotate = |to: &Path| {
        fs::rename(&path, to).unwrap();
        fs::File::create(&path).unwrap();
    };
    let mut harness = harness(&path);
    harness.start().unwrap();
    harness.put(&[record("a")]).unwrap();
    rotate(&moved);
    harness.put(&[record("b")]).unwrap();
    harness.pre_commit().unwrap();
    harness.put(&[record("c")]).unwrap();
    assert_eq!((fs::read(&moved).unwrap(), fs::read(&path).unwrap()), (b"a\nb\n".to_vec(), b"c\n".to_vec()));
    harness.pre_commit().unwrap();
    rotate(&directory.path().join("out.txt.2"));
    harness.put(&[record("d")]).unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"d\n", "rotated while there was nothing to write");
}

#[test]
fn a_rotation_before_the_first_record_is_followed() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("out.txt");
    let mut harness = harness(&path);
    harness.start().unwrap();
    fs::rename(&path, directory.path().join("out.txt.1")).unwrap();
    harness.put(&[record("a")]).unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"a\n");
}

#[test]
fn a_rotation_is_followed_by_all_tasks() {
    let directory = tempfile::tempdir().unwrap();
    let (path, moved) = (directory.path().join("out.txt"), directory.path().join("out.txt.1"));
    let (mut one, mut other) = (harness(&path), harness(&path));
    for harness in [&mut one, &mut other] {
        harness.start().unwrap();
        harness.put(&[record("a")]).unwrap();
    }
    fs::rename(&path, &moved).unwrap();
    for harness in [&mut one, &mut other] {
        harness.pre_commit().unwrap();
        harness.put(&[record("b")]).unwrap();
    }
    assert_eq!((fs::read(&moved).unwrap(), fs::read(&path).unwrap()), (b"a\na\n".to_vec(), b"b\nb\n".to_vec()));
}

#[test]
fn what_cannot_be_opened_fails_the_start() {
    let directory = tempfile::tempdir().unwrap();
    let error = harness(directory.path()).start().unwrap_err();
    assert!(error.to_string().ends_with("is a directory; `file` must name a file"), "{error}");
    let error = harness(&directory.path().join("no/such")).start().unwrap_err();
    assert!(error.to_string().starts_with("Couldn't find or create file '"), "{error}");
    assert!(!error.is_retriable());
}

#[test]
fn what_cannot_be_opened_later_is_tried_again() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("logs/out.txt");
    fs::create_dir(directory.path().join("logs")).unwrap();
    let mut harness = harness(&path);
    harness.start().unwrap();
    fs::rename(directory.path().join("logs"), directory.path().join("logs.1")).unwrap();
    let error = harness.put(&[record("a")]).unwrap_err();
    assert!(error.is_retriable() && error.to_string().contains("Couldn't find or create file"), "{error}");
    fs::create_dir(directory.path().join("logs")).unwrap();
    harness.put(&[record("a")]).unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"a\n");
}

#[test]
fn a_configuration_without_file_is_told_so() {
    let harness = Harness::new([("topics", "t")]);
    let verdicts = harness.validate();
    assert!(verdicts[0].name() == "file" && verdicts[0].errors()[0].contains("Standard output"), "{verdicts:?}");
    assert!(Harness::new([("file", "/x")]).validate().is_empty());
}

#[test]
fn as_many_tasks_as_allowed_share_the_file() {
    let configs = Harness::new([("file", "/x"), ("topics", "t")]).task_configs(3).unwrap();
    assert_eq!(configs.iter().filter_map(|config| config.get("file")).collect::<Vec<_>>(), ["/x", "/x", "/x"]);
}

#[test]
fn any_offset_may_be_set() {
    assert!(Harness::new([("file", "/x")]).alter_offsets(&[]).unwrap());
}

#[test]
fn it_carries_the_name_that_configurations_use() {
    assert_eq!(FileStreamSink::class().name(), "org.apache.kafka.connect.file.FileStreamSinkConnector");
}

/// `/dev/full` opens, and has no room.
#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_retried_with_the_file_named() {
    let mut harness = harness(Path::new("/dev/full"));
    harness.start().unwrap();
    let error = harness.put(&[record("a")]).unwrap_err();
    assert!(error.is_retriable() && error.to_string().contains("cannot append to /dev/full"), "{error}");
}
