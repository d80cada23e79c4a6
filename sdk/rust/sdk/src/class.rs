//! What a class says about itself: name, options, and what it will ask the host for.

use crate::ConfigDef;

/// What the plugin wants to do outside of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Open one file for reading.
    ReadFile,
    /// Create one file, and open it for reading and writing.
    WriteFile,
    /// List a directory and read what is below it.
    ReadDirectory,
    /// List a directory, and read, create, write, rename and remove what is below it.
    WriteDirectory,
    /// Connect to an authority. Not granted by this version of the worker.
    Connect,
    /// Make HTTP requests to an authority. Not granted by this version of the worker.
    Http,
    /// Read an environment variable. Not granted by this version of the worker.
    Environment,
}

/// What a capability is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// A path, an authority such as `*.example.com:443`, a variable's name.
    Literal(String),
    /// The value of this option: a path, an authority or a URL, or a list of them.
    FromConfig(String),
    /// Text with options in braces: `{bucket}.s3.{region}.amazonaws.com:443`.
    Template(String),
}

/// Something that the plugin will ask the host for. Without it, whatever the operator allows, it is refused.
///
/// A path, address or variable that an option names needs no more than the option's name:
///
/// ```
/// # use cofferdam_sdk::Capability;
/// let input = Capability::read_file("file").purpose("the file whose lines become records");
/// let api = Capability::http_template("{account}.example.com:443").purpose("the service's API");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capability {
    pub(crate) access: Access,
    pub(crate) scope: Scope,
    pub(crate) purpose: String,
}

impl Capability {
    /// Any access to any scope.
    pub fn new(access: Access, scope: Scope) -> Self {
        Self { access, scope, purpose: String::new() }
    }

    /// Reads the file that the option `key` names.
    pub fn read_file(key: &str) -> Self {
        Self::new(Access::ReadFile, Scope::FromConfig(key.to_owned()))
    }

    /// Creates and writes the file that the option `key` names.
    pub fn write_file(key: &str) -> Self {
        Self::new(Access::WriteFile, Scope::FromConfig(key.to_owned()))
    }

    /// Reads below the directory that the option `key` names.
    pub fn read_directory(key: &str) -> Self {
        Self::new(Access::ReadDirectory, Scope::FromConfig(key.to_owned()))
    }

    /// Reads and writes below the directory that the option `key` names.
    pub fn write_directory(key: &str) -> Self {
        Self::new(Access::WriteDirectory, Scope::FromConfig(key.to_owned()))
    }

    /// Connects to the address or URL that the option `key` names.
    ///
    /// Not granted by this version of the worker.
    pub fn connect(key: &str) -> Self {
        Self::new(Access::Connect, Scope::FromConfig(key.to_owned()))
    }

    /// Makes HTTP requests to the address or URL that the option `key` names.
    ///
    /// Not granted by this version of the worker.
    pub fn http(key: &str) -> Self {
        Self::new(Access::Http, Scope::FromConfig(key.to_owned()))
    }

    /// Makes HTTP requests to an address that is made of options: `{bucket}.s3.{region}.amazonaws.com:443`.
    ///
    /// Not granted by this version of the worker.
    pub fn http_template(template: &str) -> Self {
        Self::new(Access::Http, Scope::Template(template.to_owned()))
    }

    /// Reads this environment variable.
    ///
    /// Not granted by this version of the worker.
    pub fn environment(variable: &str) -> Self {
        Self::new(Access::Environment, Scope::Literal(variable.to_owned()))
    }

    /// Why, for the operator who decides.
    #[must_use]
    pub fn purpose(mut self, purpose: &str) -> Self {
        self.purpose = purpose.to_owned();
        self
    }
}

/// What a connector class says about itself. The host asks at any time, so it must not depend on anything but the code.
///
/// ```
/// # use cofferdam_sdk::{Capability, Class, ConfigDef, ConfigKey};
/// let class = Class::new("org.example.OrdersSource", env!("CARGO_PKG_VERSION"))
///     .doc("Reads orders from the shop.")
///     .config(ConfigDef::new().key(ConfigKey::string("url").required()))
///     .capability(Capability::http("url").purpose("the shop's API"));
/// ```
#[derive(Clone, Debug)]
pub struct Class {
    pub(crate) name: String,
    pub(crate) task_name: Option<String>,
    pub(crate) version: String,
    pub(crate) documentation: String,
    pub(crate) config: ConfigDef,
    pub(crate) capabilities: Vec<Capability>,
    pub(crate) memory_needed: Option<u64>,
    pub(crate) wants_acknowledgements: bool,
}

impl Class {
    /// A class of this dotted name, written as `connector.class`, and version.
    pub fn new(name: &str, version: &str) -> Self {
        Self {
            name: name.to_owned(),
            task_name: None,
            version: version.to_owned(),
            documentation: String::new(),
            config: ConfigDef::new(),
            capabilities: Vec::new(),
            memory_needed: None,
            wants_acknowledgements: false,
        }
    }

    /// The dotted name of its task class, for ports of Java connectors.
    #[must_use]
    pub fn task_class(mut self, name: &str) -> Self {
        self.task_name = Some(name.to_owned());
        self
    }

    /// What it does, in full sentences.
    #[must_use]
    pub fn doc(mut self, documentation: &str) -> Self {
        self.documentation = documentation.to_owned();
        self
    }

    /// Its options.
    #[must_use]
    pub fn config(mut self, config: ConfigDef) -> Self {
        self.config = config;
        self
    }

    /// Something that it will ask the host for.
    #[must_use]
    pub fn capability(mut self, capability: Capability) -> Self {
        self.capabilities.push(capability);
        self
    }

    /// Memory that an instance needs, in bytes, when the host's default (64 MiB) does not do.
    #[must_use]
    pub fn memory_needed(mut self, bytes: u64) -> Self {
        self.memory_needed = Some(bytes);
        self
    }

    /// A source whose [`acknowledged`](crate::SourceTask::acknowledged) is to be called.
    #[must_use]
    pub fn wants_acknowledgements(mut self) -> Self {
        self.wants_acknowledgements = true;
        self
    }

    /// Its dotted name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its options.
    pub fn definition(&self) -> &ConfigDef {
        &self.config
    }
}
