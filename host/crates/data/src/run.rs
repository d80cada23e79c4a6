//! Runs: consecutive records of one origin, with one column each for keys, values and header values.

use crate::column::{Column, ColumnError};
use thiserror::Error;

/// A topic and one of its partitions.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TopicPartition {
    /// Topic.
    pub topic: String,
    /// Partition, from 0.
    pub partition: i32,
}

impl std::fmt::Display for TopicPartition {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}", self.topic, self.partition)
    }
}

/// A position in a topic partition.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TopicOffset {
    /// Where.
    pub at: TopicPartition,
    /// Kafka's offset.
    pub offset: i64,
}

/// Headers of a run, one entry per header in record order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Headers {
    /// How many headers each record has; empty when none has any.
    pub counts: Vec<u32>,
    /// The distinct names.
    pub names: Vec<String>,
    /// Which of `names` each header has.
    pub name_of: Vec<u32>,
    /// The headers' values.
    pub values: Column,
}

/// Whose clock a record's timestamp is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TimestampType {
    /// The record has no timestamp.
    #[default]
    None,
    /// The producer's.
    CreateTime,
    /// The broker's.
    LogAppendTime,
}

/// Consecutive records of one topic partition on their way to a sink, `offsets.len()` of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SinkRun {
    /// Where they were read. Offsets are always told in these terms.
    pub origin: TopicPartition,
    /// After transformations: the topics that occur …
    pub topics: Vec<String>,
    /// … and which one each record has (a single entry stands for all).
    pub topic_of: Vec<u32>,
    /// After transformations, -1 = none; a single entry stands for all.
    pub partitions: Vec<i32>,
    /// Of all records of the run.
    pub timestamp_type: TimestampType,
    /// Kafka's offset of each record, ascending.
    pub offsets: Vec<i64>,
    /// Milliseconds since 1970, -1 = none; empty: none has one.
    pub timestamps: Vec<i64>,
    /// Keys, one per record.
    pub keys: Column,
    /// Values, one per record.
    pub values: Column,
    /// Headers.
    pub headers: Headers,
}

impl SinkRun {
    /// Records.
    pub fn len(&self) -> usize {
        self.offsets.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.offsets.is_empty()
    }

    /// Bytes of all cells and strings: what `sandbox.batch.max.bytes` counts.
    pub fn bytes(&self) -> usize {
        self.keys.data.len()
            + self.values.data.len()
            + self.headers.bytes()
            + self.topics.iter().map(String::len).sum::<usize>()
    }

    /// The run without the records at `drop` (ascending indices).
    pub fn without(mut self, drop: &[usize]) -> Self {
        self.headers = self.headers.without(drop);
        self.keys = self.keys.without(drop);
        self.values = self.values.without(drop);
        remove(&mut self.offsets, drop);
        // Lists with one entry for all stay as they are.
        for_each_record(&mut self.topic_of, drop);
        for_each_record(&mut self.partitions, drop);
        for_each_record(&mut self.timestamps, drop);
        self
    }
}

fn for_each_record<T>(list: &mut Vec<T>, drop: &[usize]) {
    if list.len() > 1 {
        remove(list, drop);
    }
}

fn remove<T>(list: &mut Vec<T>, drop: &[usize]) {
    let mut index = 0;
    list.retain(|_| {
        let keep = drop.binary_search(&index).is_err();
        index += 1;
        keep
    });
}

impl Headers {
    /// The headers of the records that are not in `drop` (ascending indices).
    fn without(self, drop: &[usize]) -> Self {
        let mut header = 0;
        let mut gone = Vec::new();
        for (record, count) in self.counts.iter().enumerate() {
            let end = header + *count as usize;
            if drop.binary_search(&record).is_ok() {
                gone.extend(header..end);
            }
            header = end;
        }
        let Self { mut counts, names, mut name_of, values } = self;
        remove(&mut counts, drop);
        remove(&mut name_of, &gone);
        Self { counts, names, name_of, values: if gone.is_empty() { values } else { values.without(&gone) } }
    }

    /// Bytes of all cells and names.
    pub fn bytes(&self) -> usize {
        self.values.data.len() + self.names.iter().map(String::len).sum::<usize>()
    }

    fn check(&self, records: usize) -> Result<(), RunError> {
        if !(self.counts.is_empty() || self.counts.len() == records) {
            return Err(RunError::Length { what: "headers.counts", got: self.counts.len(), records });
        }
        let headers = self.counts.iter().map(|count| u64::from(*count)).sum::<u64>();
        if headers != self.name_of.len() as u64 {
            return Err(RunError::HeaderCount { counted: headers, named: self.name_of.len() });
        }
        if let Some(index) = self.name_of.iter().position(|name| *name as usize >= self.names.len()) {
            return Err(RunError::OutOfRange { what: "headers.name-of", index });
        }
        // A run without headers may leave the whole column out.
        if headers == 0 && self.values == Column::default() {
            return Ok(());
        }
        self.values.check(self.name_of.len()).map_err(|source| RunError::Column { what: "headers.values", source })
    }
}

/// Consecutive records of one source partition, `values.len()` of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourceRun {
    /// JSON object naming what is read; `None`: no offsets are kept for these records.
    pub source_partition: Option<String>,
    /// The topics that occur …
    pub topics: Vec<String>,
    /// … and which one each record goes to (a single entry stands for all).
    pub topic_of: Vec<u32>,
    /// -1: the partitioner decides; a single entry stands for all.
    pub partitions: Vec<i32>,
    /// Milliseconds since 1970, -1 = none; a single entry stands for all; empty: none has one.
    pub timestamps: Vec<i64>,
    /// Keys; no cells: no record has a key.
    pub keys: Column,
    /// Values, one per record.
    pub values: Column,
    /// Headers.
    pub headers: Headers,
}

/// How a run that a component handed over contradicts itself.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum RunError {
    #[error("`{what}` has {got} entries for {records} records")]
    Length { what: &'static str, got: usize, records: usize },
    #[error("`{what}` at index {index} points past the end of its table")]
    OutOfRange { what: &'static str, index: usize },
    #[error("`partitions` at index {index} is {partition}; -1 lets the partitioner choose")]
    Partition { index: usize, partition: i32 },
    #[error("`headers.counts` sum up to {counted}, but `headers.name-of` has {named} entries")]
    HeaderCount { counted: u64, named: usize },
    #[error("column `{what}` {source}")]
    Column { what: &'static str, source: ColumnError },
}

impl SourceRun {
    /// Records.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Bytes of all cells and strings: what `sandbox.batch.max.bytes` counts.
    pub fn bytes(&self) -> usize {
        self.keys.data.len()
            + self.values.data.len()
            + self.headers.bytes()
            + self.topics.iter().map(String::len).sum::<usize>()
            + self.source_partition.as_ref().map_or(0, String::len)
    }

    /// The topic of record `index`.
    pub fn topic(&self, index: usize) -> Option<&str> {
        let which = *single_or(&self.topic_of, index)?;
        self.topics.get(which as usize).map(String::as_str)
    }

    /// The partition asked for by record `index`, `None`: the partitioner decides.
    pub fn partition(&self, index: usize) -> Option<i32> {
        single_or(&self.partitions, index).copied().filter(|partition| *partition >= 0)
    }

    /// The timestamp of record `index`.
    pub fn timestamp(&self, index: usize) -> Option<i64> {
        single_or(&self.timestamps, index).copied().filter(|timestamp| *timestamp != -1)
    }

    /// Whether the run is what it says (WIT `types.source-run`).
    pub fn check(&self) -> Result<(), RunError> {
        let records = self.len();
        let length = |what, got, fits: bool| if fits { Ok(()) } else { Err(RunError::Length { what, got, records }) };
        let (topics, partitions, timestamps) = (self.topic_of.len(), self.partitions.len(), self.timestamps.len());
        length("topic-of", topics, topics == 1 || topics == records)?;
        length("partitions", partitions, partitions == 1 || partitions == records)?;
        length("timestamps", timestamps, timestamps <= 1 || timestamps == records)?;
        if let Some(index) = self.topic_of.iter().position(|topic| *topic as usize >= self.topics.len()) {
            return Err(RunError::OutOfRange { what: "topic-of", index });
        }
        if let Some((index, partition)) = self.partitions.iter().enumerate().find(|(_, partition)| **partition < -1) {
            return Err(RunError::Partition { index, partition: *partition });
        }
        if !self.keys.is_empty() {
            self.keys.check(records).map_err(|source| RunError::Column { what: "keys", source })?;
        }
        self.values.check(records).map_err(|source| RunError::Column { what: "values", source })?;
        self.headers.check(records)
    }
}

fn single_or<T>(list: &[T], index: usize) -> Option<&T> {
    match list {
        [one] => Some(one),
        many => many.get(index),
    }
}

/// A record of a [`SourceBatch`], told by run and index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Run in the batch.
    pub run: u32,
    /// Record in the run.
    pub index: u32,
}

/// Where to resume a source partition once everything up to a place is acknowledged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position {
    /// JSON object.
    pub source_partition: String,
    /// JSON object; `None`: forget this source partition.
    pub offset: Option<String>,
    /// In batch order over all runs; `None`: after the whole batch.
    pub after: Option<Place>,
}

/// What one `poll` of a source gave.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourceBatch {
    /// The records, in order.
    pub runs: Vec<SourceRun>,
    /// Positions that the records move.
    pub positions: Vec<Position>,
    /// Do not ask again for so long, milliseconds.
    pub idle_ms: u32,
}

impl SourceBatch {
    /// Records in all runs.
    pub fn len(&self) -> usize {
        self.runs.iter().map(SourceRun::len).sum()
    }

    /// Whether there are no records.
    pub fn is_empty(&self) -> bool {
        self.runs.iter().all(SourceRun::is_empty)
    }

    /// Bytes of all cells and strings.
    pub fn bytes(&self) -> usize {
        self.runs.iter().map(SourceRun::bytes).sum()
    }
}

/// A record that a sink could not write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejected {
    /// The record's own origin.
    pub origin: TopicOffset,
    /// A short class of failure.
    pub exception: String,
    /// Why.
    pub reason: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ColumnBuilder, kind};

    fn column(texts: &[&str]) -> Column {
        let mut builder = ColumnBuilder::default();
        texts.iter().for_each(|text| builder.push(kind::STRING, 0, text.as_bytes()));
        builder.finish()
    }

    fn sink_run() -> SinkRun {
        SinkRun {
            origin: TopicPartition { topic: "t".into(), partition: 0 },
            topics: vec!["t".into()],
            topic_of: vec![0],
            partitions: vec![0],
            timestamp_type: TimestampType::CreateTime,
            offsets: vec![5, 6, 9],
            timestamps: vec![50, 60, 90],
            keys: column(&["k5", "k6", "k9"]),
            values: column(&["v5", "v6", "v9"]),
            headers: Headers {
                counts: vec![1, 2, 1],
                names: vec!["a".into(), "b".into()],
                name_of: vec![0, 0, 1, 1],
                values: column(&["5a", "6a", "6b", "9b"]),
            },
        }
    }

    #[test]
    fn without_takes_a_record_out_of_every_list() {
        let kept = sink_run().without(&[1]);
        assert_eq!((kept.offsets, kept.timestamps, kept.topic_of), (vec![5, 9], vec![50, 90], vec![0]));
        assert_eq!((kept.keys, kept.values), (column(&["k5", "k9"]), column(&["v5", "v9"])));
        assert_eq!((kept.headers.counts, kept.headers.name_of), (vec![1, 1], vec![0, 1]));
        assert_eq!(kept.headers.values, column(&["5a", "9b"]));
        assert!(sink_run().without(&[0, 1, 2]).is_empty());
    }

    #[test]
    fn cells_names_and_topics_are_counted() {
        let run = SinkRun { topics: vec!["topic".into()], ..sink_run() };
        assert_eq!(run.bytes(), 6 + 6 + 8 + 2 + 5);
    }

    fn source_run() -> SourceRun {
        SourceRun {
            topics: vec!["a".into(), "b".into()],
            topic_of: vec![0, 1],
            partitions: vec![-1],
            values: column(&["x", "y"]),
            ..SourceRun::default()
        }
    }

    #[test]
    fn a_source_run_says_what_each_record_has() {
        let run = source_run();
        assert_eq!(run.check(), Ok(()));
        assert_eq!((run.topic(1), run.partition(1), run.timestamp(1)), (Some("b"), None, None));
    }

    #[test]
    fn a_run_that_contradicts_itself_is_told_apart() {
        let lie = |change: fn(&mut SourceRun)| {
            let mut run = source_run();
            change(&mut run);
            run.check().unwrap_err().to_string()
        };
        assert_eq!(lie(|run| run.topic_of = vec![0, 2]), "`topic-of` at index 1 points past the end of its table");
        let negative = "`partitions` at index 0 is -2; -1 lets the partitioner choose";
        assert_eq!(lie(|run| run.partitions = vec![-2]), negative);
        assert_eq!(lie(|run| run.partitions = vec![]), "`partitions` has 0 entries for 2 records");
        assert_eq!(lie(|run| run.keys = column(&["k"])), "column `keys` has 1 cells, expected 2");
        assert_eq!(lie(|run| run.headers.counts = vec![1]), "`headers.counts` has 1 entries for 2 records");
        let lie = lie(|run| run.headers.counts = vec![u32::MAX, u32::MAX]);
        assert_eq!(lie, "`headers.counts` sum up to 8589934590, but `headers.name-of` has 0 entries");
    }
}
