//! What validation says about transformations, predicates and client overrides, against what Kafka Connect 4.3.1 says
//! about the same configurations.
//!
//! `data/chain_and_overrides.json` has, for each configuration (and worker, where its policy matters), the groups and the entries of such keys: name, definition,
//! value, number of recommended values, errors. Left out are documentation, what Java says about a regular expression, and
//! the order among overrides, which is that of a hash table.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test ends where something is not as it must be")]

mod support;

use cofferdam_config::{ConfigKey, DefaultValue, TargetState};
use cofferdam_herder::{ConfigEntry, ConfigReport, HerderError, RequestedConfig};
use serde_json::{Value, json};
use support::{Setup, source};

fn setup() -> Setup {
    setup_with(&[])
}

fn setup_with(worker: &[(&str, &str)]) -> Setup {
    let setup = Setup::with(worker);
    setup.catalog.add_converters(cofferdam_converters::builtin());
    setup.catalog.add_chain(cofferdam_transforms::builtin());
    setup
}

fn definition(key: &ConfigKey) -> String {
    let default = match &key.default {
        DefaultValue::Required => "<required>",
        DefaultValue::Null => "<null>",
        DefaultValue::Value(text) => text,
    };
    [
        key.config_type.as_str(),
        default,
        key.importance.as_str(),
        key.group.as_deref().unwrap_or_default(),
        &key.order_in_group.to_string(),
        key.width.as_str(),
        &key.display_name,
    ]
    .join("|")
}

fn entry(entry: &ConfigEntry) -> Value {
    let shown = |error: &String| match error.split_once("Invalid regex: ") {
        Some((start, java)) if !java.starts_with("Cannot invoke") => format!("{start}Invalid regex: …"),
        _ => error.clone(),
    };
    let value = &entry.value;
    assert!(value.visible && entry.definition.as_ref().is_none_or(|key| key.name == value.name));
    json!([
        value.name,
        entry.definition.as_ref().map(definition),
        value.value,
        value.recommended_values.len(),
        value.errors.iter().map(shown).collect::<Vec<_>>(),
    ])
}

fn is_compared(name: &str) -> bool {
    let of = |list: &str| name.strip_prefix(list).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    of("transforms") || of("predicates") || name.contains(".override.")
}

fn told(report: Result<ConfigReport, HerderError>) -> Value {
    match report {
        Err(error) => json!({ "fails": error.to_string() }),
        Ok(report) => {
            let groups: Vec<&str> = report
                .groups()
                .into_iter()
                .filter(|group| group.starts_with("Transforms") || group.starts_with("Predicates"))
                .collect();
            let entries: Vec<Value> = report.entries().filter(|one| is_compared(&one.value.name)).map(entry).collect();
            json!({ "groups": groups, "entries": entries })
        }
    }
}

fn config(case: &Value) -> RequestedConfig {
    let keys = case["config"].as_object().unwrap();
    keys.iter().map(|(key, value)| (key.clone(), value.as_str().map(str::to_owned))).collect()
}

#[tokio::test]
async fn the_same_is_told_as_by_kafka_connect() {
    let shared = setup().herder;
    let mut cases: Vec<Value> = serde_json::from_str(include_str!("data/chain_and_overrides.json")).unwrap();
    assert!(cases.len() > 100);
    let mut different = Vec::new();
    for case in &mut cases {
        let config = config(case);
        let class = config["connector.class"].clone().unwrap();
        let theirs = case.as_object_mut().unwrap();
        theirs.remove("config");
        let ours = match theirs.remove("worker") {
            None => told(shared.validate(&class, config).await),
            Some(worker) => {
                let keys = worker.as_object().unwrap();
                let keys: Vec<_> = keys.iter().map(|(key, value)| (key.as_str(), value.as_str().unwrap())).collect();
                told(setup_with(&keys).herder.validate(&class, config).await)
            }
        };
        let name = theirs.remove("name").unwrap();
        if ours != *case {
            different.push(format!("{name}\n ours:   {ours}\n theirs: {case}"));
        }
    }
    assert!(different.is_empty(), "{} of {} differ:\n{}", different.len(), cases.len(), different.join("\n"));
}

#[tokio::test]
async fn a_connector_whose_transformations_would_not_run_is_refused() {
    let Setup { herder, .. } = setup();
    let valid =
        |key: &str| source(&[(key, "a"), ("transforms.a.type", "Filter"), ("predicates.a.type", "RecordIsTombstone")]);
    for key in ["transforms", "predicates"] {
        let config = valid(key);
        assert_eq!(
            herder.validate("FakeSource", config.clone()).await.unwrap().error_count(),
            1,
            "its name is missing"
        );
        let expected = format!(
            "Connector config sets {key} to a, but this version of Cofferdam does not run transformations and predicates \
             yet; remove {key} and the keys that begin with it"
        );
        let created = herder.create("c", config.clone(), TargetState::Stopped).await;
        assert_eq!(created.unwrap_err().to_string(), expected);
        assert_eq!(herder.put_config("c", config).await.unwrap_err().to_string(), expected);
    }
    herder.create("c", source(&[("transforms", " ")]), TargetState::Stopped).await.unwrap();
    let patch = valid("transforms");
    let error = herder.patch_config("c", patch).await.unwrap_err();
    assert!(matches!(error, HerderError::ChainNotRun { key: "transforms", .. }));
    let wrong = source(&[("transforms", "a")]);
    let error = herder.create("d", wrong, TargetState::Stopped).await.unwrap_err();
    assert!(matches!(error, HerderError::InvalidConfig(_)), "what Kafka Connect finds wrong comes first");
}

#[tokio::test]
async fn all_kinds_are_listed_in_kafka_connects_order() {
    let herder = setup().herder;
    let mut kinds: Vec<&str> = herder.plugins(false).await.iter().map(|plugin| plugin.plugin_type.as_str()).collect();
    assert_eq!(kinds.iter().filter(|kind| **kind == "transformation").count(), 26);
    kinds.dedup();
    assert_eq!(kinds, ["sink", "source", "transformation", "predicate", "converter", "header_converter"]);
    let options = herder.plugin_config("RegexRouter", Some("4.3.1")).await.unwrap();
    let names: Vec<&str> = options.iter().map(|key| key.name.as_str()).collect();
    assert_eq!(names, ["regex", "replacement"]);
    let name = "org.apache.kafka.connect.transforms.Cast$Value";
    assert_eq!(herder.plugin_config(name, None).await.unwrap().len(), 2);
    let error = herder.plugin_config("Cast$Value", None).await.unwrap_err();
    assert_eq!(error.to_string(), "Unknown plugin Cast$Value.");
}
