//! The keys of a worker's property file, and what to say about the others.

use super::{auth, client, policy, providers, rest};
use crate::def::{ConfigDef, ConfigKey, ConfigType, DefaultValue, Importance, Validator};
use crate::sandbox::sandbox_def;
use ConfigType::{Boolean, Class, Int, List, Long, String as Text};
use DefaultValue::{Null, Required};
use Importance::{High, Low, Medium};
use std::collections::BTreeMap;

/// The worker's own key that looks like a consumer's.
pub(super) const PREFETCH: &str = "consumer.prefetch.total.bytes";

fn text(text: &str) -> DefaultValue {
    DefaultValue::text(text)
}

fn between(min: i64, max: i64) -> Validator {
    Validator::Range { min: Some(min), max: Some(max) }
}

fn at_least(min: i64) -> Validator {
    Validator::Range { min: Some(min), max: None }
}

/// The keys that this worker reads. Names, defaults and meanings are Kafka's where Kafka has the key, except `listeners`,
/// which is not open to the network unless asked.
pub fn worker_def() -> ConfigDef {
    let mut def = plugins(auth::def(rest::define(offsets(converters(stream())))));
    def.keys.extend(sandbox_def().keys);
    def.define(ConfigKey::new(
        "sandbox.cache.dir",
        Text,
        Null,
        Low,
        "Where compiled plugins are kept; the platform's user cache directory if not set.",
    ))
}

fn stream() -> ConfigDef {
    let fsync = Validator::OneOf(vec!["none".to_owned(), "commit".to_owned()]);
    ConfigDef::new()
        .define(ConfigKey::new(
            "bootstrap.servers",
            List,
            Required,
            High,
            "Kafka brokers as HOST:PORT; or embedded, for a stream inside the worker, meant for development.",
        ))
        .define(ConfigKey::new(
            "embedded.data.dir",
            Text,
            Null,
            Low,
            "Data of the embedded stream; in the platform's user data directory if not set.",
        ))
        .define(
            ConfigKey::new(
                "embedded.port",
                Int,
                text("0"),
                Low,
                "Port of the embedded stream on 127.0.0.1; 0: a free one.",
            )
            .validator(between(0, 65_535)),
        )
        .define(ConfigKey::new(
            "embedded.auto.create.topics.enable",
            Boolean,
            text("true"),
            Low,
            "Whether the embedded stream creates topics that clients ask for, as a broker's auto.create.topics.enable.",
        ))
        .define(
            ConfigKey::new(
                "embedded.fsync",
                Text,
                text("none"),
                Low,
                "Whether the embedded stream has records on disk before it acknowledges them (commit) or not (none).",
            )
            .validator(fsync),
        )
        .define(
            ConfigKey::new(
                PREFETCH,
                Long,
                text("268435456"),
                Low,
                "Bytes that the consumers of all sink tasks together may hold prefetched.",
            )
            .validator(at_least(1)),
        )
        .define(ConfigKey::new(
            policy::POLICY,
            Text,
            text("All"),
            Medium,
            "Which client settings connectors may override: All, None, Principal or Allowlist.",
        ))
        .define(ConfigKey::new(
            policy::ALLOWLIST,
            List,
            text(""),
            Low,
            "The settings that connectors may override if the policy is Allowlist.",
        ))
        .define(ConfigKey::new(
            "topic.creation.enable",
            Boolean,
            text("true"),
            Low,
            "Whether source connectors may have topics created as their topic.creation.* keys say.",
        ))
        .define(ConfigKey::new(
            "topic.tracking.enable",
            Boolean,
            text("true"),
            Low,
            "Enable tracking the set of active topics per connector during runtime.",
        ))
        .define(ConfigKey::new(
            "topic.tracking.allow.reset",
            Boolean,
            text("true"),
            Low,
            "If set to true, it allows user requests to reset the set of active topics per connector.",
        ))
}

fn converters(mut def: ConfigDef) -> ConfigDef {
    let simple = text("org.apache.kafka.connect.storage.SimpleHeaderConverter");
    for (key, what, default) in [
        ("key.converter", "keys", Required),
        ("value.converter", "values", Required),
        ("header.converter", "headers", simple),
    ] {
        let importance = if default == Required { High } else { Low };
        def = def.define(ConfigKey::new(
            key,
            Class,
            default,
            importance,
            format!(
                "Converter of record {what} for connectors that do not name one. Keys that begin with {key}. configure it."
            ),
        ));
    }
    def
}

fn offsets(def: ConfigDef) -> ConfigDef {
    def.define(ConfigKey::new(
        "offset.storage.file.filename",
        Text,
        Null,
        High,
        "Standalone: the file in which source offsets are kept.",
    ))
    .define(
        ConfigKey::new("offset.flush.interval.ms", Long, text("60000"), Low, "Time between two offset commits.")
            .validator(at_least(1)),
    )
    .define(
        ConfigKey::new(
            "offset.flush.timeout.ms",
            Long,
            text("5000"),
            Low,
            "Longest wait for records in flight and for storing offsets within one commit.",
        )
        .validator(at_least(0)),
    )
    .define(
        ConfigKey::new(
            "task.shutdown.graceful.timeout.ms",
            Long,
            text("5000"),
            Low,
            "Time that all tasks together are given to stop.",
        )
        .validator(at_least(0)),
    )
}

fn plugins(def: ConfigDef) -> ConfigDef {
    def.define(ConfigKey::new(
        "plugin.path",
        List,
        Null,
        Low,
        "Directories in which plugins are (files ending in .wasm), separated by commas. Placeholders in it stand.",
    ))
    .define(ConfigKey::new(
        providers::KEY,
        List,
        text(""),
        Low,
        "Names of the config providers that placeholders ${NAME:PATH:KEY} in values may use. Each has a class, \
         config.providers.NAME.class, and settings of its own below config.providers.NAME.param.",
    ))
}

/// Prefixes below which any key is fine that is not named in [`WITHOUT_EFFECT`]; of those below `config.providers.`
/// [`providers::warnings`] knows more.
const PREFIXES: &[&str] =
    &["producer.", "consumer.", "admin.", "key.converter.", "value.converter.", "header.converter.", providers::PREFIX];

/// Keys of Kafka's workers that mean nothing here, and why.
const WITHOUT_EFFECT: &[(&str, &str)] = &[
    ("plugin.discovery", "plugins are found by looking into plugin.path"),
    ("metric.reporters", "metrics are served over HTTP"),
    ("metrics.", "metrics are served over HTTP"),
    ("key.converter.plugin.version", ONE_VERSION),
    ("value.converter.plugin.version", ONE_VERSION),
    ("header.converter.plugin.version", ONE_VERSION),
    ("internal.key.converter", "Kafka ignores it, too, since 3.0"),
    ("internal.value.converter", "Kafka ignores it, too, since 3.0"),
];

const ONE_VERSION: &str = "there is one version of each converter";

/// Keys of Kafka's distributed workers.
const DISTRIBUTED: &[&str] = &[
    "group.id",
    "session.timeout.ms",
    "rebalance.timeout.ms",
    "heartbeat.interval.ms",
    "exactly.once.source.support",
    "client.id",
    "worker.sync.timeout.ms",
    "worker.unsync.backoff.ms",
    "internal.topics.automatic.creation.enable",
    "offset.storage.",
    "config.storage.",
    "status.storage.",
    "connect.protocol",
    "scheduled.rebalance.max.delay.ms",
    "inter.worker.",
];

/// What to say about keys that are not read: each a whole line.
pub(super) fn warnings(properties: &BTreeMap<String, String>, source_name: &str) -> Vec<String> {
    let def = worker_def();
    properties.keys().filter(|key| def.key(key).is_none()).filter_map(|key| warning(key, source_name)).collect()
}

fn warning(key: &str, source_name: &str) -> Option<String> {
    // A name that ends with a dot stands for all keys below it.
    let is = |name: &str| key == name || (name.ends_with('.') && key.starts_with(name));
    if let Some((_, reason)) = WITHOUT_EFFECT.iter().find(|(name, _)| is(name)) {
        return Some(format!("{source_name}: {key} has no effect: {reason}"));
    }
    if let Some(reason) = rest::tls_warning(key) {
        return reason.map(|reason| format!("{source_name}: {key} has no effect: {reason}"));
    }
    if client::is_common(key) || PREFIXES.iter().any(|prefix| key.starts_with(prefix)) {
        return None;
    }
    if DISTRIBUTED.iter().any(|name| is(name)) {
        return Some(format!("{source_name}: {key} has no effect: it belongs to distributed workers"));
    }
    Some(format!("{source_name}: {key} is not a key of workers and has no effect"))
}
