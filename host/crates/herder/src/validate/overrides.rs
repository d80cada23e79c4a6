//! A connector's own settings for its Kafka clients, against the worker's policy (config.md §6, rest.md §8.3).
//!
//! A value is read by its setting's type in the Java clients, and one that cannot be read fails the whole request, as in
//! Kafka Connect. Nothing else is checked here, and whether a Java class exists cannot be known.

use super::ConfigReport;
use crate::HerderError;
use crate::model::RequestedConfig;
use cofferdam_config::client::{Client, is_secret};
use cofferdam_config::{ConfigError, ConfigKey, ConfigType, ConfigValue, WorkerConfig, invalid, java};
use cofferdam_plugin::{PluginDesc, PluginType};

/// Adds an entry for each override of a client that the connector would use; overrides of others have no effect and are
/// not mentioned.
pub(super) fn check(
    worker: &WorkerConfig,
    desc: &PluginDesc,
    requested: &RequestedConfig,
    report: &mut ConfigReport,
) -> Result<(), HerderError> {
    for client in Client::ALL.into_iter().filter(|client| uses(*client, desc, requested)) {
        for (name, value) in requested {
            let setting = name.strip_prefix(client.override_prefix()).filter(|setting| !setting.is_empty());
            let Some(setting) = setting else { continue };
            let key = client.key(setting);
            let value = match value {
                Some(text) => shown(setting, key.as_ref(), text)?,
                None => None,
            };
            let errors = worker.connector_client_config_override_policy.check(setting).err().into_iter().collect();
            let value =
                ConfigValue { name: name.clone(), value, recommended_values: Vec::new(), errors, visible: true };
            report.append(key.map(|key| ConfigKey { name: name.clone(), ..key }), value);
        }
    }
    Ok(())
}

/// The value as its type shows it; text as it is where the client does not know the setting.
fn shown(setting: &str, key: Option<&ConfigKey>, text: &str) -> Result<Option<String>, ConfigError> {
    if is_secret(setting) {
        return Ok(Some("[hidden]".to_owned()));
    }
    let Some(key) = key else { return Ok(Some(text.to_owned())) };
    if key.config_type == ConfigType::Class && java::trim(text).is_empty() {
        let message = invalid(setting, text, &format!("Class {text} could not be found."));
        let (key, value, allowed) = (setting.to_owned(), Some(text.to_owned()), key.allowed());
        return Err(ConfigError { key, value, message, allowed });
    }
    Ok(key.parse(text)?.shown())
}

/// Whether a connector with this configuration has such a client.
fn uses(client: Client, desc: &PluginDesc, requested: &RequestedConfig) -> bool {
    let is_sink = desc.plugin_type == PluginType::Sink;
    let queue = requested.get("errors.deadletterqueue.topic.name").and_then(Option::as_deref);
    let dead_letters = is_sink && queue.is_some_and(|topic| !java::is_blank(topic));
    match client {
        Client::Consumer => is_sink,
        Client::Producer => !is_sink || dead_letters,
        Client::Admin if is_sink => dead_letters,
        Client::Admin => requested.keys().any(|key| key.starts_with("topic.creation.")),
    }
}
