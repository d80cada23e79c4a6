//! What a Kafka client may expect of the embedded stream: one test per check, with librdkafka as the client.
//!
//! What is refused for now is listed in `refused.rs`, and only there.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test, and what helps it, fails by panicking"
)]

mod durability;
mod groups;
mod harness;
mod hostile;
mod lifecycle;
mod offsets;
mod records;
mod refused;
mod topics;
mod wire;
