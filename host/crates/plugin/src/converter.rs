//! Converters: bytes to cells and back, a whole column at a time.

use crate::{ConfigMap, PluginDesc};
use cofferdam_data::{Column, SchemaTable};
use std::sync::Arc;

/// The topics of a column's records.
#[derive(Clone, Copy, Debug)]
pub struct Topics<'a> {
    /// The topics that occur.
    pub names: &'a [String],
    /// Which one each record has; a single entry stands for all.
    pub of: &'a [u32],
}

/// A converted column.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Converted {
    /// As many cells as went in; a null for each that failed.
    pub column: Column,
    /// Which cells failed and why, by ascending index.
    pub failures: Vec<(usize, String)>,
}

impl From<Column> for Converted {
    fn from(column: Column) -> Self {
        Self { column, failures: Vec::new() }
    }
}

/// A configured converter of keys or of values. Columns are taken by value, so that a converter which need not look
/// inside only changes their kinds.
pub trait Converter: Send {
    /// The class, for error messages.
    fn class(&self) -> &str;

    /// From Kafka: cells of kind bytes or null become cells that a sink can read.
    fn to_connect_data(&mut self, topics: Topics<'_>, raw: Column, schemas: &SchemaTable) -> Converted;

    /// To Kafka: any cells become cells of kind bytes or null.
    #[expect(clippy::wrong_self_convention, reason = "Kafka's name of it")]
    fn from_connect_data(&mut self, topics: Topics<'_>, column: Column, schemas: &SchemaTable) -> Converted;
}

/// A converter class.
pub trait ConverterFactory: Send + Sync {
    /// What the class says about itself.
    fn desc(&self) -> &PluginDesc;

    /// A converter with this configuration: the connector's or worker's keys with the prefix removed, plus
    /// `converter.type` = `key`, `value` or `header`. The error is one message, as Kafka words it.
    fn create(&self, config: &ConfigMap) -> Result<Box<dyn Converter>, String>;
}

/// Shared handle of a converter class.
pub type ConverterClass = Arc<dyn ConverterFactory>;
