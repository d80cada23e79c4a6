use super::*;
use crate::{Importance, sink_connector_def, source_connector_def};

fn config(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

/// What is said about one key of this type, default and validator under `value`.
fn one(of: ConfigType, default: DefaultValue, validator: Validator, value: Option<&str>) -> ConfigValue {
    let key = ConfigKey::new("k", of, default, Importance::High, "").validator(validator);
    let given = value.map(|value| config(&[("k", value)])).unwrap_or_default();
    ConfigDef::new().define(key).validate(&given).remove(0)
}

fn parsed(of: ConfigType, value: &str) -> (Option<String>, Vec<String>) {
    let value = one(of, DefaultValue::Required, Validator::None, Some(value));
    (value.value, value.errors)
}

#[test]
fn values_are_parsed_by_type() {
    let cases = [
        (ConfigType::Boolean, " True ", "true"),
        (ConfigType::Int, " +5 ", "5"),
        (ConfigType::Int, "-2147483648", "-2147483648"),
        (ConfigType::Short, "32767", "32767"),
        (ConfigType::Long, "9223372036854775807", "9223372036854775807"),
        (ConfigType::Double, "1", "1.0"),
        (ConfigType::Double, "1e10", "1.0E10"),
        (ConfigType::Double, "-Infinity", "-Infinity"),
        (ConfigType::String, "\t a b \u{a0}", "a b \u{a0}"),
        (ConfigType::Class, " a.B ", "a.B"),
        (ConfigType::List, " a ,, b,a ", "a,,b,a"),
        (ConfigType::List, "  ", ""),
        (ConfigType::Password, "secret", "[hidden]"),
    ];
    for (of, text, expected) in cases {
        assert_eq!(parsed(of, text), (Some(expected.to_owned()), vec![]), "{of:?} {text}");
    }
}

#[test]
fn what_does_not_parse_is_null_and_told_in_kafka_s_words() {
    let cases = [
        (ConfigType::Boolean, "yes", "Expected value to be either true or false"),
        (ConfigType::Int, "2147483648", "Not a number of type INT"),
        (ConfigType::Int, "1.0", "Not a number of type INT"),
        (ConfigType::Int, "", "Not a number of type INT"),
        (ConfigType::Short, "40000", "Not a number of type SHORT"),
        (ConfigType::Long, "1L", "Not a number of type LONG"),
        (ConfigType::Double, "inf", "Not a number of type DOUBLE"),
    ];
    for (of, text, tail) in cases {
        let expected = format!("Invalid value {text} for configuration k: {tail}");
        assert_eq!(parsed(of, text), (None, vec![expected]));
    }
}

#[test]
fn validators_in_kafka_s_words() {
    let texts = || vec!["none".to_owned(), "all".to_owned()];
    let range = Validator::Range { min: Some(1), max: Some(5) };
    let cases = [
        (ConfigType::Int, range.clone(), "0", "Invalid value 0 for configuration k: Value must be at least 1"),
        (ConfigType::Int, range, "6", "Invalid value 6 for configuration k: Value must be no more than 5"),
        (
            ConfigType::String,
            Validator::OneOf(texts()),
            "ALL",
            "Invalid value ALL for configuration k: String must be one of: none, all",
        ),
        (
            ConfigType::String,
            Validator::OneOfIgnoringCase(texts()),
            "x",
            "Invalid value x for configuration k: String must be one of (case insensitive): none, all",
        ),
        (
            ConfigType::String,
            Validator::NonEmptyString,
            " ",
            "Invalid value  for configuration k: String must be non-empty",
        ),
        (
            ConfigType::String,
            Validator::ConnectorName,
            "",
            "Invalid value  for configuration k: String may not be empty",
        ),
        (
            ConfigType::String,
            Validator::ConnectorName,
            "a\u{7}\nb",
            "Invalid value a\u{7}\nb for configuration k: String may not contain control sequences but had the following \
             ASCII chars: 7, 10",
        ),
        (ConfigType::List, Validator::UniqueList, "a,b,a", "Configuration 'k' values must not be duplicated."),
        (ConfigType::List, Validator::UniqueList, "a,,b", "Configuration 'k' values must not be empty."),
        (
            ConfigType::List,
            Validator::UniqueAliases,
            "a,a",
            "Invalid value [a, a] for configuration k: Duplicate alias provided.",
        ),
    ];
    for (of, validator, text, expected) in cases {
        let value = one(of, DefaultValue::Required, validator, Some(text));
        assert_eq!(value.errors, [expected]);
        assert!(value.value.is_some(), "what a validator refuses is shown");
    }
    let regex = one(ConfigType::String, DefaultValue::Required, Validator::Regex, Some("["));
    let expected = "Invalid value [ for configuration k: Invalid regex: Unclosed character class near index 0\n[\n^";
    assert_eq!(regex.errors, [expected]);
}

#[test]
fn one_bad_value_may_give_two_errors() {
    let errors = |text| {
        let values = sink_connector_def().validate(&config(&[("name", "c"), ("tasks.max", text)]));
        values.into_iter().find(|value| value.name == "tasks.max").unwrap().errors
    };
    let expected = [
        "Invalid value abc for configuration tasks.max: Not a number of type INT",
        "Invalid value null for configuration tasks.max: Value must be non-null",
    ];
    assert_eq!(errors("abc"), expected);
    assert_eq!(errors("0"), ["Invalid value 0 for configuration tasks.max: Value must be at least 1"]);
}

#[test]
fn what_is_missing() {
    let missing = one(ConfigType::Int, DefaultValue::Required, Validator::None, None);
    assert_eq!(missing.errors, ["Missing required configuration \"k\" which has no default value."]);
    let range = Validator::Range { min: Some(0), max: None };
    let null = one(ConfigType::Long, DefaultValue::Null, range.clone(), None);
    assert_eq!((null.value, null.errors), (None, vec![]));
    let bad = one(ConfigType::Long, DefaultValue::Null, range, Some("x"));
    assert_eq!(bad.errors, ["Invalid value x for configuration k: Not a number of type LONG"]);
    let default = one(ConfigType::List, DefaultValue::text("a , b"), Validator::None, None);
    assert_eq!(default.value.as_deref(), Some("a,b"));
}

#[test]
fn a_null_is_a_value_that_validators_see() {
    let error = |name: &str, tail: &str| vec![format!("Invalid value null for configuration {name}: {tail}")];
    let null = BTreeMap::from_iter(source_connector_def().keys.into_iter().map(|key| (key.name, None)));
    // As observed.
    let expected = [
        ("name", vec![]),
        ("tasks.max", error("tasks.max", "Value must be non-null")),
        ("tasks.max.enforce", vec![]),
        ("key.converter", vec![]),
        ("transforms", error("transforms", "entry must be non null")),
        ("config.action.reload", error("config.action.reload", "String must be one of: none, restart")),
        (
            "exactly.once.support",
            error("exactly.once.support", "String must be one of (case insensitive): REQUIRED, REQUESTED"),
        ),
        ("transaction.boundary.interval.ms", vec![]),
    ];
    let values = source_connector_def().validate_nullable(&null);
    for (name, errors) in expected {
        let value = values.iter().find(|value| value.name == name).unwrap();
        assert_eq!((&value.value, &value.errors), (&None, &errors), "{name}");
    }
    let topics = sink_connector_def().validate_nullable(&BTreeMap::from([("topics".to_owned(), None)]));
    let topics = topics.iter().find(|value| value.name == "topics").unwrap();
    assert_eq!(topics.errors, ["Configuration 'topics' values must not be null."]);
}

#[test]
fn defaults_are_shown_as_values_of_their_type() {
    let shown = |of, default| ConfigKey::new("k", of, default, Importance::Low, "").default_shown();
    let cases = [
        (ConfigType::List, " a , b ", "a,b"),
        (ConfigType::List, "", ""),
        (ConfigType::Boolean, "True", "true"),
        (ConfigType::Int, " +5", "5"),
        (ConfigType::Double, "1", "1.0"),
        (ConfigType::Class, " a.B ", "a.B"),
        (ConfigType::String, " x ", "x"),
        (ConfigType::Password, "secret", "[hidden]"),
    ];
    for (of, default, expected) in cases {
        assert_eq!(shown(of, DefaultValue::text(default)).as_deref(), Some(expected), "{of:?}");
    }
    assert_eq!(shown(ConfigType::Int, DefaultValue::Null), None);
    assert_eq!(shown(ConfigType::Int, DefaultValue::Required), None);
}

#[test]
fn parse_tells_the_first_error_and_hides_passwords() {
    let key = |name: &str, of| ConfigKey::new(name, of, DefaultValue::Null, Importance::Low, "");
    let secret = key("s", ConfigType::Password).validator(Validator::OneOf(vec!["x".to_owned()]));
    let def = ConfigDef::new().define(key("a", ConfigType::Int)).define(secret);
    let error = def.parse(&config(&[("a", "1"), ("s", "secret")])).unwrap_err();
    assert_eq!(error.to_string(), "Invalid value [hidden] for configuration s: String must be one of: x");
    assert_eq!(error.value.as_deref(), Some("[hidden]"));
    let parsed = def.parse(&config(&[("a", "7"), ("unknown", "x")])).unwrap();
    assert_eq!((parsed.integer("a"), parsed.text("s"), parsed.boolean("unknown")), (Some(7), None, false));
}

#[test]
fn the_framework_s_options_are_kafka_s() {
    let names = |def: &ConfigDef| def.keys.iter().map(|key| key.name.clone()).collect::<Vec<_>>();
    let (source, sink) = (source_connector_def(), sink_connector_def());
    assert_eq!(source.keys.len(), 24);
    assert_eq!(sink.keys.len(), 24);
    assert_eq!(names(&source)[..19], names(&sink)[..19], "what is common comes first");
    let key = sink.key("errors.deadletterqueue.topic.name").unwrap();
    assert_eq!((key.group.as_deref(), key.order_in_group), (Some("Error Handling"), 6));
    for def in [source, sink] {
        let good = config(&[("name", "c"), ("connector.class", "X"), ("topics", "a")]);
        assert!(def.validate(&good).iter().all(|value| value.errors.is_empty()), "defaults are valid");
    }
}
