//! What is installed, as the requests about plugins want it (rest.md §8).

use crate::{HerderError, PluginFiles, PluginInfo};
use cofferdam_config::{ConfigDef, ConfigKey, DefaultValue, sink_connector_def, source_connector_def};
use cofferdam_plugin::{Catalog, PluginDesc, PluginType, ResolveError, VersionRange};

/// See [`crate::HerderHandle::plugins`].
pub(crate) fn list(catalog: &Catalog, connectors_only: bool) -> Vec<PluginInfo> {
    let connectors = catalog.connectors();
    let mut list: Vec<_> = [PluginType::Sink, PluginType::Source]
        .into_iter()
        .flat_map(|wanted| connectors.iter().filter(move |plugin| plugin.desc().plugin_type == wanted))
        .map(|plugin| info(plugin.desc()))
        .collect();
    if !connectors_only {
        let (chain, converters) = (catalog.chain(), catalog.converters());
        let others = || chain.iter().map(|desc| &**desc).chain(converters.iter().map(|class| class.desc()));
        // The catalog has each kind by class.
        for wanted in
            [PluginType::Transformation, PluginType::Predicate, PluginType::Converter, PluginType::HeaderConverter]
        {
            list.extend(others().filter(|desc| desc.plugin_type == wanted).map(info));
        }
    }
    list
}

fn info(desc: &PluginDesc) -> PluginInfo {
    PluginInfo { class: desc.class.clone(), plugin_type: desc.plugin_type, version: desc.version.clone() }
}

/// See [`crate::HerderHandle::plugin_config`].
pub(crate) fn config(
    catalog: &Catalog,
    class_or_alias: &str,
    version: Option<&str>,
) -> Result<Vec<ConfigKey>, HerderError> {
    let newest = catalog.plugin(class_or_alias).map_err(|error| match error {
        ResolveError::NoPlugin { name } => HerderError::UnknownPlugin(name),
        error => error.into(),
    })?;
    let newest = newest.desc().clone();
    let installed = newest.version.clone();
    let desc = match version {
        Some(version) => in_version(catalog, newest, version)?,
        None => newest,
    };
    let framework = match desc.plugin_type {
        PluginType::Sink => sink_connector_def(),
        PluginType::Source => source_connector_def(),
        _ => ConfigDef::default(),
    };
    let mut keys = desc.config.keys;
    for mut key in framework.keys {
        if key.name == "connector.plugin.version" {
            key.default = DefaultValue::Value(installed.clone());
        }
        if !keys.iter().any(|own| own.name == key.name) {
            keys.push(key);
        }
    }
    Ok(keys)
}

/// The newest version of a class that fits a requirement.
fn in_version(catalog: &Catalog, newest: PluginDesc, version: &str) -> Result<PluginDesc, HerderError> {
    let range = VersionRange::parse(version)
        .map_err(|_| HerderError::VersionSyntax(format!("Invalid version specification: {version}")))?;
    if range.contains(&newest.version) {
        return Ok(newest);
    }
    let others = catalog.versions(&newest.class);
    let found = others.iter().find(|plugin| range.contains(&plugin.desc().version)).map(|plugin| plugin.desc().clone());
    found.ok_or_else(|| {
        HerderError::NoSuchVersion(range.no_match(&newest.class, &catalog.available_versions(&newest.class)))
    })
}

/// See [`crate::HerderHandle::plugin_files`].
pub(crate) fn files(catalog: &Catalog) -> PluginFiles {
    let mut plugins: Vec<_> = catalog.connectors().iter().map(|plugin| plugin.desc().clone()).collect();
    plugins.extend(catalog.converters().iter().map(|class| class.desc().clone()));
    plugins.extend(catalog.chain().iter().map(|desc| PluginDesc::clone(desc)));
    PluginFiles { plugins, unusable: catalog.unusable() }
}

/// A class name without the word that Kafka Connect lets users leave out.
pub(crate) fn normalized(class: &str) -> &str {
    class.strip_suffix("Connector").filter(|rest| !rest.is_empty()).unwrap_or(class)
}
