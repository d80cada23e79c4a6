//! `config.providers`: the worker's config providers, and the placeholders in its own properties (config.md §8).

use super::client::with_prefix;
use crate::provider::{ConfigProvider, ConfigTransformer, ResolvedConfig, WrongParam};
use crate::validate::{ConfigError, invalid};
use crate::value::split_list;
use std::collections::{BTreeMap, BTreeSet};

pub(super) const KEY: &str = "config.providers";
pub(super) const PREFIX: &str = "config.providers.";

fn class_key(name: &str) -> String {
    format!("{PREFIX}{name}.class")
}

fn names(properties: &BTreeMap<String, String>) -> BTreeSet<String> {
    properties.get(KEY).map(|list| split_list(list)).unwrap_or_default().into_iter().collect()
}

/// Makes the providers from the properties as they are written: what concerns providers is not resolved itself. A name
/// without a class is skipped.
pub(super) fn configure(properties: &BTreeMap<String, String>) -> Result<ConfigTransformer, ConfigError> {
    let mut providers = BTreeMap::new();
    for name in names(properties) {
        if name.is_empty() {
            return Err(ConfigError {
                key: KEY.to_owned(),
                value: properties.get(KEY).cloned(),
                message: format!("Configuration '{KEY}' values must not be empty."),
                allowed: "names of config providers, separated by commas".to_owned(),
            });
        }
        let key = class_key(&name);
        if let Some(class) = properties.get(&key) {
            let provider = instantiate(&name, &key, class, properties)?;
            providers.insert(name, provider);
        }
    }
    Ok(ConfigTransformer::new(providers))
}

fn instantiate(
    name: &str,
    key: &str,
    class: &str,
    properties: &BTreeMap<String, String>,
) -> Result<ConfigProvider, ConfigError> {
    let prefix = format!("{PREFIX}{name}.param.");
    let unknown = || ConfigError {
        key: key.to_owned(),
        value: Some(class.to_owned()),
        message: invalid(key, class, "Could not load config provider class or one of its dependencies"),
        allowed: ConfigProvider::CLASSES.to_owned(),
    };
    let provider = ConfigProvider::new(class.trim(), &with_prefix(properties, &prefix)).ok_or_else(unknown)?;
    provider.map_err(|WrongParam { name, message, allowed }| {
        let key = format!("{prefix}{name}");
        let allowed = format!("for {key}: {allowed}");
        ConfigError { value: properties.get(&key).cloned(), key, message, allowed }
    })
}

/// Puts values in the place of placeholders. Those in `plugin.path` stand, as in Kafka, where plugins are looked for
/// before there are providers.
pub(super) fn resolve(
    providers: &ConfigTransformer,
    properties: &BTreeMap<String, String>,
) -> Result<ResolvedConfig, ConfigError> {
    const RAW: &str = "plugin.path";
    let mut given = properties.clone();
    let raw = given.remove_entry(RAW);
    let mut resolved = providers.transform(&given).map_err(|error| {
        // Which key it was is found by trying them one by one.
        let fails = |(key, value): &(&String, &String)| {
            providers.transform(&BTreeMap::from([((*key).clone(), (*value).clone())])).is_err()
        };
        let (key, value) = given.iter().find(fails).unzip();
        let key = key.cloned().unwrap_or_default();
        let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}")).unwrap_or_default();
        ConfigError {
            message: format!("{error}{cause}"),
            value: value.cloned(),
            allowed: format!("for {key}: what its config provider can read"),
            key,
        }
    })?;
    resolved.config.extend(raw);
    Ok(resolved)
}

/// The error without the values of placeholders.
pub(super) fn redacted(
    error: ConfigError,
    properties: &BTreeMap<String, String>,
    resolved: &ResolvedConfig,
) -> ConfigError {
    let ConfigError { key, value, message, allowed } = error;
    if !resolved.changed.contains(&key) {
        let message = resolved.secrets.redact(&message).into_owned();
        return ConfigError { key, value, message, allowed };
    }
    let value = properties.get(&key).cloned();
    let shown = value.as_deref().unwrap_or_default();
    let message = invalid(&key, shown, "the value resolved from the config provider reference failed validation");
    ConfigError { key, value, message, allowed }
}

/// What to say about keys of providers that are not read, and about names without a class: each a whole line.
pub(super) fn warnings(
    properties: &BTreeMap<String, String>,
    source_name: &str,
    providers: &ConfigTransformer,
) -> Vec<String> {
    let names = names(properties);
    let unread = properties.keys().filter_map(|key| {
        let below = key.strip_prefix(PREFIX)?;
        let name =
            names.iter().filter(|name| below.strip_prefix(name.as_str()).is_some_and(|rest| rest.starts_with('.')));
        let Some(name) = name.max_by_key(|name| name.len()) else {
            return Some(format!("{source_name}: {key} has no effect: {KEY} does not name such a provider"));
        };
        let param = below.strip_prefix(&format!("{name}.param."));
        let known = below == format!("{name}.class") || (param.is_some() && param == providers.param(name));
        (!known).then(|| format!("{source_name}: {key} has no effect: the provider has no such setting"))
    });
    let classless = names.iter().filter(|name| !properties.contains_key(&class_key(name)));
    let skipped = classless
        .map(|name| format!("{source_name}: the config provider {name} is left out: {} is not set", class_key(name)));
    unread.chain(skipped).collect()
}
