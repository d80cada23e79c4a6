//! What is done about a record that fails: `errors.tolerance` (runtime.md §6).
//!
//! Nothing vanishes: a record is skipped only where a log line tells of it. Kafka's dead letter queue and retries of
//! stages are not part of this version; a connector that asks for them is refused by name rather than run without.

use crate::{TaskId, WorkerError};
use cofferdam_plugin::ConfigMap;
use std::fmt;
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
#[derive(Clone, Debug)]
pub(crate) struct Tolerance {
    id: TaskId,
    all: bool,
    log: bool,
    include_messages: bool,
}

impl Tolerance {
    pub(crate) fn configure(id: &TaskId, config: &ConfigMap) -> Result<Self, WorkerError> {
        let get = |key: &str| config.get(key).map(|value| value.trim()).filter(|value| !value.is_empty());
        let refuse = |key: &str, reason: &str| {
            let value = get(key).unwrap_or_default().to_owned();
            WorkerError::Setting { key: key.to_owned(), value, reason: reason.to_owned() }
        };
        for key in ["errors.deadletterqueue.topic.name", "transforms", "predicates"] {
            if get(key).is_some() {
                return Err(refuse(key, "not available in this version of Cofferdam"));
            }
        }
        let all = match get("errors.tolerance") {
            None | Some("none") => false,
            Some("all") => true,
            Some(_) => return Err(refuse("errors.tolerance", "String must be one of: none, all")),
        };
        let on = |key: &str| get(key).is_some_and(|value| value.eq_ignore_ascii_case("true"));
        let log = on("errors.log.enable");
        Ok(Self { id: id.clone(), all, log, include_messages: on("errors.log.include.messages") })
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
        let told = self.log;
        if self.all && told {
            return Ok(());
        }
        let cause = if self.all {
            format!("{cause} (errors.tolerance=all skips a record only where errors.log.enable=true tells of it)")
        } else {
            cause.to_owned()
        };
        Err(ToleranceError { stage, class: class.to_owned(), record, cause })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tolerance(settings: &[(&str, &str)]) -> Result<Tolerance, WorkerError> {
        let config = settings.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        Tolerance::configure(&TaskId::new("c", 0), &config)
    }

    #[test]
    fn a_record_is_skipped_only_where_something_tells_of_it() {
        let judge = |settings: &[(&str, &str)]| {
            tolerance(settings)
                .unwrap()
                .judge(Stage::ValueConverter, "C", "t-0@5".into(), "no")
                .map_err(|e| e.to_string())
        };
        let exceeded = judge(&[]).unwrap_err();
        assert_eq!(exceeded, "Tolerance exceeded in error handler: stage VALUE_CONVERTER with class 'C', t-0@5: no");
        assert!(judge(&[("errors.tolerance", "all")]).unwrap_err().contains("errors.log.enable"));
        assert_eq!(judge(&[("errors.tolerance", "all"), ("errors.log.enable", "true")]), Ok(()));
        assert!(judge(&[("errors.log.enable", "true")]).is_err());
    }

    #[test]
    fn what_is_not_there_yet_is_refused_by_name() {
        for key in ["errors.deadletterqueue.topic.name", "transforms", "predicates"] {
            let error = tolerance(&[(key, "x")]).unwrap_err().to_string();
            assert!(error.contains(key) && error.contains("not available"), "{error}");
        }
        assert!(tolerance(&[("errors.tolerance", "some")]).unwrap_err().to_string().contains("none, all"));
    }
}
