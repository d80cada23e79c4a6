//! Kafka for the worker: one batch consumer per sink task, one producer per source task, a thin admin client.
//!
//! Everything that speaks to Kafka does it through this crate, and this crate does it through librdkafka: there is no
//! second client. What it adds to librdkafka's Rust wrapper is what a Connect worker needs and the wrapper lacks:
//!
//! - **batches**: records are taken from librdkafka by the thousand and go straight into the columns of a
//!   [`SinkRun`](cofferdam_data::SinkRun); acknowledgements come back as numbers, without a future per record
//!   ([`BatchConsumer`], [`TaskProducer`]);
//! - **Java's settings**: names, defaults and meanings are those of Kafka's own clients ([`client_settings`]);
//! - **no blocked runtime thread**: queues wake the task that waits for them, and what librdkafka offers only as a
//!   blocking call runs on a thread that may block.
//!
//! It refuses to know connectors, converters and offsets files, to log what it also returns, and to let `unsafe` out of
//! the modules `queue` and `admin::group_offsets`.

mod admin;
mod close;
mod consumer;
mod context;
mod error;
mod producer;
#[expect(unsafe_code, reason = "librdkafka's batch calls and queue events have no safe wrapper; see the module")]
mod queue;
mod settings;

pub use admin::{Admin, GroupAdmin};
pub use consumer::{BatchConsumer, ConsumerEvent};
pub use error::{AdminError, ConsumerError, ProducerError, SendError};
pub use producer::{Ack, TaskProducer};
pub use settings::{ClientKind, ClientSettings, SettingsError, client_settings, prefetch_share};
