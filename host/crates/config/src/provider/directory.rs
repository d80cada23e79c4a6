//! `DirectoryConfigProvider`: the path is a directory, the key a file in it, the value all of that file, in UTF-8.

use super::{AllowedPaths, Lookup, ProviderError, read};
use std::collections::BTreeSet;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DirectoryConfigProvider {
    pub(super) allowed: AllowedPaths,
}

impl DirectoryConfigProvider {
    pub(super) fn get(&self, path: &str, keys: &BTreeSet<String>) -> Result<Lookup, ProviderError> {
        if path.is_empty() {
            return Ok(Lookup::default());
        }
        let Some(directory) = self.allowed.admit(path) else {
            return Ok(Lookup::refused(format!("The path {path} is not allowed to be accessed")));
        };
        if !directory.is_dir() {
            return Ok(Lookup::refused(format!("The path {path} is not a directory")));
        }
        let list_error = |source| ProviderError::List { path: directory.display().to_string(), source };
        let mut lookup = Lookup::default();
        // By its listing, as Kafka does it: a key is a name in it and never a way out of it.
        for entry in directory.read_dir().map_err(list_error)? {
            let entry = entry.map_err(list_error)?;
            let Ok(name) = entry.file_name().into_string() else { continue };
            let file = entry.path();
            if !keys.contains(&name) || !file.is_file() {
                continue;
            }
            let value = read(&file).map_err(|source| ProviderError::Read {
                path: file.display().to_string(),
                name: name.clone(),
                source,
            })?;
            lookup.values.insert(name, value);
        }
        Ok(lookup)
    }
}
