//! The embedded stream: a broker inside the process that speaks Kafka's protocol, for the first hour and for tests.
//!
//! It exists so that a worker can be tried, and tested hermetically, with neither Kafka nor Java at hand. Clients reach
//! it as they reach Kafka, through a socket on 127.0.0.1; nothing in the worker knows that it is not Kafka.
//!
//! One node, for development. It keeps record batches in plain segment files and survives a killed process. What it does
//! not do, it refuses by name instead of doing it half: transactions, compaction, retention, deleting
//! records, replication. It listens on the loopback address only and has no authentication.
//!
//! Who owns what:
//! - [`EmbeddedStream`] owns the runtime, the listener and (through the broker) the lock on the data directory;
//! - `log::Partition` owns one partition's segments, index and producer states behind one lock of its own;
//! - `topics::Topics` owns which topics exist; `groups::Groups` the consumer groups, one lock per group;
//! - `groups::OffsetStore` owns committed offsets, `producer_ids::ProducerIds` the numbers of producers;
//! - `journal::Journal` is how topics, offsets and producer ids survive.
//!
//! No lock is held over network I/O. Over an fsync there is one, that of `sync::SyncPoint`, for which only those
//! wait who want the same file on disk.

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
