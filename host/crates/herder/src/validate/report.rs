//! The report of a validation. Kafka: `ConfigInfos`.

use cofferdam_config::{ConfigDef, ConfigKey, ConfigValue};
use cofferdam_plugin::Verdict;

/// What is said about one key.
#[derive(Clone, Debug, PartialEq)]
pub struct ConfigEntry {
    /// Its definition, if it has one.
    pub definition: Option<ConfigKey>,
    /// Its value and what is wrong with it.
    pub value: ConfigValue,
    /// Whether its errors count as one (client overrides, converters' keys).
    pub(super) counts_once: bool,
}

/// What is said about a connector's configuration, in Kafka's order (rest.md §8.3): keys without a definition, keys of
/// the framework and of the connector, client overrides, converters' keys.
#[derive(Clone, Debug, PartialEq)]
pub struct ConfigReport {
    /// The class as it was asked for.
    pub name: String,
    undefined: Vec<ConfigEntry>,
    defined: Vec<ConfigEntry>,
    appended: Vec<ConfigEntry>,
}

impl ConfigReport {
    pub(crate) fn new(name: &str) -> Self {
        Self { name: name.to_owned(), undefined: Vec::new(), defined: Vec::new(), appended: Vec::new() }
    }

    /// All entries, in order.
    pub fn entries(&self) -> impl Iterator<Item = &ConfigEntry> {
        self.undefined.iter().chain(&self.defined).chain(&self.appended)
    }

    /// All entries, in order.
    pub(super) fn entries_mut(&mut self) -> impl Iterator<Item = &mut ConfigEntry> {
        self.undefined.iter_mut().chain(&mut self.defined).chain(&mut self.appended)
    }

    /// The groups of all keys, each once, in order of appearance; those of aliases after the others of the framework is
    /// how they are added.
    pub fn groups(&self) -> Vec<&str> {
        let mut groups: Vec<&str> = Vec::new();
        for group in self.entries().filter_map(|entry| entry.definition.as_ref()?.group.as_deref()) {
            if !groups.contains(&group) {
                groups.push(group);
            }
        }
        groups
    }

    /// How many errors there are, as Kafka counts them.
    pub fn error_count(&self) -> usize {
        let errors = |entry: &ConfigEntry| entry.value.errors.len();
        self.entries().map(|entry| if entry.counts_once { errors(entry).min(1) } else { errors(entry) }).sum()
    }

    /// All errors as the text with which a creation is refused (rest.md §4.3); `None` if there are none.
    pub(crate) fn refusal(&self) -> Option<String> {
        let count = self.error_count();
        if count == 0 {
            return None;
        }
        let errors: Vec<&str> = self.entries().flat_map(|entry| &entry.value.errors).map(String::as_str).collect();
        Some(format!(
            "Connector configuration is invalid and contains the following {count} error(s):\n{}\nYou can also find the \
             above list of errors at the endpoint `/connector-plugins/{{connectorType}}/config/validate`",
            errors.join("\n")
        ))
    }

    /// Adds the keys of a definition; a key that is already there is replaced where it stands.
    pub(crate) fn extend(&mut self, def: &ConfigDef, values: Vec<ConfigValue>) {
        for (key, value) in def.keys.iter().zip(values) {
            let entry = ConfigEntry { definition: Some(key.clone()), value, counts_once: false };
            match self.defined.iter_mut().find(|known| known.value.name == entry.value.name) {
                Some(known) => *known = entry,
                None => self.defined.push(entry),
            }
        }
    }

    /// Adds a key of a client or a converter, at the end.
    pub(crate) fn append(&mut self, definition: Option<ConfigKey>, value: ConfigValue) {
        self.appended.push(ConfigEntry { definition, value, counts_once: true });
    }

    /// Adds an error to a key.
    pub(crate) fn error(&mut self, key: &str, message: String) {
        self.value(key).errors.push(message);
    }

    /// Adds what a plugin said about a key.
    pub(crate) fn verdict(&mut self, verdict: Verdict) {
        let value = self.value(&verdict.name);
        value.errors.extend(verdict.errors);
        value.visible = verdict.visible;
        if !verdict.recommended.is_empty() {
            value.recommended_values = verdict.recommended;
        }
    }

    /// The keys of the framework and the connector, in order.
    pub(crate) fn defined_keys(&self) -> impl Iterator<Item = &str> {
        self.defined.iter().map(|entry| entry.value.name.as_str())
    }

    /// Whether something is wrong with a key of the framework or the connector.
    pub(crate) fn has_errors(&self, key: &str) -> bool {
        self.defined.iter().any(|entry| entry.value.name == key && !entry.value.errors.is_empty())
    }

    /// What is said about a key so far.
    pub(crate) fn value(&mut self, key: &str) -> &mut ConfigValue {
        let (list, index) = match self.defined.iter().position(|entry| entry.value.name == key) {
            Some(index) => (&mut self.defined, index),
            None => {
                let index = self.undefined.iter().position(|entry| entry.value.name == key);
                let index = index.unwrap_or(self.undefined.len());
                (&mut self.undefined, index)
            }
        };
        if index == list.len() {
            let value = ConfigValue {
                name: key.to_owned(),
                value: None,
                recommended_values: Vec::new(),
                errors: Vec::new(),
                visible: true,
            };
            list.push(ConfigEntry { definition: None, value, counts_once: false });
        }
        #[expect(clippy::indexing_slicing, reason = "found above, or just pushed")]
        &mut list[index].value
    }
}
