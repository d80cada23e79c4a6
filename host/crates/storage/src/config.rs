//! Connector configurations: what is wanted of the worker.

use cofferdam_config::TargetState;
use parking_lot::{RwLock, RwLockWriteGuard};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

/// What is wanted of one connector.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConnectorState {
    /// Its configuration as given, placeholders unresolved.
    pub config: BTreeMap<String, String>,
    /// What it is wanted to do.
    pub target: TargetState,
    /// Configurations of its tasks, by number.
    pub tasks: Vec<BTreeMap<String, String>>,
}

/// Keeps what is wanted of every connector.
pub trait ConfigBackingStore: Send + Sync {
    /// Creates a connector, or replaces its configuration. `target` `None`: a new one is started, an old one goes on
    /// with what it has. Tasks stay as they are until they are put.
    fn put_connector(&self, name: &str, config: BTreeMap<String, String>, target: Option<TargetState>);
    /// Changes what a connector is wanted to do. Nothing happens if it does not exist.
    fn put_target(&self, name: &str, target: TargetState);
    /// Replaces a connector's task configurations. Nothing happens if it does not exist.
    fn put_tasks(&self, name: &str, tasks: Vec<BTreeMap<String, String>>);
    /// Forgets a connector and its tasks.
    fn remove(&self, name: &str);
    /// What is wanted of a connector; `None`: it does not exist.
    fn get(&self, name: &str) -> Option<ConnectorState>;
    /// All connectors, sorted.
    fn names(&self) -> Vec<String>;
    /// Grows with every change: as long as it is the same, so is everything else.
    fn revision(&self) -> u64;
}

/// Configurations that are gone with the process.
#[derive(Debug, Default)]
pub struct MemoryConfigStore {
    connectors: RwLock<BTreeMap<String, ConnectorState>>,
    revision: AtomicU64,
}

impl MemoryConfigStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    /// For changes: whoever sees the new revision sees the change.
    fn write(&self) -> RwLockWriteGuard<'_, BTreeMap<String, ConnectorState>> {
        let connectors = self.connectors.write();
        self.revision.fetch_add(1, Ordering::AcqRel);
        connectors
    }

    fn change(&self, name: &str, change: impl FnOnce(&mut ConnectorState)) {
        if let Some(connector) = self.write().get_mut(name) {
            change(connector);
        }
    }
}

impl ConfigBackingStore for MemoryConfigStore {
    fn put_connector(&self, name: &str, config: BTreeMap<String, String>, target: Option<TargetState>) {
        let mut connectors = self.write();
        let connector = connectors.entry(name.to_owned()).or_default();
        connector.config = config;
        if let Some(target) = target {
            connector.target = target;
        }
    }

    fn put_target(&self, name: &str, target: TargetState) {
        self.change(name, |connector| connector.target = target);
    }

    fn put_tasks(&self, name: &str, tasks: Vec<BTreeMap<String, String>>) {
        self.change(name, |connector| connector.tasks = tasks);
    }

    fn remove(&self, name: &str) {
        self.write().remove(name);
    }

    fn get(&self, name: &str) -> Option<ConnectorState> {
        self.connectors.read().get(name).cloned()
    }

    fn names(&self) -> Vec<String> {
        self.connectors.read().keys().cloned().collect()
    }

    fn revision(&self) -> u64 {
        self.revision.load(Ordering::Acquire)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_configuration_keeps_target_and_tasks() {
        let store = MemoryConfigStore::new();
        let config = |value: &str| BTreeMap::from([("k".to_owned(), value.to_owned())]);
        store.put_target("c", TargetState::Paused);
        assert_eq!(store.get("c"), None, "nothing to change");
        store.put_connector("c", config("1"), None);
        assert_eq!(store.get("c").unwrap().target, TargetState::Started);
        store.put_target("c", TargetState::Stopped);
        store.put_tasks("c", vec![config("t")]);
        store.put_connector("c", config("2"), None);
        let expected = ConnectorState { config: config("2"), target: TargetState::Stopped, tasks: vec![config("t")] };
        assert_eq!(store.get("c"), Some(expected));
        let revision = store.revision();
        store.remove("c");
        assert!(store.revision() > revision);
        assert_eq!(store.names(), Vec::<String>::new());
    }
}
