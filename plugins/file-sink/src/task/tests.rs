use super::*;
use crate::FileStreamSink;
use cofferdam_sdk::SourceRecord;
use cofferdam_sdk::testing::SinkHarness;
use std::fs;

/// A task on a file, and a failed write of `text` of which the file has `written` bytes.
fn failed(text: &str, written: usize) -> (tempfile::TempDir, FileStreamSinkTask) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("out").to_str().unwrap().to_owned();
    fs::write(&path, "before\n").unwrap();
    let mut output = Output::open(&path).unwrap();
    let begin = output.length();
    output.append(&text.as_bytes()[..written]).unwrap();
    let failed = FailedWrite { batch: fingerprint(2), text: text.as_bytes().to_vec(), begin };
    (directory, FileStreamSinkTask { path, output: None, text: Vec::new(), failed: Some(failed), lost: false })
}

fn fingerprint(records: usize) -> Fingerprint {
    Fingerprint { records, first: None, last: None }
}

#[test]
fn the_same_batch_goes_on_where_it_stopped() {
    for (written, rest) in [(0, "one\ntwo\n"), (2, "e\ntwo\n"), (4, "two\n"), (8, "")] {
        let (_directory, mut task) = failed("one\ntwo\n", written);
        let mut text = Vec::new();
        assert!(task.resume(&fingerprint(2), &mut text).unwrap());
        assert_eq!(text, rest.as_bytes());
    }
}

#[test]
fn before_another_batch_a_cut_line_is_completed() {
    for (written, rest) in [(0, ""), (2, "e\n"), (3, "\n"), (4, ""), (6, "o\n"), (8, "")] {
        let (_directory, mut task) = failed("one\ntwo\n", written);
        let mut text = Vec::new();
        assert!(!task.resume(&fingerprint(3), &mut text).unwrap());
        assert_eq!(text, rest.as_bytes(), "after {written} bytes");
    }
}

#[test]
fn where_nobody_knows_a_new_line_begins_and_all_comes_again() {
    let (_directory, mut task) = failed("one\ntwo\n", 0);
    fs::write(&task.path, "before\nsomething else").unwrap();
    let mut text = Vec::new();
    assert!(!task.resume(&fingerprint(2), &mut text).unwrap());
    assert!(text.is_empty());
    assert_eq!(fs::read_to_string(&task.path).unwrap(), "before\nsomething else\n");
}

/// `/dev/full` takes no bytes, and cannot be synced.
#[test]
#[cfg(target_os = "linux")]
fn a_sync_that_failed_in_a_put_fails_the_next_commit() {
    let mut harness = SinkHarness::<FileStreamSink>::new([("file", "/dev/full"), ("topics", "t")]);
    harness.start().unwrap();
    let records = [SourceRecord::new("t").value("a")];
    assert!(harness.put(&records).unwrap_err().to_string().contains("cannot append to"));
    assert!(harness.put(&records).unwrap_err().to_string().contains("cannot make durable"));
    // As the kernel does, which tells once: from here on all is well.
    harness.task().output = None;
    let error = harness.pre_commit().unwrap_err();
    assert!(error.is_retriable() && error.to_string().contains("may not be on disk"), "{error}");
    assert!(harness.pre_commit().is_ok(), "the records came again");
}
