//! The converters that a connector asks for: whether they exist, and what they say about their own keys.

use super::{ConfigReport, not_found, set};
use crate::model::RequestedConfig;
use crate::stage::StageCell;
use cofferdam_config::{ConverterConfig, WorkerConfig, java};
use cofferdam_plugin::{Catalog, ConfigMap, ConverterClass, PluginType, VersionRange};

/// What is converted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// Headers.
    Header,
    /// Keys.
    Key,
    /// Values.
    Value,
}

impl Role {
    /// In the order in which Kafka Connect reports them.
    pub(super) const ALL: [Self; 3] = [Self::Header, Self::Key, Self::Value];

    /// As `converter.type` says it.
    fn name(self) -> &'static str {
        match self {
            Self::Header => "header",
            Self::Key => "key",
            Self::Value => "value",
        }
    }

    /// The option that names the class.
    pub(super) fn key(self) -> &'static str {
        match self {
            Self::Header => "header.converter",
            Self::Key => "key.converter",
            Self::Value => "value.converter",
        }
    }

    /// The option that names its version.
    pub(super) fn version_key(self) -> String {
        format!("{}.plugin.version", self.key())
    }

    /// What the worker uses where the connector asks for nothing.
    pub(super) fn of_worker(self, worker: &WorkerConfig) -> &ConverterConfig {
        match self {
            Self::Header => &worker.header_converter,
            Self::Key => &worker.key_converter,
            Self::Value => &worker.value_converter,
        }
    }

    fn plugin_type(self) -> PluginType {
        match self {
            Self::Header => PluginType::HeaderConverter,
            Self::Key | Self::Value => PluginType::Converter,
        }
    }

    /// Java's name of what a class has to be.
    fn interface(self) -> &'static str {
        match self {
            Self::Header => "HeaderConverter",
            Self::Key | Self::Value => "Converter",
        }
    }
}

/// The converter of this role that a class name or alias means.
pub(super) fn find(catalog: &Catalog, role: Role, class: &str) -> Option<ConverterClass> {
    catalog.converter_of_type(class, role.plugin_type())
}

/// Offers the installed classes and versions; and if the connector's own configuration sets this converter, checks the
/// keys below its prefix (rest.md §8.3). The configuration comes with its nulls and without.
pub(super) fn check(
    catalog: &Catalog,
    role: Role,
    (requested, given): (&RequestedConfig, &ConfigMap),
    stage: &StageCell,
    report: &mut ConfigReport,
) {
    resolve_class(catalog, role, given, report);
    report.value(role.key()).recommended_values = installed(catalog, role);
    let in_use = report.value(role.key()).value.clone();
    let factory = in_use.and_then(|class| find(catalog, role, &class));
    if let Some(factory) = &factory {
        let mut versions = catalog.available_versions(&factory.desc().class);
        versions.dedup();
        report.value(&role.version_key()).recommended_values = versions;
    }
    let Some(factory) = factory.filter(|_| given.contains_key(role.key())) else { return };
    if report.has_errors(role.key()) || report.has_errors(&role.version_key()) {
        return;
    }
    if check_version(catalog, &factory, role, given, report) {
        check_keys(&factory, role, requested, stage, report);
    }
}

fn installed(catalog: &Catalog, role: Role) -> Vec<String> {
    let classes = catalog.converters().into_iter().filter(|class| class.desc().plugin_type == role.plugin_type());
    let mut names: Vec<_> = classes.map(|class| class.desc().class.clone()).collect();
    names.dedup();
    names
}

/// Checks all three classes and whether their versions can be read, and nothing more.
pub(super) fn resolve_classes(catalog: &Catalog, given: &ConfigMap, report: &mut ConfigReport) {
    for role in Role::ALL {
        resolve_class(catalog, role, given, report);
    }
}

/// Values of type CLASS are class names: an alias becomes what it stands for, what is unknown becomes null, and then there
/// is no version to choose.
fn resolve_class(catalog: &Catalog, role: Role, given: &ConfigMap, report: &mut ConfigReport) {
    if let Some(class) = given.get(role.key()).map(|class| java::trim(class)) {
        let fits = find(catalog, role, class).map(|factory| factory.desc().class.clone());
        match fits.clone().or_else(|| catalog.class_name(class)) {
            Some(found) if fits.is_none() => {
                let interface = role.interface();
                report.error(role.key(), format!("Class class {found} does not implement the {interface} interface"));
                report.value(role.key()).value = Some(found);
            }
            Some(found) => report.value(role.key()).value = Some(found),
            None => {
                report.error(role.key(), not_found(role.key(), class));
                report.value(role.key()).value = None;
            }
        }
    }
    report.value(&role.version_key()).visible = report.value(role.key()).value.is_some();
    if let Some(Err(error)) = given.get(&role.version_key()).map(|required| VersionRange::parse(required)) {
        report.error(&role.version_key(), error.to_string());
    }
}

/// Whether the installed version is as required; if not, both keys say so.
fn check_version(
    catalog: &Catalog,
    factory: &ConverterClass,
    role: Role,
    given: &ConfigMap,
    report: &mut ConfigReport,
) -> bool {
    let desc = factory.desc();
    let Some(Ok(range)) = given.get(&role.version_key()).map(|required| VersionRange::parse(required)) else {
        return true;
    };
    if range.contains(&desc.version) {
        return true;
    }
    let message = range.no_match(&desc.class, &catalog.available_versions(&desc.class));
    report.error(role.key(), message.clone());
    report.error(&role.version_key(), message);
    false
}

/// The converter's keys, shown with the prefix; their messages name them without it, as in Kafka Connect.
fn check_keys(
    factory: &ConverterClass,
    role: Role,
    requested: &RequestedConfig,
    stage: &StageCell,
    report: &mut ConfigReport,
) {
    let name = role.name();
    let _stage = stage.begin(format!("performing config validation for the connector's {name} converter"));
    let prefix = format!("{}.", role.key());
    let mut own: RequestedConfig = requested
        .iter()
        .filter_map(|(key, value)| Some((key.strip_prefix(&prefix)?.to_owned(), value.clone())))
        .filter(|(key, _)| key != "plugin.version")
        .collect();
    own.entry("converter.type".to_owned()).or_insert_with(|| Some(name.to_owned()));
    let def = &factory.desc().config;
    let values = def.validate_nullable(&own);
    let sound = values.iter().all(|value| value.errors.is_empty());
    // No definition of Kafka Connect's gives the order of these.
    for key in java::hash_order(def.keys.iter().map(|key| key.name.as_str())) {
        let Some(value) = values.iter().find(|value| value.name == key) else { continue };
        let mut value = value.clone();
        value.name.insert_str(0, &prefix);
        let definition = def.key(key).cloned().map(|mut definition| {
            definition.name.insert_str(0, &prefix);
            definition
        });
        report.append(definition, value);
    }
    // What a definition cannot say shows when the converter is made.
    if sound && let Err(message) = factory.create(&set(&own)) {
        report.error(role.key(), message);
    }
}
