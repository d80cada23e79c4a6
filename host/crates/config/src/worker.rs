//! A worker's configuration, from the properties that Kafka's workers use.

mod auth;
mod client;
mod definition;
mod listener;
mod policy;
mod providers;
mod rest;

pub use auth::{LoginConfig, REST_JAAS, REST_PASSWORDS, RestAuth};
pub use client::ClientConfig;
pub use definition::worker_def;
pub use listener::{Listener, Protocol};
pub use policy::OverridePolicy;
pub use rest::{
    AdminListeners, AdvertisedConfig, ClientAuth, CorsConfig, HeaderRule, HeaderValueRule, KeyStore, OriginPattern,
    Password, RestConfig, StoreFile, StoreType, TlsConfig, TlsVersion, TrustStore,
};

use crate::provider::{ConfigTransformer, Secrets};
use crate::sandbox::{SandboxConfig, absolute};
use crate::validate::{ConfigError, ParsedConfig, invalid};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use thiserror::Error;

/// How durable the embedded stream is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EmbeddedFsync {
    /// Records survive the process, not the machine: like Kafka's default.
    #[default]
    None,
    /// Records are on disk before they are acknowledged.
    Commit,
}

/// A converter class and its settings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConverterConfig {
    /// Class or alias.
    pub class: String,
    /// Its keys, with the prefix (`key.converter.` and so on) removed.
    pub config: BTreeMap<String, String>,
}

/// What a worker is told by its property file. [`worker_def`] has each key's default and meaning.
#[derive(Clone, Debug, PartialEq)]
pub struct WorkerConfig {
    /// Brokers, as `host:port` separated by commas; `embedded` if that is what the file says.
    pub bootstrap_servers: String,
    /// Whether `bootstrap.servers=embedded`: the worker brings its own stream.
    pub embedded: bool,
    /// The embedded stream's data; `None`: in the platform's user data directory.
    pub embedded_data_dir: Option<PathBuf>,
    /// Whether the embedded stream creates topics that clients ask for (`embedded.auto.create.topics.enable`).
    pub embedded_auto_create_topics: bool,
    /// Port of the embedded stream, 0: a free one (`embedded.port`).
    pub embedded_port: u16,
    /// The embedded stream's durability.
    pub embedded_fsync: EmbeddedFsync,
    /// How REST is served.
    pub rest: RestConfig,
    /// Who may use REST.
    pub rest_auth: RestAuth,
    /// Directories in which plugins are, absolute.
    pub plugin_path: Vec<PathBuf>,
    /// Converter of keys for connectors that do not name one.
    pub key_converter: ConverterConfig,
    /// Converter of values for connectors that do not name one.
    pub value_converter: ConverterConfig,
    /// Converter of headers for connectors that do not name one.
    pub header_converter: ConverterConfig,
    /// Standalone: the file of source offsets, absolute.
    pub offset_storage_file: Option<PathBuf>,
    /// Time between two offset commits.
    pub offset_flush_interval: Duration,
    /// Longest wait for records in flight within one offset commit.
    pub offset_flush_timeout: Duration,
    /// Time that all tasks together are given to stop.
    pub task_shutdown_graceful_timeout: Duration,
    /// Whether source connectors may have topics created by `topic.creation.*`.
    pub topic_creation_enable: bool,
    /// Whether the topics that each connector uses are kept and told.
    pub topic_tracking_enable: bool,
    /// Whether a request may have them forgotten.
    pub topic_tracking_allow_reset: bool,
    /// Settings of Kafka clients.
    pub client: ClientConfig,
    /// Which of them a connector may override.
    pub connector_client_config_override_policy: OverridePolicy,
    /// Bytes that all sink consumers together may hold prefetched.
    pub consumer_prefetch_total_bytes: u64,
    /// Limits of plugins, and what they may reach.
    pub sandbox: SandboxConfig,
    /// Where compiled plugins are kept, absolute; `None`: in the platform's user cache directory.
    pub cache_dir: Option<PathBuf>,
    /// What relative paths resolve against, absolute.
    pub working_dir: PathBuf,
    /// What resolves placeholders in configurations of connectors (`config.providers`).
    pub providers: Arc<ConfigTransformer>,
    /// What placeholders in this configuration stood for.
    pub secrets: Secrets,
}

/// Why a worker cannot start with its property file: one line with file, key, value, and what is allowed.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{source_name}: {error} (allowed: {allowed})")]
pub struct WorkerConfigError {
    /// The file.
    pub source_name: String,
    /// The key.
    pub key: String,
    /// What it is set to, `[hidden]` for passwords; `None`: not set.
    pub value: Option<String>,
    /// What is wrong.
    pub error: String,
    /// What is allowed.
    pub allowed: String,
}

impl WorkerConfig {
    /// Reads a worker's properties, which came from `source_name`. Relative paths resolve against the process's current
    /// directory. The second result are warnings, each a whole line.
    pub fn from_properties(
        properties: BTreeMap<String, String>,
        source_name: &str,
    ) -> Result<(Self, Vec<String>), WorkerConfigError> {
        let working_dir = std::env::current_dir().map_err(|error| WorkerConfigError {
            source_name: source_name.to_owned(),
            key: "plugin.path".to_owned(),
            value: None,
            error: format!("relative paths cannot be resolved, the current directory is not readable: {error}"),
            allowed: "a current directory that exists".to_owned(),
        })?;
        Self::from_properties_in(&properties, source_name, &working_dir)
    }

    /// As [`Self::from_properties`], with another directory for relative paths.
    pub fn from_properties_in(
        properties: &BTreeMap<String, String>,
        source_name: &str,
        working_dir: &Path,
    ) -> Result<(Self, Vec<String>), WorkerConfigError> {
        let located = |error: ConfigError| WorkerConfigError {
            source_name: source_name.to_owned(),
            key: error.key,
            value: error.value,
            error: error.message,
            allowed: error.allowed,
        };
        let providers = providers::configure(properties).map_err(located)?;
        let resolved = providers::resolve(&providers, properties).map_err(located)?;
        let parsed = worker_def().parse(&resolved.config);
        let config = parsed.and_then(|parsed| Self::from_parsed(&parsed, &resolved.config, working_dir));
        let config = config.map_err(|error| located(providers::redacted(error, properties, &resolved)))?;
        let mut warnings = definition::warnings(properties, source_name);
        warnings.extend(providers::warnings(properties, source_name, &providers));
        warnings.extend(resolved.warnings.iter().map(|warning| format!("{source_name}: {warning}")));
        Ok((Self { providers: Arc::new(providers), secrets: resolved.secrets, ..config }, warnings))
    }

    fn from_parsed(
        parsed: &ParsedConfig,
        properties: &BTreeMap<String, String>,
        working_dir: &Path,
    ) -> Result<Self, ConfigError> {
        let time =
            |key: &str| Duration::from_millis(parsed.integer(key).and_then(|ms| u64::try_from(ms).ok()).unwrap_or(0));
        let path = |key: &str| parsed.filled_text(key).map(|path| absolute(Path::new(path), working_dir));
        let bootstrap_servers = bootstrap(parsed)?;
        Ok(Self {
            embedded: bootstrap_servers == "embedded",
            bootstrap_servers,
            embedded_data_dir: path("embedded.data.dir"),
            embedded_auto_create_topics: parsed.boolean("embedded.auto.create.topics.enable"),
            embedded_port: parsed.integer("embedded.port").and_then(|port| u16::try_from(port).ok()).unwrap_or(0),
            embedded_fsync: match parsed.text("embedded.fsync") {
                Some("commit") => EmbeddedFsync::Commit,
                _ => EmbeddedFsync::None,
            },
            rest: RestConfig::from_parsed(parsed, properties, working_dir)?,
            rest_auth: auth::parse(parsed, working_dir)?,
            plugin_path: plugin_path(parsed, working_dir),
            key_converter: converter(parsed, properties, "key.converter"),
            value_converter: converter(parsed, properties, "value.converter"),
            header_converter: converter(parsed, properties, "header.converter"),
            offset_storage_file: path("offset.storage.file.filename"),
            offset_flush_interval: time("offset.flush.interval.ms"),
            offset_flush_timeout: time("offset.flush.timeout.ms"),
            task_shutdown_graceful_timeout: time("task.shutdown.graceful.timeout.ms"),
            topic_creation_enable: parsed.boolean("topic.creation.enable"),
            topic_tracking_enable: parsed.boolean("topic.tracking.enable"),
            topic_tracking_allow_reset: parsed.boolean("topic.tracking.allow.reset"),
            client: ClientConfig::from_properties(properties),
            connector_client_config_override_policy: policy::parse(parsed)?,
            consumer_prefetch_total_bytes: parsed
                .integer(definition::PREFETCH)
                .and_then(|bytes| u64::try_from(bytes).ok())
                .unwrap_or(0),
            sandbox: SandboxConfig::from_parsed(parsed, working_dir)?,
            cache_dir: path("sandbox.cache.dir"),
            working_dir: working_dir.to_owned(),
            providers: Arc::default(),
            secrets: Secrets::default(),
        })
    }
}

fn bootstrap(parsed: &ParsedConfig) -> Result<String, ConfigError> {
    const KEY: &str = "bootstrap.servers";
    let servers: Vec<&str> = parsed.list(KEY).iter().map(String::as_str).filter(|server| !server.is_empty()).collect();
    let refuse = |tail: &str| {
        let shown = servers.join(",");
        Err(ConfigError {
            key: KEY.to_owned(),
            message: invalid(KEY, &shown, tail),
            value: Some(shown),
            allowed: "HOST:PORT, several separated by commas, or embedded".to_owned(),
        })
    };
    if servers.is_empty() {
        return refuse("no broker is named");
    }
    if servers.len() > 1 && servers.contains(&"embedded") {
        return refuse("embedded stands alone");
    }
    let has_port = |server: &&str| {
        server.rsplit_once(':').is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok())
    };
    if servers != ["embedded"]
        && let Some(server) = servers.iter().find(|server| !has_port(server))
    {
        return refuse(&format!("{server} has no port"));
    }
    Ok(servers.join(","))
}

fn plugin_path(parsed: &ParsedConfig, working_dir: &Path) -> Vec<PathBuf> {
    let filled = parsed.list("plugin.path").iter().filter(|item| !item.is_empty());
    filled.map(|item| absolute(Path::new(item), working_dir)).collect()
}

fn converter(parsed: &ParsedConfig, properties: &BTreeMap<String, String>, key: &str) -> ConverterConfig {
    ConverterConfig {
        class: parsed.text(key).unwrap_or_default().to_owned(),
        config: client::with_prefix(properties, &format!("{key}.")),
    }
}

#[cfg(test)]
mod tests;
