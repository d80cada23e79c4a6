//! What a source's poll brought, in a form that tests like to look at.

use crate::column::{entry, schema, value};
use crate::types::SourceRun;
use crate::{Schema, Value};
use std::time::Duration;

/// A [`Value`] that owns what it holds.
#[derive(Clone, Debug, PartialEq)]
pub enum OwnedValue {
    /// No value.
    Null,
    /// Bytes.
    Bytes(Vec<u8>),
    /// A string.
    String(String),
    /// JSON text.
    Json(String),
    /// A boolean.
    Boolean(bool),
    /// An integer.
    Integer(i64),
    /// A float.
    Float(f64),
}

impl From<Value<'_>> for OwnedValue {
    fn from(value: Value<'_>) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bytes(bytes) => Self::Bytes(bytes.to_vec()),
            Value::String(text) => Self::String(text.to_owned()),
            Value::Json(text) => Self::Json(text.to_owned()),
            Value::Boolean(value) => Self::Boolean(value),
            Value::Integer(value) => Self::Integer(value),
            Value::Float(value) => Self::Float(value),
        }
    }
}

/// One record of a poll.
#[derive(Clone, Debug, PartialEq)]
pub struct PolledRecord {
    /// JSON text of the source partition; `None`: no offset is kept.
    pub source_partition: Option<String>,
    /// Where it goes.
    pub topic: String,
    /// To which partition, if it says.
    pub partition: Option<i32>,
    /// Its time, if it says.
    pub timestamp_ms: Option<i64>,
    /// Its key.
    pub key: OwnedValue,
    /// The definition of its key's schema.
    pub key_schema: Option<String>,
    /// Its value.
    pub value: OwnedValue,
    /// The definition of its value's schema.
    pub value_schema: Option<String>,
    /// Its headers.
    pub headers: Vec<(String, OwnedValue)>,
}

/// What a poll brought.
#[derive(Clone, Debug, PartialEq)]
pub struct Polled {
    /// The poll's number, for `committed` and `acknowledged`.
    pub number: u64,
    /// The records, in order.
    pub records: Vec<PolledRecord>,
    /// How long the source asks not to be asked again.
    pub idle: Duration,
}

impl Polled {
    /// The values that are strings or JSON.
    pub fn texts(&self) -> Vec<&str> {
        let texts = self.records.iter().filter_map(|record| match &record.value {
            OwnedValue::String(text) | OwnedValue::Json(text) => Some(text.as_str()),
            _ => None,
        });
        texts.collect()
    }

    pub(super) fn new(number: u64, runs: &[SourceRun], idle: Duration) -> Self {
        Self { number, records: runs.iter().flat_map(records).collect(), idle }
    }
}

fn records(run: &SourceRun) -> impl Iterator<Item = PolledRecord> + '_ {
    let definition = |schema: Schema| schema.definition().to_string();
    let mut header = 0;
    (0..run.values.ends.len()).map(move |index| {
        let topic = entry(&run.topic_of, index).and_then(|topic| run.topics.get(topic as usize));
        let count = run.headers.counts.get(index).map_or(0, |count| *count as usize);
        let headers = (header..header + count).map(|index| {
            let name = run.headers.name_of.get(index).and_then(|name| run.headers.names.get(*name as usize));
            (name.cloned().unwrap_or_default(), value(&run.headers.values, index).into())
        });
        header += count;
        PolledRecord {
            source_partition: run.source_partition.clone(),
            topic: topic.cloned().unwrap_or_default(),
            partition: entry(&run.partitions, index).filter(|partition| *partition >= 0),
            timestamp_ms: run.timestamps.get(index).copied().filter(|timestamp| *timestamp >= 0),
            key: value(&run.keys, index).into(),
            key_schema: schema(&run.keys, index).map(definition),
            value: value(&run.values, index).into(),
            value_schema: schema(&run.values, index).map(definition),
            headers: headers.collect(),
        }
    })
}
