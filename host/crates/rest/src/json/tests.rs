use super::*;

fn config(body: &str) -> Result<RequestedConfig, String> {
    read::<ConfigBody>(body.as_bytes()).map(|body| body.0)
}

fn create_error(body: &str) -> String {
    read::<CreateConnector>(body.as_bytes()).err().unwrap()
}

#[test]
fn scalars_become_text_as_they_are_written() {
    let config = config(r#"{"a":1,"b":true,"c":1.50,"d":"\u00e9","e":null,"f":12345678901234567890,"a":2}"#).unwrap();
    let shown: Vec<_> = config.iter().map(|(key, value)| (key.as_str(), value.as_deref())).collect();
    let expected = [
        ("a", Some("2")),
        ("b", Some("true")),
        ("c", Some("1.50")),
        ("d", Some("é")),
        ("e", None),
        ("f", Some("12345678901234567890")),
    ];
    assert_eq!(shown, expected);
}

#[test]
fn a_create_request_is_read() {
    let body = read::<CreateConnector>(br#"{"name":7,"config":{"k":"v"},"initial_state":"Paused"}"#).unwrap();
    assert_eq!(body.name.as_deref(), Some("7"));
    assert_eq!(body.config, RequestedConfig::from([("k".to_owned(), Some("v".to_owned()))]));
    assert_eq!(body.initial_state, TargetState::Paused);
    let body = read::<CreateConnector>(br#"{"config":{}}"#).unwrap();
    assert_eq!((body.name, body.initial_state), (None, TargetState::Started));
}

#[test]
fn errors_say_what_was_expected_and_where() {
    let object = "a JSON object of configuration keys and their values";
    assert_eq!(config("").unwrap_err(), format!("Request body is empty: expected {object} at line 1, column 1"));
    assert_eq!(config("null").unwrap_err(), format!("Request body is null at line 1, column 1: expected {object}"));
    assert_eq!(config(" [1]").unwrap_err(), format!("Request body is an array at line 1, column 2: expected {object}"));
    assert_eq!(
        config("{\"a\": \"b\",\n \"c\": {\"d\": 1}}").unwrap_err(),
        "The value of configuration key \"c\" is an object at line 2, column 7: expected a string"
    );
    assert_eq!(
        config("{foo: 1}").unwrap_err(),
        format!("Request body is not valid JSON at line 1, column 2: key must be a string; expected {object}")
    );
    assert_eq!(
        config("{\"a\":").unwrap_err(),
        format!("Request body is not valid JSON at line 1, column 5: EOF while parsing a value; expected {object}")
    );
    assert_eq!(
        config("{}\n{}").unwrap_err(),
        format!("Request body is not valid JSON at line 2, column 1: trailing characters; expected {object}")
    );
}

#[test]
fn a_create_request_has_three_fields() {
    let expected = "a JSON object with \"name\", \"config\" and, if wanted, \"initial_state\"";
    assert_eq!(
        create_error("{\"config\":{}, \"foo\":1}"),
        format!("Unrecognized field \"foo\" at line 1, column 21: expected {expected}")
    );
    assert_eq!(
        create_error("{\"name\":\"a\"}"),
        "\"config\" is missing at line 1, column 1: expected an object of configuration keys and their values"
    );
    assert_eq!(
        create_error("{\"config\":\"x\"}"),
        "\"config\" is a string at line 1, column 11: expected an object of configuration keys and their values"
    );
    assert_eq!(
        create_error("{\"config\":{},\"initial_state\":\"bogus\"}"),
        "\"initial_state\" at line 1, column 30: `bogus` is not one of RUNNING, PAUSED, STOPPED"
    );
}

#[test]
fn text_that_is_none_is_told_with_its_place_in_the_body() {
    assert_eq!(
        config("{\n\"a\": \"\\ud800\"}").unwrap_err(),
        "The value of configuration key \"a\" at line 2, column 6 cannot be read: unexpected end of hex escape"
    );
    let error = create_error("{\"config\":{\"\\ud800\":1}}");
    assert!(error.starts_with("\"config\" at line 1, column 11 cannot be read: "), "{error}");
    assert!(!error.contains(" at line 1 column "), "{error}");
}
