//! What becomes of values under a schema.

use super::*;

/// Each message recorded from Kafka's own converter.
#[test]
fn dates_and_times_are_not_bent() {
    let of = |base: &str, name: &str| format!(r#"{{"type":"{base}","name":"org.apache.kafka.connect.data.{name}"}}"#);
    let wrong = |name: &str, wanted: &str, found: &str| {
        Err(format!("Invalid type for {name}, underlying representation should be {wanted} but was {found}"))
    };
    let range = || Err("Time values must use number of milliseconds greater than 0 and less than 86400000".to_owned());
    let cases = [
        ("int32", "Date", "\"2020-01-01\"", wrong("Date", "integer", "STRING")),
        ("int32", "Date", "99999999999", wrong("Date", "integer", "NUMBER")),
        ("int32", "Date", "1.0", wrong("Date", "integer", "NUMBER")),
        ("int32", "Date", "-1", Ok("5:-1#1".to_owned())),
        ("int32", "Time", "true", wrong("Time", "integer", "BOOLEAN")),
        ("int32", "Time", "-1", range()),
        ("int32", "Time", "86400001", range()),
        ("int32", "Time", "86400000", Ok("5:86400000#1".to_owned())),
        ("int64", "Timestamp", "\"x\"", wrong("Timestamp", "integral", "STRING")),
        ("int64", "Timestamp", "1.0", wrong("Timestamp", "integral", "NUMBER")),
        ("int64", "Timestamp", "99999999999", Ok("5:99999999999#1".to_owned())),
    ];
    for (base, name, payload, expected) in cases {
        assert_eq!(there_and_back(&mut enveloped(), &envelope(&of(base, name), payload)).0, expected, "{payload}");
    }
    let table = table(&[&of("int32", "Time")]);
    let written = from_connect_with(&mut plain(), column(&[(kind::INTEGER, 1, &(-1_i64).to_le_bytes())]), &table);
    assert!(written.failures[0].1.starts_with("Kafka Connect Time type should not have any date fields"));
}

/// Each as Kafka's own converter has it.
#[test]
fn small_differences() {
    let between = |schema: &str, payload: &str| there_and_back(&mut enveloped(), &envelope(schema, payload)).0;
    let bytes = r#"{"type":"bytes"}"#;
    for (text, expected) in [("\" QQ== \"", "1:A#1"), ("\"QR==\"", "1:A#1"), ("\"QUJD QUJD\"", "1:ABCABC#1")] {
        assert_eq!(between(bytes, text).unwrap(), expected);
    }
    assert_eq!(between(bytes, "\"Q Q==\"").unwrap_err(), "Invalid bytes field");
    let decimal = r#"{"type":"bytes","name":"org.apache.kafka.connect.data.Decimal","parameters":{"scale":"2"}}"#;
    assert_eq!(between(decimal, "\"\"").unwrap_err(), "Invalid bytes for Decimal field");
    let long = format!("1{}", "0".repeat(1_000_000));
    assert!(between(decimal, &long).unwrap_err().contains("1000001 digits"));
    let map = |keys: &str| format!(r#"{{"type":"map","keys":{keys},"values":{{"type":"int32"}}}}"#);
    let strings = map(r#"{"type":"string","optional":true}"#);
    assert_eq!(between(&strings, r#"{"a":1,"b":2,"a":3}"#).unwrap(), "3:{\"b\":2,\"a\":3}#1");
    let message = between(&strings, "[[\"a\",1]]").unwrap_err();
    assert_eq!(message, "Maps with string fields should be encoded as JSON objects, but found ARRAY");
    let (_, back) = there_and_back(&mut enveloped(), &envelope(r#"{"type":"int32","version":99999999999}"#, "5"));
    assert!(back.unwrap().unwrap().contains("\"version\":1215752191}"));
    assert_eq!(between(r#"{"type":"double"}"#, "-0.0").unwrap(), "6:0.0#1");
    let message = between(r#"{"type":"int32","default":null}"#, "5").unwrap_err();
    assert_eq!(message, "Invalid null value for required INT32 field");
    assert_eq!(between(r#"{"type":"int32","optional":true,"default":null}"#, "5").unwrap(), "5:5#1");
    let field = |of: &str| format!(r#"{{"type":"struct","fields":[{{"field":"a",{of}}}]}}"#);
    let array = r#""type":"array","items":{"type":"string"}"#;
    for (of, payload, what) in [("\"type\":\"string\"", "5", ""), (array, "[5]", "element of array ")] {
        let message = between(&field(of), &format!("{{\"a\":{payload}}}")).unwrap_err();
        assert_eq!(message, format!("Invalid value: null used for required {what}field: \"a\", schema type: STRING"));
    }
}

#[test]
fn members_are_found_in_any_order_and_the_last_wins() {
    let schema = r#"{"type":"struct","fields":[{"field":"a","type":"int32"},{"field":"b","type":"string"}]}"#;
    let payloads = [r#"{"a":1,"b":"x"}"#, r#"{"b":"x","a":1}"#, r#"{"b":"y","a":1,"b":"x"}"#];
    for payload in payloads {
        let between = there_and_back(&mut enveloped(), &envelope(schema, payload)).0;
        assert_eq!(between.unwrap(), "3:{\"a\":1,\"b\":\"x\"}#1", "{payload}");
        let cells = column(&[(kind::JSON, 1, payload.as_bytes())]);
        let written = from_connect_with(&mut plain(), cells, &table(&[schema]));
        assert_eq!(texts(&written.column), [Some("{\"a\":1,\"b\":\"x\"}".to_owned())]);
    }
    let cells = column(&[(kind::JSON, 1, br#"{"b":"x","a":1,"c":2}"#)]);
    let written = from_connect_with(&mut plain(), cells, &table(&[schema]));
    assert_eq!(written.failures, [(0, "c is not a valid field name".to_owned())]);
}

#[test]
fn what_grows_without_bound_is_refused() {
    let schema = format!(
        r#"{{"type":"array","items":{{"type":"string","optional":true,"default":"{}"}}}}"#,
        "x".repeat(500_000)
    );
    let nulls = format!("[{}null]", "null,".repeat(1_000));
    let message = there_and_back(&mut enveloped(), &envelope(&schema, &nulls)).0.unwrap_err();
    assert_eq!(message, "the converted value is larger than 134217728 bytes, the most that is allowed");
}
