//! Writes each record's value to a text file, a line each: a port of the FileStreamSink connector that ships with Kafka.
//!
//! It carries Kafka's class names and options, so that existing configurations go on working. Where it differs (see the
//! README), it does so to lose nothing.

mod connector;
mod output;
mod task;
mod text;

pub use connector::FileStreamSink;
pub use task::FileStreamSinkTask;

cofferdam_sdk::export_sink!(FileStreamSink);
