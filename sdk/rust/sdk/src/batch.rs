//! What a source hands over: records, and the positions that go with them.

use crate::column::agree;
use crate::types::{Column, Headers, SourceRun};
use crate::{ColumnBuilder, Schema, SourceOffset, SourcePartition, Value};
use std::collections::HashMap;
use std::time::Duration;

/// A header of a record.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Header<'a> {
    /// Its name. Names may repeat.
    pub name: &'a str,
    /// Its value.
    pub value: Value<'a>,
    /// The value's schema.
    pub schema: Option<Schema>,
}

/// A record on its way to Kafka. It borrows all it says, so making one allocates nothing.
///
/// ```
/// # use cofferdam_sdk::SourceRecord;
/// let record = SourceRecord::new("orders").key("42").value(r"shipped");
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SourceRecord<'a> {
    topic: &'a str,
    partition: i32,
    timestamp: i64,
    key: Value<'a>,
    key_schema: Option<Schema>,
    value: Value<'a>,
    value_schema: Option<Schema>,
    headers: &'a [Header<'a>],
}

impl<'a> SourceRecord<'a> {
    /// To this topic, without key or value.
    pub fn new(topic: &'a str) -> Self {
        Self {
            topic,
            partition: -1,
            timestamp: -1,
            key: Value::Null,
            key_schema: None,
            value: Value::Null,
            value_schema: None,
            headers: &[],
        }
    }

    /// Its key.
    #[must_use]
    pub fn key(mut self, key: impl Into<Value<'a>>) -> Self {
        self.key = key.into();
        self
    }

    /// The schema of its key.
    #[must_use]
    pub fn key_schema(mut self, schema: Schema) -> Self {
        self.key_schema = Some(schema);
        self
    }

    /// Its value.
    #[must_use]
    pub fn value(mut self, value: impl Into<Value<'a>>) -> Self {
        self.value = value.into();
        self
    }

    /// The schema of its value.
    #[must_use]
    pub fn value_schema(mut self, schema: Schema) -> Self {
        self.value_schema = Some(schema);
        self
    }

    /// The partition that it goes to. Without, Kafka's partitioner decides.
    #[must_use]
    pub fn partition(mut self, partition: i32) -> Self {
        self.partition = partition;
        self
    }

    /// Its time, in milliseconds since 1970. Without, the time of sending.
    #[must_use]
    pub fn timestamp_ms(mut self, timestamp: i64) -> Self {
        self.timestamp = timestamp;
        self
    }

    /// Its headers.
    #[must_use]
    pub fn headers(mut self, headers: &'a [Header<'a>]) -> Self {
        self.headers = headers;
        self
    }

    /// Its topic, and its partition or 0.
    #[cfg(not(target_family = "wasm"))]
    pub(crate) fn destination(&self) -> (&'a str, i32) {
        (self.topic, self.partition.max(0))
    }
}

/// What happens to a transaction that a source defines by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Boundary {
    /// It is committed.
    Commit,
    /// It is aborted.
    Abort,
}

/// A record of a batch: its run, and its index in that run.
pub(crate) type Place = (u32, u32);

/// A source partition's offset, `None` to forget it, and the last record that it covers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Position {
    pub(crate) partition: String,
    pub(crate) offset: Option<String>,
    pub(crate) after: Option<Place>,
}

/// What a poll brought: records in the order in which they are to be written, and positions to resume at.
///
/// Records of one source partition that follow each other share a block of memory. Every source partition with records
/// needs a [`position`](Self::position) after its last one; more in between let the host store progress sooner.
///
/// ```
/// # use cofferdam_sdk::{Batch, SourceOffset, SourcePartition, SourceRecord};
/// let partition = SourcePartition::of("table", "orders");
/// let mut batch = Batch::new();
/// for id in 1..=3 {
///     batch.push(&partition, &SourceRecord::new("orders").key(id).value("shipped"));
/// }
/// batch.position(&partition, &SourceOffset::of("id", 3));
/// assert_eq!(batch.records(), 3);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Batch {
    runs: Vec<Run>,
    pub(crate) positions: Vec<Position>,
    pub(crate) boundaries: Vec<(Option<Place>, Boundary)>,
    pub(crate) idle: Duration,
    bytes: usize,
}

impl Batch {
    /// Without records; the host asks again at once, but slows down a source that keeps answering so.
    pub fn new() -> Self {
        Self::default()
    }

    /// Without records; the host asks again after `wait`. Better than waiting inside of `poll`: meanwhile the task holds
    /// no thread and no stack, and can be stopped.
    pub fn idle(wait: Duration) -> Self {
        Self { idle: wait, ..Self::default() }
    }

    /// Asks the host to wait so long before the next poll.
    pub fn set_idle(&mut self, wait: Duration) {
        self.idle = wait;
    }

    /// Adds a record that was read from `partition`.
    pub fn push(&mut self, partition: &SourcePartition, record: &SourceRecord<'_>) {
        self.push_to(Some(partition), record);
    }

    /// Adds a record for which no offset is kept: after a restart it is lost, or comes twice, as the source may be.
    pub fn push_untracked(&mut self, record: &SourceRecord<'_>) {
        self.push_to(None, record);
    }

    /// Adds records to `topic` that were read from `partition` and consist of nothing but these values.
    pub fn push_column(&mut self, partition: &SourcePartition, topic: &str, values: ColumnBuilder) {
        if values.is_empty() {
            return;
        }
        self.bytes += values.bytes();
        let mut run = Run::new(Some(partition.clone()));
        run.topic_of.push(run.topics.number(topic));
        run.partitions.push(-1);
        run.values = values;
        self.runs.push(run);
    }

    /// All records of `partition` so far are covered by `offset`: once they are in Kafka, a restarted task is given it.
    ///
    /// Of use without records too: it moves a position on past what was filtered.
    pub fn position(&mut self, partition: &SourcePartition, offset: &SourceOffset) {
        self.add_position(partition, Some(offset.to_json()));
    }

    /// The stored offset of `partition` is removed once all records so far are in Kafka.
    pub fn forget(&mut self, partition: &SourcePartition) {
        self.add_position(partition, None);
    }

    /// A transaction ends after the records so far, for connectors that define transactions by themselves
    /// ([`Support`](crate::Support)).
    ///
    /// Not in this version of the worker: the task goes to FAILED.
    pub fn boundary(&mut self, boundary: Boundary) {
        self.boundaries.push((self.last(), boundary));
    }

    /// Records so far.
    pub fn records(&self) -> usize {
        self.runs.iter().map(|run| run.values.len()).sum()
    }

    /// Whether there are no records so far.
    pub fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }

    /// Bytes of all keys, values and headers so far.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    fn push_to(&mut self, partition: Option<&SourcePartition>, record: &SourceRecord<'_>) {
        let fits = self.runs.last().is_some_and(|run| match (&run.partition, partition) {
            (Some(known), Some(partition)) => known.same(partition),
            (None, None) => true,
            _ => false,
        });
        if !fits {
            self.runs.push(Run::new(partition.cloned()));
        }
        if let Some(run) = self.runs.last_mut() {
            self.bytes += run.push(record);
        }
    }

    fn add_position(&mut self, partition: &SourcePartition, offset: Option<String>) {
        let after = self.last();
        self.positions.push(Position { partition: partition.as_json().to_owned(), offset, after });
    }

    /// The last record so far.
    fn last(&self) -> Option<Place> {
        let run = self.runs.last()?;
        let index = u32::try_from(run.values.len()).ok()?.checked_sub(1)?;
        Some((u32::try_from(self.runs.len()).ok()?.checked_sub(1)?, index))
    }

    pub(crate) fn take_runs(&mut self) -> Vec<SourceRun> {
        std::mem::take(&mut self.runs).into_iter().map(SourceRun::from).collect()
    }
}

/// Consecutive records of one source partition.
#[derive(Clone, Debug, Default)]
struct Run {
    partition: Option<SourcePartition>,
    topics: Names,
    topic_of: Vec<u32>,
    partitions: Vec<i32>,
    // Empty until a record has one.
    timestamps: Vec<i64>,
    keys: ColumnBuilder,
    values: ColumnBuilder,
    header_counts: Vec<u32>,
    header_names: Names,
    header_name_of: Vec<u32>,
    header_values: ColumnBuilder,
}

impl Run {
    fn new(partition: Option<SourcePartition>) -> Self {
        Self { partition, ..Self::default() }
    }

    /// Adds a record, and says how many bytes it has.
    fn push(&mut self, record: &SourceRecord<'_>) -> usize {
        let before = self.bytes();
        let records = self.values.len();
        let topic = self.topics.number(record.topic);
        agree(&mut self.topic_of, records, topic);
        agree(&mut self.partitions, records, record.partition);
        if record.timestamp != -1 || !self.timestamps.is_empty() {
            self.timestamps.resize(records, -1);
            self.timestamps.push(record.timestamp);
        }
        if !record.key.is_null() || record.key_schema.is_some() || !self.keys.is_empty() {
            self.keys.pad(records);
            self.keys.push(record.key, record.key_schema);
        }
        self.values.push(record.value, record.value_schema);
        if !record.headers.is_empty() || !self.header_counts.is_empty() {
            self.header_counts.resize(records, 0);
            self.header_counts.push(u32::try_from(record.headers.len()).unwrap_or(u32::MAX));
            for header in record.headers {
                self.header_name_of.push(self.header_names.number(header.name));
                self.header_values.push(header.value, header.schema);
            }
        }
        self.bytes() - before
    }

    fn bytes(&self) -> usize {
        self.keys.bytes() + self.values.bytes() + self.header_values.bytes()
    }
}

impl From<Run> for SourceRun {
    fn from(run: Run) -> Self {
        Self {
            source_partition: run.partition.map(|partition| partition.as_json().to_owned()),
            topics: run.topics.names,
            topic_of: run.topic_of,
            partitions: run.partitions,
            timestamps: run.timestamps,
            keys: Column::from(run.keys),
            values: Column::from(run.values),
            headers: Headers {
                counts: run.header_counts,
                names: run.header_names.names,
                name_of: run.header_name_of,
                values: Column::from(run.header_values),
            },
        }
    }
}

/// Distinct names, numbered in the order in which they turn up.
#[derive(Clone, Debug, Default)]
struct Names {
    names: Vec<String>,
    last: usize,
    // Only once there are too many to look through.
    numbers: HashMap<String, u32>,
}

impl Names {
    const FEW: usize = 8;

    fn number(&mut self, name: &str) -> u32 {
        if self.names.get(self.last).is_some_and(|last| last == name) {
            return u32::try_from(self.last).unwrap_or(u32::MAX);
        }
        let known = if self.names.len() <= Self::FEW {
            self.names.iter().position(|known| known == name).and_then(|index| u32::try_from(index).ok())
        } else {
            self.numbers.get(name).copied()
        };
        let number = known.unwrap_or_else(|| self.add(name));
        self.last = number as usize;
        number
    }

    fn add(&mut self, name: &str) -> u32 {
        let number = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
        self.names.push(name.to_owned());
        if self.names.len() > Self::FEW {
            if self.numbers.is_empty() {
                self.numbers = self.names.iter().cloned().zip(0..).collect();
            } else {
                self.numbers.insert(name.to_owned(), number);
            }
        }
        number
    }
}

#[cfg(test)]
mod tests;
