//! What is done about a record that fails: `errors.tolerance` (runtime.md §6).
//!
//! Kafka's dead letter queue and transformations are not part of this version: a connector that asks for them is refused
//! by name rather than run without. What merely has no effect here is told in the log.

use crate::{TaskId, WorkerError};
use cofferdam_plugin::ConfigMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use thiserror::Error;

/// Where a record failed. Kafka: `Stage`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    TaskPut,
    KeyConverter,
    ValueConverter,
    HeaderConverter,
    KafkaProduce,
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TaskPut => "TASK_PUT",
            Self::KeyConverter => "KEY_CONVERTER",
            Self::ValueConverter => "VALUE_CONVERTER",
            Self::HeaderConverter => "HEADER_CONVERTER",
            Self::KafkaProduce => "KAFKA_PRODUCE",
        })
    }
}

/// A record that failed and is not tolerated.
#[derive(Debug, Error)]
#[error("Tolerance exceeded in error handler: stage {stage} with class '{class}', {record}: {cause}")]
pub(crate) struct ToleranceError {
    stage: Stage,
    class: String,
    record: String,
    cause: String,
}

/// A connector's answer to records that fail.
#[derive(Debug)]
pub(crate) struct Tolerance {
    id: TaskId,
    all: bool,
    log: bool,
    include_messages: bool,
    /// Records skipped so far.
    skipped: AtomicU64,
}

impl Tolerance {
    /// From a connector's configuration, which may be a sink's or a source's.
    pub(crate) fn configure(id: &TaskId, config: &ConfigMap, sink: bool) -> Result<Self, WorkerError> {
        let get = |key: &str| config.get(key).map(|value| value.trim()).filter(|value| !value.is_empty());
        let refuse = |key: &str, reason: &str| {
            let value = get(key).unwrap_or_default().to_owned();
            WorkerError::Setting { key: key.to_owned(), value, reason: reason.to_owned() }
        };
        // Sources have no dead letter queue: theirs is ignored, by Kafka too.
        let dead_letters = sink.then_some("errors.deadletterqueue.topic.name");
        for key in ["transforms", "predicates"].into_iter().chain(dead_letters) {
            if get(key).is_some() {
                return Err(refuse(key, "not available in this version of Cofferdam"));
            }
        }
        let all = match get("errors.tolerance") {
            None | Some("none") => false,
            Some("all") => true,
            Some(_) => return Err(refuse("errors.tolerance", "String must be one of: none, all")),
        };
        if get("errors.retry.timeout").is_some_and(|timeout| timeout != "0") {
            tracing::warn!(task = %id, "errors.retry.timeout has no effect: no converter here fails in a way that passes");
        }
        if !sink && config.keys().any(|key| key.starts_with("topic.creation.")) {
            tracing::warn!(
                task = %id,
                "topic.creation.* has no effect in this version of Cofferdam: the brokers create topics, as their own \
                 defaults say"
            );
        }
        let on = |key: &str| get(key).is_some_and(|value| value.eq_ignore_ascii_case("true"));
        let log = on("errors.log.enable");
        let (include_messages, skipped) = (on("errors.log.include.messages"), AtomicU64::new(0));
        Ok(Self { id: id.clone(), all, log, include_messages, skipped })
    }

    /// Records skipped so far.
    #[cfg(test)]
    pub(crate) fn skipped(&self) -> u64 {
        self.skipped.load(Ordering::Relaxed)
    }

    /// Judges one failed record, told by `record` (topic, partition, offset): `Ok` to go on without it.
    pub(crate) fn judge(&self, stage: Stage, class: &str, record: String, cause: &str) -> Result<(), ToleranceError> {
        if self.log {
            let record = if self.include_messages { record.as_str() } else { "" };
            tracing::error!(
                task = %self.id, %stage, class, record, cause,
                "Error encountered in task {}. Executing stage '{stage}' with class '{class}'.", self.id
            );
        }
        if self.all {
            let skipped = self.skipped.fetch_add(1, Ordering::Relaxed) + 1;
            tracing::debug!(task = %self.id, %stage, class, record, cause, skipped, "record skipped");
            return Ok(());
        }
        Err(ToleranceError { stage, class: class.to_owned(), record, cause: cause.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tolerance(settings: &[(&str, &str)]) -> Result<Tolerance, WorkerError> {
        let config = settings.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        Tolerance::configure(&TaskId::new("c", 0), &config, true)
    }

    #[test]
    fn a_record_is_skipped_where_all_is_tolerated() {
        let judge = |settings: &[(&str, &str)]| {
            tolerance(settings)
                .unwrap()
                .judge(Stage::ValueConverter, "C", "t-0@5".into(), "no")
                .map_err(|e| e.to_string())
        };
        let exceeded = judge(&[]).unwrap_err();
        assert_eq!(exceeded, "Tolerance exceeded in error handler: stage VALUE_CONVERTER with class 'C', t-0@5: no");
        assert_eq!(judge(&[("errors.tolerance", "all")]), Ok(()));
        assert_eq!(judge(&[("errors.tolerance", "all"), ("errors.log.enable", "true")]), Ok(()));
        assert!(judge(&[("errors.log.enable", "true")]).is_err());
    }

    #[test]
    fn what_is_not_there_yet_is_refused_by_name() {
        for key in ["errors.deadletterqueue.topic.name", "transforms", "predicates"] {
            let error = tolerance(&[(key, "x")]).unwrap_err().to_string();
            assert!(error.contains(key) && error.contains("not available"), "{error}");
        }
        let dead_letters = [("errors.deadletterqueue.topic.name".to_owned(), "x".to_owned())].into();
        assert!(Tolerance::configure(&TaskId::new("c", 0), &dead_letters, false).is_ok(), "ignored by sources");
        assert!(tolerance(&[("errors.tolerance", "some")]).unwrap_err().to_string().contains("none, all"));
    }
}
