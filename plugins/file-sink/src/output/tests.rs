use super::*;
use std::path::Path;

fn open(path: &Path) -> Output {
    Output::open(path.to_str().unwrap()).unwrap()
}

#[test]
fn what_was_written_is_found_out() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("out");
    fs::write(&path, "before\n").unwrap();
    let mut output = open(&path);
    let begin = output.length();
    assert_eq!((begin, output.written_since(begin, b"one\ntwo\n")), (7, Written::Bytes(0)));
    output.append(b"one\nt").unwrap();
    assert_eq!(output.written_since(begin, b"one\ntwo\n"), Written::Bytes(5));
    assert_eq!(output.written_since(begin, b"one\nx"), Written::Unknown, "something else");
    assert_eq!(output.written_since(begin, b"one"), Written::Unknown, "more");
    assert_eq!(output.written_since(100, b"one"), Written::Unknown, "less");
}

#[test]
fn a_last_line_without_end_is_ended_once() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("out");
    fs::write(&path, "cut o").unwrap();
    let mut output = open(&path);
    output.end_line().unwrap();
    assert_eq!((fs::read(&path).unwrap(), output.length()), (b"cut o\n".to_vec(), 6));
    output.end_line().unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"cut o\n");
}

#[test]
fn pieces_are_whole_lines() {
    let line = [b"x".repeat(PIECE / 3).as_slice(), b"\n"].concat();
    let text = line.repeat(4);
    assert_eq!(piece(&text).len(), 2 * line.len());
    assert_eq!(piece(&line).len(), line.len());
    assert_eq!(piece(&b"x".repeat(PIECE + 5)).len(), PIECE, "no line fits");
}
