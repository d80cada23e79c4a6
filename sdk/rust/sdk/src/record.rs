//! What a sink is given: records, borrowed from the batch.

use crate::column::{entry, schema, value};
use crate::types::{SinkRun, TimestampType, TopicOffset};
use crate::{Schema, Value};

/// A batch of records, in order within each partition.
///
/// ```
/// # use cofferdam_sdk::{Records, Value};
/// fn write(records: Records<'_>) {
///     for record in records {
///         if let Value::String(text) = record.value() {
///             println!("{} {text}", record.topic());
///         }
///     }
/// }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Records<'a> {
    runs: &'a [SinkRun],
}

impl<'a> Records<'a> {
    pub(crate) fn new(runs: &'a [SinkRun]) -> Self {
        Self { runs }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.runs.iter().map(|run| run.offsets.len()).sum()
    }

    /// Whether there are none: the host may call `put` only because time has passed.
    pub fn is_empty(&self) -> bool {
        self.runs.iter().all(|run| run.offsets.is_empty())
    }

    /// Bytes of all keys and values.
    pub fn bytes(&self) -> usize {
        self.runs.iter().map(|run| run.keys.data.len() + run.values.data.len()).sum()
    }

    /// The records, borrowed.
    pub fn iter(&self) -> RecordsIter<'a> {
        RecordsIter { runs: self.runs, index: 0, header: 0 }
    }
}

impl<'a> IntoIterator for Records<'a> {
    type Item = SinkRecord<'a>;
    type IntoIter = RecordsIter<'a>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// The records of a batch, one after the other.
#[derive(Clone, Debug)]
pub struct RecordsIter<'a> {
    runs: &'a [SinkRun],
    index: usize,
    header: usize,
}

impl<'a> Iterator for RecordsIter<'a> {
    type Item = SinkRecord<'a>;

    fn next(&mut self) -> Option<SinkRecord<'a>> {
        loop {
            let (run, rest) = self.runs.split_first()?;
            if let Some(offset) = run.offsets.get(self.index) {
                let headers = entry_or_zero(&run.headers.counts, self.index);
                let record = SinkRecord { run, index: self.index, offset: *offset, first_header: self.header, headers };
                self.index += 1;
                self.header += headers;
                return Some(record);
            }
            (self.runs, self.index, self.header) = (rest, 0, 0);
        }
    }
}

/// Headers are counted per record: here a single entry stands for itself only.
fn entry_or_zero(counts: &[u32], index: usize) -> usize {
    counts.get(index).map_or(0, |count| *count as usize)
}

/// A record, borrowed from its batch. Cheap to copy.
#[derive(Clone, Copy, Debug)]
pub struct SinkRecord<'a> {
    run: &'a SinkRun,
    index: usize,
    offset: i64,
    first_header: usize,
    headers: usize,
}

impl<'a> SinkRecord<'a> {
    /// Its topic, after transformations.
    pub fn topic(&self) -> &'a str {
        let number = entry(&self.run.topic_of, self.index).unwrap_or(0);
        self.run.topics.get(number as usize).map_or("", String::as_str)
    }

    /// Its partition, after transformations.
    pub fn partition(&self) -> Option<i32> {
        entry(&self.run.partitions, self.index).filter(|partition| *partition >= 0)
    }

    /// Where it was read, before transformations. Offsets, and rejections, are told in these terms.
    pub fn origin(&self) -> Origin<'a> {
        let at = &self.run.origin;
        Origin { topic: &at.topic, partition: at.partition, offset: self.offset }
    }

    /// Its time in milliseconds since 1970.
    pub fn timestamp_ms(&self) -> Option<i64> {
        self.run.timestamps.get(self.index).copied().filter(|timestamp| *timestamp >= 0)
    }

    /// Whether its time is the broker's (`LogAppendTime`) instead of the producer's.
    pub fn is_log_append_time(&self) -> bool {
        self.run.timestamp_type == TimestampType::LogAppendTime
    }

    /// Its key.
    pub fn key(&self) -> Value<'a> {
        value(&self.run.keys, self.index)
    }

    /// The schema of its key.
    pub fn key_schema(&self) -> Option<Schema> {
        schema(&self.run.keys, self.index)
    }

    /// Its value; null is a tombstone.
    pub fn value(&self) -> Value<'a> {
        value(&self.run.values, self.index)
    }

    /// The schema of its value.
    pub fn value_schema(&self) -> Option<Schema> {
        schema(&self.run.values, self.index)
    }

    /// Its headers, in order.
    pub fn headers(&self) -> impl Iterator<Item = crate::Header<'a>> + use<'a> {
        let headers = &self.run.headers;
        (self.first_header..self.first_header + self.headers).map(move |index| {
            let name = headers.name_of.get(index).and_then(|name| headers.names.get(*name as usize));
            crate::Header {
                name: name.map_or("", String::as_str),
                value: value(&headers.values, index),
                schema: schema(&headers.values, index),
            }
        })
    }
}

/// Where a record was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Origin<'a> {
    /// Topic.
    pub topic: &'a str,
    /// Partition.
    pub partition: i32,
    /// Offset.
    pub offset: i64,
}

impl From<Origin<'_>> for TopicOffset {
    fn from(origin: Origin<'_>) -> Self {
        Self { topic: origin.topic.to_owned(), partition: origin.partition, offset: origin.offset }
    }
}

impl std::fmt::Display for Origin<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}@{}", self.topic, self.partition, self.offset)
    }
}
