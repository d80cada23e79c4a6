//! Prepares what was consumed for the plugin: conversion, skipped records, the bound of a batch.

use crate::pipeline::{Converters, Stage, Tolerance, ToleranceError};
use crate::task::TaskSetup;
use cofferdam_data::{SchemaTable, SinkRun, TopicOffset, TopicPartition};
use std::collections::{HashMap, VecDeque};

/// Runs ready for `put`, and what is taken once it has succeeded.
#[derive(Debug, Default)]
pub(crate) struct Delivery {
    pub(crate) runs: Vec<SinkRun>,
    /// The next offset after each run, of skipped records too.
    pub(crate) next: Vec<TopicOffset>,
}

impl Delivery {
    /// Converts what was consumed. What has become larger than a batch may be goes into several, in order. A record too
    /// large to be handed over is an errant record like one that cannot be converted.
    pub(crate) fn prepare(setup: &mut TaskSetup, runs: Vec<SinkRun>) -> Result<VecDeque<Self>, ToleranceError> {
        let limit = setup.batch_max_bytes;
        let mut deliveries = VecDeque::new();
        let (mut delivery, mut bytes) = (Self::default(), 0_usize);
        for run in runs {
            let Some(last) = run.offsets.last() else { continue };
            let end = TopicOffset { at: run.origin.clone(), offset: last + 1 };
            let run = convert(&mut setup.converters, run, &setup.schemas, &setup.tolerance)?;
            if !run.is_empty() {
                setup.topics.uses(&run.origin.topic);
            }
            let mut pieces = Vec::new();
            split(run, limit, &setup.tolerance, &mut pieces)?;
            for piece in pieces {
                if bytes.saturating_add(piece.bytes()) > limit && !delivery.runs.is_empty() {
                    deliveries.push_back(std::mem::take(&mut delivery));
                    bytes = 0;
                }
                bytes += piece.bytes();
                let next = piece.offsets.last().map(|last| TopicOffset { at: piece.origin.clone(), offset: last + 1 });
                delivery.next.extend(next);
                delivery.runs.push(piece);
            }
            // Records skipped at the end, too.
            delivery.next.push(end);
        }
        deliveries.push_back(delivery);
        Ok(deliveries)
    }

    /// Forgets what came from these partitions: they are no longer this task's, or are read from elsewhere.
    pub(crate) fn revoke(&mut self, partitions: &[TopicPartition]) {
        self.runs.retain(|run| !partitions.contains(&run.origin));
        self.next.retain(|next| !partitions.contains(&next.at));
    }
}

fn convert(
    converters: &mut Converters,
    mut run: SinkRun,
    schemas: &SchemaTable,
    tolerance: &Tolerance,
) -> Result<SinkRun, ToleranceError> {
    let dropped = converters.decode(&mut run, schemas, tolerance)?;
    Ok(if dropped.is_empty() { run } else { run.without(&dropped.into_iter().collect::<Vec<_>>()) })
}

/// The consumer keeps to the byte target, but what a converter makes of it may be larger. Halves a run until its pieces
/// keep to the limit; an empty run has none.
fn split(run: SinkRun, limit: usize, tolerance: &Tolerance, pieces: &mut Vec<SinkRun>) -> Result<(), ToleranceError> {
    if run.is_empty() {
        return Ok(());
    }
    if run.bytes() <= limit {
        pieces.push(run);
        return Ok(());
    }
    if run.len() == 1 {
        return refuse(&run, limit, tolerance);
    }
    let middle = run.len() / 2;
    let (first, second): (Vec<usize>, Vec<usize>) = (0..run.len()).partition(|index| *index < middle);
    split(only_used_names(run.clone().without(&second)), limit, tolerance, pieces)?;
    split(only_used_names(run.without(&first)), limit, tolerance, pieces)
}

/// A piece has the names of its own headers only, else none would be small enough where names are what is large.
fn only_used_names(mut run: SinkRun) -> SinkRun {
    let headers = &mut run.headers;
    let names = std::mem::take(&mut headers.names);
    let mut places = HashMap::new();
    for name in &mut headers.name_of {
        let place = *places.entry(*name).or_insert_with(|| {
            headers.names.push(names.get(*name as usize).cloned().unwrap_or_default());
            u32::try_from(headers.names.len() - 1).unwrap_or(u32::MAX)
        });
        *name = place;
    }
    run
}

fn refuse(run: &SinkRun, limit: usize, tolerance: &Tolerance) -> Result<(), ToleranceError> {
    let offset = run.offsets.first().copied().unwrap_or(-1);
    let record = format!("topic {}, partition {}, offset {offset}", run.origin.topic, run.origin.partition);
    let cause = format!("a record of {} bytes exceeds sandbox.batch.max.bytes ({limit})", run.bytes());
    tolerance.judge(Stage::TaskPut, "org.apache.kafka.connect.sink.SinkTask", record, &cause)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TaskId;
    use cofferdam_data::{ColumnBuilder, Headers, TimestampType, kind};

    #[test]
    fn what_conversion_made_too_large_is_put_in_pieces() {
        let mut values = ColumnBuilder::default();
        for size in [40, 40, 200, 40, 40] {
            values.push(kind::BYTES, 0, &vec![b'x'; size]);
        }
        let (mut headers, mut nulls) = (ColumnBuilder::default(), ColumnBuilder::default());
        (0..5).for_each(|_| nulls.push_null());
        (0..5).for_each(|_| headers.push(kind::BYTES, 0, b""));
        let names: Vec<String> = (0..5).map(|number| format!("a header with a name of 30 {number:04}")).collect();
        let run = SinkRun {
            origin: TopicPartition { topic: "t".into(), partition: 0 },
            topics: vec!["t".into()],
            topic_of: vec![0],
            partitions: vec![0],
            timestamp_type: TimestampType::None,
            offsets: (10..15).collect(),
            timestamps: Vec::new(),
            keys: nulls.finish(),
            values: values.finish(),
            headers: Headers {
                counts: vec![1; 5],
                names: names.clone(),
                name_of: (0..5).collect(),
                values: headers.finish(),
            },
        };
        let settings = [("errors.tolerance".to_owned(), "all".to_owned())].into();
        let tolerance = Tolerance::configure(&TaskId::new("c", 0), &settings, true).unwrap();
        let mut pieces = Vec::new();
        split(run, 160, &tolerance, &mut pieces).unwrap();
        assert!(pieces.iter().all(|piece| piece.bytes() <= 160));
        let offsets: Vec<i64> = pieces.iter().flat_map(|piece| piece.offsets.clone()).collect();
        assert_eq!(offsets, [10, 11, 13, 14], "in order, without the one that is too large by itself");
        assert_eq!(tolerance.skipped(), 1);
        let last = pieces.last().unwrap();
        assert_eq!(last.headers.names.last(), names.last(), "each header keeps its name");
        assert_eq!(last.headers.names.len(), last.len());
    }
}
