//! What connectors and tasks report about themselves.

use parking_lot::{RwLock, RwLockWriteGuard};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

/// A reported state. Kafka: `AbstractStatus.State`, without DESTROYED, which is never shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// Nobody runs it.
    Unassigned,
    /// It runs.
    Running,
    /// It is there, and waits.
    Paused,
    /// It is not there on purpose; connectors only.
    Stopped,
    /// It gave up.
    Failed,
    /// A restart was accepted.
    Restarting,
}

impl State {
    /// As REST and the status topic write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unassigned => "UNASSIGNED",
            Self::Running => "RUNNING",
            Self::Paused => "PAUSED",
            Self::Stopped => "STOPPED",
            Self::Failed => "FAILED",
            Self::Restarting => "RESTARTING",
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A connector's or task's status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// The state.
    pub state: State,
    /// Why it failed; while it runs or is paused, a trouble that may pass by itself; else `None`.
    pub trace: Option<String>,
    /// Which worker says so, `host:port`.
    pub worker_id: String,
    /// The group's generation at that time; 0 in standalone.
    pub generation: i32,
    /// Version of the plugin; `None`: not known.
    pub version: Option<String>,
}

/// Keeps the latest status of every connector and task.
pub trait StatusBackingStore: Send + Sync {
    /// A connector's status from now on.
    fn put_connector(&self, name: &str, status: Status);
    /// A task's status from now on.
    fn put_task(&self, name: &str, task: u32, status: Status);
    /// A connector's status; `None`: never reported, or removed.
    fn connector(&self, name: &str) -> Option<Status>;
    /// A task's status; `None`: never reported, or removed.
    fn task(&self, name: &str, task: u32) -> Option<Status>;
    /// Statuses of a connector's tasks, by ascending number.
    fn tasks(&self, name: &str) -> Vec<(u32, Status)>;
    /// Forgets a task.
    fn remove_task(&self, name: &str, task: u32);
    /// Forgets a connector and its tasks.
    fn remove_connector(&self, name: &str);
    /// Connectors of which there is a status, sorted.
    fn connectors(&self) -> Vec<String>;
    /// Grows with every change: as long as it is the same, so is everything else.
    fn revision(&self) -> u64;
}

/// Statuses that are gone with the process.
#[derive(Debug, Default)]
pub struct MemoryStatusStore {
    connectors: RwLock<BTreeMap<String, Statuses>>,
    revision: AtomicU64,
}

#[derive(Debug, Default)]
struct Statuses {
    connector: Option<Status>,
    tasks: BTreeMap<u32, Status>,
}

impl MemoryStatusStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    /// For changes: whoever sees the new revision sees the change.
    fn write(&self) -> RwLockWriteGuard<'_, BTreeMap<String, Statuses>> {
        let connectors = self.connectors.write();
        self.revision.fetch_add(1, Ordering::AcqRel);
        connectors
    }

    fn change(&self, name: &str, change: impl FnOnce(&mut Statuses)) {
        change(self.write().entry(name.to_owned()).or_default());
    }

    fn look<T>(&self, name: &str, look: impl FnOnce(&Statuses) -> T) -> Option<T> {
        self.connectors.read().get(name).map(look)
    }
}

impl StatusBackingStore for MemoryStatusStore {
    fn put_connector(&self, name: &str, status: Status) {
        self.change(name, |statuses| statuses.connector = Some(status));
    }

    fn put_task(&self, name: &str, task: u32, status: Status) {
        self.change(name, |statuses| {
            statuses.tasks.insert(task, status);
        });
    }

    fn connector(&self, name: &str) -> Option<Status> {
        self.look(name, |statuses| statuses.connector.clone()).flatten()
    }

    fn task(&self, name: &str, task: u32) -> Option<Status> {
        self.look(name, |statuses| statuses.tasks.get(&task).cloned()).flatten()
    }

    fn tasks(&self, name: &str) -> Vec<(u32, Status)> {
        self.look(name, |statuses| statuses.tasks.iter().map(|(task, status)| (*task, status.clone())).collect())
            .unwrap_or_default()
    }

    fn remove_task(&self, name: &str, task: u32) {
        if let Some(statuses) = self.write().get_mut(name) {
            statuses.tasks.remove(&task);
        }
    }

    fn remove_connector(&self, name: &str) {
        self.write().remove(name);
    }

    fn connectors(&self) -> Vec<String> {
        let connectors = self.connectors.read();
        connectors.iter().filter(|(_, statuses)| statuses.connector.is_some()).map(|(name, _)| name.clone()).collect()
    }

    fn revision(&self) -> u64 {
        self.revision.load(Ordering::Acquire)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(state: State) -> Status {
        Status { state, trace: None, worker_id: "w:1".to_owned(), generation: 0, version: None }
    }

    #[test]
    fn removing_a_connector_removes_its_tasks() {
        let store = MemoryStatusStore::new();
        store.put_connector("c", status(State::Running));
        store.put_task("c", 1, status(State::Failed));
        store.put_task("c", 0, status(State::Paused));
        assert_eq!(store.tasks("c").iter().map(|(task, _)| *task).collect::<Vec<_>>(), [0, 1]);
        let revision = store.revision();
        store.remove_task("c", 0);
        assert!(store.revision() > revision);
        assert_eq!((store.task("c", 0), store.task("c", 1)), (None, Some(status(State::Failed))));
        assert_eq!(store.connectors(), ["c"]);
        store.remove_connector("c");
        assert_eq!((store.connector("c"), store.tasks("c").len()), (None, 0));
    }

    #[test]
    fn states_are_upper_case() {
        assert_eq!(State::Restarting.to_string(), "RESTARTING");
    }
}
