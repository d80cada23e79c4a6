//! Stores source offsets that have become committable.

use super::inflight::{Placements, Released};
use crate::TaskId;
use cofferdam_storage::OffsetBackingStore;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// Positions, at most one per source partition: its latest offset, and when that came. Texts that differ may mean the
/// same source partition to the store, so the order in which they came is kept.
type Positions = HashMap<String, (u64, Option<String>)>;

/// Collects committable positions, stores them, and remembers which polls the plugin is to be told about.
pub(crate) struct OffsetCommit {
    id: TaskId,
    store: Arc<dyn OffsetBackingStore>,
    timeout: Duration,
    /// To be stored.
    positions: Positions,
    /// Positions taken in so far.
    count: u64,
    /// Acknowledged polls whose positions are in `positions`.
    polls: Vec<(u64, Placements)>,
    /// A write that has begun: it goes on while nobody waits for it.
    writing: Option<Writing>,
    /// Polls whose positions are stored and which the plugin has not been told about.
    pub(crate) untold: Vec<(u64, Placements)>,
    /// How often anything was stored.
    pub(crate) stored: u64,
}

struct Writing {
    /// The error's text.
    outcome: JoinHandle<Result<(), String>>,
    positions: Positions,
    polls: Vec<(u64, Placements)>,
}

impl OffsetCommit {
    pub(crate) fn new(id: TaskId, store: Arc<dyn OffsetBackingStore>, timeout: Duration) -> Self {
        let (positions, polls, untold) = Default::default();
        Self { id, store, timeout, positions, count: 0, polls, writing: None, untold, stored: 0 }
    }

    /// Takes in what was released; nothing is stored yet.
    pub(crate) fn add(&mut self, released: Released) {
        for (partition, offset) in released.positions {
            self.count += 1;
            self.positions.insert(partition, (self.count, offset));
        }
        self.polls.extend(released.polls);
    }

    /// Whether everything taken in is stored.
    pub(crate) fn is_clean(&self) -> bool {
        self.writing.is_none() && self.positions.is_empty() && self.polls.is_empty()
    }

    /// Stores what there is. `false` if that failed, which is logged; it is tried again with the next commit, and the
    /// task goes on (runtime.md §3). Dropping the future loses nothing, not even time: the write goes on, and the next
    /// call waits for that one.
    pub(crate) async fn commit(&mut self) -> bool {
        if self.writing.is_some() && !self.written().await {
            return false;
        }
        if self.positions.is_empty() {
            self.untold.append(&mut self.polls);
            return true;
        }
        self.begin();
        self.written().await
    }

    fn begin(&mut self) {
        let (positions, polls) = (std::mem::take(&mut self.positions), std::mem::take(&mut self.polls));
        let mut offsets: Vec<_> = positions.iter().collect();
        offsets.sort_unstable_by_key(|(_, (came, _))| *came);
        let offsets = offsets.into_iter().map(|(at, (_, offset))| (at.clone(), offset.clone())).collect();
        let (store, connector, limit) = (self.store.clone(), self.id.connector.clone(), self.timeout);
        let outcome = tokio::spawn(async move {
            match timeout(limit, store.write(&connector, offsets)).await {
                Ok(written) => written.map_err(|error| error.to_string()),
                Err(_) => Err(format!("not stored within offset.flush.timeout.ms ({limit:?})")),
            }
        });
        self.writing = Some(Writing { outcome, positions, polls });
    }

    /// Waits for the write under way and takes in what became of it.
    async fn written(&mut self) -> bool {
        let Some(writing) = &mut self.writing else { return true };
        let outcome = (&mut writing.outcome).await.unwrap_or_else(|error| Err(error.to_string()));
        let Some(Writing { mut positions, mut polls, .. }) = self.writing.take() else { return true };
        match outcome {
            Ok(()) => {
                self.stored += 1;
                self.untold.append(&mut polls);
                true
            }
            Err(error) => {
                tracing::error!(task = %self.id, error, "failed to commit offsets");
                // What came meanwhile is newer.
                positions.extend(std::mem::take(&mut self.positions));
                polls.append(&mut self.polls);
                (self.positions, self.polls) = (positions, polls);
                false
            }
        }
    }
}

#[cfg(test)]
mod tests;
