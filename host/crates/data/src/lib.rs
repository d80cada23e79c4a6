//! The records that pass through a worker, as columns.
//!
//! A batch crosses every boundary of the worker (Kafka, converters, the sandbox) in one piece, so its records are not
//! objects here: a run of records is a handful of columns, each one block of bytes with the ends of its cells. That is
//! the form in which a component is given them (`wit/connect`, `types.column`), the form in which librdkafka's messages
//! are gathered, and the form that a converter rewrites in place.
//!
//! This crate knows no Kafka client, no component and no I/O. It refuses to hold a record by itself.

mod column;
mod run;
mod schema;

pub use column::{Cell, Column, ColumnBuilder, ColumnError, kind};
pub use run::{
    Headers, Place, Position, Rejected, RunError, SinkRun, SourceBatch, SourceRun, TimestampType, TopicOffset,
    TopicPartition,
};
pub use schema::{SchemaId, SchemaTable, SchemaTableError};
