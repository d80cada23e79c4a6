//! Stores source offsets that have become committable.

use super::inflight::{Placements, Released};
use crate::TaskId;
use cofferdam_storage::OffsetBackingStore;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;

/// Collects committable positions, stores them, and remembers which polls the plugin is to be told about.
pub(crate) struct OffsetCommit {
    id: TaskId,
    store: Arc<dyn OffsetBackingStore>,
    timeout: Duration,
    /// To be stored: at most one position per source partition, the latest.
    positions: Vec<(String, Option<String>)>,
    /// Acknowledged polls whose positions are in `positions`.
    polls: Vec<(u64, Placements)>,
    /// Polls whose positions are stored and which the plugin has not been told about.
    pub(crate) untold: Vec<(u64, Placements)>,
    /// How often anything was stored.
    pub(crate) stored: u64,
}

impl OffsetCommit {
    pub(crate) fn new(id: TaskId, store: Arc<dyn OffsetBackingStore>, timeout: Duration) -> Self {
        Self { id, store, timeout, positions: Vec::new(), polls: Vec::new(), untold: Vec::new(), stored: 0 }
    }

    /// Takes in what was released; nothing is stored yet.
    pub(crate) fn add(&mut self, released: Released) {
        for (partition, offset) in released.positions {
            self.positions.retain(|(known, _)| *known != partition);
            self.positions.push((partition, offset));
        }
        self.polls.extend(released.polls);
    }

    /// Whether everything taken in is stored.
    pub(crate) fn is_clean(&self) -> bool {
        self.positions.is_empty() && self.polls.is_empty()
    }

    /// Stores what there is. `false` if that failed, which is logged; it is tried again with the next commit, and the
    /// task goes on (runtime.md §3). Dropping the future loses nothing: what may have been stored is stored again.
    pub(crate) async fn commit(&mut self) -> bool {
        if !self.positions.is_empty() {
            let write = self.store.write(&self.id.connector, self.positions.clone());
            let failure = match timeout(self.timeout, write).await {
                Ok(Ok(())) => None,
                Ok(Err(error)) => Some(error.to_string()),
                Err(_) => Some(format!("not stored within offset.flush.timeout.ms ({:?})", self.timeout)),
            };
            if let Some(error) = failure {
                tracing::error!(task = %self.id, error, "failed to commit offsets");
                return false;
            }
            self.positions.clear();
            self.stored += 1;
        }
        self.untold.append(&mut self.polls);
        true
    }
}
