//! What is wrong with a connector's configuration (config.md §5): the framework's definition, the converters' and the
//! connector's own, the worker's limits and policies, and the plugin's verdicts, as one report.

mod chain;
mod converters;
mod overrides;
mod redaction;
mod report;

use crate::HerderError;
use crate::model::RequestedConfig;
use crate::stage::StageCell;
use crate::version::VersionRange;
pub(crate) use chain::refuse as refuse_chain;
use cofferdam_config::{
    ConfigDef, DefaultValue, WorkerConfig, sink_connector_def, source_connector_def, topics_errors,
};
use cofferdam_plugin::{Catalog, ConfigMap, ConnectorPlugin, PluginDesc, PluginType};
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
        let _stage = stage.begin("validating connector configuration");
        let raw = supplied(requested);
        let class = raw.get("connector.class").ok_or(HerderError::NoConnectorType)?;
        let resolved = redaction::resolve(&self.config, &raw).await?;
        let report = self.report(requested, class, &resolved.config, stage).await;
        redaction::redact(report, &raw, &resolved)
    }

    /// The same of the configuration with values in the place of placeholders.
    async fn report(
        &self,
        requested: &RequestedConfig,
        class: &str,
        given: &ConfigMap,
        stage: &StageCell,
    ) -> Result<ConfigReport, HerderError> {
        let mut report = ConfigReport::new(class);
        let class = given.get("connector.class").ok_or(HerderError::NoConnectorType)?;
        let plugin = self.catalog.connector(class)?;
        let requested = &with_values(requested, given);
        let framework = self.framework(plugin.desc(), given);
        report.extend(&framework, framework.validate(given));
        chain::check(&self.catalog, requested, given, &mut report);
        let version_fits = check_version(plugin.desc(), given, &mut report)?;
        if plugin.desc().plugin_type == PluginType::Sink {
            for (key, message) in topics_errors(given) {
                report.error(&key, message);
            }
            check_availability(given, &mut report);
        }
        if version_fits {
            let own = plugin.desc().config.clone();
            report.extend(&own, own.validate(given));
            check_by_plugin(plugin.as_ref(), given, stage, &mut report).await?;
        }
        for (key, _) in requested.iter().filter(|(key, value)| value.is_none() && !is_provider(key)) {
            report.error(key, "Null value can not be supplied as the configuration value.".to_owned());
        }
        overrides::check(&self.config, plugin.desc(), requested, &mut report)?;
        for role in converters::ROLES {
            converters::check(&self.catalog, role, given, stage, &mut report);
        }
        Ok(report)
    }

    /// The framework's definition with what this worker would use where nothing is set (config.md §3).
    fn framework(&self, desc: &PluginDesc, given: &ConfigMap) -> ConfigDef {
        let mut def = match desc.plugin_type {
            PluginType::Sink => sink_connector_def(),
            _ => source_connector_def(),
        };
        let default = |def: &mut ConfigDef, name: &str, text: &str| {
            if let Some(key) = def.keys.iter_mut().find(|key| key.name == name) {
                key.default = DefaultValue::Value(text.to_owned());
            }
        };
        default(&mut def, "connector.plugin.version", &desc.version);
        for (role, converter) in [
            ("key", &self.config.key_converter),
            ("value", &self.config.value_converter),
            ("header", &self.config.header_converter),
        ] {
            let key = format!("{role}.converter");
            default(&mut def, &key, &converter.class);
            let class = given.get(&key).unwrap_or(&converter.class);
            if let Ok(factory) = self.catalog.converter(class) {
                default(&mut def, &format!("{key}.plugin.version"), &factory.desc().version);
            }
        }
        def
    }
}

/// What Kafka Connect's sinks can do and these cannot: refused here, where the key is named, and not by each task later.
fn check_availability(given: &ConfigMap, report: &mut ConfigReport) {
    for key in ["topics.regex", "errors.deadletterqueue.topic.name"] {
        if let Some(value) = given.get(key).filter(|value| !value.trim().is_empty()) {
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

/// What is validated: values only, and nothing that would configure a config provider (config.md §5.1).
fn supplied(requested: &RequestedConfig) -> ConfigMap {
    let given = requested.iter().filter(|(key, _)| !is_provider(key));
    given.filter_map(|(key, value)| Some((key.clone(), value.clone()?))).collect()
}

/// What was requested, nulls included, with values in the place of placeholders.
fn with_values(requested: &RequestedConfig, given: &ConfigMap) -> RequestedConfig {
    let requested = requested.iter().filter(|(key, _)| !is_provider(key));
    requested.map(|(key, value)| (key.clone(), value.as_ref().and_then(|_| given.get(key).cloned()))).collect()
}

fn is_provider(key: &str) -> bool {
    key == "config.providers" || key.starts_with("config.providers.")
}

/// Whether the installed version is as `connector.plugin.version` requires; if not, both keys say so.
fn check_version(desc: &PluginDesc, given: &ConfigMap, report: &mut ConfigReport) -> Result<bool, HerderError> {
    let Some(required) = given.get("connector.plugin.version") else { return Ok(true) };
    let range = VersionRange::parse(required).map_err(HerderError::VersionSyntax)?;
    if range.contains(&desc.version) {
        return Ok(true);
    }
    for key in ["connector.class", "connector.plugin.version"] {
        report.error(key, range.no_match(&desc.class, &[&desc.version]));
    }
    Ok(false)
}

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
