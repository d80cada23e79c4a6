//! Prepares what was consumed for the plugin: conversion, skipped records, the bound of a batch.

use crate::pipeline::{Converters, Stage, Tolerance, ToleranceError};
use crate::task::TaskSetup;
use cofferdam_data::{SchemaTable, SinkRun, TopicOffset};

/// Runs ready for `put`, and what is taken once it has succeeded.
#[derive(Debug, Default)]
pub(crate) struct Delivery {
    pub(crate) runs: Vec<SinkRun>,
    /// The next offset after each run, of skipped records too.
    pub(crate) next: Vec<TopicOffset>,
}

impl Delivery {
    /// Converts what was consumed. A record too large to be handed over is an errant record like one that cannot be
    /// converted.
    pub(crate) fn prepare(setup: &mut TaskSetup, runs: Vec<SinkRun>) -> Result<Self, ToleranceError> {
        let limit = setup.batch_max_bytes;
        let mut delivery = Self::default();
        for run in runs {
            if let Some(last) = run.offsets.last() {
                delivery.next.push(TopicOffset { at: run.origin.clone(), offset: last + 1 });
            }
            let run = convert(&mut setup.converters, run, &setup.schemas, &setup.tolerance)?;
            let run = bound(run, limit, &setup.tolerance)?;
            if !run.is_empty() {
                delivery.runs.push(run);
            }
        }
        Ok(delivery)
    }

    /// Forgets what came from these partitions: they are no longer this task's.
    pub(crate) fn revoke(&mut self, partitions: &[cofferdam_data::TopicPartition]) {
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

/// The consumer keeps to the byte target; only a single record can be larger than the limit, alone in its run.
fn bound(run: SinkRun, limit: usize, tolerance: &Tolerance) -> Result<SinkRun, ToleranceError> {
    if run.bytes() <= limit || run.len() > 1 {
        return Ok(run);
    }
    let offset = run.offsets.first().copied().unwrap_or(-1);
    let record = format!("topic {}, partition {}, offset {offset}", run.origin.topic, run.origin.partition);
    let cause = format!("a record of {} bytes exceeds sandbox.batch.max.bytes ({limit})", run.bytes());
    tolerance.judge(Stage::TaskPut, "org.apache.kafka.connect.sink.SinkTask", record, &cause)?;
    Ok(run.without(&[0]))
}
