//! A connector's configuration as the connector reads it.

use crate::{ConfigDef, Error, Result};
use std::collections::BTreeMap;
use std::fmt::{self, Display};
use std::str::FromStr;
use std::time::Duration;

/// The configuration of a connector or a task: texts by name, with the defaults of the class's
/// [`ConfigDef`](crate::ConfigDef) where nothing is set.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Config {
    values: BTreeMap<String, String>,
    defaults: BTreeMap<String, String>,
}

impl Config {
    /// What was set, with the defaults of a definition. In a component the SDK makes it.
    pub fn new<K: Into<String>, V: Into<String>>(
        set: impl IntoIterator<Item = (K, V)>,
        definition: &ConfigDef,
    ) -> Self {
        let values = set.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        Self { values, defaults: definition.defaults() }
    }

    /// The value of `name`, or its default.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).or_else(|| self.defaults.get(name)).map(String::as_str)
    }

    /// The value of `name`, or its default; empty counts as missing.
    ///
    /// # Errors
    ///
    /// Neither is there.
    pub fn text(&self, name: &str) -> Result<&str> {
        match self.get(name) {
            Some(value) if !value.is_empty() => Ok(value),
            Some(_) => Err(Error::failed(format_args!("`{name}` is empty in the configuration: give it a value"))),
            None => Err(Error::failed(format_args!("`{name}` is not set: add it to the connector's configuration"))),
        }
    }

    /// The value of `name`, or its default, as a number or anything else that parses.
    ///
    /// # Errors
    ///
    /// Neither is there, or it does not parse.
    pub fn parse<T: FromStr<Err: Display>>(&self, name: &str) -> Result<T> {
        let text = self.text(name)?.trim();
        text.parse().map_err(|error| Error::failed(format_args!("`{name}` is `{text}`: {error}")))
    }

    /// The value of `name`, or its default: `true` or `false` in any case.
    ///
    /// # Errors
    ///
    /// Neither is there, or it is something else.
    pub fn boolean(&self, name: &str) -> Result<bool> {
        match self.text(name)?.trim() {
            text if text.eq_ignore_ascii_case("true") => Ok(true),
            text if text.eq_ignore_ascii_case("false") => Ok(false),
            text => Err(Error::failed(format_args!("`{name}` is `{text}`, expected true or false"))),
        }
    }

    /// The value of `name`, or its default, which is a number of milliseconds.
    ///
    /// # Errors
    ///
    /// Neither is there, or it is not a number.
    pub fn millis(&self, name: &str) -> Result<Duration> {
        self.parse(name).map(Duration::from_millis)
    }

    /// The value of `name`, or its default, split at commas; none when there is neither.
    pub fn list(&self, name: &str) -> impl Iterator<Item = &str> {
        self.get(name).unwrap_or_default().split(',').map(str::trim).filter(|item| !item.is_empty())
    }

    /// Sets a value, for a task's configuration.
    pub fn set(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.values.insert(name.into(), value.into());
    }

    /// What was set, without defaults.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.values.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    pub(crate) fn into_pairs(self) -> Vec<(String, String)> {
        self.values.into_iter().collect()
    }
}

/// Names only: values may be secrets.
impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Config ")?;
        f.debug_set().entries(self.values.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_and_what_is_empty_are_told_apart() {
        let config = Config::new([("empty", "")], &ConfigDef::new());
        let told = |name| config.text(name).unwrap_err().to_string();
        assert_eq!(told("empty"), "`empty` is empty in the configuration: give it a value");
        assert_eq!(told("missing"), "`missing` is not set: add it to the connector's configuration");
    }
}
