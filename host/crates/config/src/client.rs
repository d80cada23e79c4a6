//! The settings that Kafka's Java clients know: what a connector's `producer.override.*`, `consumer.override.*` and
//! `admin.override.*` are read by (config.md §6). Kafka: `ProducerConfig`, `ConsumerConfig`, `AdminClientConfig`.
//!
//! Names, types, defaults and importance, one row each; the clients themselves are librdkafka, which checks what a value
//! may be when it is configured. The Java clients' validators are left out on purpose: Kafka Connect parses overrides by
//! their type and never runs them.

mod admin;
mod common;
mod consumer;
mod producer;
mod security;

use crate::def::{ConfigKey, ConfigType, DefaultValue, Importance};

/// A kind of client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Client {
    /// Writes records.
    Producer,
    /// Reads records.
    Consumer,
    /// Makes topics and asks about them.
    Admin,
}

/// A setting: name, type, default, importance and what it does.
struct Row(&'static str, ConfigType, Default, Importance, &'static str);

/// What a setting is where it is not set.
enum Default {
    Required,
    Null,
    Is(&'static str),
}

impl Client {
    /// All kinds, in the order in which Kafka Connect reports their settings.
    pub const ALL: [Self; 3] = [Self::Producer, Self::Consumer, Self::Admin];

    /// What stands before its settings in a connector's configuration.
    pub fn override_prefix(self) -> &'static str {
        match self {
            Self::Producer => "producer.override.",
            Self::Consumer => "consumer.override.",
            Self::Admin => "admin.override.",
        }
    }

    /// The definition of one of its settings; `None` if the client does not know it.
    pub fn key(self, setting: &str) -> Option<ConfigKey> {
        self.rows().find(|row| row.0 == setting).map(Row::key)
    }

    /// All its settings.
    pub fn keys(self) -> Vec<ConfigKey> {
        self.rows().map(Row::key).collect()
    }

    fn rows(self) -> impl Iterator<Item = &'static Row> {
        let own = match self {
            Self::Producer => producer::ROWS,
            Self::Consumer => consumer::ROWS,
            Self::Admin => admin::ROWS,
        };
        own.iter().chain(common::ROWS).chain(security::ROWS)
    }
}

impl Row {
    fn key(&self) -> ConfigKey {
        let Self(name, config_type, default, importance, documentation) = self;
        let default = match default {
            Default::Required => DefaultValue::Required,
            Default::Null => DefaultValue::Null,
            Default::Is(text) => DefaultValue::text(*text),
        };
        ConfigKey::new(*name, *config_type, default, *importance, *documentation)
    }
}

/// Whether the value of a client's setting, Java's or librdkafka's, must never be shown. By parts of names, so that none
/// of those that new versions bring is forgotten.
pub fn is_secret(setting: &str) -> bool {
    const PARTS: [&str; 9] = [
        "password",
        "secret",
        "passphrase",
        "jaas.config",
        "ssl.keystore.key",
        "ssl.keystore.certificate.chain",
        "ssl.truststore.certificates",
        "ssl.key.pem",
        "private.key.pem",
    ];
    PARTS.iter().any(|part| setting.contains(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_setting_has_one_row() {
        for (client, count) in [(Client::Producer, 113), (Client::Consumer, 115), (Client::Admin, 91)] {
            let mut names: Vec<String> = client.keys().into_iter().map(|key| key.name).collect();
            names.sort();
            names.dedup();
            assert_eq!((names.len(), client.rows().count()), (count, count), "{client:?}");
        }
    }

    #[test]
    fn settings_that_clients_share_may_differ() {
        let default = |client: Client| client.key("receive.buffer.bytes").unwrap().default;
        assert_eq!(default(Client::Producer), DefaultValue::text("32768"));
        assert_eq!(default(Client::Consumer), DefaultValue::text("65536"));
        assert_eq!(Client::Admin.key("linger.ms"), None);
    }

    #[test]
    fn passwords_are_secrets_and_other_types_are_not() {
        for key in Client::ALL.into_iter().flat_map(Client::keys) {
            assert_eq!(is_secret(&key.name), key.config_type == ConfigType::Password, "{}", key.name);
        }
        for librdkafka in ["sasl.password", "ssl.key.pem", "sasl.oauthbearer.client.secret", "ssl.keystore.password"] {
            assert!(is_secret(librdkafka), "{librdkafka}");
        }
    }
}
