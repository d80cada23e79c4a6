use crate::fixtures::*;
use cofferdam_data::{SchemaTable, kind};
use cofferdam_plugin::Converter;

mod values;

const CLASS: &str = "org.apache.kafka.connect.json.JsonConverter";

fn plain() -> Box<dyn Converter> {
    converter(CLASS, &[("schemas.enable", "false")])
}

fn enveloped() -> Box<dyn Converter> {
    converter(CLASS, &[])
}

/// `{"schema":…,"payload":…}` without white space.
fn envelope(schema: &str, payload: &str) -> String {
    format!("{{\"schema\":{schema},\"payload\":{payload}}}")
}

/// One value to Connect and back; what it was in between, or why it failed.
fn there_and_back(
    converter: &mut Box<dyn Converter>,
    text: &str,
) -> (Result<String, String>, Result<Option<String>, String>) {
    let table = SchemaTable::default();
    let mut connect = to_connect_with(converter, raw(&[text]), &table);
    if let Some((_, message)) = connect.failures.pop() {
        return (Err(message), Ok(None));
    }
    let between = shown(&connect.column).remove(0);
    let mut back = from_connect_with(converter, connect.column, &table);
    match back.failures.pop() {
        Some((_, message)) => (Ok(between), Err(message)),
        None => (Ok(between), Ok(texts(&back.column).remove(0))),
    }
}

#[test]
fn objects_and_arrays_stay_the_text_that_they_are() {
    let mut json = plain();
    let column = raw(&["{\"a\": 1}", " [1,\n2] "]);
    let block = column.data.as_ptr();
    let connect = to_connect(&mut json, column).column;
    assert_eq!((connect.kinds.as_slice(), connect.data.as_ptr()), (&[kind::JSON][..], block));
    assert_eq!(shown(&connect), ["3:{\"a\": 1}", "3: [1,\n2] "]);
    let back = from_connect(&mut json, connect).column;
    assert_eq!(texts(&back), [Some("{\"a\":1}".to_owned()), Some("[1,2]".to_owned())], "compact, as Jackson writes");
    let block = back.data.as_ptr();
    let again = to_connect(&mut json, back).column;
    assert_eq!(from_connect(&mut json, again).column.data.as_ptr(), block, "compact text is not touched");
}

#[test]
fn plain_values_by_what_they_are() {
    let cases = [
        ("", "0"),
        ("null", "0"),
        (" null ", "0"),
        ("1", "5:1"),
        ("-0", "5:0"),
        ("01", "5:1"),
        ("1.0", "6:1.0"),
        ("1e3", "6:1000.0"),
        ("1E400", "6:inf"),
        ("12345678901234567890", "5:-6101065172474983726"),
        ("\"a\\n\\u00e9\"", "2:a\né"),
        ("true", "4:true"),
        ("false", "4:false"),
        (" 1 2", "5:1"),
        ("{\"a\":1} x", "3:{\"a\":1}"),
        ("[01.50]", "3:[1.50]"),
        ("\u{feff}{\"a\":1}", "3:{\"a\":1}"),
        ("\u{feff}", "0"),
        ("-0.0", "6:0.0"),
    ];
    let connect = to_connect(&mut plain(), raw(&cases.map(|(text, _)| text)));
    assert_eq!(connect.failures, []);
    assert_eq!(shown(&connect.column), cases.map(|(_, expected)| expected));
}

#[test]
fn nulls_and_objects_keep_the_block() {
    let cells = column(&[(kind::BYTES, 0, b"{}"), (kind::NULL, 0, b""), (kind::BYTES, 0, b"[]")]);
    let connect = to_connect(&mut plain(), cells.clone()).column;
    assert_eq!(connect.kinds, [kind::JSON, kind::NULL, kind::JSON]);
    assert_eq!(from_connect(&mut plain(), connect).column, cells);
}

#[test]
fn what_is_no_json_fails_alone() {
    let connect = to_connect(&mut plain(), raw(&["{\"a\":1}", "{\"a\":", "2"]));
    assert_eq!(shown(&connect.column), ["3:{\"a\":1}", "0", "5:2"]);
    let expected = "Converting byte[] to Kafka Connect data failed due to serialization error: EOF while parsing a value at \
                    line 1 column 5";
    assert_eq!(connect.failures, [(1, expected.to_owned())]);
    let invalid = column(&[(kind::BYTES, 0, b"\"\xff\"")]);
    let message = &to_connect(&mut plain(), invalid.clone()).failures[0].1;
    assert!(message.starts_with("Converting byte[] to Kafka Connect data failed"), "{message}");
    assert_eq!(to_connect(&mut enveloped(), invalid).failures[0].1, *message);
}

#[test]
fn plain_values_are_written_as_jackson_writes_them() {
    let cells = column(&[
        (kind::STRING, 0, "a\"é\u{1f30a}".as_bytes()),
        (kind::INTEGER, 0, &5_i64.to_le_bytes()),
        (kind::FLOAT, 0, &1e20_f64.to_le_bytes()),
        (kind::FLOAT, 0, &f64::NAN.to_le_bytes()),
        (kind::BOOLEAN, 0, &[1]),
        (kind::BYTES, 0, &[1, 2, 3]),
        (kind::JSON, 0, b"{ \"a\" : 1 }"),
        (kind::JSON, 0, b" null "),
        (kind::NULL, 0, b""),
        (kind::JSON, 0, b"{"),
    ]);
    let written = ["\"a\\\"é\\uD83C\\uDF0A\"", "5", "1.0E20", "\"NaN\"", "true", "\"AQID\"", "{\"a\":1}"];
    let mut expected: Vec<_> = written.iter().map(|text| Some((*text).to_owned())).collect();
    expected.extend([None, None, None]);
    let plain = from_connect(&mut plain(), cells.clone());
    assert_eq!(texts(&plain.column), expected);
    assert_eq!(plain.failures.len(), 1);
    let wrapped: Vec<_> = expected.iter().map(|text| text.as_ref().map(|text| envelope("null", text))).collect();
    assert_eq!(texts(&from_connect(&mut enveloped(), cells).column), wrapped);
}

/// Message, what Connect sees, and the message that comes back; each recorded from Kafka's own converter.
#[test]
fn envelopes_there_and_back() {
    let full = |of: &str| format!("{{\"type\":\"{of}\",\"optional\":false}}");
    let cases = [
        (envelope("null", "1"), "5:1", Some(envelope("null", "1"))),
        (format!("\u{feff}{}", envelope("null", "1")), "5:1", Some(envelope("null", "1"))),
        (envelope("null", "null"), "0", None),
        (envelope("null", "{\"a\":1.5}"), "3:{\"a\":1.5}", Some(envelope("null", "{\"a\":1.5}"))),
        (envelope(r#"{"type":"string"}"#, "\"x\""), "2:x#1", Some(envelope(&full("string"), "\"x\""))),
        (
            envelope(r#"{"optional":true,"type":"string"}"#, "null"),
            "0#1",
            Some(envelope(r#"{"type":"string","optional":true}"#, "null")),
        ),
        (envelope(r#"{"type":"int32"}"#, "\"5\""), "5:0#1", Some(envelope(&full("int32"), "0"))),
        (
            envelope(r#"{"type":"int32"}"#, "99999999999"),
            "5:1215752191#1",
            Some(envelope(&full("int32"), "1215752191")),
        ),
        (envelope(r#"{"type":"int8"}"#, "300"), "5:44#1", Some(envelope(&full("int8"), "44"))),
        (envelope(r#"{"type":"int32"}"#, "1.9"), "5:1#1", Some(envelope(&full("int32"), "1"))),
        (envelope(r#"{"type":"double"}"#, "\"NaN\""), "6:0.0#1", Some(envelope(&full("double"), "0.0"))),
        (envelope(r#"{"type":"float"}"#, "1.1"), "6:1.100000023841858#1", Some(envelope(&full("float"), "1.1"))),
        (envelope(r#"{"type":"boolean"}"#, "1"), "4:false#1", Some(envelope(&full("boolean"), "false"))),
        (envelope(r#"{"type":"bytes"}"#, "\"QUI=\""), "1:AB#1", Some(envelope(&full("bytes"), "\"QUI=\""))),
        (
            envelope(r#"{"type":"int32","optional":true,"default":7}"#, "null"),
            "5:7#1",
            Some(envelope(r#"{"type":"int32","optional":true,"default":7}"#, "7")),
        ),
        (envelope(r#"{"type":"array","items":{"type":"int32"}}"#, "{}"), "an array is wanted", None),
        (
            envelope(r#"{"type":"struct","fields":[{"field":"a","type":"int32","optional":true}]}"#, "{\"b\":1}"),
            "3:{\"a\":null}#1",
            Some(envelope(
                r#"{"type":"struct","fields":[{"type":"int32","optional":true,"field":"a"}],"optional":false}"#,
                "{\"a\":null}",
            )),
        ),
        (
            envelope(
                r#"{"type":"bytes","name":"org.apache.kafka.connect.data.Decimal","parameters":{"scale":"2"}}"#,
                "0.65",
            ),
            "1:A#1",
            Some(envelope(
                r#"{"type":"bytes","optional":false,"name":"org.apache.kafka.connect.data.Decimal","parameters":{"scale":"2"}}"#,
                "\"QQ==\"",
            )),
        ),
        (
            envelope(r#"{"type":"int32","version":2.5,"optional":"x"}"#, "05"),
            "5:5#1",
            Some(envelope(&full("int32"), "5")),
        ),
    ];
    for (text, between, back) in cases {
        if between == "an array is wanted" {
            // Kafka makes an empty array of it; losing what was there is refused here.
            assert!(there_and_back(&mut enveloped(), &text).0.is_err());
            continue;
        }
        assert_eq!(there_and_back(&mut enveloped(), &text), (Ok(between.to_owned()), Ok(back)), "{text}");
    }
}

#[test]
fn maps_of_both_forms() {
    let text = r#"{"type":"map","keys":{"type":"string","optional":false},"values":{"type":"int32","optional":true},"optional":false}"#;
    let (between, back) = there_and_back(&mut enveloped(), &envelope(text, "{\"k\" : 1, \"n\":null}"));
    assert_eq!(between.unwrap(), "3:{\"k\":1,\"n\":null}#1");
    assert_eq!(back.unwrap().unwrap(), envelope(text, "{\"k\":1,\"n\":null}"));
    let pairs = r#"{"type":"map","keys":{"type":"int32","optional":false},"values":{"type":"string","optional":false},"optional":false}"#;
    let (between, back) = there_and_back(&mut enveloped(), &envelope(pairs, "[[1, \"a\"]]"));
    assert_eq!(between.unwrap(), "3:[[1,\"a\"]]#1");
    assert_eq!(back.unwrap().unwrap(), envelope(pairs, "[[1,\"a\"]]"));
}

#[test]
fn failures_have_kafka_s_words() {
    let map = |keys: &str| format!(r#"{{"type":"map","keys":{{"type":"{keys}"}},"values":{{"type":"int32"}}}}"#);
    let one_field = r#"{"type":"struct","fields":[{"field":"a","type":"int32"}]}"#;
    let cases = [
        (envelope(r#"{"type":"string"}"#, "null"), "Invalid null value for required STRING field"),
        (envelope(r#"{"type":"foo"}"#, "1"), "Unknown schema type: foo"),
        (envelope("{}", "1"), "Schema must contain 'type' field"),
        (envelope("5", "1"), "Schema must contain 'type' field"),
        (envelope(r#"{"type":"array"}"#, "[]"), "Array schema did not specify the element type"),
        (envelope(r#"{"type":"map"}"#, "{}"), "Map schema did not specify the key type"),
        (envelope(r#"{"type":"struct"}"#, "{}"), "Struct schema's \"fields\" argument is not an array."),
        (
            envelope(r#"{"type":"struct","fields":[{"type":"int32"}]}"#, "{}"),
            "Struct schema's field name not specified properly",
        ),
        (envelope(r#"{"type":"bytes"}"#, "\"!!\""), "Invalid bytes field"),
        (envelope(r#"{"type":"bytes"}"#, "\"AQ\""), "Invalid bytes field"),
        (envelope(&map("string"), "[]"), "Maps with string fields should be encoded as JSON objects, but found ARRAY"),
        (
            envelope(&map("int32"), "{}"),
            "Maps with non-string fields should be encoded as JSON array of tuples, but found OBJECT",
        ),
        (envelope(&map("int32"), "[[1]]"), "Found invalid map entry, expected length 2 but found :1"),
        (envelope(&map("int32"), "[1]"), "Found invalid map entry instead of array tuple: NUMBER"),
        (envelope(one_field, "[]"), "Structs should be encoded as JSON objects, but found ARRAY"),
        (envelope(one_field, "{}"), "Invalid null value for required INT32 field"),
        (envelope(r#"{"type":"int32","parameters":{"a":1}}"#, "1"), "Schema parameters must have string values."),
    ];
    for (text, expected) in cases {
        assert_eq!(there_and_back(&mut enveloped(), &text).0, Err(expected.to_owned()), "{text}");
    }
    for text in ["", "null", "1", "{\"payload\":1}", "{\"schema\":{\"type\":\"string\"},\"payload\":\"x\",\"y\":1}"] {
        assert_eq!(there_and_back(&mut enveloped(), text).0, Err(super::ENVELOPE.to_owned()), "{text}");
    }
}

#[test]
fn typed_cells_are_held_against_their_schema() {
    let schemas = [
        r#"{"type":"string","optional":true}"#,
        r#"{"type":"int32"}"#,
        r#"{"type":"int32","default":3}"#,
        r#"{"type":"struct","fields":[{"field":"a","type":"double"}]}"#,
    ];
    let table = table(&schemas);
    let cells = column(&[
        (kind::NULL, 1, b""),
        (kind::NULL, 2, b""),
        (kind::NULL, 3, b""),
        (kind::STRING, 2, b"x"),
        (kind::INTEGER, 2, &(1_i64 << 40).to_le_bytes()),
        (kind::JSON, 4, b"{\"a\": 1}"),
        (kind::JSON, 4, b"{\"a\":1,\"b\":2}"),
        (kind::JSON, 4, b"{\"a\":\"x\"}"),
        (kind::INTEGER, 9, &[0; 8]),
    ]);
    let failures = [
        (1, "Conversion error: null value for field that is required and has no default value"),
        (3, "Invalid type for INT32: class java.lang.String"),
        (4, "Invalid type for INT32: 1099511627776 does not fit"),
        (6, "b is not a valid field name"),
        (7, "Invalid type for FLOAT64: class java.lang.String"),
        (8, "the schema table has no schema 9"),
    ];
    let written = from_connect_with(&mut plain(), cells.clone(), &table);
    assert_eq!(written.failures, failures.map(|(index, message)| (index, message.to_owned())));
    let texts_of = texts(&written.column);
    assert_eq!(texts_of[0].as_deref(), Some("null"), "a typed null is no tombstone");
    assert_eq!((texts_of[2].as_deref(), texts_of[5].as_deref()), (Some("3"), Some("{\"a\":1.0}")));
    let wrapped = texts(&from_connect_with(&mut enveloped(), cells.clone(), &table).column);
    assert_eq!(wrapped[2], Some(envelope(r#"{"type":"int32","optional":false,"default":3}"#, "3")));
    let keep_null = &mut converter(CLASS, &[("replace.null.with.default", "false")]);
    assert_eq!(
        from_connect_with(keep_null, cells, &table).failures.len(),
        7,
        "required, and its default does not help"
    );
}

#[test]
fn options() {
    let schema = r#"{"type":"int64"}"#;
    let mut fixed = converter(CLASS, &[("schema.content", schema)]);
    assert_eq!(there_and_back(&mut fixed, "5").0, Ok("5:5#1".to_owned()));
    let decimal = r#"{"type":"bytes","name":"org.apache.kafka.connect.data.Decimal","parameters":{"scale":"2"}}"#;
    let mut numeric = converter(CLASS, &[("decimal.format", "numeric"), ("schemas.enable", "false")]);
    let cells = column(&[(kind::BYTES, 1, &[0x41])]);
    let written = from_connect_with(&mut numeric, cells, &table(&[decimal]));
    assert_eq!(texts(&written.column), [Some("0.65".to_owned())]);
    assert_eq!(
        create_error(CLASS, &[("schemas.enable", "maybe")]),
        "Invalid value maybe for configuration schemas.enable: Expected value to be either true or false"
    );
    assert_eq!(create_error(CLASS, &[("schema.content", "{}")]), "Schema must contain 'type' field");
    let message = create_error(CLASS, &[("schema.content", "{")]);
    assert!(message.starts_with("Failed to parse schema in converter config due to serialization error: EOF"));
    let with_default = decimal.replace("}}", "},\"default\":1.50}");
    let mut numeric = converter(CLASS, &[("decimal.format", "numeric")]);
    let (between, back) = there_and_back(&mut numeric, &envelope(&with_default, "1.25"));
    assert_eq!(between, Ok("1:}#1".to_owned()));
    let full = with_default.replace("\"bytes\",", "\"bytes\",\"optional\":false,");
    assert_eq!(back.unwrap().unwrap(), envelope(&full, "1.25"));
}

#[test]
fn equal_schemas_have_one_number_whatever_their_text() {
    let table = SchemaTable::default();
    let texts = [
        envelope(r#"{"type":"int32"}"#, "1"),
        envelope(r#"{ "optional": false, "type": "int32" }"#, "2"),
        envelope(r#"{"type":"string"}"#, "\"x\""),
        envelope(r#"{"type":"int32"}"#, "3"),
    ];
    let connect = to_connect_with(&mut enveloped(), raw(&texts.each_ref().map(String::as_str)), &table);
    assert_eq!(shown(&connect.column), ["5:1#1", "5:2#1", "2:x#2", "5:3#1"]);
    assert_eq!(table.len(), 2);
}
