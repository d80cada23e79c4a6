//! Transformations and predicates: the keys that each alias brings with it, and what is wrong with them (config.md §3.3,
//! §5.2, §5.3). Kafka: `ConnectorConfig.enrich`.
//!
//! A class is found by its name or alias with white space around it, as every CLASS value is; but its options are only
//! there, and its version only compared, if it is written without. So it is in Kafka Connect.

mod class;

use super::{ConfigReport, not_found};
use crate::HerderError;
use crate::model::RequestedConfig;
use class::{Class, KINDS, Kind, version_error};
use cofferdam_config::{
    ConfigDef, ConfigKey, ConfigType, ConfigValue, DefaultValue, Importance, Width, java, split_list,
};
use cofferdam_plugin::{Catalog, ConfigMap, PluginDesc, PluginType, VersionRange, VersionSyntaxError};

/// Refuses a connector whose records are to pass through transformations: they can be configured, but none is run yet,
/// and records must not pass unchanged instead. For creation alone: validation reports as Kafka Connect does.
pub(crate) fn refuse(config: &ConfigMap) -> Result<(), HerderError> {
    for Kind { list, .. } in KINDS {
        if let Some(value) = config.get(list).filter(|value| !java::is_blank(value)) {
            return Err(HerderError::ChainNotRun { key: list, value: value.clone() });
        }
    }
    Ok(())
}

/// Adds the keys of all aliases, transformations first.
pub(super) fn check(catalog: &Catalog, requested: &RequestedConfig, given: &ConfigMap, report: &mut ConfigReport) {
    for kind in &KINDS {
        let mut aliases: Vec<String> = Vec::new();
        for alias in given.get(kind.list).map(|list| split_list(list)).unwrap_or_default() {
            if !aliases.contains(&alias) {
                aliases.push(alias);
            }
        }
        for alias in &aliases {
            let prefix = format!("{}.{alias}.", kind.list);
            Entry { kind, alias, prefix, catalog, requested, given }.check(report);
        }
    }
}

/// One alias.
struct Entry<'a> {
    kind: &'a Kind,
    alias: &'a str,
    prefix: String,
    catalog: &'a Catalog,
    requested: &'a RequestedConfig,
    given: &'a ConfigMap,
}

impl Entry<'_> {
    fn check(&self, report: &mut ConfigReport) {
        let type_key = self.type_key();
        let written = self.given.get(&type_key.name);
        let class = written.and_then(|text| self.kind.class(self.catalog, java::trim(text)));
        let exact = match written.and_then(|text| self.kind.class(self.catalog, text)) {
            Some(Class::Usable(desc)) => Some(desc),
            Some(Class::Abstract { .. } | Class::Other { .. }) | None => None,
        };
        let version_key = self.version_key(exact.as_ref());
        let range = self.given.get(&version_key.name).map(|text| VersionRange::parse(text));

        let type_value = self.type_value(&type_key, class.as_ref(), range.as_ref());
        let version_def = ConfigDef { keys: vec![version_key] };
        let mut version_values = version_def.validate_nullable(self.requested);
        for value in &mut version_values {
            value.recommended_values = match &class {
                Some(Class::Usable(desc)) => vec![desc.version.clone()],
                Some(Class::Abstract { .. } | Class::Other { .. }) | None => Vec::new(),
            };
            value.errors.extend(written.and_then(|_| version_error(range.as_ref(), exact.as_ref())));
        }
        report.extend(&ConfigDef { keys: vec![type_key] }, vec![type_value]);
        report.extend(&version_def, version_values);
        if let Some(desc) = exact.filter(|desc| version_error(range.as_ref(), Some(desc)).is_none()) {
            let own = ConfigDef { keys: self.kind.options(&desc).embedded(&self.prefix, &self.group(), 2) };
            let values = own.validate_nullable(self.requested);
            report.extend(&own, values);
        }
    }

    fn group(&self) -> String {
        format!("{}: {}", self.kind.group, self.alias)
    }

    fn type_key(&self) -> ConfigKey {
        let (what, alias) = (self.kind.interface, self.alias);
        let documentation = format!("Class of the {} of this alias.", what.to_lowercase());
        let name = format!("{}type", self.prefix);
        ConfigKey::new(name, ConfigType::Class, DefaultValue::Required, Importance::High, documentation).group(
            &self.group(),
            0,
            Width::Long,
            &format!("{what} type for {alias}"),
        )
    }

    fn version_key(&self, class: Option<&PluginDesc>) -> ConfigKey {
        let (what, alias) = (self.kind.interface, self.alias);
        let default = class.map_or(DefaultValue::Null, |desc| DefaultValue::text(&desc.version));
        let documentation = format!("Which version of the {}'s class.", what.to_lowercase());
        let name = format!("{}plugin.version", self.prefix);
        ConfigKey::new(name, ConfigType::String, default, Importance::High, documentation).group(
            &self.group(),
            1,
            Width::Long,
            &format!("{what} version for {alias}"),
        )
    }

    /// What is to be said about the class: whether there is one, and then the first thing that is wrong with it.
    fn type_value(
        &self,
        key: &ConfigKey,
        class: Option<&Class>,
        range: Option<&Result<VersionRange, VersionSyntaxError>>,
    ) -> ConfigValue {
        let mut errors = Vec::new();
        match self.given.get(&key.name) {
            Some(written) if class.is_none() => errors.push(not_found(&key.name, written)),
            // A null is refused by name.
            None if !self.requested.contains_key(&key.name) => {
                errors.push(format!("Missing required configuration \"{}\" which has no default value.", key.name))
            }
            Some(_) | None => {}
        }
        errors.extend(self.negate_error().or_else(|| self.kind.class_error(class?, range)));
        let of_kind = self.catalog.chain().into_iter().filter(|desc| desc.plugin_type == self.kind.plugin_type);
        ConfigValue {
            name: key.name.clone(),
            value: class.map(|class| class.name().to_owned()),
            recommended_values: of_kind.map(|desc| desc.class.clone()).collect(),
            errors,
            visible: true,
        }
    }

    /// A condition is negated that is not there.
    fn negate_error(&self) -> Option<String> {
        let key = |name: &str| format!("{}{name}", self.prefix);
        let (negate, predicate) = (key("negate"), key("predicate"));
        let wrong = self.kind.plugin_type == PluginType::Transformation
            && self.requested.contains_key(&negate)
            && !self.requested.contains_key(&predicate);
        wrong.then(|| {
            format!(
                "Config '{negate}' was provided but there is no config '{predicate}' defining a predicate to be negated."
            )
        })
    }
}
