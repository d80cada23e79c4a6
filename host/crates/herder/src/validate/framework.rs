//! The options that all connectors have, with what this worker would use where nothing is set (config.md §3).

use super::converters::{self, Role};
use cofferdam_config::{ConfigDef, DefaultValue, WorkerConfig, connector_def};
use cofferdam_plugin::{Catalog, ConfigMap, PluginDesc};

/// The options with the worker's converters, and the versions that are installed, as defaults. Kafka:
/// `ConnectorConfig.enrichedConfigDef`, `ConnectorConfig.updateConnectorVersionDefaults`.
pub(super) fn with_defaults(
    mut def: ConfigDef,
    catalog: &Catalog,
    worker: &WorkerConfig,
    desc: &PluginDesc,
    given: &ConfigMap,
) -> ConfigDef {
    set_default(&mut def, "connector.plugin.version", newest(catalog, desc));
    for role in Role::ALL {
        let class = &role.of_worker(worker).class;
        let found = catalog.converter(class).map(|factory| factory.desc().class.clone());
        set_default(&mut def, role.key(), found.unwrap_or_else(|_| class.clone()));
        let asked = given.get(role.key()).map_or(class.as_str(), |class| class.trim());
        // What is no converter of this kind has no version to use.
        if let Some(factory) = converters::find(catalog, role, asked) {
            set_default(&mut def, &role.version_key(), factory.desc().version.clone());
        }
    }
    def
}

/// The options of a connector whose class is not there in the version that is asked for.
pub(super) fn without_plugin(catalog: &Catalog, newest_desc: &PluginDesc) -> ConfigDef {
    let mut def = connector_def();
    set_default(&mut def, "connector.plugin.version", newest(catalog, newest_desc));
    def
}

/// The newest version of a connector's class, whichever is being looked at.
fn newest(catalog: &Catalog, desc: &PluginDesc) -> String {
    catalog.versions(&desc.class).first().map_or_else(|| desc.version.clone(), |plugin| plugin.desc().version.clone())
}

fn set_default(def: &mut ConfigDef, name: &str, text: String) {
    if let Some(key) = def.keys.iter_mut().find(|key| key.name == name) {
        key.default = DefaultValue::Value(text);
    }
}
