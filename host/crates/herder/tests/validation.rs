//! What validation finds, and the text with which a creation is refused.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test ends where something is not as it must be")]

mod support;

use cofferdam_config::TargetState;
use cofferdam_herder::{ConfigReport, HerderError, HerderHandle, RequestedConfig};
use std::time::Duration;
use support::{SINK, SOURCE, Setup, config, source};

async fn refusal(herder: &HerderHandle, config: RequestedConfig) -> String {
    herder.create("c", config, TargetState::Started).await.unwrap_err().to_string()
}

async fn report(herder: &HerderHandle, config: RequestedConfig) -> ConfigReport {
    try_report(herder, config).await.unwrap()
}

async fn try_report(herder: &HerderHandle, config: RequestedConfig) -> Result<ConfigReport, HerderError> {
    let class = config["connector.class"].clone().unwrap();
    herder.validate(&class, config).await
}

fn errors(report: &ConfigReport, key: &str) -> Vec<String> {
    report.entries().filter(|entry| entry.value.name == key).flat_map(|entry| entry.value.errors.clone()).collect()
}

#[tokio::test]
async fn all_errors_are_listed_in_kafka_connects_words() {
    let herder = Setup::new().herder;
    let config = config(&[("connector.class", SOURCE), ("tasks.max", "0"), ("errors.tolerance", "some")]);
    assert_eq!(
        refusal(&herder, config).await,
        "Connector configuration is invalid and contains the following 3 error(s):\n\
         Invalid value 0 for configuration tasks.max: Value must be at least 1\n\
         Invalid value some for configuration errors.tolerance: String must be one of: none, all\n\
         Missing required configuration \"topic\" which has no default value.\n\
         You can also find the above list of errors at the endpoint \
         `/connector-plugins/{connectorType}/config/validate`"
    );
    assert!(herder.connectors().await.is_empty());
}

#[tokio::test]
async fn a_class_is_needed_and_must_be_installed() {
    let herder = Setup::new().herder;
    assert_eq!(refusal(&herder, RequestedConfig::new()).await, "Connector config contains no connector type");
    let error = refusal(&herder, config(&[("connector.class", "Nope")])).await;
    let start = "Failed to find any class that implements Connector and which name matches Nope, available connectors \
                 are: PluginDesc{klass=class test.FakeSinkConnector, name='test.FakeSinkConnector', version='1.0', ";
    assert!(error.starts_with(start), "{error}");
    assert!(error.contains("typeName='sink', location='file:/plugins/fake.wasm'}, PluginDesc{"), "{error}");
}

#[tokio::test]
async fn the_name_is_checked() {
    let herder = Setup::new().herder;
    let error = herder.create("", source(&[]), TargetState::Started).await.unwrap_err().to_string();
    assert!(error.contains("\nInvalid value  for configuration name: String may not be empty\n"), "{error}");
}

#[tokio::test]
async fn a_sink_needs_topics() {
    let herder = Setup::new().herder;
    let report = report(&herder, config(&[("connector.class", SINK), ("name", "c")])).await;
    for key in ["topics", "topics.regex"] {
        assert_eq!(errors(&report, key), ["Must configure one of topics or topics.regex"], "{key}");
    }
    assert_eq!(report.error_count(), 2);
}

#[tokio::test]
async fn nulls_are_refused_by_name() {
    let herder = Setup::new().herder;
    let mut config = source(&[("name", "c")]);
    for key in ["topic", "tasks.max", "aa", "mm", "zz"] {
        config.insert(key.to_owned(), None);
    }
    let report = report(&herder, config).await;
    let null = "Null value can not be supplied as the configuration value.";
    assert_eq!(errors(&report, "topic"), [null]);
    assert_eq!(
        errors(&report, "tasks.max"),
        ["Invalid value null for configuration tasks.max: Value must be non-null", null]
    );
    let first: Vec<_> = report.entries().map(|entry| (entry.value.name.as_str(), entry.definition.is_some())).collect();
    assert_eq!(first[..4], [("zz", false), ("mm", false), ("aa", false), ("name", true)], "Java's order of hashes");
    let topic = report.entries().find(|entry| entry.value.name == "topic").unwrap();
    assert_eq!(topic.value.value, None);
    assert_eq!(report.error_count(), 6);
}

/// Where it is told, the class, keys with their values, one key, and the errors on it.
type Case<'a> = (&'a str, &'a str, &'a [(&'a str, &'a str)], &'a str, &'a [&'a str]);

/// The messages that need neither a plugin nor the worker are in the tests of `cofferdam-config`.
#[tokio::test]
async fn every_mistake_is_told_in_kafka_connects_words() {
    const UNKNOWN: &str = "Invalid value x.Y for configuration";
    let cases: &[Case<'_>] = &[
        (
            "config.md §1: a bad value may give two errors",
            SOURCE,
            &[("tasks.max", "abc")],
            "tasks.max",
            &[
                "Invalid value abc for configuration tasks.max: Not a number of type INT",
                "Invalid value null for configuration tasks.max: Value must be non-null",
            ],
        ),
        (
            "config.md §5.2: both topics and topics.regex",
            SINK,
            &[("topics", "a"), ("topics.regex", "b")],
            "topics",
            &["topics and topics.regex are mutually exclusive options, but both are set."],
        ),
        (
            "config.md §5.2: DLQ in topics",
            SINK,
            &[("topics", "a,b"), ("errors.deadletterqueue.topic.name", "a")],
            "topics",
            &[
                "The DLQ topic 'a' may not be included in the list of topics ('topics=[a, b]') consumed by the connector",
            ],
        ),
        (
            "config.md §5.2: bad regex (and no failed request, although there is a DLQ)",
            SINK,
            &[("topics.regex", "["), ("errors.deadletterqueue.topic.name", "a")],
            "topics.regex",
            &[
                "Invalid value [ for configuration topics.regex: Invalid regex: Unclosed character class near index 0\n[\n^",
            ],
        ),
        (
            "config.md §5.2: duplicates in topics",
            SINK,
            &[("topics", "a,,b,a")],
            "topics",
            &["Configuration 'topics' values must not be duplicated."],
        ),
        (
            "config.md §5.2: duplicate alias",
            SOURCE,
            &[("topic.creation.groups", "a, a")],
            "topic.creation.groups",
            &["Invalid value [a, a] for configuration topic.creation.groups: Duplicate alias provided."],
        ),
        (
            "config.md §5.2: unknown class",
            SOURCE,
            &[("header.converter", "x.Y")],
            "header.converter",
            &[&format!("{UNKNOWN} header.converter: Class x.Y could not be found.")],
        ),
        (
            "config.md §5.2: converter not a Converter",
            SOURCE,
            &[("key.converter", "FakeSink")],
            "key.converter",
            &["Class class test.FakeSinkConnector does not implement the Converter interface"],
        ),
        (
            "config.md §5.2: header converter not a HeaderConverter",
            SOURCE,
            &[("header.converter", SINK)],
            "header.converter",
            &["Class class test.FakeSinkConnector does not implement the HeaderConverter interface"],
        ),
        (
            "config.md §7: one table of aliases for all kinds",
            SOURCE,
            &[("value.converter", "EnvVar")],
            "value.converter",
            &[
                "Class class org.apache.kafka.common.config.provider.EnvVarConfigProvider does not implement the Converter \
               interface",
            ],
        ),
        (
            "config.md §5.3: no such version; a class of two kinds has each twice",
            SOURCE,
            &[("key.converter", "Text"), ("key.converter.plugin.version", "2")],
            "key.converter.plugin.version",
            &[
                "Plugin test.TextConverter not found that matches the version range [2,2], available versions: [undefined, \
               undefined]",
            ],
        ),
        (
            "config.md §5.3: malformed range, whether or not there is a class",
            SOURCE,
            &[("value.converter.plugin.version", "(1.0)")],
            "value.converter.plugin.version",
            &["Single version must be surrounded by []: (1.0)"],
        ),
        (
            "rest.md §8.3: the connector's own keys",
            SOURCE,
            &[("topic", "t"), ("check", "reject")],
            "topic",
            &["Invalid value t for configuration topic: rejected"],
        ),
        (
            "rest.md §8.3: converter keys, named without prefix",
            SOURCE,
            &[("key.converter", "TextConverter"), ("key.converter.converter.type", "zzz")],
            "key.converter.converter.type",
            &["Invalid value zzz for configuration converter.type: String must be one of: key, value, header"],
        ),
    ];
    let herder = Setup::new().herder;
    for (section, class, keys, key, expected) in cases {
        let mut asked = config(&[("name", "c"), ("connector.class", class)]);
        asked.extend(config(keys));
        assert_eq!(errors(&report(&herder, asked).await, key), *expected, "{section}");
    }
}

#[tokio::test]
async fn classes_are_shown_by_their_full_names_and_unknown_ones_as_null() {
    let herder = Setup::new().herder;
    let asked = source(&[("name", "c"), ("key.converter", " Text "), ("value.converter", "Nope")]);
    let report = report(&herder, asked).await;
    let entry = |key: &str| report.entries().find(|entry| entry.value.name == key).unwrap();
    assert_eq!(entry("key.converter").value.value.as_deref(), Some("test.TextConverter"));
    assert_eq!(entry("value.converter").value.value, None);
    // What has no class has no version to choose.
    assert!(entry("key.converter.plugin.version").value.visible);
    assert!(!entry("value.converter.plugin.version").value.visible);
    assert_eq!(entry("key.converter.plugin.version").value.recommended_values, ["undefined"]);
    assert_eq!(entry("value.converter.plugin.version").value.recommended_values, [""; 0]);
    assert_eq!(entry("connector.plugin.version").value.recommended_values, ["0.9", "1.0"]);
    let default = |key: &str| entry(key).definition.as_ref().and_then(cofferdam_config::ConfigKey::default_shown);
    assert_eq!(default("connector.plugin.version").as_deref(), Some("1.0"));
    assert_eq!(default("header.converter").as_deref(), Some("test.TextConverter"));
    assert_eq!(default("value.converter.plugin.version"), None);
}

#[tokio::test]
async fn what_a_plugin_says_of_other_keys_is_theirs() {
    let herder = Setup::new().herder;
    let report = report(&herder, source(&[("name", "c"), ("check", "lie")])).await;
    assert_eq!(errors(&report, "topic"), ["once", "twice"]);
    assert_eq!(errors(&report, "tasks.max"), ["too few"]);
    let entry = |key: &str| report.entries().find(|entry| entry.value.name == key).unwrap();
    assert_eq!(entry("tasks.max").value.recommended_values, ["2", "3"]);
    assert!(!entry("topic").value.visible);
    let first = report.entries().next().unwrap();
    assert_eq!((first.value.name.as_str(), first.definition.is_none()), ("no.such.key", true));
    assert_eq!(report.error_count(), 4);
}

#[tokio::test]
async fn converters_are_resolved_and_check_their_own_keys() {
    let herder = Setup::new().herder;
    let asked = source(&[
        ("name", "c"),
        ("key.converter", "org.example.Nope"),
        ("value.converter", "test.TextConverter"),
        ("value.converter.schemas.enable", "banana"),
    ]);
    let report = report(&herder, asked).await;
    assert_eq!(
        errors(&report, "key.converter"),
        ["Invalid value org.example.Nope for configuration key.converter: Class org.example.Nope could not be found."]
    );
    assert_eq!(
        errors(&report, "value.converter.schemas.enable"),
        ["Invalid value banana for configuration schemas.enable: Expected value to be either true or false"]
    );
    assert_eq!(report.error_count(), 2);
    let header = report.entries().find(|entry| entry.value.name == "header.converter").unwrap();
    assert_eq!(header.value.value.as_deref(), Some("test.TextConverter"));
    assert_eq!(header.value.recommended_values, ["test.TextConverter"]);
    let last = report.entries().last().map(|entry| entry.value.name.clone());
    assert_eq!(last.as_deref(), Some("value.converter.schemas.enable"));
}

#[tokio::test]
async fn the_plugin_has_its_say() {
    let herder = Setup::new().herder;
    let rejected = report(&herder, source(&[("name", "c"), ("check", "reject")])).await;
    assert_eq!(errors(&rejected, "topic"), ["Invalid value t for configuration topic: rejected"]);
    let error = try_report(&herder, source(&[("check", "fail")])).await.unwrap_err();
    assert!(matches!(&error, HerderError::Plugin(_)));
    assert_eq!(error.to_string(), "asked to fail");
    let error = try_report(&herder, source(&[("check", "panic")])).await.unwrap_err();
    assert!(matches!(error, HerderError::Panicked));
    assert!(try_report(&herder, source(&[])).await.is_ok());
}

#[tokio::test]
async fn a_plugin_that_hangs_runs_into_the_deadline() {
    let herder = Setup::new().herder.with_timeouts(Duration::from_millis(100), Duration::from_secs(1));
    let error = refusal(&herder, source(&[("check", "hang")])).await;
    let expected = "Request timed out. The worker is currently performing multi-property validation for the connector";
    assert!(error.starts_with(expected), "{error}");
}

#[tokio::test]
async fn versions_must_fit() {
    let herder = Setup::new().herder;
    let asked =
        source(&[("name", "c"), ("connector.plugin.version", "2.0"), ("tasks.max", "0"), ("key.converter", "Text")]);
    let rejected = report(&herder, asked).await;
    let message =
        format!("Plugin {SOURCE} not found that matches the version range [2.0,2.0], available versions: [0.9, 1.0]");
    assert_eq!(errors(&rejected, "connector.class"), std::slice::from_ref(&message));
    assert_eq!(errors(&rejected, "connector.plugin.version"), [message]);
    // Beyond that only what all connectors share is looked at, and the worker's defaults are not told.
    assert_eq!(
        errors(&rejected, "tasks.max"),
        ["Invalid value 0 for configuration tasks.max: Value must be at least 1"]
    );
    assert_eq!(rejected.groups(), ["Common", "Transforms", "Predicates", "Error Handling"]);
    assert_eq!(rejected.entries().count(), 19);
    let value = |key: &str| rejected.entries().find(|entry| entry.value.name == key).unwrap().value.clone();
    assert_eq!(
        (value("key.converter").value.as_deref(), value("value.converter").value),
        (Some("test.TextConverter"), None)
    );
    assert!(value("key.converter.plugin.version").visible && !value("value.converter.plugin.version").visible);
    assert_eq!(value("connector.plugin.version").recommended_values, ["0.9", "1.0"]);
    assert_eq!(refusal(&herder, source(&[("connector.plugin.version", "[1.0")])).await, "Unbounded range: [1.0");
    for version in ["latest", "0.9", "[0,2)"] {
        let report = report(&herder, source(&[("name", "c"), ("connector.plugin.version", version)])).await;
        assert_eq!(report.error_count(), 0, "{version}");
    }
}

#[tokio::test]
async fn the_version_that_is_asked_for_is_the_one_that_runs() {
    let setup = Setup::new();
    for (name, version) in [("old", "0.9"), ("new", "latest")] {
        let config = source(&[("connector.plugin.version", version)]);
        setup.herder.create(name, config, TargetState::Started).await.unwrap();
    }
    let version = async |name: &str| setup.herder.connector_status(name).await.unwrap().connector.version;
    assert_eq!(version("old").await.as_deref(), Some("0.9"));
    assert_eq!(version("new").await.as_deref(), Some("1.0"));
}

#[tokio::test]
async fn overrides_follow_the_policy() {
    let herder = Setup::with(&[("connector.client.config.override.policy", "None")]).herder;
    let asked = source(&[("name", "c"), ("producer.override.acks", "1"), ("consumer.override.max.poll.records", "1")]);
    let report = report(&herder, asked).await;
    let message = "The 'None' policy does not allow 'acks' to be overridden in the connector configuration.";
    assert_eq!(errors(&report, "producer.override.acks"), [message]);
    assert!(report.entries().all(|entry| !entry.value.name.starts_with("consumer.override.")));
}

#[tokio::test]
async fn secrets_are_hidden() {
    let herder = Setup::new().herder;
    let asked = source(&[("secret", "s3cret"), ("producer.override.sasl.jaas.config", "s3cret")]);
    let report = report(&herder, asked).await;
    let shown: Vec<_> = report.entries().filter_map(|entry| entry.value.value.clone()).collect();
    assert_eq!(shown.iter().filter(|value| *value == "[hidden]").count(), 2);
    assert!(!shown.iter().any(|value| value.contains("s3cret")));
}

#[tokio::test]
async fn transformations_that_are_not_installed_are_errors() {
    let herder = Setup::new().herder;
    let asked = source(&[("name", "c"), ("transforms", "a, b"), ("transforms.a.type", "x.Y")]);
    let report = report(&herder, asked).await;
    assert_eq!(
        errors(&report, "transforms.a.type"),
        ["Invalid value x.Y for configuration transforms.a.type: Class x.Y could not be found."]
    );
    assert_eq!(
        errors(&report, "transforms.b.type"),
        ["Missing required configuration \"transforms.b.type\" which has no default value."]
    );
    assert!(report.groups().contains(&"Transforms: a"));
}

#[tokio::test]
async fn the_class_must_be_of_the_type_that_is_asked_about() {
    let herder = Setup::new().herder;
    assert!(herder.validate("FakeSource", source(&[])).await.is_ok());
    assert!(herder.validate("Source", source(&[])).await.is_ok());
    let error = herder.validate("Sink", source(&[])).await.unwrap_err();
    assert_eq!(error.to_string(), format!("Included connector type {SOURCE} does not match request type Sink"));
}

#[tokio::test]
async fn what_is_not_there_yet_is_refused_on_its_key() {
    let herder = Setup::new().herder;
    for (key, topics) in [("topics.regex", ""), ("errors.deadletterqueue.topic.name", "t")] {
        let mut asked = config(&[("connector.class", SINK), ("name", "c"), (key, "x")]);
        if !topics.is_empty() {
            asked.extend(config(&[("topics", topics)]));
        }
        let report = report(&herder, asked).await;
        let expected = format!("Invalid value x for configuration {key}: not available in this version of Cofferdam");
        assert_eq!(errors(&report, key), [expected]);
        assert_eq!(report.error_count(), 1);
    }
}

#[tokio::test]
async fn secrets_of_clients_are_not_shown() {
    let herder = Setup::new().herder;
    for key in ["sasl.jaas.config", "sasl.password", "ssl.key.pem", "sasl.oauthbearer.client.secret"] {
        let name = format!("producer.override.{key}");
        let report = report(&herder, source(&[("name", "c"), (&name, "hunter2")])).await;
        let entry = report.entries().find(|entry| entry.value.name == name).unwrap();
        assert_eq!(entry.value.value.as_deref(), Some("[hidden]"), "{key}");
    }
}
