//! What an operation is doing right now, so that a request that times out can say what it waited for.

use jiff::Timestamp;
use parking_lot::Mutex;
use std::fmt;
use std::sync::Arc;

/// One step of an operation. Displayed as Kafka Connect's stage summary (rest.md §1.7).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stage {
    description: String,
    began: Timestamp,
    completed: Option<Timestamp>,
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { description, began, completed } = self;
        match completed {
            None => write!(f, "The worker is currently {description}, which began at {began}."),
            Some(completed) => write!(
                f,
                "The last operation the worker completed was {description}, which began at {began} and completed at \
                 {completed}."
            ),
        }
    }
}

impl Stage {
    pub(crate) fn is_completed(&self) -> bool {
        self.completed.is_some()
    }

    pub(crate) fn began(&self) -> Timestamp {
        self.began
    }
}

/// Where an operation writes its stage and a waiting request reads it.
#[derive(Clone, Debug, Default)]
pub(crate) struct StageCell(Arc<Mutex<Option<Stage>>>);

impl StageCell {
    /// Begins a stage; it is completed when the guard is dropped.
    pub(crate) fn begin(&self, description: impl Into<String>) -> StageGuard {
        let stage = Stage { description: description.into(), began: Timestamp::now(), completed: None };
        *self.0.lock() = Some(stage);
        StageGuard(self.clone())
    }

    /// The stage begun last.
    pub(crate) fn current(&self) -> Option<Stage> {
        self.0.lock().clone()
    }
}

/// Completes a stage.
#[must_use = "a stage is completed when its guard is dropped"]
pub(crate) struct StageGuard(StageCell);

impl Drop for StageGuard {
    fn drop(&mut self) {
        if let Some(stage) = self.0.0.lock().as_mut() {
            stage.completed.get_or_insert_with(Timestamp::now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stage_tells_what_is_going_on_and_what_was_done_last() {
        let cell = StageCell::default();
        assert_eq!(cell.current(), None);
        let guard = cell.begin("starting the connector");
        let text = cell.current().unwrap().to_string();
        assert!(text.starts_with("The worker is currently starting the connector, which began at 2"), "{text}");
        assert!(text.ends_with("Z."), "{text}");
        drop(guard);
        let text = cell.current().unwrap().to_string();
        assert!(text.starts_with("The last operation the worker completed was starting the connector, "), "{text}");
    }
}
