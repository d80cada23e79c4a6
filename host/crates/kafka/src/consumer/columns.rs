//! From librdkafka's messages to columns, in one pass.

use super::BatchConsumer;
use super::partitions::Partitions;
use crate::error::ConsumerError;
use crate::queue::{MOST_AT_ONCE, Message, MessageHeaders};
use cofferdam_data::{ColumnBuilder, Headers, SinkRun, TimestampType, TopicPartition, kind};
use rdkafka::types::RDKafkaErrorCode;
use std::collections::HashMap;

impl BatchConsumer {
    /// What waits, within the bounds; `None` if nothing does.
    pub(super) fn take_records(&mut self, max_records: usize, max_bytes: usize) -> Option<Vec<SinkRun>> {
        if let Some(run) = self.strays.pop_front() {
            return Some(vec![run]);
        }
        let mut batch = Batch::new(max_records.max(1), max_bytes);
        loop {
            if self.pending.is_empty() {
                let most = batch.room(self.record_bytes);
                if most == 0 || self.pending.fill(&self.records, most) == 0 {
                    break;
                }
            }
            while let Some(message) = self.pending.front() {
                if let Some((code, error)) = message.error() {
                    let reason = format!("{}-{}: {error}", message.topic(), message.partition());
                    // With auto.offset.reset=none nothing more comes of this partition; Java's consumer throws.
                    let fatal = code == RDKafkaErrorCode::AutoOffsetReset;
                    self.errors.push_back(ConsumerError::Client { reason, fatal });
                    self.pending.drop_front();
                    continue;
                }
                match batch.add(&message, &mut self.partitions) {
                    Added::Taken | Added::Stale => self.pending.drop_front(),
                    Added::Paused => self.pending.move_front_to(&mut self.held),
                    Added::Full => {
                        self.record_bytes = batch.mean(self.record_bytes);
                        return batch.finish();
                    }
                }
            }
        }
        self.record_bytes = batch.mean(self.record_bytes);
        batch.finish()
    }

    /// Keeps a record that came through the consumer's own queue, where none are expected.
    pub(super) fn keep_stray(&mut self, message: &Message<'_>) {
        let mut batch = Batch::new(1, usize::MAX);
        if let Added::Taken = batch.add(message, &mut self.partitions) {
            self.strays.extend(batch.finish().into_iter().flatten());
        }
    }
}

/// What became of a message that was offered to a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Added {
    Taken,
    /// Of a partition that is not read any more, or from before a seek.
    Stale,
    Paused,
    /// No room; it must be offered to the next batch.
    Full,
}

/// A batch in the making.
struct Batch {
    runs: Vec<Run>,
    records: usize,
    bytes: usize,
    max_records: usize,
    max_bytes: usize,
    /// The partition of the message before: what identifies it in librdkafka, and its place in our list.
    last: Option<(usize, i32, Option<usize>)>,
}

impl Batch {
    fn new(max_records: usize, max_bytes: usize) -> Self {
        Self { runs: Vec::new(), records: 0, bytes: 0, max_records, max_bytes, last: None }
    }

    /// How many more messages should be taken from the queue, if one has about `mean` bytes.
    fn room(&self, mean: usize) -> usize {
        if self.records > 0 && self.bytes >= self.max_bytes {
            return 0;
        }
        let by_bytes = (self.max_bytes - self.bytes.min(self.max_bytes)) / mean.max(1) + 1;
        by_bytes.min(self.max_records - self.records).min(MOST_AT_ONCE)
    }

    /// The mean size of a record, that of earlier batches included.
    fn mean(&self, before: usize) -> usize {
        match self.bytes.checked_div(self.records) {
            Some(mean) => (3 * before + mean).div_euclid(4).max(16),
            None => before,
        }
    }

    fn add(&mut self, message: &Message<'_>, partitions: &mut Partitions) -> Added {
        let (topic, partition) = (message.topic_id(), message.partition());
        let place = match self.last {
            Some((last_topic, last_partition, place)) if last_topic == topic && last_partition == partition => place,
            _ => {
                let place = partitions.index(&message.topic(), partition);
                self.last = Some((topic, partition, place));
                place
            }
        };
        let Some((at, state)) = place.and_then(|place| partitions.at(place)) else { return Added::Stale };
        if !state.is_read() {
            return Added::Stale;
        }
        if state.paused {
            return Added::Paused;
        }
        let (key, value) = (message.key(), message.value());
        let headers = message.headers();
        let bytes =
            key.map_or(0, <[u8]>::len) + value.map_or(0, <[u8]>::len) + headers.map_or(0, |headers| headers.bytes());
        let too_much = self.records > 0 && bytes > self.max_bytes.saturating_sub(self.bytes);
        if self.records >= self.max_records || too_much {
            return Added::Full;
        }
        if !state.accept(message.offset()) {
            return Added::Stale;
        }
        let (timestamp, timestamp_type) = message.timestamp();
        let run = match self.runs.last_mut() {
            Some(run) if run.is_of(topic, partition, timestamp_type) => run,
            _ => {
                self.runs.push(Run::new(topic, at.clone(), timestamp_type));
                let Some(run) = self.runs.last_mut() else { return Added::Full };
                run
            }
        };
        run.push(message.offset(), timestamp, key, value);
        if let Some(headers) = headers {
            run.push_headers(headers);
        }
        self.records += 1;
        self.bytes += bytes;
        Added::Taken
    }

    fn finish(self) -> Option<Vec<SinkRun>> {
        (self.records > 0).then(|| self.runs.into_iter().map(Run::finish).collect())
    }
}

/// A run in the making.
struct Run {
    topic_id: usize,
    origin: TopicPartition,
    timestamp_type: TimestampType,
    offsets: Vec<i64>,
    timestamps: Vec<i64>,
    keys: ColumnBuilder,
    values: ColumnBuilder,
    headers: HeaderColumns,
}

impl Run {
    fn new(topic_id: usize, origin: TopicPartition, timestamp_type: TimestampType) -> Self {
        Self {
            topic_id,
            origin,
            timestamp_type,
            offsets: Vec::new(),
            timestamps: Vec::new(),
            keys: ColumnBuilder::default(),
            values: ColumnBuilder::default(),
            headers: HeaderColumns::default(),
        }
    }

    fn is_of(&self, topic: usize, partition: i32, timestamp_type: TimestampType) -> bool {
        self.topic_id == topic && self.origin.partition == partition && self.timestamp_type == timestamp_type
    }

    fn push(&mut self, offset: i64, timestamp: i64, key: Option<&[u8]>, value: Option<&[u8]>) {
        self.offsets.push(offset);
        if self.timestamp_type != TimestampType::None {
            self.timestamps.push(timestamp);
        }
        push_cell(&mut self.keys, key);
        push_cell(&mut self.values, value);
    }

    /// The headers of the record that was pushed last.
    fn push_headers(&mut self, headers: MessageHeaders<'_>) {
        // Records without headers were passed over.
        self.headers.counts.resize(self.offsets.len() - 1, 0);
        self.headers.push(headers);
    }

    fn finish(mut self) -> SinkRun {
        if !self.headers.counts.is_empty() {
            self.headers.counts.resize(self.offsets.len(), 0);
        }
        SinkRun {
            topics: vec![self.origin.topic.clone()],
            topic_of: vec![0],
            partitions: vec![self.origin.partition],
            origin: self.origin,
            timestamp_type: self.timestamp_type,
            offsets: self.offsets,
            timestamps: self.timestamps,
            keys: self.keys.finish(),
            values: self.values.finish(),
            headers: self.headers.finish(),
        }
    }
}

/// A run's headers in the making.
#[derive(Default)]
struct HeaderColumns {
    counts: Vec<u32>,
    names: HashMap<String, u32>,
    name_of: Vec<u32>,
    values: ColumnBuilder,
}

impl HeaderColumns {
    fn push(&mut self, headers: MessageHeaders<'_>) {
        let mut count = 0;
        for (name, value) in headers.iter() {
            let next = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
            let id = match self.names.get(name.as_ref()) {
                Some(id) => *id,
                None => {
                    self.names.insert(name.into_owned(), next);
                    next
                }
            };
            self.name_of.push(id);
            push_cell(&mut self.values, value);
            count += 1;
        }
        self.counts.push(count);
    }

    fn finish(self) -> Headers {
        let mut names: Vec<(String, u32)> = self.names.into_iter().collect();
        names.sort_unstable_by_key(|(_, id)| *id);
        Headers {
            counts: self.counts,
            names: names.into_iter().map(|(name, _)| name).collect(),
            name_of: self.name_of,
            values: self.values.finish(),
        }
    }
}

fn push_cell(column: &mut ColumnBuilder, bytes: Option<&[u8]>) {
    match bytes {
        Some(bytes) => column.push(kind::BYTES, 0, bytes),
        None => column.push_null(),
    }
}
