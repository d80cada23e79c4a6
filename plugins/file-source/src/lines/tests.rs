use super::*;
use cofferdam_sdk::{Schema, Value};

/// Hands out one piece per read.
struct Pieces<'a>(Vec<&'a [u8]>);

impl Read for Pieces<'_> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        if self.0.is_empty() {
            return Ok(0);
        }
        let piece = self.0.remove(0);
        room[..piece.len()].copy_from_slice(piece);
        Ok(piece.len())
    }
}

/// The lines of these pieces, read one after the other, with the bytes that each take accounts for.
fn lines(pieces: &[&[u8]]) -> (Vec<String>, usize) {
    let schema = Schema::intern(Schema::STRING).unwrap();
    let (mut file, mut lines) = (Pieces(pieces.to_vec()), Lines::default());
    let (mut all, mut bytes) = (Vec::new(), 0);
    loop {
        let read = lines.read(&mut file).unwrap();
        loop {
            // One at a time, so that every line's own length is seen.
            let mut column = ColumnBuilder::default();
            let taken = lines.take(&mut column, schema, 1, usize::MAX);
            if column.is_empty() {
                break;
            }
            bytes += taken.bytes;
            all.push(text(column));
        }
        if read == 0 {
            return (all, bytes);
        }
    }
}

/// The only cell of a column.
fn text(column: ColumnBuilder) -> String {
    assert_eq!(column.len(), 1);
    column.get(0).and_then(Value::as_str).unwrap().to_owned()
}

#[test]
fn all_three_ends_of_a_line() {
    assert_eq!(lines(&[b"a\nb\r\nc\rd\n"]), (vec!["a".into(), "b".into(), "c".into(), "d".into()], 9));
}

#[test]
fn an_end_may_be_cut_in_two() {
    assert_eq!(lines(&[b"a\r", b"\nb\r", b"c\n"]), (vec!["a".into(), "b".into(), "c".into()], 7));
}

#[test]
fn what_has_no_end_is_no_line() {
    assert_eq!(lines(&[b"a\nrest"]), (vec!["a".into()], 2));
    assert_eq!(lines(&[b"a\nb\r"]), (vec!["a".into()], 2), "a line feed may follow");
    assert_eq!(lines(&[b""]), (vec![], 0));
}

#[test]
fn empty_lines_count() {
    assert_eq!(lines(&[b"\n\n\r\r\n\n"]), (vec![String::new(); 5], 6));
}

#[test]
fn a_line_over_many_reads() {
    let piece = vec![b'x'; BLOCK];
    let (all, bytes) = lines(&[&piece, &piece, &piece, b"y\nz\n"]);
    assert_eq!((all[0].len(), all[1].as_str(), bytes), (3 * BLOCK + 1, "z", 3 * BLOCK + 4));
}

#[test]
fn a_long_line_is_handed_over_whole() {
    let piece = vec![b'x'; BLOCK];
    let mut pieces = vec![b"short\n".as_slice()];
    pieces.extend(std::iter::repeat_n(piece.as_slice(), 5));
    pieces.push(b"\r\nnext\nrest");
    let (all, bytes) = lines(&pieces);
    assert_eq!(all.iter().map(String::len).collect::<Vec<_>>(), [5, 5 * BLOCK, 4]);
    assert_eq!(bytes, 6 + 5 * BLOCK + 2 + 5);
}

#[test]
fn malformed_bytes_are_replaced() {
    let schema = Schema::intern(Schema::STRING).unwrap();
    let mut lines = Lines::default();
    lines.read(&mut Pieces(vec![b"\xc3\n\xa9\n\xc3\xa9\n"])).unwrap();
    for expected in [("\u{fffd}", true), ("\u{fffd}", true), ("é", false)] {
        let mut column = ColumnBuilder::default();
        let taken = lines.take(&mut column, schema, 1, usize::MAX);
        assert_eq!((text(column).as_str(), taken.malformed), expected);
    }
}

#[test]
fn limits_are_kept() {
    let schema = Schema::intern(Schema::STRING).unwrap();
    let mut lines = Lines::default();
    lines.read(&mut Pieces(vec![b"aa\nbb\ncc\ndd\n"])).unwrap();
    let mut column = ColumnBuilder::default();
    assert_eq!(
        lines.take(&mut column, schema, 2, usize::MAX),
        Taken { bytes: 6, malformed: false, long: false, left: true }
    );
    let mut column = ColumnBuilder::default();
    assert_eq!(lines.take(&mut column, schema, 9, 1).bytes, 3, "one record may overshoot");
    let mut column = ColumnBuilder::default();
    assert_eq!(lines.take(&mut column, schema, 9, 9), Taken { bytes: 3, malformed: false, long: false, left: false });
    assert_eq!(lines.rest(), 0);
}

#[test]
fn a_long_line_waits_for_a_batch_of_its_own() {
    let schema = Schema::intern(Schema::STRING).unwrap();
    let block = [b"short\n".as_slice(), &vec![b'x'; BLOCK - 6]].concat();
    let piece = vec![b'x'; BLOCK];
    let mut pieces = vec![block.as_slice()];
    pieces.extend(std::iter::repeat_n(piece.as_slice(), 5));
    pieces.push(b"\nnext\n");
    let (mut file, mut lines) = (Pieces(pieces), Lines::default());
    while lines.read(&mut file).unwrap() > 0 {}
    for records in [1, 1, 1] {
        let mut column = ColumnBuilder::default();
        lines.take(&mut column, schema, 10, usize::MAX);
        assert_eq!(column.len(), records);
    }
}
