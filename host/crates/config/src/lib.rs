//! Configuration: how keys are defined, values parsed and checked, and files read, by Kafka's rules.
//!
//! Pure: nothing here opens a socket or knows a plugin. Files are read only where a caller names one. Whether a class
//! exists is not decided here either: a value of type CLASS is text until the plugin catalog has seen it.

pub mod connector_file;
mod def;
mod framework;
pub mod java;
pub mod properties;
mod sandbox;
mod target_state;
mod topics;
mod validate;
mod value;
mod worker;

pub use def::{ConfigDef, ConfigKey, ConfigType, DefaultValue, Importance, Validator, Width};
pub use framework::{sink_connector_def, source_connector_def};
pub use sandbox::{FsAllow, FsAllowError, SandboxConfig, sandbox_def};
pub use target_state::{TargetState, UnknownTargetState};
pub use topics::topics_errors;
pub use validate::{ConfigError, ConfigValue, ParsedConfig};
pub use value::Value;
pub use worker::{
    AdminListeners, AdvertisedConfig, ClientAuth, ClientConfig, ConverterConfig, CorsConfig, EmbeddedFsync, HeaderRule,
    HeaderValueRule, KeyStore, Listener, OriginPattern, OverridePolicy, Password, Protocol, RestConfig, StoreFile,
    StoreType, TlsConfig, TlsVersion, TrustStore, WorkerConfig, WorkerConfigError, worker_def,
};
