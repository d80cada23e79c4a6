//! Config providers: values that stand elsewhere than in a configuration, named by placeholders such as
//! `${file:/run/secrets/db.properties:password}` (Kafka: KIP-297; config.md §8).
//!
//! What is stored, returned and compared is always the text with placeholders; only what is handed to a plugin, a
//! converter or a Kafka client has the values. [`Secrets`] takes them out of texts that come back from there. Kafka's
//! three providers are here and no others: classes are not loaded. None of the three gives its values a time to live,
//! so nothing is scheduled.

mod allowed_paths;
mod directory;
mod environment;
mod file;
mod placeholder;
mod secrets;
mod transformer;

pub use secrets::Secrets;
pub use transformer::{ConfigTransformer, ResolvedConfig, keep_placeholders};

use allowed_paths::AllowedPaths;
use directory::DirectoryConfigProvider;
use environment::EnvVarConfigProvider;
use file::FileConfigProvider;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use thiserror::Error;

/// Longest file that a provider reads, in bytes: whoever may write a connector's configuration may name any file that
/// is allowed.
const MAX_FILE_BYTES: u64 = 1 << 20;

/// Why a provider could not be asked; displays as Kafka's `ConfigException` does.
#[derive(Debug, Error)]
pub enum ProviderError {
    /// A properties file cannot be read, or is none.
    #[error("Could not read properties from file {path}")]
    Properties {
        /// The path in the placeholder.
        path: String,
        /// Why.
        source: io::Error,
    },
    /// A directory cannot be listed.
    #[error("Could not list directory {path}")]
    List {
        /// The directory.
        path: String,
        /// Why.
        source: io::Error,
    },
    /// A file in a directory cannot be read.
    #[error("Could not read file {path} for property {name}")]
    Read {
        /// The file.
        path: String,
        /// Its name, which is the key in the placeholder.
        name: String,
        /// Why.
        source: io::Error,
    },
    /// Environment variables have no path.
    #[error("Path is not supported for EnvVarConfigProvider, invalid value '{0}'")]
    PathOfVariable(String),
    /// The worker is going down.
    #[error("The worker is shutting down")]
    ShuttingDown,
}

/// What a provider found.
#[derive(Debug, Default, PartialEq, Eq)]
struct Lookup {
    /// Values of those keys that it knows.
    values: BTreeMap<String, String>,
    /// Why it did not look, as a whole sentence.
    warning: Option<String>,
}

impl Lookup {
    fn refused(warning: String) -> Self {
        Self { values: BTreeMap::new(), warning: Some(warning) }
    }
}

/// A configured provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ConfigProvider {
    File(FileConfigProvider),
    Directory(DirectoryConfigProvider),
    EnvVar(EnvVarConfigProvider),
}

/// Why a provider cannot be configured.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct WrongParam {
    /// Without `config.providers.NAME.param.`.
    pub(crate) name: &'static str,
    pub(crate) message: String,
    pub(crate) allowed: &'static str,
}

/// Of the file and the directory provider.
const ALLOWED_PATHS: &str = "allowed.paths";
/// Of the provider of environment variables.
const ALLOWLIST_PATTERN: &str = "allowlist.pattern";

impl ConfigProvider {
    /// The classes that there are, in words.
    pub(crate) const CLASSES: &str = "org.apache.kafka.common.config.provider.FileConfigProvider, \
                                      org.apache.kafka.common.config.provider.DirectoryConfigProvider or \
                                      org.apache.kafka.common.config.provider.EnvVarConfigProvider";

    /// A provider of this class, name or alias, with its params; `None`: there is no such class.
    pub(crate) fn new(class: &str, params: &BTreeMap<String, String>) -> Option<Result<Self, WrongParam>> {
        let paths = || AllowedPaths::parse(params.get(ALLOWED_PATHS).map(String::as_str));
        let provider = match class {
            "org.apache.kafka.common.config.provider.FileConfigProvider" | "FileConfigProvider" | "File" => {
                paths().map(|allowed| Self::File(FileConfigProvider { allowed }))
            }
            "org.apache.kafka.common.config.provider.DirectoryConfigProvider"
            | "DirectoryConfigProvider"
            | "Directory" => paths().map(|allowed| Self::Directory(DirectoryConfigProvider { allowed })),
            "org.apache.kafka.common.config.provider.EnvVarConfigProvider" | "EnvVarConfigProvider" | "EnvVar" => {
                // What is not Unicode cannot be a value of a configuration.
                let all = std::env::vars_os()
                    .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
                EnvVarConfigProvider::new(params.get(ALLOWLIST_PATTERN).map(String::as_str), all).map(Self::EnvVar)
            }
            _ => return None,
        };
        Some(provider)
    }

    /// The one param that a provider of this kind reads.
    pub(crate) fn param(&self) -> &'static str {
        match self {
            Self::File(_) | Self::Directory(_) => ALLOWED_PATHS,
            Self::EnvVar(_) => ALLOWLIST_PATTERN,
        }
    }

    /// The values of these keys. Reads files.
    fn get(&self, path: &str, keys: &BTreeSet<String>) -> Result<Lookup, ProviderError> {
        match self {
            Self::File(provider) => provider.get(path, keys),
            Self::Directory(provider) => provider.get(path, keys),
            Self::EnvVar(provider) => provider.get(path, keys),
        }
    }
}

/// The text of a file: UTF-8, a regular file (a pipe may never end), not longer than [`MAX_FILE_BYTES`].
fn read(path: &Path) -> io::Result<String> {
    if !path.metadata()?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
    }
    let mut bytes = Vec::new();
    let length = File::open(path)?.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes)?;
    if length as u64 > MAX_FILE_BYTES {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, format!("longer than {MAX_FILE_BYTES} bytes")));
    }
    String::from_utf8(bytes).map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "not UTF-8"))
}

#[cfg(test)]
mod tests;
