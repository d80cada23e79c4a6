//! Settings of Kafka clients within a worker's properties.

use super::definition;
use std::collections::BTreeMap;

/// Settings of Kafka clients, with the Java client's names and values as written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClientConfig {
    /// Of every client: `security.*`, `sasl.*`, `ssl.*` and the connection settings that a worker file may hold
    /// without a prefix.
    pub common: BTreeMap<String, String>,
    /// `producer.*`, prefix removed.
    pub producer: BTreeMap<String, String>,
    /// `consumer.*`, prefix removed.
    pub consumer: BTreeMap<String, String>,
    /// `admin.*`, prefix removed.
    pub admin: BTreeMap<String, String>,
}

/// Settings without a prefix that Kafka's workers hand to clients.
const COMMON: &[&str] = &[
    "bootstrap.resolve.timeout.ms",
    "client.dns.lookup",
    "connections.max.idle.ms",
    "metadata.max.age.ms",
    "metadata.recovery.rebootstrap.trigger.ms",
    "metadata.recovery.strategy",
    "receive.buffer.bytes",
    "reconnect.backoff.max.ms",
    "reconnect.backoff.ms",
    "request.timeout.ms",
    "retry.backoff.max.ms",
    "retry.backoff.ms",
    "send.buffer.bytes",
    "socket.connection.setup.timeout.max.ms",
    "socket.connection.setup.timeout.ms",
];

impl ClientConfig {
    pub(super) fn from_properties(properties: &BTreeMap<String, String>) -> Self {
        let common = properties.iter().filter(|(key, _)| is_common(key));
        let mut consumer = with_prefix(properties, "consumer.");
        // The worker's own key, which only looks like a consumer's.
        if let Some(own) = definition::PREFETCH.strip_prefix("consumer.") {
            consumer.remove(own);
        }
        let mut admin = with_prefix(properties, "admin.");
        admin.remove("listeners");
        admin.retain(|key, _| !key.starts_with("listeners."));
        Self {
            common: common.map(|(key, value)| (key.clone(), value.clone())).collect(),
            producer: with_prefix(properties, "producer."),
            consumer,
            admin,
        }
    }
}

/// Whether a key without prefix goes to every client. `ssl.client.auth` is the REST listener's.
pub(super) fn is_common(key: &str) -> bool {
    let prefixed = ["security.", "sasl.", "ssl."].iter().any(|prefix| key.starts_with(prefix));
    key != "ssl.client.auth" && (prefixed || COMMON.contains(&key))
}

/// The entries whose keys begin with `prefix`, without it.
pub(super) fn with_prefix(properties: &BTreeMap<String, String>, prefix: &str) -> BTreeMap<String, String> {
    let own = |(key, value): (&String, &String)| {
        key.strip_prefix(prefix).filter(|rest| !rest.is_empty()).map(|rest| (rest.to_owned(), value.clone()))
    };
    properties.iter().filter_map(own).collect()
}
