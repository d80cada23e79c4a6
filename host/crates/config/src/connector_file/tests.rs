use super::*;

fn parse(text: &str) -> Result<ConnectorFile, String> {
    parse_connector_file(text, "f").map_err(|error| error.to_string())
}

fn config(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

#[test]
fn the_three_forms() {
    let expected = ConnectorFile { config: config(&[("name", "c"), ("tasks.max", "2")]), initial_state: None };
    assert_eq!(parse("{\"name\":\"c\",\"tasks.max\":2}"), Ok(expected.clone()));
    assert_eq!(parse(" {\"name\":\"c\",\"config\":{\"tasks.max\":\"2\"},\"x\":[]}"), Ok(expected.clone()));
    assert_eq!(parse("name=c\ntasks.max=2\n"), Ok(expected));
}

#[test]
fn scalars_keep_their_text() {
    let file = parse("{\"name\":\"c\\n\",\"a\":1.50,\"b\":true,\"c\":1e5}").unwrap();
    assert_eq!(file.config, config(&[("name", "c\n"), ("a", "1.50"), ("b", "true"), ("c", "1e5")]));
}

#[test]
fn scalars_are_taken_for_text_in_a_create_request_too() {
    let file = parse("{\"name\":5,\"config\":{\"a\":1},\"x\":{}}").unwrap();
    assert_eq!(file.config, config(&[("name", "5"), ("a", "1")]));
    let same = parse("{\"name\":5,\"config\":{\"name\":\"5\"}}").unwrap();
    assert_eq!(same.config, config(&[("name", "5")]));
    let state = parse("{\"name\":\"c\",\"config\":{},\"initial_state\":true}").unwrap_err();
    assert!(state.contains("`true` is not one of RUNNING, PAUSED, STOPPED"), "{state}");
    for (key, text) in [("name", "{\"name\":[],\"config\":{}}"), ("name", "{\"name\":null,\"config\":{}}")] {
        assert!(parse(text).unwrap_err().contains(&format!("'{key}'")), "{text}");
    }
}

#[test]
fn an_initial_state() {
    let file = |state: &str| parse(&format!("{{\"name\":\"c\",\"config\":{{}},\"initial_state\":{state}}}"));
    assert_eq!(file("\"paused\"").unwrap().initial_state, Some(TargetState::Paused));
    assert_eq!(file("null").unwrap().initial_state, None);
    assert_eq!(
        file("\"STARTED\"").unwrap_err(),
        "the connector configuration at 'f' has a wrong 'initial_state': `STARTED` is not one of RUNNING, PAUSED, STOPPED"
    );
}

#[test]
fn what_is_wrong_is_told() {
    let no_name = "Connector configuration at 'f' is missing the mandatory 'name' configuration";
    assert_eq!(parse("{\"a\":\"b\"}").unwrap_err(), no_name);
    assert_eq!(parse("a=b").unwrap_err(), no_name);
    assert_eq!(
        parse("{\"name\":\"c\",\"config\":{\"name\":\"d\"}}").unwrap_err(),
        "Connector name configuration in 'config' doesn't match the one specified in 'name' at 'f'"
    );
    let syntax = parse("{\"name\":\"c\",\n}").unwrap_err();
    assert!(syntax.ends_with("trailing comma at line 2 column 1"), "{syntax}");
    assert!(parse("{\"name\":\"c\",\"a\":null}").unwrap_err().contains("has null for 'a'"));
    assert!(parse("{\"name\":\"c\",\"config\":{\"a\":[]}}").unwrap_err().contains("'a' in 'config' is not a string"));
    assert!(parse("{\"name\":\"c\",\"a\":[]}").unwrap_err().contains("missing field `config`"));
}
