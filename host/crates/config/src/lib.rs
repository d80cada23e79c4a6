//! Configuration: how keys are defined, values parsed and checked, and files read, by Kafka's rules.
//!
//! Pure: nothing here opens a socket or knows a plugin. Files are read only where a caller or a placeholder names one.
//! Whether a class exists is not decided here either: a value of type CLASS is text until the plugin catalog has seen it.

pub mod client;
pub mod connector_file;
mod def;
mod embed;
mod framework;
pub mod jaas;
pub mod java;
mod java_regex;
pub mod properties;
mod provider;
mod sandbox;
mod target_state;
mod topics;
mod validate;
mod value;
mod worker;

pub use def::{ConfigDef, ConfigKey, ConfigType, DefaultValue, Importance, Rule, Validator, Width};
pub use framework::{connector_def, sink_connector_def, source_connector_def};
pub use provider::{ConfigTransformer, ProviderError, ResolvedConfig, Secrets, keep_placeholders};
pub use sandbox::{FsAllow, FsAllowError, SandboxConfig, sandbox_def};
pub use target_state::{TargetState, UnknownTargetState};
pub use topics::topics_errors;
pub use validate::{ConfigError, ConfigValue, ParsedConfig, invalid};
pub use value::{Value, split_list};
pub use worker::{
    AdminListeners, AdvertisedConfig, ClientAuth, ClientConfig, ConverterConfig, CorsConfig, EmbeddedFsync, HeaderRule,
    HeaderValueRule, KeyStore, Listener, LoginConfig, OriginPattern, OverridePolicy, Password, Protocol, REST_JAAS,
    REST_PASSWORDS, RestAuth, RestConfig, StoreFile, StoreType, TlsConfig, TlsVersion, TrustStore, WorkerConfig,
    WorkerConfigError, worker_def,
};
