//! What a plugin says about itself.

use cofferdam_config::ConfigDef;

/// What kind of plugin a class is. Names as in Kafka Connect's `PluginType`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PluginType {
    /// A sink connector.
    Sink,
    /// A source connector.
    Source,
    /// A converter.
    Converter,
    /// A header converter.
    HeaderConverter,
    /// A transformation.
    Transformation,
    /// A predicate.
    Predicate,
}

impl PluginType {
    /// As REST and logs say it (`sink`, `source`, `converter`, `header_converter`, …).
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sink => "sink",
            Self::Source => "source",
            Self::Converter => "converter",
            Self::HeaderConverter => "header_converter",
            Self::Transformation => "transformation",
            Self::Predicate => "predicate",
        }
    }
}

/// What a plugin may want to reach (WIT `plugin.access`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Read one file.
    ReadFile,
    /// Create and write one file.
    WriteFile,
    /// Read what is below a directory.
    ReadDirectory,
    /// Read and write what is below a directory.
    WriteDirectory,
    /// Connect to an authority.
    Connect,
    /// Make HTTP requests to an authority.
    Http,
    /// Read an environment variable.
    Environment,
}

impl Access {
    /// As WIT says it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ReadFile => "read-file",
            Self::WriteFile => "write-file",
            Self::ReadDirectory => "read-directory",
            Self::WriteDirectory => "write-directory",
            Self::Connect => "connect",
            Self::Http => "http",
            Self::Environment => "environment",
        }
    }
}

/// Where the target of a capability comes from (WIT `plugin.scope`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// The target itself.
    Literal(String),
    /// The value of this configuration key.
    FromConfig(String),
    /// Text with configuration keys in braces.
    Template(String),
}

/// What a connector with one configuration may reach: declared by its class, named by the configuration, allowed by the
/// worker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// How.
    pub access: Access,
    /// What: of files and directories, the absolute path.
    pub target: String,
}

/// What a plugin will ask the host for; anything not declared is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capability {
    /// What it wants to do.
    pub access: Access,
    /// To what.
    pub scope: Scope,
    /// Why, in the plugin's words.
    pub purpose: String,
}

/// One class of a plugin.
#[derive(Clone, Debug)]
pub struct PluginDesc {
    /// Dotted class name.
    pub class: String,
    /// For connectors: the class name written as `task.class` into task configs.
    pub task_class: String,
    /// What kind of plugin.
    pub plugin_type: PluginType,
    /// Its version, `undefined` if it has none.
    pub version: String,
    /// What it does.
    pub documentation: String,
    /// Its options.
    pub config: ConfigDef,
    /// What it will ask the host for.
    pub capabilities: Vec<Capability>,
    /// The file that it came from, or `classpath` for what is built in.
    pub location: String,
    /// Whether a source wants [`SourceTask::acknowledged`](crate::SourceTask::acknowledged).
    pub wants_acknowledgements: bool,
}

impl PluginDesc {
    /// The simple class name: `FileStreamSourceConnector`.
    pub fn simple_name(&self) -> &str {
        self.class.rsplit(['.', '$']).next().unwrap_or(&self.class)
    }

    /// The alias that Kafka Connect derives: the simple name cut at the last occurrence of its kind's word, unless it
    /// starts there (`FileStreamSource`). Kafka: `PluginUtils.prunedName`.
    pub fn alias(&self) -> &str {
        let word = match self.plugin_type {
            PluginType::Sink | PluginType::Source => "Connector",
            PluginType::Converter => "Converter",
            PluginType::HeaderConverter => "HeaderConverter",
            PluginType::Transformation => "Transformation",
            PluginType::Predicate => "Predicate",
        };
        let simple = self.simple_name();
        match simple.rfind(word) {
            Some(at) if at > 0 => simple.get(..at).unwrap_or(simple),
            _ => simple,
        }
    }
}
