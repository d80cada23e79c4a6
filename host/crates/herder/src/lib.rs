//! The herder: the control plane, which owns connector configurations and decides what the worker runs.
//!
//! Users of the crate hold a [`HerderHandle`]. Whatever changes a connector goes through one actor, which keeps the
//! operations on one connector in order and lets those on different connectors run side by side: a connector whose
//! `start` hangs delays requests about itself and nobody else. Reads are answered from the stores and wait for nothing.
//! Validation calls into plugins, so it runs beside the actor, under the request's deadline.
//!
//! No HTTP here: answers and errors are types, whose texts are Kafka Connect's.

mod actor;
mod context;
mod error;
mod grants;
mod handle;
mod lane;
mod loggers;
mod model;
mod offsets;
mod plugins;
mod reconcile;
mod restart;
mod stage;
mod standalone;
mod validate;

pub use actor::SHUTDOWN_TIMEOUT;
pub use cofferdam_plugin::{Capability, Grant, PluginDesc, Scope};
pub use cofferdam_worker::{OffsetsError, RequestedOffset};
pub use context::{HerderContext, standalone};
pub use error::HerderError;
pub use handle::{HEALTH_TIMEOUT, HerderHandle, REQUEST_TIMEOUT};
pub use loggers::{LogLevel, LoggerLevel, Loggers, UnknownLogLevel};
pub use model::{
    ConnectorInfo, ConnectorKind, ConnectorStateInfo, Health, PluginFiles, PluginInfo, RequestedConfig, ServerInfo,
    StateInfo, TaskInfo,
};
pub use restart::RestartRequest;
pub use stage::Stage;
pub use validate::{ConfigEntry, ConfigReport};
