//! What a worker checks of a class, and of a source's answers.

use super::broken;
use crate::batch::{Place, Position};
use crate::position::canonical;
use crate::types::{Column, SourceRun};
use crate::{Boundary, Class, Scope};
use std::collections::{BTreeMap, BTreeSet};

/// The most that a worker takes by default: `sandbox.batch.max.records` and `sandbox.batch.max.bytes`.
const MAX_RECORDS: usize = 10_000;
const MAX_BYTES: usize = 16 << 20;

#[track_caller]
pub(super) fn class(class: &Class) {
    for name in [Some(&class.name), class.task_name.as_ref()].into_iter().flatten() {
        if !is_dotted(name) {
            broken(format_args!("`{name}` is not a dotted class name like org.example.FileSourceConnector"));
        }
    }
    let mut names = BTreeSet::new();
    for key in &class.config.keys {
        if key.name.is_empty() {
            broken("an option has no name");
        }
        if !names.insert(key.name.as_str()) {
            broken(format_args!("the option `{}` is there twice", key.name));
        }
        if key.required && key.default.is_some() {
            broken(format_args!("the option `{}` is required and has a default", key.name));
        }
    }
    for capability in &class.capabilities {
        if let Scope::FromConfig(key) = &capability.scope
            && !names.contains(key.as_str())
        {
            broken(format_args!("a capability's target comes from `{key}`, which is none of the options"));
        }
    }
}

/// Segments of letters, digits, `_` and `$`, with dots between.
fn is_dotted(name: &str) -> bool {
    let segment = |segment: &str| {
        !segment.is_empty()
            && !segment.starts_with(|first: char| first.is_ascii_digit())
            && segment.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '$')
    };
    name.contains('.') && name.split('.').all(segment)
}

#[track_caller]
pub(super) fn task_configs(configs: usize, max_tasks: u32) {
    if configs > max_tasks as usize {
        broken(format_args!("{configs} configurations for at most {max_tasks} tasks"));
    }
}

#[track_caller]
pub(super) fn boundaries(boundaries: &[(Option<Place>, Boundary)]) {
    if !boundaries.is_empty() {
        broken("transaction boundaries of a connector's own are not supported by this version of the worker");
    }
}

#[track_caller]
pub(super) fn batch(runs: &[SourceRun], positions: &[Position]) {
    let (mut records, mut bytes) = (0, 0);
    let mut last = BTreeMap::new();
    for (index, run) in (0u32..).zip(runs) {
        let cells = run.values.ends.len();
        self::run(index, run);
        records += cells;
        bytes += self::bytes(run);
        if let Some(partition) = &run.source_partition {
            let end = u32::try_from(cells).unwrap_or(u32::MAX).saturating_sub(1);
            last.insert(object("source partition", partition), (index, end));
        }
    }
    for position in positions {
        let partition = object("source partition", &position.partition);
        bytes += position.partition.len();
        if let Some(offset) = &position.offset {
            object("source offset", offset);
            bytes += offset.len();
        }
        if last.get(&partition).is_some_and(|last| position.after.is_none_or(|after| after >= *last)) {
            last.remove(&partition);
        }
    }
    if records > MAX_RECORDS || bytes > MAX_BYTES {
        broken(format_args!("{records} records of {bytes} bytes in one batch, at most {MAX_RECORDS} of {MAX_BYTES}"));
    }
    if let Some(partition) = last.keys().next() {
        broken(format_args!("records of {partition} without a position at or after the last of them"));
    }
}

/// Cells and strings.
fn bytes(run: &SourceRun) -> usize {
    let names = run.topics.iter().chain(&run.headers.names).chain(&run.source_partition);
    let cells = [&run.keys, &run.values, &run.headers.values].into_iter();
    cells.map(|column| column.data.len()).sum::<usize>() + names.map(String::len).sum::<usize>()
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
    match canonical(text) {
        Ok(text) => text,
        Err(error) => broken(format_args!("{what}: {error}")),
    }
}
