//! From Kafka's Java client settings to librdkafka's.
//!
//! People configure Connect in the words of Kafka's Java clients, and expect their defaults. So every client starts from
//! Java's defaults as Connect sets them (`defaults`), and each name and value that was configured is translated
//! (`translate`, `tls`, `sasl`). librdkafka's own names are accepted as they are. What has no counterpart is named in a
//! warning, with the reason: Java's clients ignore unknown settings too. A value that is wrong is an error.
//!
//! Which settings a connector may override is not decided here (`connector.client.config.override.policy`).

mod defaults;
mod sasl;
mod tls;
mod translate;

use cofferdam_config::client::is_secret;
use rdkafka::config::{ClientConfig, RDKafkaLogLevel};
use std::collections::BTreeMap;
use std::fmt;
use thiserror::Error;

/// What a client is for. Decides the defaults and which settings apply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientKind {
    /// A task's producer.
    Producer,
    /// A sink task's consumer.
    Consumer,
    /// Topics, the cluster's id.
    Admin,
}

impl ClientKind {
    /// The kind as messages name it.
    fn name(self) -> &'static str {
        match self {
            ClientKind::Producer => "producer",
            ClientKind::Consumer => "consumer",
            ClientKind::Admin => "admin client",
        }
    }
}

/// librdkafka's settings of one client, checked and ready. `Debug` hides secrets.
#[derive(Clone)]
pub struct ClientSettings {
    kind: ClientKind,
    values: BTreeMap<String, String>,
    max_poll_records: Option<usize>,
}

/// A setting that cannot be used.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("Invalid value {value} for configuration {key}: {reason}")]
pub struct SettingsError {
    /// The setting as it was written, without prefix.
    pub key: String,
    /// Its value, `[hidden]` where it is a secret.
    pub value: String,
    /// What is wrong and what is allowed.
    pub reason: String,
}

impl SettingsError {
    fn new(key: &str, value: &str, reason: impl Into<String>) -> Self {
        let value = if is_secret(key) { "[hidden]" } else { value };
        Self { key: key.to_owned(), value: value.to_owned(), reason: reason.into() }
    }
}

/// The settings of one client: Java's defaults as Connect sets them, then `common` (the worker's own keys), then
/// `specific` (the worker's `producer.`, `consumer.` or `admin.` keys), then `overrides` (the connector's), prefixes
/// removed, each level over the one before (config.md §6). With them: warnings about what was ignored, each one line.
///
/// `bootstrap`, `client_id` and `group_id` are what Connect sets itself: the configured levels may replace them.
pub fn client_settings(
    kind: ClientKind,
    bootstrap: &str,
    common: &BTreeMap<String, String>,
    specific: &BTreeMap<String, String>,
    overrides: &BTreeMap<String, String>,
    client_id: &str,
    group_id: Option<&str>,
) -> Result<(ClientSettings, Vec<String>), SettingsError> {
    let mut values = defaults::of(kind);
    values.insert("bootstrap.servers".into(), bootstrap.into());
    values.insert("client.id".into(), client_id.into());
    if let Some(group) = group_id {
        values.insert("group.id".into(), group.into());
    }
    let mut merged = common.clone();
    merged.extend(specific.clone());
    merged.extend(overrides.clone());

    let mut translation = translate::Translation::new(kind, values, &merged);
    for (key, value) in &merged {
        // What all clients are given may well be meant for others; what one kind is given may not.
        let quiet = !specific.contains_key(key) && !overrides.contains_key(key);
        translation.setting(key, value, quiet)?;
    }
    translation.sasl()?;
    translation.tls()?;
    translation.reconcile();
    let (values, max_poll_records, warnings) = translation.finish();
    Ok((ClientSettings { kind, values, max_poll_records }, warnings))
}

impl ClientSettings {
    /// librdkafka's setting of that name, if it is set.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }

    /// What kind of client they are for.
    pub fn kind(&self) -> ClientKind {
        self.kind
    }

    /// `max.poll.records`, if it was configured: librdkafka has no such setting, a caller may bound its batches by it.
    pub fn max_poll_records(&self) -> Option<usize> {
        self.max_poll_records
    }

    /// Bounds what this consumer keeps in memory ahead of its task, in bytes ([`prefetch_share`]). Unless
    /// `queued.max.messages.kbytes` was configured. Of no meaning to other clients.
    pub fn set_prefetch(&mut self, bytes: u64) {
        if self.kind == ClientKind::Consumer && !self.values.contains_key(defaults::PREFETCH) {
            let kbytes = (bytes / 1024).clamp(1, 2_097_151);
            self.values.insert(defaults::PREFETCH.into(), kbytes.to_string());
        }
    }

    /// The settings as librdkafka's wrapper takes them.
    pub(crate) fn native(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        config.extend(self.values.clone());
        config.set_log_level(if tracing::enabled!(target: "librdkafka", tracing::Level::DEBUG) {
            RDKafkaLogLevel::Debug
        } else {
            RDKafkaLogLevel::Notice
        });
        config
    }
}

impl fmt::Debug for ClientSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown =
            self.values.iter().map(|(key, value)| (key, if is_secret(key) { "[hidden]" } else { value.as_str() }));
        f.debug_map().entries(shown).finish()
    }
}

/// One consumer's share, in bytes, of what all consumers of a worker may keep in memory ahead of their tasks
/// (`consumer.prefetch.total.bytes`): an equal part, at least 1 MiB so that a record of Kafka's default maximum fits, at
/// most 64 MiB (librdkafka's default), beyond which a consumer gains nothing.
pub fn prefetch_share(total_bytes: u64, consumers: usize) -> u64 {
    let consumers = u64::try_from(consumers.max(1)).unwrap_or(u64::MAX);
    (total_bytes / consumers).clamp(1 << 20, 64 << 20)
}

#[cfg(test)]
mod tests;
