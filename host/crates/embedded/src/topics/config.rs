//! Topic settings: the few that mean something here. Others are refused rather than stored and ignored.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use kafka_protocol::error::ResponseError;

use super::TopicError;
use crate::log::MAX_BATCH;

/// Largest batch a topic takes unless told otherwise: Kafka's default.
pub(crate) const MAX_MESSAGE_BYTES: u64 = 1_048_588;
/// Bytes after which a new segment file starts, unless told otherwise.
pub(crate) const SEGMENT_BYTES: u64 = 256 << 20;

#[derive(Debug)]
enum Rule {
    /// A number within bounds.
    Number(RangeInclusive<u64>),
    /// Only the value that describes what is done anyway; others are not supported yet.
    Only(&'static str),
}

/// Name, default and what is allowed.
const SETTINGS: [(&str, &str, Rule); 8] = [
    ("cleanup.policy", "delete", Rule::Only("delete")),
    ("compression.type", "producer", Rule::Only("producer")),
    ("max.message.bytes", "1048588", Rule::Number(0..=MAX_BATCH as u64)),
    ("message.timestamp.type", "CreateTime", Rule::Only("CreateTime")),
    ("min.insync.replicas", "1", Rule::Only("1")),
    ("retention.bytes", "-1", Rule::Only("-1")),
    ("retention.ms", "-1", Rule::Only("-1")),
    ("segment.bytes", "268435456", Rule::Number(1 << 20..=i32::MAX as u64)),
];

/// Kafka's other settings, so that a client is told "not yet" and not "never heard of".
const NOT_YET: [&str; 24] = [
    "delete.retention.ms",
    "errors.deadletterqueue.group.enable",
    "file.delete.delay.ms",
    "flush.messages",
    "flush.ms",
    "follower.replication.throttled.replicas",
    "index.interval.bytes",
    "leader.replication.throttled.replicas",
    "local.retention.bytes",
    "local.retention.ms",
    "max.compaction.lag.ms",
    "message.timestamp.after.max.ms",
    "message.timestamp.before.max.ms",
    "min.cleanable.dirty.ratio",
    "min.compaction.lag.ms",
    "preallocate",
    "remote.storage.enable",
    "segment.index.bytes",
    "segment.jitter.ms",
    "segment.ms",
    "unclean.leader.election.enable",
    "compression.gzip.level",
    "compression.lz4.level",
    "compression.zstd.level",
];

/// A setting as a client sees it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ConfigValue {
    pub(crate) name: &'static str,
    pub(crate) value: String,
    /// Set on the topic, as opposed to the default.
    pub(crate) is_set: bool,
}

fn invalid(why: String) -> TopicError {
    TopicError(ResponseError::InvalidConfig, why)
}

fn rule(key: &str) -> Result<&'static Rule, TopicError> {
    match SETTINGS.iter().find(|(name, ..)| *name == key) {
        Some((_, _, rule)) => Ok(rule),
        None if NOT_YET.contains(&key) => Err(invalid(format!("{key} is not yet supported by the embedded stream"))),
        None => Err(invalid(format!("Unknown topic config name: {key}"))),
    }
}

/// Whether there is such a setting.
pub(super) fn check_name(key: &str) -> Result<(), TopicError> {
    rule(key).map(|_| ())
}

/// Whether `key` may be set to `value`.
pub(super) fn check(key: &str, value: &str) -> Result<(), TopicError> {
    match rule(key)? {
        Rule::Only(only) if value == *only => Ok(()),
        Rule::Only(only) => {
            Err(invalid(format!("{key}={value} is not yet supported by the embedded stream, only {key}={only}")))
        }
        Rule::Number(range) => match value.parse() {
            Ok(number) if range.contains(&number) => Ok(()),
            _ => {
                let (from, to) = (range.start(), range.end());
                Err(invalid(format!(
                    "Invalid value {value} for configuration {key}: must be a number from {from} to {to}"
                )))
            }
        },
    }
}

/// Every setting of a topic on which `set` were set.
pub(crate) fn describe(set: &BTreeMap<String, String>) -> Vec<ConfigValue> {
    let value = |(name, default, _): &(&'static str, &'static str, Rule)| ConfigValue {
        name,
        value: set.get(*name).map_or_else(|| (*default).to_owned(), Clone::clone),
        is_set: set.contains_key(*name),
    };
    SETTINGS.iter().map(value).collect()
}

/// A setting that is a number, or `default`.
pub(super) fn number(set: &BTreeMap<String, String>, key: &str, default: u64) -> u64 {
    set.get(key).and_then(|v| v.parse().ok()).unwrap_or(default)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(key: &str, value: &str) -> String {
        let TopicError(code, why) = check(key, value).unwrap_err();
        assert_eq!(code, ResponseError::InvalidConfig);
        why
    }

    #[test]
    fn what_is_done_anyway_may_be_said_and_numbers_are_bounded() {
        for (name, default, _) in &SETTINGS {
            check(name, default).unwrap();
        }
        check("max.message.bytes", "8000000").unwrap();
        assert!(refusal("max.message.bytes", "-1").contains("max.message.bytes"));
        assert!(refusal("segment.bytes", "1000").contains("1048576"));
    }

    #[test]
    fn compaction_and_retention_are_refused_by_name() {
        for (key, value) in [
            ("cleanup.policy", "compact"),
            ("cleanup.policy", "compact,delete"),
            ("retention.ms", "123456"),
            ("retention.bytes", "1"),
            ("delete.retention.ms", "100"),
            ("segment.ms", "1000"),
        ] {
            let why = refusal(key, value);
            assert!(why.contains(key) && why.contains("not yet supported"), "{why}");
        }
        assert_eq!(refusal("no.such", "1"), "Unknown topic config name: no.such");
    }

    #[test]
    fn the_described_defaults_are_those_in_use() {
        let described = describe(&BTreeMap::from([("segment.bytes".to_owned(), "2000000".to_owned())]));
        let value = |key: &str| described.iter().find(|v| v.name == key).map(|v| (v.value.as_str(), v.is_set));
        assert_eq!(value("segment.bytes"), Some(("2000000", true)));
        assert_eq!(value("max.message.bytes"), Some((MAX_MESSAGE_BYTES.to_string().as_str(), false)));
        assert_eq!(describe(&BTreeMap::new()).last().map(|v| v.value.clone()), Some(SEGMENT_BYTES.to_string()));
    }
}
