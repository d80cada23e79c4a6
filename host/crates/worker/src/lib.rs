//! The data plane: runs connectors and tasks, and moves records between them and Kafka.
//!
//! The worker holds plugins as the traits of `cofferdam-plugin` and never names a sandbox. Each connector and each task
//! runs in one tokio task of its own, which is the only owner of the plugin instance and of its Kafka client; the rest
//! of the worker talks to it through a control channel. What this crate guarantees is delivery: an offset is committed
//! only after what it covers is durable at the other side (`source::inflight`, `sink::partitions`).
//!
//! It decides nothing: which connectors and tasks run, and with which configuration, is the herder's business.

mod active_topics;
mod clients;
mod connector;
mod control;
mod error;
mod id;
mod offsets;
mod pipeline;
mod providers;
mod sink;
mod source;
mod status;
mod task;
mod worker;

pub use connector::STOP_TIMEOUT as CONNECTOR_STOP_TIMEOUT;
pub use error::WorkerError;
pub use id::TaskId;
pub use offsets::{OffsetsChange, OffsetsError, RequestedOffset};
pub use providers::resolve;
pub use worker::{Worker, WorkerContext};
