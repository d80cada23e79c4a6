//! The connector as a worker sees it, natively.
#![expect(clippy::unwrap_used, reason = "a helper that fails, fails the test")]

use cofferdam_sdk::log::Level;
use cofferdam_sdk::testing::{OwnedValue, SourceHarness};
use cofferdam_sdk::{Schema, SourceConnector, SourceOffset, SourcePartition};
use file_source::FileStreamSource;
use serde_json::json;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::time::Duration;

type Harness = SourceHarness<FileStreamSource>;

fn harness(path: &Path) -> Harness {
    Harness::new([("file", path.to_str().unwrap()), ("topic", "lines")])
}

fn partition(path: &Path) -> SourcePartition {
    SourcePartition::of("filename", path.to_str().unwrap())
}

fn append(path: &Path, text: impl AsRef<[u8]>) {
    OpenOptions::new().create(true).append(true).open(path).unwrap().write_all(text.as_ref()).unwrap();
}

#[test]
fn lines_become_records() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("in.txt");
    append(&path, "one\ntwo\r\n\nlast");
    let mut harness = harness(&path);
    harness.start().unwrap();
    let polled = harness.poll().unwrap();
    assert_eq!(polled.texts(), ["one", "two", ""]);
    let record = &polled.records[0];
    assert_eq!((record.topic.as_str(), record.partition, &record.key), ("lines", None, &OwnedValue::Null));
    assert_eq!(record.value_schema.as_deref(), Some(Schema::STRING));
    assert_eq!(polled.idle, Duration::ZERO);
    assert_eq!(harness.poll().unwrap().idle, Duration::from_secs(1), "nothing new");
    harness.commit().unwrap();
    assert_eq!(harness.stored(&partition(&path)), Some(SourceOffset::of("position", 10)));
    append(&path, " line\n");
    assert_eq!(harness.poll().unwrap().texts(), ["last line"]);
}

#[test]
fn a_restart_resumes_after_the_stored_position() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("in.txt");
    append(&path, "eins\nzwölf\ndrei\nvier\n");
    let mut harness = harness(&path);
    harness.start().unwrap();
    assert_eq!(harness.poll_at_most(2, usize::MAX).unwrap().texts(), ["eins", "zwölf"]);
    harness.commit().unwrap();
    assert_eq!(harness.poll_at_most(1, usize::MAX).unwrap().texts(), ["drei"]);
    harness.restart().unwrap();
    assert_eq!(harness.poll().unwrap().texts(), ["drei", "vier"], "positions are bytes");
}

#[test]
fn no_line_is_lost_wherever_a_task_dies() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("in.txt");
    let lines: Vec<_> = (0..200).map(|n| format!("line {n}")).collect();
    append(&path, lines.join("\n") + "\n");
    let mut harness = harness(&path);
    harness.start().unwrap();
    let mut seen = Vec::new();
    for size in (1..).map(|n| n % 17 + 1) {
        let polled = harness.poll_at_most(size, usize::MAX).unwrap();
        if polled.records.is_empty() {
            break;
        }
        if size % 3 == 0 {
            harness.restart().unwrap();
            continue;
        }
        seen.extend(polled.texts().into_iter().map(str::to_owned));
        harness.commit().unwrap();
    }
    assert_eq!(seen, lines);
}

#[test]
fn batch_size_and_bytes_bound_a_poll() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("in.txt");
    append(&path, "x\n".repeat(10));
    let mut harness = Harness::new([("file", path.to_str().unwrap()), ("topic", "t"), ("batch.size", "4")]);
    harness.start().unwrap();
    assert_eq!(harness.poll().unwrap().records.len(), 4);
    assert_eq!(harness.poll_at_most(100, 3).unwrap().records.len(), 3);
    assert_eq!(harness.poll().unwrap().records.len(), 3);
}

#[test]
fn a_missing_file_is_waited_for() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("in.txt");
    let mut harness = harness(&path);
    harness.start().unwrap();
    for _ in 0..2 {
        assert_eq!(harness.poll().unwrap().idle, Duration::from_secs(1));
    }
    let warnings = harness.logs().into_iter().filter(|(level, _)| *level == Level::Warn).count();
    assert_eq!(warnings, 1, "{:?}", harness.logs());
    append(&path, "here\n");
    assert_eq!(harness.poll().unwrap().texts(), ["here"]);
}

#[test]
fn a_truncated_file_is_read_again() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("in.txt");
    append(&path, "a long line\nanother\n");
    let mut harness = harness(&path);
    harness.start().unwrap();
    assert_eq!(harness.poll().unwrap().records.len(), 2);
    fs::write(&path, "new\n").unwrap();
    assert!(harness.poll().unwrap().records.is_empty());
    assert_eq!(harness.poll().unwrap().texts(), ["new"]);
    assert!(harness.logged(Level::Warn, "it was truncated. Reading it again"), "{:?}", harness.logs());
    harness.commit().unwrap();
    assert_eq!(harness.stored(&partition(&path)), Some(SourceOffset::of("position", 4)));
}

#[test]
fn a_file_that_shrank_between_tasks_is_read_again() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("in.txt");
    append(&path, "new\n");
    let mut harness = harness(&path);
    harness.store(&partition(&path), &SourceOffset::of("position", 1_000)).unwrap();
    harness.start().unwrap();
    assert_eq!(harness.poll().unwrap().texts(), ["new"]);
    assert!(harness.logged(Level::Warn, "has 4 bytes, but 1000 were read"), "{:?}", harness.logs());
}

/// Polls that the old file of a rotation is given, each a second after the one before.
const LAST_POLLS: usize = 5;

fn stay_idle(harness: &mut Harness, polls: usize) {
    for _ in 0..polls {
        let polled = harness.poll().unwrap();
        assert!(polled.records.is_empty() && polled.idle == Duration::from_secs(1), "{polled:?}");
    }
}

#[test]
fn a_file_that_is_moved_away_and_made_anew_is_followed() {
    let directory = tempfile::tempdir().unwrap();
    let (path, moved) = (directory.path().join("in.txt"), directory.path().join("in.txt.1"));
    append(&path, "first\n");
    let mut harness = harness(&path);
    harness.start().unwrap();
    assert_eq!(harness.poll().unwrap().texts(), ["first"]);
    fs::rename(&path, &moved).unwrap();
    stay_idle(&mut harness, 2 * LAST_POLLS);
    append(&moved, "late\n");
    assert_eq!(harness.poll().unwrap().texts(), ["late"], "what is open stays open");
    append(&path, "2nd\n");
    stay_idle(&mut harness, LAST_POLLS);
    assert!(harness.poll().unwrap().records.is_empty());
    assert_eq!(harness.poll().unwrap().texts(), ["2nd"]);
    assert!(harness.logged(Level::Info, "another file now: the one before was read to its end, at byte 11"));
    assert!(!harness.logged(Level::Warn, "twice"), "{:?}", harness.logs());
}

#[test]
fn the_old_file_of_a_rotation_is_read_until_it_is_silent() {
    let directory = tempfile::tempdir().unwrap();
    let (path, moved) = (directory.path().join("in.txt"), directory.path().join("in.txt.1"));
    append(&path, "first\n");
    let mut harness = harness(&path);
    harness.start().unwrap();
    assert_eq!(harness.poll().unwrap().texts(), ["first"]);
    fs::rename(&path, &moved).unwrap();
    append(&path, "");
    stay_idle(&mut harness, LAST_POLLS);
    append(&moved, "late\n");
    assert_eq!(harness.poll().unwrap().texts(), ["late"]);
    stay_idle(&mut harness, LAST_POLLS);
    append(&moved, "rest");
    append(&path, "already as long as the old one\n");
    stay_idle(&mut harness, LAST_POLLS);
    assert!(harness.poll().unwrap().records.is_empty());
    assert!(harness.logged(Level::Warn, "read to byte 11; the 4 bytes after it"), "{:?}", harness.logs());
    harness.commit().unwrap();
    assert_eq!(harness.stored(&partition(&path)), Some(SourceOffset::of("position", 0)), "the new file's");
    assert_eq!(harness.poll().unwrap().texts(), ["already as long as the old one"]);
}

#[test]
fn a_longer_file_with_the_same_name_is_another_one() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("in.txt");
    append(&path, "old\n");
    let mut harness = harness(&path);
    harness.start().unwrap();
    assert_eq!(harness.poll().unwrap().texts(), ["old"]);
    append(&directory.path().join("new.txt"), "new and longer\n");
    fs::rename(directory.path().join("new.txt"), &path).unwrap();
    stay_idle(&mut harness, LAST_POLLS);
    assert!(harness.poll().unwrap().records.is_empty());
    assert_eq!(harness.poll().unwrap().texts(), ["new and longer"]);
}

#[test]
fn a_truncation_into_an_unfinished_line_is_one_too() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("in.txt");
    append(&path, "first\nunfinished");
    let mut harness = harness(&path);
    harness.start().unwrap();
    assert_eq!(harness.poll().unwrap().texts(), ["first"]);
    stay_idle(&mut harness, 1);
    fs::write(&path, "one\ntwo\n").unwrap();
    assert!(harness.poll().unwrap().records.is_empty());
    assert_eq!(harness.poll().unwrap().texts(), ["one", "two"]);
    assert!(harness.logged(Level::Warn, "has 8 bytes, but 16 were read"), "{:?}", harness.logs());
}

#[test]
fn a_directory_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let mut harness = harness(directory.path());
    harness.start().unwrap();
    let error = harness.poll().unwrap_err();
    assert!(error.to_string().ends_with("is a directory; `file` must name a file"), "{error}");
    assert!(!error.is_retriable());
}

#[test]
fn malformed_bytes_are_replaced_and_told_once() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("in.txt");
    append(&path, b"a\xffb\nc\n\xc3\n");
    let mut harness = harness(&path);
    harness.start().unwrap();
    assert_eq!(harness.poll().unwrap().texts(), ["a\u{fffd}b", "c", "\u{fffd}"]);
    assert!(harness.logged(Level::Warn, "not all UTF-8"), "{:?}", harness.logs());
    harness.commit().unwrap();
    assert_eq!(harness.stored(&partition(&path)), Some(SourceOffset::of("position", 8)), "bytes of the file");
}

#[test]
fn a_long_line_passes() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("in.txt");
    let long = "x".repeat(15 << 20);
    append(&path, format!("before\n{long}\nafter\n"));
    let mut harness = harness(&path);
    harness.start().unwrap();
    let mut lengths = Vec::new();
    while lengths.len() < 3 {
        lengths.extend(harness.poll().unwrap().texts().iter().map(|text| text.len()));
    }
    assert_eq!(lengths, [6, 15 << 20, 5]);
    let told = format!("the line at byte 7 of {} has {} bytes", path.display(), (15 << 20) + 1);
    assert!(harness.logged(Level::Info, &told), "{:?}", harness.logs());
}

#[test]
fn a_configuration_without_file_is_told_so() {
    let harness = Harness::new([("topic", "t")]);
    let verdicts = harness.validate();
    assert_eq!(verdicts[0].name(), "file");
    assert!(verdicts[0].errors()[0].contains("Standard input"), "{verdicts:?}");
    let harness = Harness::new([("topic", ""), ("file", "/x"), ("batch.size", "0")]);
    let errors: Vec<_> = harness.validate().iter().flat_map(|verdict| verdict.errors().to_vec()).collect();
    assert_eq!(
        errors,
        [
            "Invalid value  for configuration topic: String must be non-empty",
            "Invalid value 0 for configuration batch.size: Value must be at least 1",
        ]
    );
}

#[test]
fn one_task_whatever_is_allowed() {
    let configs = Harness::new([("file", "/x"), ("topic", "t")]).task_configs(8).unwrap();
    assert_eq!(configs.len(), 1);
    assert_eq!(configs[0].get("file"), Some("/x"));
}

#[test]
fn offsets_that_an_operator_sets_are_checked() {
    let harness = Harness::new([("file", "/x"), ("topic", "t")]);
    let at = |offset| [(json!({"filename": "/x"}), offset)];
    assert!(harness.alter_offsets(&at(Some(json!({"position": 5})))).unwrap());
    assert!(harness.alter_offsets(&[(json!({"any": 1}), None)]).unwrap(), "a reset");
    for (offset, message) in [
        (json!({"other": 5}), "should either be null or contain the key 'position'"),
        (json!({"position": "5"}), "is expected to be a Long value"),
        (json!({"position": -5}), "should be a non-negative value"),
    ] {
        let error = harness.alter_offsets(&at(Some(offset))).unwrap_err();
        assert!(error.to_string().contains(message), "{error}");
    }
    let error = harness.alter_offsets(&[(json!({"file": "/x"}), Some(json!({"position": 5})))]).unwrap_err();
    assert!(error.to_string().contains("should contain the key 'filename'"), "{error}");
}

#[test]
fn a_stored_position_of_another_type_fails_the_start() {
    let path = Path::new("/x");
    let mut harness = harness(path);
    harness.store(&partition(path), &SourceOffset::of("position", "5")).unwrap();
    let error = harness.start().unwrap_err();
    assert!(error.to_string().starts_with("Offset position is the incorrect type"), "{error}");
}

#[test]
fn it_carries_the_name_that_configurations_use() {
    assert_eq!(FileStreamSource::class().name(), "org.apache.kafka.connect.file.FileStreamSourceConnector");
}
