//! What is wrong with a connector's configuration (config.md §5): the framework's definition, the converters' and the
//! connector's own, the worker's limits and policies, and the plugin's verdicts, as one report.
//!
//! Nothing here holds a lock or runs in the herder's actor: a plugin that hangs holds up its own request and no other.

mod chain;
mod converters;
mod framework;
mod overrides;
mod redaction;
mod report;

use crate::HerderError;
use crate::model::RequestedConfig;
use crate::stage::StageCell;
pub(crate) use chain::refuse as refuse_chain;
use cofferdam_config::{ConfigDef, WorkerConfig, java, sink_connector_def, source_connector_def, topics_errors};
use cofferdam_plugin::{Catalog, ConfigMap, ConnectorPlugin, PluginDesc, PluginType, ResolveError};
use converters::Role;
pub use report::{ConfigEntry, ConfigReport};
use std::sync::Arc;

/// What validation needs to know.
pub(crate) struct Validator {
    pub(crate) catalog: Arc<Catalog>,
    pub(crate) config: Arc<WorkerConfig>,
}

impl Validator {
    /// The whole report. An error means that there is none: no class, or a plugin that failed.
    pub(crate) async fn validate(
        &self,
        requested: &RequestedConfig,
        stage: &StageCell,
    ) -> Result<ConfigReport, HerderError> {
        let requested = without_providers(requested);
        let raw = set(&requested);
        let class = raw.get("connector.class").ok_or(HerderError::NoConnectorType)?;
        let resolved = redaction::resolve(&self.config, &raw).await?;
        let report = self.report(&with_values(requested, &resolved.config), class, &resolved.config, stage).await;
        redaction::redact(report, &raw, &resolved)
    }

    /// The same of the configuration with values in the place of placeholders; `requested` has the nulls, too.
    async fn report(
        &self,
        requested: &RequestedConfig,
        class: &str,
        given: &ConfigMap,
        stage: &StageCell,
    ) -> Result<ConfigReport, HerderError> {
        let mut report = ConfigReport::new(class);
        let plugin = match self.catalog.connector_of(given) {
            Ok(plugin) => plugin,
            Err(ResolveError::NoVersion { newest, message }) => {
                self.check_without_plugin(&newest, &message, requested, &mut report);
                return Ok(report);
            }
            Err(error) => return Err(error.into()),
        };
        let desc = plugin.desc();
        {
            let _stage = stage.begin(format!(
                "validating {} connector-specific properties for the connector",
                desc.plugin_type.as_str()
            ));
            let def = self.framework(desc, given);
            report.extend(&def, def.validate_nullable(requested));
            report.value("connector.plugin.version").recommended_values = self.versions(&desc.class);
            chain::check(&self.catalog, requested, given, &mut report);
            if desc.plugin_type == PluginType::Sink {
                check_topics(given, &mut report);
            }
        }
        report.extend(&desc.config, desc.config.validate_nullable(requested));
        check_nulls(requested, &mut report);
        check_by_plugin(plugin.as_ref(), given, stage, &mut report).await?;
        overrides::check(&self.config, desc, requested, &mut report)?;
        for role in Role::ALL {
            converters::check(&self.catalog, role, (requested, given), stage, &mut report);
        }
        Ok(report)
    }

    /// Of a connector that is not there in the version that is asked for, only what all connectors share is checked.
    fn check_without_plugin(
        &self,
        newest: &PluginDesc,
        message: &str,
        requested: &RequestedConfig,
        report: &mut ConfigReport,
    ) {
        let def = framework::without_plugin(&self.catalog, newest);
        report.extend(&def, def.validate_nullable(requested));
        report.value("connector.plugin.version").recommended_values = self.versions(&newest.class);
        converters::resolve_classes(&self.catalog, &set(requested), report);
        for key in ["connector.class", "connector.plugin.version"] {
            report.error(key, message.to_owned());
        }
        check_nulls(requested, report);
    }

    /// The framework's definition with what this worker would use where nothing is set (config.md §3).
    fn framework(&self, desc: &PluginDesc, given: &ConfigMap) -> ConfigDef {
        let def = match desc.plugin_type {
            PluginType::Sink => sink_connector_def(),
            _ => source_connector_def(),
        };
        framework::with_defaults(def, &self.catalog, &self.config, desc, given)
    }

    /// The versions to offer, the oldest first.
    fn versions(&self, class: &str) -> Vec<String> {
        let mut versions = self.catalog.available_versions(class);
        versions.dedup();
        versions
    }
}

/// What a definition cannot say about the topics of a sink.
fn check_topics(given: &ConfigMap, report: &mut ConfigReport) {
    for (key, message) in topics_errors(given) {
        report.error(&key, message);
    }
    check_availability(given, report);
}

/// What Kafka Connect's sinks can do and these cannot: refused here, where the key is named, and not by each task later.
/// Where something else is wrong with the key, that is enough.
fn check_availability(given: &ConfigMap, report: &mut ConfigReport) {
    for key in ["topics.regex", "errors.deadletterqueue.topic.name"] {
        if let Some(value) = given.get(key).filter(|value| !value.trim().is_empty() && !report.has_errors(key)) {
            let message =
                format!("Invalid value {value} for configuration {key}: not available in this version of Cofferdam");
            report.error(key, message);
        }
    }
}

/// Kafka's message for a class that is not installed.
fn not_found(key: &str, class: &str) -> String {
    format!("Invalid value {class} for configuration {key}: Class {class} could not be found.")
}

/// What is validated: nothing that would configure a config provider (config.md §5.1).
fn without_providers(requested: &RequestedConfig) -> RequestedConfig {
    let is_provider = |key: &str| key == "config.providers" || key.starts_with("config.providers.");
    requested.iter().filter(|(key, _)| !is_provider(key)).map(|(key, value)| (key.clone(), value.clone())).collect()
}

/// What was requested, nulls included, with values in the place of placeholders.
fn with_values(mut requested: RequestedConfig, given: &ConfigMap) -> RequestedConfig {
    for (key, value) in &mut requested {
        if value.is_some() {
            *value = given.get(key).cloned();
        }
    }
    requested
}

/// The keys that have a value.
fn set(requested: &RequestedConfig) -> ConfigMap {
    requested.iter().filter_map(|(key, value)| Some((key.clone(), value.clone()?))).collect()
}

/// Each null is an error on its key. Those that nothing defines come in the order in which they would come out of the
/// hash map that Kafka Connect collects them in.
fn check_nulls(requested: &RequestedConfig, report: &mut ConfigReport) {
    // Into a place of that map that is taken, a null is put before what is there.
    let nulls: Vec<&str> =
        requested.iter().rev().filter(|(_, value)| value.is_none()).map(|(key, _)| key.as_str()).collect();
    let defined: Vec<String> = report.defined_keys().map(str::to_owned).collect();
    let others = defined.iter().map(String::as_str).filter(|key| !nulls.contains(key));
    for key in java::hash_order(nulls.iter().copied().chain(others)) {
        if nulls.contains(&key) {
            report.error(key, "Null value can not be supplied as the configuration value.".to_owned());
        }
    }
}

/// What the connector's own definition cannot say. The plugin is called, which may take until the request's deadline.
async fn check_by_plugin(
    plugin: &dyn ConnectorPlugin,
    given: &ConfigMap,
    stage: &StageCell,
    report: &mut ConfigReport,
) -> Result<(), HerderError> {
    let _stage = stage.begin("performing multi-property validation for the connector");
    for verdict in plugin.validate(given).await? {
        report.verdict(verdict);
    }
    Ok(())
}
