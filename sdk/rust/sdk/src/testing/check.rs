//! What a worker checks of a source's answers, in the same order.

use super::broken;
use crate::batch::Position;
use crate::position::canonical;
use crate::types::{Column, SourceRun};
use std::collections::BTreeMap;

/// The most that a worker takes by default: `sandbox.batch.max.records` and `sandbox.batch.max.bytes`.
const MAX_RECORDS: usize = 10_000;
const MAX_BYTES: usize = 16 << 20;

#[track_caller]
pub(super) fn batch(runs: &[SourceRun], positions: &[Position]) {
    let (mut records, mut bytes) = (0, 0);
    let mut last = BTreeMap::new();
    for (index, run) in (0u32..).zip(runs) {
        let cells = run.values.ends.len();
        self::run(index, run);
        records += cells;
        bytes += run.keys.data.len() + run.values.data.len() + run.headers.values.data.len();
        if let Some(partition) = &run.source_partition {
            let end = u32::try_from(cells).unwrap_or(u32::MAX).saturating_sub(1);
            last.insert(object("source partition", partition), (index, end));
        }
    }
    if records > MAX_RECORDS || bytes > MAX_BYTES {
        broken(format_args!("{records} records of {bytes} bytes in one batch, at most {MAX_RECORDS} of {MAX_BYTES}"));
    }
    for position in positions {
        let partition = object("source partition", &position.partition);
        if let Some(offset) = &position.offset {
            object("source offset", offset);
        }
        if last.get(&partition).is_some_and(|last| position.after.is_none_or(|after| after >= *last)) {
            last.remove(&partition);
        }
    }
    if let Some(partition) = last.keys().next() {
        broken(format_args!("records of {partition} without a position at or after the last of them"));
    }
}

#[track_caller]
fn run(index: u32, run: &SourceRun) {
    let cells = run.values.ends.len();
    column(index, "values", &run.values, cells);
    if !run.keys.ends.is_empty() {
        column(index, "keys", &run.keys, cells);
    }
    column(index, "header values", &run.headers.values, run.headers.name_of.len());
    if run.topics.iter().any(String::is_empty) {
        broken(format_args!("run {index} has a record without a topic"));
    }
    if run.partitions.iter().any(|partition| *partition < -1) {
        broken(format_args!("run {index} has a negative partition"));
    }
}

#[track_caller]
fn column(index: u32, name: &str, column: &Column, cells: usize) {
    if column.ends.len() != cells {
        broken(format_args!("{name} of run {index} have {} cells, expected {cells}", column.ends.len()));
    }
    if column.ends.last().map_or(0, |end| *end as usize) != column.data.len() {
        broken(format_args!("{name} of run {index} do not end where their data ends"));
    }
}

#[track_caller]
fn object(what: &str, text: &str) -> String {
    match if what == "source partition" {
        canonical(text)
    } else {
        crate::SourceOffset::from_json(text).map(|o| o.to_json())
    } {
        Ok(text) => text,
        Err(error) => broken(format_args!("{what}: {error}")),
    }
}
