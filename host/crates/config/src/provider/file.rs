//! `FileConfigProvider`: the path is a Java properties file in UTF-8, the key one of its keys.

use super::{AllowedPaths, Lookup, ProviderError, read};
use crate::properties::parse_properties;
use std::collections::BTreeSet;
use std::io;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FileConfigProvider {
    pub(super) allowed: AllowedPaths,
}

impl FileConfigProvider {
    pub(super) fn get(&self, path: &str, keys: &BTreeSet<String>) -> Result<Lookup, ProviderError> {
        if path.is_empty() {
            return Ok(Lookup::default());
        }
        let Some(file) = self.allowed.admit(path) else {
            return Ok(Lookup::refused(format!("The path {path} is not allowed to be accessed")));
        };
        let error = |source| ProviderError::Properties { path: path.to_owned(), source };
        let mut properties = parse_properties(&read(&file).map_err(error)?, path).map_err(|_| {
            // What is wrong with which line might quote the line.
            error(io::Error::new(io::ErrorKind::InvalidData, "not a Java properties file: an escape is malformed"))
        })?;
        properties.retain(|key, _| keys.contains(key));
        Ok(Lookup { values: properties, warning: None })
    }
}
