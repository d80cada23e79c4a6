//! What a Kafka client may expect of the embedded stream: one test per check, with librdkafka as the client.
//!
//! What is refused for now is listed in `refused.rs`, and only there.

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
