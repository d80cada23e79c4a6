//! Write connectors for Cofferdam in Rust.
//!
//! A connector is an ordinary library crate: two traits, and one macro that makes a component of it.
//!
//! ```
//! use cofferdam_sdk::{
//!     Batch, Class, Config, PollRequest, Result, SourceConnector, SourceConnectorContext, SourceContext, SourceOffset,
//!     SourcePartition, SourceRecord, SourceTask, export_source,
//! };
//!
//! /// Counts.
//! struct Counter;
//!
//! impl SourceConnector for Counter {
//!     type Task = CounterTask;
//!
//!     fn class() -> Class {
//!         Class::new("org.example.Counter", env!("CARGO_PKG_VERSION")).doc("Counts.")
//!     }
//!
//!     fn start(_: &SourceConnectorContext) -> Result<Self> {
//!         Ok(Self)
//!     }
//! }
//!
//! struct CounterTask {
//!     partition: SourcePartition,
//!     next: i64,
//! }
//!
//! impl SourceTask for CounterTask {
//!     fn start(_: &Config, context: &mut SourceContext) -> Result<Self> {
//!         let partition = SourcePartition::of("counter", 1);
//!         let next = match context.offset(&partition)? {
//!             Some(offset) => offset.integer("next")?.unwrap_or(0),
//!             None => 0,
//!         };
//!         Ok(Self { partition, next })
//!     }
//!
//!     fn poll(&mut self, request: &PollRequest, _: &mut SourceContext) -> Result<Batch> {
//!         let mut batch = Batch::new();
//!         for _ in 0..request.max_records {
//!             batch.push(&self.partition, &SourceRecord::new("numbers").value(self.next));
//!             self.next += 1;
//!         }
//!         batch.position(&self.partition, &SourceOffset::of("next", self.next));
//!         Ok(batch)
//!     }
//! }
//!
//! export_source!(Counter);
//! # fn main() {}
//! ```
//!
//! `Cargo.toml` says `crate-type = ["cdylib", "rlib"]`, and
//! `cargo build --release --target wasm32-wasip2` makes the component: drop it into a directory of `plugin.path`.
//! No WIT file, no other tool. Before that, [`testing`] runs the connector as ordinary Rust under `cargo test`.
//!
//! # What goes where
//!
//! - A **connector** ([`SourceConnector`], [`SinkConnector`]) checks the configuration and splits the work into
//!   configurations of tasks. A **task** ([`SourceTask`], [`SinkTask`]) moves records. Each lives in an instance of its
//!   own, so they share nothing but those configurations.
//! - **Options** are defined once ([`ConfigDef`]), and read with their defaults filled in ([`Config`]).
//! - **Records** come as an iterator ([`Records`]) and go as a [`Batch`]. Neither allocates per record: a batch crosses
//!   the border between host and plugin in a handful of blocks.
//! - **Positions** ([`SourcePartition`], [`SourceOffset`]) say where to resume. The host stores them when the records
//!   before them are in Kafka.
//! - **Errors** say what the host is to do about them ([`Error::retriable`], [`Error::failed`]). A panic costs the
//!   instance, and nothing else.
//! - **Capabilities** ([`Capability`]) declare the files, addresses and variables that the connector needs. The operator
//!   allows them, the configuration names them; the plugin then uses `std::fs` and friends as ever. Files only, so far.
//! - **Logging** is the `log` crate's macros. `tracing` works too, with its feature `log`. Lines below debug are not
//!   sent unless the plugin calls [`log::set_max_level`]; the operator filters the rest. Leave out what every line carries
//!   anyway: connector and task.
//! - **Metrics** of one's own: [`SourceContext::add`], [`SinkContext::set`] and so on.
//!
//! A component may hold several classes: `export_sink!(First, Second)`.
//!
//! # Not in this version of the worker
//!
//! The interface has these already, so connectors can be written for them, but this worker does not do its part yet:
//!
//! - **Network, HTTP and environment variables** ([`Capability::connect`], [`Capability::http`],
//!   [`Capability::http_template`], [`Capability::environment`]) are not granted, whatever the operator allows. A
//!   configuration that names a target for one is refused.
//! - **Transactions of a connector's own** ([`Batch::boundary`]): the task goes to FAILED.
//! - **The dead letter queue** for rejected records ([`SinkContext::reject`]): a configuration that names one is refused.
//! - [`SourceConnector::supports`] is not called.
//! - **Metrics** are collected, and shown nowhere.

mod batch;
mod class;
mod column;
mod component;
mod config;
mod connector;
mod context;
mod definition;
mod error;
mod host;
mod logging;
mod position;
mod record;
mod schema;
mod sink;
mod source;
#[cfg(not(target_family = "wasm"))]
pub mod testing;
mod value;

use cofferdam_sdk_bindings_source::cofferdam::connect::types;

pub use batch::{Batch, Boundary, Header, SourceRecord};
pub use class::{Access, Capability, Class, Scope};
pub use cofferdam_sdk_macros::{export_sink, export_source};
pub use column::ColumnBuilder;
pub use config::Config;
pub use connector::{ExactlyOnce, Observation, OffsetChange, Support};
pub use context::{ConnectorContext, Interrupt, SinkContext, SourceConnectorContext, SourceContext};
pub use definition::{Check, ConfigDef, ConfigKey, Importance, ValueType, Verdict, Width};
pub use error::{Error, Result, ResultExt};
pub use log;
pub use position::{SourceOffset, SourcePartition};
pub use record::{Origin, Records, RecordsIter, SinkRecord};
pub use schema::Schema;
pub use sink::{Committable, SinkConnector, SinkTask};
pub use source::{Acknowledged, PollRequest, SourceConnector, SourceTask};
pub use types::{TopicOffset, TopicPartition};
pub use value::Value;

/// For the macros' output only.
#[doc(hidden)]
pub mod __private {
    pub use crate::component::{Glue, SinkClass, SinkComponent, SourceClass, SourceComponent};
    pub use cofferdam_sdk_bindings_sink as sink_bindings;
    pub use cofferdam_sdk_bindings_sink::export_sink_world;
    pub use cofferdam_sdk_bindings_source as source_bindings;
    pub use cofferdam_sdk_bindings_source::export_source_world;
}

/// What the README shows is compiled with the documentation's examples.
#[cfg(doctest)]
#[doc = include_str!("../../../../README.md")]
struct Readme;
