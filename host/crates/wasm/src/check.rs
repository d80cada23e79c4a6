//! What a source may answer. Everything in a batch is checked before anything of it is used: a plugin's mistake is told
//! with the place where it is, and can at worst fail the plugin's own task.

use crate::bindings::source_task::{Boundary, Place as WitPlace};
use cofferdam_config::SandboxConfig;
use cofferdam_data::{Column, Place, Position, RunError, SourceBatch, SourceRun};
use serde_json::{Map, Value};
use std::collections::HashMap;
use thiserror::Error;

/// How a batch breaks the rules of `source-task.batch`.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub(crate) enum BatchError {
    #[error("batch of {bytes} bytes exceeds sandbox.batch.max.bytes ({max})")]
    Bytes { bytes: usize, max: u64 },
    #[error("batch of {records} records exceeds sandbox.batch.max.records ({max})")]
    Records { records: usize, max: u32 },
    #[error("run {run}: {source}")]
    Run { run: usize, source: RunError },
    #[error("run {run}: `{what}` at index {index} names schema {id}, which this instance was never given")]
    Schema { run: usize, what: &'static str, index: usize, id: u32 },
    #[error("run {run}: source partition {source}")]
    SourcePartition { run: usize, source: NotPrimitive },
    #[error("position {position}: {what} {source}")]
    Position { position: usize, what: &'static str, source: NotPrimitive },
    #[error("position {position} holds after record {index} of run {run}, which is not in the batch")]
    Place { position: usize, run: u32, index: u32 },
    #[error(
        "run {run}: no position of source partition {source_partition} holds after its last record, at index {index}"
    )]
    Uncovered { run: usize, index: usize, source_partition: String },
    #[error("transaction boundaries of a connector's own are not supported by this version of the worker")]
    Boundaries,
}

/// Why a text does not name a source partition or an offset.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub(crate) enum NotPrimitive {
    #[error("has {0} bytes; it may have {MAX_TEXT}")]
    TooLong(usize),
    #[error("is not a JSON object: {0}")]
    NotAnObject(String),
    // Kafka's words: OffsetUtils.validateFormat.
    #[error("is not valid: Offsets may only contain primitive types as values, but field {field} contains {contains}")]
    Nested { field: String, contains: &'static str },
}

/// Bytes of a source partition, and of an offset: they are keys and cursors, parsed and stored at each commit.
const MAX_TEXT: usize = 64 << 10;

/// Checks a batch against its own rules and the sandbox's limits. `schemas`: how many the instance was given.
pub(crate) fn batch(batch: &SourceBatch, sandbox: &SandboxConfig, schemas: usize) -> Result<(), BatchError> {
    sizes(batch, sandbox)?;
    for (run, content) in batch.runs.iter().enumerate() {
        content.check().map_err(|source| BatchError::Run { run, source })?;
        given(run, content, schemas)?;
    }
    positions(batch)
}

/// Refuses boundaries: this version has no transactions, and to ignore an abort would deliver what must not be.
pub(crate) fn boundaries(boundaries: &[(Option<WitPlace>, Boundary)]) -> Result<(), BatchError> {
    if boundaries.is_empty() { Ok(()) } else { Err(BatchError::Boundaries) }
}

fn sizes(batch: &SourceBatch, sandbox: &SandboxConfig) -> Result<(), BatchError> {
    let (bytes, records) = (bytes(batch), batch.len());
    if bytes as u64 > sandbox.batch_max_bytes {
        return Err(BatchError::Bytes { bytes, max: sandbox.batch_max_bytes });
    }
    if records as u64 > u64::from(sandbox.batch_max_records) {
        return Err(BatchError::Records { records, max: sandbox.batch_max_records });
    }
    Ok(())
}

/// Cells and strings, those of positions too.
fn bytes(batch: &SourceBatch) -> usize {
    let of = |position: &Position| position.source_partition.len() + position.offset.as_ref().map_or(0, String::len);
    let names = batch.runs.iter().map(repeated_names).sum::<usize>();
    batch.bytes() + names + batch.positions.iter().map(of).sum::<usize>()
}

/// Names of headers are in the batch once, and in each record that has them once it is sent.
fn repeated_names(run: &SourceRun) -> usize {
    let name = |index: &u32| run.headers.names.get(*index as usize).map_or(0, String::len);
    run.headers.name_of.iter().map(name).fold(0, usize::saturating_add)
}

fn given(run: usize, content: &SourceRun, schemas: usize) -> Result<(), BatchError> {
    let columns = [("keys", &content.keys), ("values", &content.values), ("headers.values", &content.headers.values)];
    for (what, Column { schemas: ids, .. }) in columns {
        if let Some((index, id)) = ids.iter().enumerate().find(|(_, id)| **id as usize > schemas) {
            return Err(BatchError::Schema { run, what, index, id: *id });
        }
    }
    Ok(())
}

/// A source partition's last record in the batch, and how far positions reach.
struct Reach<'a> {
    text: &'a str,
    last: Place,
    covered: bool,
}

fn positions(batch: &SourceBatch) -> Result<(), BatchError> {
    let mut reach: HashMap<String, Reach<'_>> = HashMap::new();
    for (run, content) in batch.runs.iter().enumerate() {
        let Some(text) = content.source_partition.as_deref() else { continue };
        let name = canonical(text).map_err(|source| BatchError::SourcePartition { run, source })?;
        let Some(index) = content.len().checked_sub(1) else { continue };
        let last = Place { run: as_u32(run), index: as_u32(index) };
        reach.insert(name, Reach { text, last, covered: false });
    }
    for (number, position) in batch.positions.iter().enumerate() {
        let wrong = |what| move |source| BatchError::Position { position: number, what, source };
        let name = canonical(&position.source_partition).map_err(wrong("source partition"))?;
        if let Some(offset) = &position.offset {
            canonical(offset).map_err(wrong("offset"))?;
        }
        if let Some(Place { run, index }) = position.after
            && batch.runs.get(run as usize).is_none_or(|content| index as usize >= content.len())
        {
            return Err(BatchError::Place { position: number, run, index });
        }
        if let Some(reach) = reach.get_mut(&name) {
            reach.covered |= position.after.is_none_or(|after| after >= reach.last);
        }
    }
    let uncovered = reach.into_values().filter(|reach| !reach.covered).min_by_key(|reach| reach.last);
    match uncovered {
        None => Ok(()),
        Some(Reach { text, last: Place { run, index }, .. }) => {
            let source_partition = text.to_owned();
            Err(BatchError::Uncovered { run: run as usize, index: index as usize, source_partition })
        }
    }
}

fn as_u32(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}

/// One text for all texts of an equal object: sorted keys, and one way to write a number.
fn canonical(text: &str) -> Result<String, NotPrimitive> {
    if text.len() > MAX_TEXT {
        return Err(NotPrimitive::TooLong(text.len()));
    }
    let mut object = serde_json::from_str::<Map<String, Value>>(text)
        .map_err(|error| NotPrimitive::NotAnObject(error.to_string()))?;
    for (field, value) in &mut object {
        let contains = match value {
            Value::Array(_) => "ARRAY",
            Value::Object(_) => "MAP",
            Value::Number(number) => {
                if let Some(whole) = whole(number) {
                    *value = whole.into();
                }
                continue;
            }
            Value::Null | Value::Bool(_) | Value::String(_) => continue,
        };
        return Err(NotPrimitive::Nested { field: field.clone(), contains });
    }
    object.sort_keys();
    Ok(Value::Object(object).to_string())
}

/// `1.0` as `1`, where that is exact.
fn whole(number: &serde_json::Number) -> Option<i64> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if !number.is_f64() {
        return None;
    }
    let float = number.as_f64().filter(|float| float.fract() == 0.0 && float.abs() <= EXACT)?;
    #[expect(clippy::cast_possible_truncation, reason = "a whole number within 2^53")]
    Some(float as i64)
}

#[cfg(test)]
mod tests;
