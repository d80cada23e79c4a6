use crate::fixtures::*;
use cofferdam_data::kind;

const CLASS: &str = "org.apache.kafka.connect.storage.StringConverter";

#[test]
fn valid_text_only_changes_its_kind() {
    let mut string = converter(CLASS, &[]);
    let raw = column(&[(kind::BYTES, 0, "é".as_bytes()), (kind::NULL, 0, b""), (kind::BYTES, 0, b"")]);
    let block = raw.data.as_ptr();
    let connect = to_connect(&mut string, raw.clone()).column;
    assert_eq!(connect.kinds, [kind::STRING, kind::NULL, kind::STRING]);
    assert_eq!(texts(&connect), [Some("é".to_owned()), None, Some(String::new())]);
    assert_ne!(connect.data.as_ptr(), block, "the test keeps the original");
    let back = from_connect(&mut string, connect).column;
    assert_eq!(back, raw);
    let one_kind = column(&[(kind::BYTES, 0, b"a"), (kind::BYTES, 0, b"b")]);
    let block = one_kind.data.as_ptr();
    let connect = to_connect(&mut string, one_kind).column;
    assert_eq!((connect.kinds.as_slice(), connect.data.as_ptr()), (&[kind::STRING][..], block));
}

#[test]
fn malformed_text_is_replaced_cell_by_cell() {
    let mut string = converter(CLASS, &[]);
    // The halves of `é` lie in two cells: valid as a block, not as cells.
    let torn =
        column(&[(kind::BYTES, 0, b"a\xc3"), (kind::BYTES, 0, b"\xa9"), (kind::NULL, 0, b""), (kind::BYTES, 0, b"b")]);
    let connect = to_connect(&mut string, torn);
    let expected = [Some("a\u{fffd}"), Some("\u{fffd}"), None, Some("b")];
    assert_eq!(texts(&connect.column), expected.map(|text| text.map(str::to_owned)));
    assert!(connect.failures.is_empty());
}

#[test]
fn other_values_are_written_as_java_writes_them() {
    let mut string = converter(CLASS, &[]);
    let table = table(&[r#"{"type":"float"}"#]);
    let cells = column(&[
        (kind::INTEGER, 0, &(-5_i64).to_le_bytes()),
        (kind::FLOAT, 0, &1e20_f64.to_le_bytes()),
        (kind::FLOAT, 1, &f64::from(1.1_f32).to_le_bytes()),
        (kind::BOOLEAN, 0, &[1]),
        (kind::JSON, 0, b"{\"a\":1}"),
        (kind::BYTES, 0, b"\xff"),
        (kind::NULL, 0, b""),
    ]);
    let converted = from_connect_with(&mut string, cells, &table);
    assert!(converted.failures.is_empty());
    let cells: Vec<_> = converted.column.cells().collect();
    assert_eq!(cells[5].bytes, b"\xff");
    assert!(cells.iter().all(|cell| cell.schema == 0 && [kind::BYTES, kind::NULL].contains(&cell.kind)));
    assert_eq!(
        texts(&converted.column)[..5],
        ["-5", "1.0E20", "1.1", "true", "{\"a\":1}"].map(|text| Some(text.to_owned()))
    );
}

#[test]
fn a_scalar_in_json_is_written_as_what_it_is() {
    let cells = [" null ", "\"a\\n\"", "true", "5", "1e3", "12345678901234567890", "[null]"];
    let cells = column(&cells.map(|json| (kind::JSON, 0, json.as_bytes())));
    let written = from_connect(&mut converter(CLASS, &[]), cells).column;
    let expected =
        [None, Some("a\n"), Some("true"), Some("5"), Some("1000.0"), Some("12345678901234567890"), Some("[null]")];
    assert_eq!(texts(&written), expected.map(|text| text.map(str::to_owned)));
    let structured = column(&[(kind::JSON, 0, b"{}"), (kind::NULL, 0, b""), (kind::JSON, 0, b" [1]")]);
    let block = structured.data.as_ptr();
    assert_eq!(from_connect(&mut converter(CLASS, &[]), structured).column.data.as_ptr(), block);
}

#[test]
fn other_encodings_are_refused_by_name() {
    let message = create_error(CLASS, &[("converter.encoding", "ISO-8859-1")]);
    assert_eq!(message, "Invalid value ISO-8859-1 for configuration converter.encoding: only UTF-8 is available");
    converter(CLASS, &[("converter.encoding", "utf8")]);
}
