//! The ports: what the data and control planes ask of a plugin, whatever it is made of.
//!
//! The worker and the herder hold these traits and never name a sandbox. A component (`cofferdam-wasm`), a native
//! converter (`cofferdam-converters`) and a fake in a test take the same path. Every call carries a batch, so that a
//! boundary behind the trait is crossed once per batch.
//!
//! Nothing here talks to Kafka, to HTTP or to WebAssembly.

mod catalog;
mod connector;
mod converter;
mod desc;
mod error;
mod interrupt;
mod redacted;
mod task;
mod version;
mod watcher;

pub use catalog::{Catalog, ResolveError, Resolved, Unusable};
pub use connector::{Connector, ConnectorContext, ConnectorPlugin, Observation, OffsetChange, Verdict};
pub use converter::{Converted, Converter, ConverterClass, ConverterFactory, Topics};
pub use desc::{Access, Capability, Grant, PluginDesc, PluginType, Scope};
pub use error::PluginError;
pub use interrupt::{Interrupt, InterruptReason};
pub use redacted::redacted;
pub use task::{Committable, OffsetReader, PollRequest, SinkRequest, SinkTask, SourceTask, Taken, TaskContext};
pub use version::{VersionRange, VersionSyntaxError};
pub use watcher::{LoadError, Loader, PluginWatcher};

/// A connector's or a task's configuration: strings only, by key.
pub type ConfigMap = std::collections::BTreeMap<String, String>;
