//! Whether options are defined as Kafka defines them: those of transformations, predicates, converters and clients.

#![allow(clippy::unwrap_used, reason = "a test ends where something is not as it must be")]

use cofferdam_config::client::Client;
use cofferdam_config::{ConfigKey, DefaultValue};
use std::collections::{BTreeMap, BTreeSet};

/// The options of a class, one line each.
fn recorded() -> BTreeMap<&'static str, Vec<&'static str>> {
    let mut classes = BTreeMap::new();
    let mut class = "";
    for line in include_str!("data/definitions.txt").lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        match line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            Some(name) => {
                class = name;
                assert!(classes.insert(class, Vec::new()).is_none(), "{class} twice");
            }
            None => classes.get_mut(class).unwrap().push(line),
        }
    }
    classes
}

fn line(key: &ConfigKey) -> String {
    let default = match &key.default {
        DefaultValue::Required => "<required>".to_owned(),
        DefaultValue::Null => "<null>".to_owned(),
        DefaultValue::Value(text) => format!("{text:?}"),
    };
    assert!(key.dependents.is_empty() && !key.documentation.is_empty(), "{}", key.name);
    [
        &key.name,
        key.config_type.as_str(),
        &default,
        key.importance.as_str(),
        key.group.as_deref().unwrap_or_default(),
        &key.order_in_group.to_string(),
        key.width.as_str(),
        &key.display_name,
    ]
    .join("|")
}

#[test]
fn transformations_and_predicates_are_configured_as_kafkas() {
    let ours: BTreeMap<String, Vec<String>> = cofferdam_transforms::builtin()
        .into_iter()
        .map(|desc| (desc.class, desc.config.keys.iter().map(line).collect()))
        .collect();
    let theirs: BTreeMap<String, Vec<String>> = recorded()
        .into_iter()
        .filter(|(class, _)| class.starts_with("org.apache.kafka.connect.transforms."))
        .map(|(class, lines)| (class.to_owned(), lines.into_iter().map(str::to_owned).collect()))
        .collect();
    assert_eq!(theirs.len(), 29);
    assert_eq!(ours, theirs);
}

#[test]
fn converters_are_configured_as_kafkas() {
    let recorded = recorded();
    for class in cofferdam_converters::builtin() {
        let desc = class.desc();
        let ours: Vec<String> = desc.config.keys.iter().map(line).collect();
        assert_eq!(ours, recorded[desc.class.as_str()], "{} as {}", desc.class, desc.plugin_type.as_str());
    }
}

/// In any order: clients' settings are looked up by name.
#[test]
fn clients_know_the_settings_of_kafkas() {
    let recorded = recorded();
    for (client, class) in [
        (Client::Producer, "org.apache.kafka.clients.producer.ProducerConfig"),
        (Client::Consumer, "org.apache.kafka.clients.consumer.ConsumerConfig"),
        (Client::Admin, "org.apache.kafka.clients.admin.AdminClientConfig"),
    ] {
        let ours: BTreeSet<String> = client.keys().iter().map(line).collect();
        let theirs: BTreeSet<String> = recorded[class].iter().map(|line| (*line).to_owned()).collect();
        let different: Vec<&String> = ours.symmetric_difference(&theirs).collect();
        assert!(different.is_empty() && ours.len() > 90, "{client:?}: {different:#?}");
    }
}
