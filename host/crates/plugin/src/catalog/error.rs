//! Why a name means no class, in Kafka's words.

use crate::PluginDesc;
use crate::version::VersionSyntaxError;
use cofferdam_config::Secrets;
use thiserror::Error;

/// Why a name means no class.
#[derive(Clone, Debug, Error)]
pub enum ResolveError {
    /// No connector has that name.
    #[error(
        "Failed to find any class that implements Connector and which name matches {name}, available connectors are: {}",
        available.join(", ")
    )]
    NoConnector {
        /// The name asked for.
        name: String,
        /// All connectors, as Kafka's `PluginDesc.toString` has them.
        available: Vec<String>,
    },
    /// Several connectors have that simple name.
    #[error(
        "More than one connector matches alias {alias}. Please use full package and class name instead. Classes found: {}",
        available.join(", ")
    )]
    AmbiguousConnector {
        /// The name asked for.
        alias: String,
        /// All connectors (Kafka lists more than the matching ones).
        available: Vec<String>,
    },
    /// No converter has that name.
    #[error("Class {name} could not be found.")]
    NoClass {
        /// The name asked for.
        name: String,
    },
    /// `connector.plugin.version` cannot be read.
    #[error(transparent)]
    VersionSyntax(#[from] VersionSyntaxError),
    /// The connector's class is there, but in no version that will do.
    #[error("{message}")]
    NoVersion {
        /// What its newest version says about itself.
        newest: Box<PluginDesc>,
        /// The whole message.
        message: String,
    },
    /// The class is of a kind that is not listed: a config provider, say.
    #[error(
        "Invalid plugin class {name}. Valid types are sink, source, converter, header_converter, transformation, predicate."
    )]
    OtherKind {
        /// The name asked for.
        name: String,
    },
    /// No plugin of any kind has that name.
    #[error("Unknown plugin {name}.")]
    NoPlugin {
        /// The name asked for.
        name: String,
    },
}

impl ResolveError {
    /// The same error where the name may be the value of a placeholder.
    #[must_use]
    pub fn redacted(mut self, secrets: &Secrets) -> Self {
        let text = match &mut self {
            Self::NoConnector { name, .. }
            | Self::AmbiguousConnector { alias: name, .. }
            | Self::NoClass { name }
            | Self::OtherKind { name }
            | Self::NoPlugin { name } => name,
            Self::NoVersion { message, .. } => message,
            Self::VersionSyntax(error) => error.text_mut(),
        };
        *text = secrets.redact(text).into_owned();
        self
    }
}

/// Kafka: `PluginDesc.toString`.
pub(super) fn plugin_desc(desc: &PluginDesc) -> String {
    let PluginDesc { class, version, location, .. } = desc;
    let kind = desc.plugin_type.as_str();
    // A file is shown as the URL that it has in Java.
    let scheme = if location.starts_with('/') { "file:" } else { "" };
    format!(
        "PluginDesc{{klass=class {class}, name='{class}', version='{version}', encodedVersion={version}, \
         type={kind}, typeName='{kind}', location='{scheme}{location}'}}"
    )
}
