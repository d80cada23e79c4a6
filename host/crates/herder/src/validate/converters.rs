//! The converters that a connector asks for: whether they exist, and what they say about their own keys.

use super::{ConfigReport, not_found};
use crate::stage::StageCell;
use crate::version::VersionRange;
use cofferdam_plugin::{Catalog, ConfigMap, ConverterClass, PluginType};

/// What is converted, in the order in which Kafka Connect reports it.
pub(super) const ROLES: [&str; 3] = ["header", "key", "value"];

/// Offers the installed classes; and if the connector's own configuration sets this converter, checks it and the keys
/// below its prefix (rest.md §8.3).
pub(super) fn check(catalog: &Catalog, role: &str, given: &ConfigMap, stage: &StageCell, report: &mut ConfigReport) {
    let key = format!("{role}.converter");
    let fits = |class: &ConverterClass| role == "header" || class.desc().plugin_type == PluginType::Converter;
    let mut names: Vec<_> =
        catalog.converters().iter().filter(|class| fits(class)).map(|class| class.desc().class.clone()).collect();
    names.sort();
    names.dedup();
    report.value(&key).recommended_values = names;
    let Some(class) = given.get(&key).map(|class| class.trim()) else { return };
    if report.has_errors(&key) {
        return;
    }
    let Ok(factory) = catalog.converter(class) else {
        report.error(&key, not_found(&key, class));
        return;
    };
    if !fits(&factory) {
        let name = &factory.desc().class;
        report.error(&key, format!("Class class {name} does not implement the Converter interface"));
        return;
    }
    if check_version(&factory, &key, given, report) {
        check_keys(&factory, role, &key, given, stage, report);
    }
}

fn check_version(factory: &ConverterClass, key: &str, given: &ConfigMap, report: &mut ConfigReport) -> bool {
    let version_key = format!("{key}.plugin.version");
    let Some(required) = given.get(&version_key) else { return true };
    let desc = factory.desc();
    report.value(&version_key).recommended_values = vec![desc.version.clone()];
    match VersionRange::parse(required) {
        Err(message) => report.error(&version_key, message),
        Ok(range) if range.contains(&desc.version) => return true,
        Ok(range) => {
            let message = range.no_match(&desc.class, &[&desc.version]);
            report.error(key, message.clone());
            report.error(&version_key, message);
        }
    }
    false
}

/// The converter's keys, shown with the prefix; their messages name them without it, as in Kafka Connect.
fn check_keys(
    factory: &ConverterClass,
    role: &str,
    key: &str,
    given: &ConfigMap,
    stage: &StageCell,
    report: &mut ConfigReport,
) {
    let _stage = stage.begin(format!("performing config validation for the connector's {role} converter"));
    let prefix = format!("{key}.");
    let mut own: ConfigMap = given
        .iter()
        .filter_map(|(name, value)| Some((name.strip_prefix(&prefix)?.to_owned(), value.clone())))
        .filter(|(name, _)| name != "plugin.version")
        .collect();
    own.insert("converter.type".to_owned(), role.to_owned());
    let def = &factory.desc().config;
    let mut sound = true;
    for (definition, mut value) in def.keys.iter().zip(def.validate(&own)) {
        sound &= value.errors.is_empty();
        let mut definition = definition.clone();
        definition.name.insert_str(0, &prefix);
        value.name.insert_str(0, &prefix);
        report.append(Some(definition), value);
    }
    // What a definition cannot say shows when the converter is made.
    if sound && let Err(message) = factory.create(&own) {
        report.error(key, message);
    }
}
