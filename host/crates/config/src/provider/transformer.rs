//! Puts values in the place of placeholders. Kafka: `ConfigTransformer`, `AbstractHerder.reverseTransform`.

use super::placeholder::placeholders;
use super::secrets::Secret;
use super::{ConfigProvider, Lookup, ProviderError, Secrets};
use std::collections::{BTreeMap, BTreeSet};

/// A worker's providers, by the names that placeholders use.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConfigTransformer {
    providers: BTreeMap<String, ConfigProvider>,
}

/// A configuration with values in the place of placeholders. Not to be stored or shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ResolvedConfig {
    /// The configuration.
    pub config: BTreeMap<String, String>,
    /// Its keys whose value is another than was written.
    pub changed: BTreeSet<String>,
    /// What the placeholders stood for.
    pub secrets: Secrets,
    /// Why a provider did not look, each a whole sentence; the placeholder stands.
    pub warnings: Vec<String>,
}

type Lookups<'a> = BTreeMap<(&'a str, &'a str), Lookup>;

impl ConfigTransformer {
    pub(crate) fn new(providers: BTreeMap<String, ConfigProvider>) -> Self {
        Self { providers }
    }

    /// The setting that a provider has; `None` for a name that is none.
    pub(crate) fn param(&self, name: &str) -> Option<&'static str> {
        self.providers.get(name).map(ConfigProvider::param)
    }

    /// Whether a placeholder of this configuration names one of the providers: else there is nothing to read.
    pub fn applies_to(&self, config: &BTreeMap<String, String>) -> bool {
        let known = |text: &String| placeholders(text).any(|found| self.providers.contains_key(found.provider));
        !self.providers.is_empty() && config.values().any(known)
    }

    /// The configuration with values. A placeholder whose provider is not there, or does not know the key, stands as it
    /// is written; what is put in is not looked at again. Reads files: blocks.
    pub fn transform(&self, config: &BTreeMap<String, String>) -> Result<ResolvedConfig, ProviderError> {
        let mut lookups = self.look_up(config)?;
        let mut resolved = ResolvedConfig {
            warnings: lookups.values_mut().filter_map(|lookup| lookup.warning.take()).collect(),
            ..ResolvedConfig::default()
        };
        let mut secrets = BTreeSet::new();
        for (key, text) in config {
            let value = replace(text, &lookups, &mut secrets);
            if value != *text {
                resolved.changed.insert(key.clone());
            }
            resolved.config.insert(key.clone(), value);
        }
        resolved.secrets = Secrets::new(secrets);
        Ok(resolved)
    }

    /// Asks each provider once about each path, for all of its keys.
    fn look_up<'a>(&self, config: &'a BTreeMap<String, String>) -> Result<Lookups<'a>, ProviderError> {
        let mut asked: BTreeMap<(&str, &str), BTreeSet<String>> = BTreeMap::new();
        for found in config.values().flat_map(|text| placeholders(text)) {
            asked.entry((found.provider, found.path)).or_default().insert(found.key.to_owned());
        }
        let mut lookups = Lookups::new();
        for ((name, path), keys) in asked {
            if let Some(provider) = self.providers.get(name) {
                lookups.insert((name, path), provider.get(path, &keys)?);
            }
        }
        Ok(lookups)
    }
}

fn replace(text: &str, lookups: &Lookups<'_>, secrets: &mut BTreeSet<Secret>) -> String {
    let mut value = String::with_capacity(text.len());
    let mut from = 0;
    for found in placeholders(text) {
        let known = lookups.get(&(found.provider, found.path)).and_then(|lookup| lookup.values.get(found.key));
        let Some(known) = known else { continue };
        let placeholder = text.get(found.range.clone()).unwrap_or_default();
        secrets.insert(Secret { value: known.clone(), placeholder: placeholder.to_owned() });
        value.push_str(text.get(from..found.range.start).unwrap_or_default());
        value.push_str(known);
        from = found.range.end;
    }
    value.push_str(text.get(from..).unwrap_or_default());
    value
}

/// Puts placeholders back into what a connector made of its configuration: a key that has one in `raw` gets the text of
/// `raw` again wherever it is present, whatever the connector put there (config.md §8). A value that the connector put
/// under a key of its own making stays.
pub fn keep_placeholders(raw: &BTreeMap<String, String>, made: &mut BTreeMap<String, String>) {
    for (key, text) in raw.iter().filter(|(_, text)| placeholders(text).next().is_some()) {
        if let Some(value) = made.get_mut(key) {
            value.clone_from(text);
        }
    }
}
