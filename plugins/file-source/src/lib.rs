//! Reads a text file line by line: a port of the FileStreamSource connector that ships with Kafka.
//!
//! It carries Kafka's class names, options and positions, so that existing configurations and stored offsets go on
//! working. Where it differs (see the README), it does so to lose nothing.

mod connector;
mod lines;
mod task;

pub use connector::FileStreamSource;
pub use task::FileStreamSourceTask;

cofferdam_sdk::export_source!(FileStreamSource);
