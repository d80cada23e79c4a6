//! A connector's own settings for its Kafka clients, against the worker's policy (config.md §6).

use super::ConfigReport;
use cofferdam_config::{ConfigValue, WorkerConfig};
use cofferdam_plugin::{ConfigMap, PluginDesc, PluginType};

/// Whether the value of a setting is never shown: those of type PASSWORD in the Java client, and what librdkafka calls
/// the same. By parts of names, as the clients themselves do it (`cofferdam-kafka`), so that none is forgotten.
fn is_secret(setting: &str) -> bool {
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

/// Adds an entry for each override of a client that the connector would use; overrides of others have no effect and are
/// not mentioned.
pub(super) fn check(worker: &WorkerConfig, desc: &PluginDesc, given: &ConfigMap, report: &mut ConfigReport) {
    for prefix in used(desc, given) {
        for (name, value) in given {
            let Some(setting) = name.strip_prefix(prefix) else { continue };
            let errors = worker.connector_client_config_override_policy.check(setting).err().into_iter().collect();
            let shown = if is_secret(setting) { "[hidden]" } else { value };
            let value = ConfigValue {
                name: name.clone(),
                value: Some(shown.to_owned()),
                recommended_values: Vec::new(),
                errors,
                visible: true,
            };
            report.append(None, value);
        }
    }
}

fn used(desc: &PluginDesc, given: &ConfigMap) -> Vec<&'static str> {
    let dead_letters = given.get("errors.deadletterqueue.topic.name").is_some_and(|topic| !topic.trim().is_empty());
    let makes_topics = given.keys().any(|key| key.starts_with("topic.creation."));
    let is_sink = desc.plugin_type == PluginType::Sink;
    let (producer, admin) = if is_sink { (dead_letters, dead_letters) } else { (true, makes_topics) };
    [("producer.override.", producer), ("consumer.override.", is_sink), ("admin.override.", admin)]
        .into_iter()
        .filter_map(|(prefix, used)| used.then_some(prefix))
        .collect()
}
