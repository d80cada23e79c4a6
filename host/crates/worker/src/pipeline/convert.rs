//! A task's three converters, applied to runs.

use super::{Stage, Tolerance, ToleranceError};
use crate::WorkerError;
use crate::task::below;
use cofferdam_config::{ConverterConfig, WorkerConfig};
use cofferdam_data::{Headers, SchemaTable, SinkRun, SourceRun};
use cofferdam_plugin::{Catalog, ConfigMap, Converted, Converter, Topics};
use std::collections::BTreeSet;
use std::mem::take;

/// Records of a run that are skipped, by index.
pub(crate) type Dropped = BTreeSet<usize>;

/// Converters of one task.
pub(crate) struct Converters {
    key: Box<dyn Converter>,
    value: Box<dyn Converter>,
    header: Box<dyn Converter>,
}

impl Converters {
    /// The connector's converters where it names them, with its sub-keys only, else the worker's (config.md §3).
    pub(crate) fn configure(config: &ConfigMap, worker: &WorkerConfig, catalog: &Catalog) -> Result<Self, WorkerError> {
        Ok(Self {
            key: converter("key", config, &worker.key_converter, catalog)?,
            value: converter("value", config, &worker.value_converter, catalog)?,
            header: converter("header", config, &worker.header_converter, catalog)?,
        })
    }

    /// From Kafka to what a sink reads: key, value, headers. Says which records are to be skipped.
    pub(crate) fn decode(
        &mut self,
        run: &mut SinkRun,
        schemas: &SchemaTable,
        tolerance: &Tolerance,
    ) -> Result<Dropped, ToleranceError> {
        let topics = Topics { names: &run.topics, of: &run.topic_of };
        let at = |index: usize| format!("{}@{}", run.origin, run.offsets.get(index).copied().unwrap_or(-1));
        let mut dropped = Dropped::new();
        let mut judge = |stage, class: &str, failures| judge(&mut dropped, tolerance, stage, class, failures, at);
        let keys = self.key.to_connect_data(topics, take(&mut run.keys), schemas);
        judge(Stage::KeyConverter, self.key.class(), keys.failures)?;
        let values = self.value.to_connect_data(topics, take(&mut run.values), schemas);
        judge(Stage::ValueConverter, self.value.class(), values.failures)?;
        if !run.headers.counts.is_empty() {
            let headers = self.header.to_connect_data(first(topics), take(&mut run.headers.values), schemas);
            judge(Stage::HeaderConverter, self.header.class(), by_record(&run.headers, headers.failures))?;
            run.headers.values = headers.column;
        }
        run.keys = keys.column;
        run.values = values.column;
        Ok(dropped)
    }

    /// From what a source gave to Kafka's bytes: headers, key, value. Says which records are to be skipped.
    pub(crate) fn encode(
        &mut self,
        run: &mut SourceRun,
        schemas: &SchemaTable,
        tolerance: &Tolerance,
    ) -> Result<Dropped, ToleranceError> {
        let (keys, values) = (take(&mut run.keys), take(&mut run.values));
        let header_values = take(&mut run.headers.values);
        let topics = Topics { names: &run.topics, of: &run.topic_of };
        let at = |index: usize| {
            let partition = run.source_partition.as_deref().unwrap_or("{}");
            format!("record {index} of a run from {partition} to topic {}", run.topic(index).unwrap_or_default())
        };
        let mut dropped = Dropped::new();
        let mut judge = |stage, class: &str, failures| judge(&mut dropped, tolerance, stage, class, failures, at);
        let mut headers = Converted::from(header_values);
        if !run.headers.counts.is_empty() {
            headers = self.header.from_connect_data(first(topics), headers.column, schemas);
            judge(Stage::HeaderConverter, self.header.class(), by_record(&run.headers, headers.failures))?;
        }
        let mut keys = Converted::from(keys);
        if !keys.column.is_empty() {
            keys = self.key.from_connect_data(topics, keys.column, schemas);
            judge(Stage::KeyConverter, self.key.class(), keys.failures)?;
        }
        let values = self.value.from_connect_data(topics, values, schemas);
        judge(Stage::ValueConverter, self.value.class(), values.failures)?;
        (run.keys, run.values, run.headers.values) = (keys.column, values.column, headers.column);
        Ok(dropped)
    }
}

/// Has the failures of one stage judged. A record that failed in an earlier one, or in an earlier header, is not told of
/// again (runtime.md §6.3).
fn judge(
    dropped: &mut Dropped,
    tolerance: &Tolerance,
    stage: Stage,
    class: &str,
    failures: Vec<(usize, String)>,
    at: impl Fn(usize) -> String,
) -> Result<(), ToleranceError> {
    for (index, cause) in failures {
        if dropped.insert(index) {
            tolerance.judge(stage, class, at(index), &cause)?;
        }
    }
    Ok(())
}

/// Header values stand beside the records: only the first topic can be told for them.
fn first(topics: Topics<'_>) -> Topics<'_> {
    Topics { names: topics.names, of: topics.of.get(..1).unwrap_or_default() }
}

/// Failures told by header become failures told by record.
fn by_record(headers: &Headers, failures: Vec<(usize, String)>) -> Vec<(usize, String)> {
    let mut end = 0;
    let mut failures = failures.into_iter().peekable();
    let mut of_records = Vec::new();
    for (record, count) in headers.counts.iter().enumerate() {
        end += *count as usize;
        while let Some((_, cause)) = failures.next_if(|(header, _)| *header < end) {
            of_records.push((record, cause));
        }
    }
    of_records
}

fn converter(
    role: &str,
    config: &ConfigMap,
    worker: &ConverterConfig,
    catalog: &Catalog,
) -> Result<Box<dyn Converter>, WorkerError> {
    let key = format!("{role}.converter");
    let (class, mut settings) = match config.get(&key) {
        Some(class) => (class.trim().to_owned(), below(config, &format!("{key}."))),
        None => (worker.class.clone(), worker.config.clone()),
    };
    settings.insert("converter.type".to_owned(), role.to_owned());
    let setting = |reason: String| WorkerError::Setting { key: key.clone(), value: class.clone(), reason };
    let factory = catalog.converter(&class).map_err(|error| setting(error.to_string()))?;
    factory.create(&settings).map_err(setting)
}

#[cfg(test)]
mod tests;
