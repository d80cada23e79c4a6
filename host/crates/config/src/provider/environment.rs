//! `EnvVarConfigProvider`: the key is an environment variable; there is no path.

use super::{ALLOWLIST_PATTERN, Lookup, ProviderError, WrongParam};
use crate::validate::one_line;
use regex::Regex;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// The environment that the worker was started with, as far as it is allowed.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct EnvVarConfigProvider {
    variables: BTreeMap<String, String>,
}

impl EnvVarConfigProvider {
    /// Those of `all` whose whole name matches the pattern; without one, all.
    pub(super) fn new(pattern: Option<&str>, all: impl Iterator<Item = (String, String)>) -> Result<Self, WrongParam> {
        let pattern = pattern.map(|pattern| Regex::new(&format!(r"\A(?:{pattern})\z"))).transpose();
        let pattern = pattern.map_err(|error| WrongParam {
            name: ALLOWLIST_PATTERN,
            message: format!("Invalid regex: {}", one_line(&error)),
            allowed: "a regular expression that the whole name of a variable matches",
        })?;
        let allowed = |name: &str| pattern.as_ref().is_none_or(|pattern| pattern.is_match(name));
        Ok(Self { variables: all.filter(|(name, _)| allowed(name)).collect() })
    }

    pub(super) fn get(&self, path: &str, keys: &BTreeSet<String>) -> Result<Lookup, ProviderError> {
        if !path.is_empty() {
            return Err(ProviderError::PathOfVariable(path.to_owned()));
        }
        let known = |key: &String| Some((key.clone(), self.variables.get(key)?.clone()));
        Ok(Lookup { values: keys.iter().filter_map(known).collect(), warning: None })
    }
}

/// Tells the names only.
impl fmt::Debug for EnvVarConfigProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.variables.keys()).finish()
    }
}
