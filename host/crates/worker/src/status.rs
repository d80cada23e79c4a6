//! Writes what is observed of a connector or task to the status store.

use cofferdam_config::Secrets;
use cofferdam_storage::{State, Status, StatusBackingStore};
use parking_lot::Mutex;
use std::sync::Arc;

/// Whose status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Subject {
    /// A connector.
    Connector(String),
    /// A task of a connector.
    Task(String, u32),
}

/// Writes one subject's status until it is cancelled: what was given up on after the graceful period may still be
/// running for a while, and must not overwrite what its successor says (runtime.md §1.4).
pub(crate) struct StatusWriter {
    subject: Subject,
    store: Arc<dyn StatusBackingStore>,
    worker_id: String,
    version: Option<String>,
    /// What no trace may say.
    secrets: Secrets,
    /// The state and trace written last; `None` once cancelled.
    last: Mutex<Option<(State, Option<String>)>>,
}

impl StatusWriter {
    /// A writer that has written nothing yet.
    pub(crate) fn new(
        subject: Subject,
        store: Arc<dyn StatusBackingStore>,
        worker_id: String,
        version: Option<String>,
        secrets: Secrets,
    ) -> Arc<Self> {
        let last = Mutex::new(Some((State::Unassigned, None)));
        Arc::new(Self { subject, store, worker_id, version, secrets, last })
    }

    /// A text about the subject as it may be shown, in the log, too: without the values of placeholders.
    pub(crate) fn redact(&self, text: &str) -> String {
        self.secrets.redact(text).into_owned()
    }

    /// Writes a state without trace.
    pub(crate) fn write(&self, state: State) {
        self.put(state, None);
    }

    /// Writes FAILED with its trace.
    pub(crate) fn failed(&self, trace: String) {
        self.put(State::Failed, Some(self.redact(&trace)));
    }

    /// Tells of a trouble that may pass by itself (Kafka cannot be reached, a disk is full), or that it has passed,
    /// beside the state written last. Whether that is news.
    pub(crate) fn trouble(&self, text: Option<String>) -> bool {
        let text = text.map(|text| self.redact(&text) + "\n");
        let mut last = self.last.lock();
        match &*last {
            Some((state @ (State::Running | State::Paused), told)) if *told != text => {
                let state = *state;
                self.put_locked(&mut last, state, text);
                true
            }
            _ => false,
        }
    }

    /// Writes UNASSIGNED and never anything again.
    pub(crate) fn cancel(&self) {
        let mut last = self.last.lock();
        self.put_locked(&mut last, State::Unassigned, None);
        *last = None;
    }

    fn put(&self, state: State, trace: Option<String>) {
        self.put_locked(&mut self.last.lock(), state, trace);
    }

    /// Under the lock, so that what is looked at is what is replaced.
    fn put_locked(&self, last: &mut Option<(State, Option<String>)>, state: State, trace: Option<String>) {
        if last.is_none() {
            return;
        }
        *last = Some((state, trace.clone()));
        let (worker_id, version) = (self.worker_id.clone(), self.version.clone());
        let status = Status { state, trace, worker_id, generation: 0, version };
        match &self.subject {
            Subject::Connector(name) => self.store.put_connector(name, status),
            Subject::Task(name, task) => self.store.put_task(name, *task, status),
        }
    }
}
