//! Between the worker's types and WIT's. Both are columns of the same shape: blocks are moved, never copied per record.

use crate::bindings::{connector, sink_task, source_task, types};
use crate::error::readable;
use cofferdam_data::{
    Column, Headers, Place, Position, Rejected, SinkRun, SourceBatch, SourceRun, TimestampType, TopicOffset,
    TopicPartition,
};
use cofferdam_plugin::{Committable, ConfigMap, Observation, Taken};
use std::time::Duration;

/// A configuration as WIT has it, without values that a plugin is not to see.
pub(crate) fn config(config: &ConfigMap) -> types::Config {
    config.iter().map(|(key, value)| (key.clone(), value.clone())).collect()
}

/// Milliseconds as WIT tells them, 0 meaning none.
fn none_if_zero(ms: u32) -> Option<Duration> {
    (ms > 0).then(|| Duration::from_millis(ms.into()))
}

impl From<Column> for types::Column {
    fn from(Column { data, ends, kinds, schemas }: Column) -> Self {
        Self { data, ends, kinds, schemas }
    }
}

impl From<types::Column> for Column {
    fn from(types::Column { data, ends, kinds, schemas }: types::Column) -> Self {
        Self { data, ends, kinds, schemas }
    }
}

impl From<Headers> for types::Headers {
    fn from(Headers { counts, names, name_of, values }: Headers) -> Self {
        Self { counts, names, name_of, values: values.into() }
    }
}

impl From<types::Headers> for Headers {
    fn from(types::Headers { counts, names, name_of, values }: types::Headers) -> Self {
        Self { counts, names, name_of, values: values.into() }
    }
}

impl From<TopicPartition> for types::TopicPartition {
    fn from(TopicPartition { topic, partition }: TopicPartition) -> Self {
        Self { topic, partition }
    }
}

impl From<types::TopicPartition> for TopicPartition {
    fn from(types::TopicPartition { topic, partition }: types::TopicPartition) -> Self {
        Self { topic, partition }
    }
}

impl From<TopicOffset> for types::TopicOffset {
    fn from(TopicOffset { at, offset }: TopicOffset) -> Self {
        Self { topic: at.topic, partition: at.partition, offset }
    }
}

impl From<types::TopicOffset> for TopicOffset {
    fn from(types::TopicOffset { topic, partition, offset }: types::TopicOffset) -> Self {
        Self { at: TopicPartition { topic, partition }, offset }
    }
}

impl From<TimestampType> for types::TimestampType {
    fn from(of: TimestampType) -> Self {
        match of {
            TimestampType::None => Self::None,
            TimestampType::CreateTime => Self::CreateTime,
            TimestampType::LogAppendTime => Self::LogAppendTime,
        }
    }
}

impl From<types::TimestampType> for TimestampType {
    fn from(of: types::TimestampType) -> Self {
        match of {
            types::TimestampType::None => Self::None,
            types::TimestampType::CreateTime => Self::CreateTime,
            types::TimestampType::LogAppendTime => Self::LogAppendTime,
        }
    }
}

impl From<SinkRun> for types::SinkRun {
    fn from(run: SinkRun) -> Self {
        Self {
            origin: run.origin.into(),
            topics: run.topics,
            topic_of: run.topic_of,
            partitions: run.partitions,
            timestamp_type: run.timestamp_type.into(),
            offsets: run.offsets,
            timestamps: run.timestamps,
            keys: run.keys.into(),
            values: run.values.into(),
            headers: run.headers.into(),
        }
    }
}

impl From<types::SinkRun> for SinkRun {
    fn from(run: types::SinkRun) -> Self {
        Self {
            origin: run.origin.into(),
            topics: run.topics,
            topic_of: run.topic_of,
            partitions: run.partitions,
            timestamp_type: run.timestamp_type.into(),
            offsets: run.offsets,
            timestamps: run.timestamps,
            keys: run.keys.into(),
            values: run.values.into(),
            headers: run.headers.into(),
        }
    }
}

impl From<types::SourceRun> for SourceRun {
    fn from(run: types::SourceRun) -> Self {
        Self {
            source_partition: run.source_partition,
            topics: run.topics,
            topic_of: run.topic_of,
            partitions: run.partitions,
            timestamps: run.timestamps,
            keys: run.keys.into(),
            values: run.values.into(),
            headers: run.headers.into(),
        }
    }
}

impl From<source_task::Place> for Place {
    fn from(source_task::Place { run, index }: source_task::Place) -> Self {
        Self { run, index }
    }
}

impl From<source_task::Position> for Position {
    fn from(source_task::Position { source_partition, offset, after }: source_task::Position) -> Self {
        Self { source_partition, offset, after: after.map(Into::into) }
    }
}

/// Transaction boundaries are left out: see [`check`](crate::check::boundaries).
impl From<source_task::Batch> for SourceBatch {
    fn from(batch: source_task::Batch) -> Self {
        Self {
            runs: batch.runs.into_iter().map(Into::into).collect(),
            positions: batch.positions.into_iter().map(Into::into).collect(),
            idle_ms: batch.idle_ms,
        }
    }
}

fn rejected(rejected: Vec<sink_task::Rejected>) -> Vec<Rejected> {
    let one = |sink_task::Rejected { origin, exception, reason }| Rejected {
        origin: TopicOffset::from(origin),
        exception: readable(exception),
        reason: readable(reason),
    };
    rejected.into_iter().map(one).collect()
}

impl From<sink_task::Taken> for Taken {
    fn from(taken: sink_task::Taken) -> Self {
        Self { rejected: rejected(taken.rejected), again: none_if_zero(taken.again_ms) }
    }
}

impl From<sink_task::Committable> for Committable {
    fn from(committable: sink_task::Committable) -> Self {
        Self {
            offsets: committable.offsets.into_iter().map(Into::into).collect(),
            buffered: committable.buffered,
            rejected: rejected(committable.rejected),
        }
    }
}

impl From<connector::Observation> for Observation {
    fn from(observation: connector::Observation) -> Self {
        Self { reconfigure: observation.reconfigure, again: none_if_zero(observation.again_ms) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_moved() {
        let run = SourceRun {
            values: Column { data: vec![1; 64], ends: vec![64], kinds: vec![1], schemas: vec![] },
            ..SourceRun::default()
        };
        let block = run.values.data.as_ptr();
        let lowered = types::Column::from(run.values);
        assert_eq!(Column::from(lowered).data.as_ptr(), block);
    }
}
