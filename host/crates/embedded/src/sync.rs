//! Group fsync: many waiters, one system call.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};

/// How far an append-only file was written and how far it is on disk, both in a position that only grows.
#[derive(Debug, Default)]
pub(crate) struct SyncPoint {
    synced: AtomicU64,
    gate: tokio::sync::Mutex<()>,
}

impl SyncPoint {
    /// Returns when everything up to `position` is on disk. `flush` runs on a blocking thread, syncs what has been
    /// written so far and returns the position that covers; those who wait meanwhile share the next one.
    pub(crate) async fn sync_to<F>(&self, position: u64, flush: F) -> io::Result<()>
    where
        F: FnOnce() -> io::Result<u64> + Send + 'static,
    {
        if self.synced.load(Ordering::Acquire) >= position {
            return Ok(());
        }
        let _turn = self.gate.lock().await;
        if self.synced.load(Ordering::Acquire) >= position {
            return Ok(());
        }
        let covered = tokio::task::spawn_blocking(flush).await.map_err(io::Error::other)??;
        self.synced.fetch_max(covered, Ordering::AcqRel);
        Ok(())
    }
}
