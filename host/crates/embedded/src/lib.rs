//! The embedded stream: a broker inside the process that speaks Kafka's protocol, for the first hour and for tests.
//!
//! It exists so that a worker can be tried, and tested hermetically, with neither Kafka nor Java at hand. Clients reach
//! it as they reach Kafka, through a socket on 127.0.0.1; nothing in the worker knows that it is not Kafka.
//!
//! One node, for development. It keeps record batches in plain segment files and survives a killed process. What it does
//! not do, it refuses by name instead of doing it half: transactions, compaction, retention, deleting offsets or
//! records, replication. It listens on the loopback address only and has no authentication.
//!
//! Who owns what:
//! - [`EmbeddedStream`] owns the runtime, the listener and (through the broker) the lock on the data directory;
//! - `log::Partition` owns one partition's segments, index and producer states behind one lock of its own;
//! - `topics::Topics` owns which topics exist; `groups::Groups` the consumer groups, one lock per group;
//! - `groups::OffsetStore` owns committed offsets; `journal::Journal` is how the last two survive.
//!
//! No lock is held over network I/O or over an fsync.

mod api;
mod broker;
mod config;
mod connection;
mod error;
mod files;
mod groups;
mod journal;
mod lock;
mod log;
mod producer_ids;
mod producers;
mod record;
mod server;
mod stream;
mod sync;
mod topics;
mod wire;

pub use config::{EmbeddedConfig, Fsync};
pub use error::EmbeddedError;
pub use stream::EmbeddedStream;
