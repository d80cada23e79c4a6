use super::*;
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
    (directory, FileStreamSinkTask { path, output: None, text: Vec::new(), failed: Some(failed) })
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
