//! Group fsync: many waiters, one system call.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use parking_lot::Mutex;

/// How far an append-only file was written and how far it is on disk, both in a position that only grows.
#[derive(Debug, Default)]
pub(crate) struct SyncPoint {
    reached: Arc<Reached>,
    /// One waiter at a time takes a blocking thread; the others wait here.
    gate: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct Reached {
    synced: AtomicU64,
    /// A flush failed. The system reports a write that it could not do once and may have dropped the data, so that the
    /// next flush would succeed without it: nothing is promised any more.
    failed: AtomicBool,
    /// Held by the flush itself: the one who waits for it may go away.
    flushing: Mutex<()>,
}

impl SyncPoint {
    /// Returns when everything up to `position` is on disk. `flush` runs on a blocking thread, syncs what has been
    /// written so far and returns the position that covers; those who wait meanwhile share the next one.
    pub(crate) async fn sync_to<F>(&self, position: u64, flush: F) -> io::Result<()>
    where
        F: FnOnce() -> io::Result<u64> + Send + 'static,
    {
        if self.reached.has(position)? {
            return Ok(());
        }
        let _turn = self.gate.lock().await;
        if self.reached.has(position)? {
            return Ok(());
        }
        let reached = Arc::clone(&self.reached);
        tokio::task::spawn_blocking(move || reached.reach(position, flush)).await.map_err(io::Error::other)?
    }

    /// The same for everything written so far. Blocks.
    pub(crate) fn sync_now(&self, flush: impl FnOnce() -> io::Result<u64>) -> io::Result<()> {
        self.reached.reach(u64::MAX, flush)
    }
}

impl Reached {
    fn has(&self, position: u64) -> io::Result<bool> {
        match self.failed.load(Ordering::Acquire) {
            true => Err(io::Error::other("an earlier sync to disk failed; what was written since may be lost")),
            false => Ok(self.synced.load(Ordering::Acquire) >= position),
        }
    }

    fn reach(&self, position: u64, flush: impl FnOnce() -> io::Result<u64>) -> io::Result<()> {
        let _alone = self.flushing.lock();
        if self.has(position)? {
            return Ok(());
        }
        let covered = flush().inspect_err(|_| self.failed.store(true, Ordering::Release))?;
        self.synced.fetch_max(covered, Ordering::AcqRel);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn never() -> io::Result<u64> {
        panic!("flushed again")
    }

    #[tokio::test]
    async fn what_a_flush_covered_is_not_flushed_again() {
        let point = SyncPoint::default();
        point.sync_to(3, || Ok(5)).await.unwrap();
        point.sync_to(5, never).await.unwrap();
        point.sync_to(6, || Ok(6)).await.unwrap();
    }

    #[tokio::test]
    async fn a_failed_flush_fails_those_who_wait_for_their_turn_and_all_after_them() {
        let point = SyncPoint::default();
        let (go, gone) = std::sync::mpsc::channel::<()>();
        let first = point.sync_to(1, move || {
            gone.recv().unwrap();
            Err(io::Error::other("the disk is gone"))
        });
        let queued = point.sync_to(2, || Ok(2));
        // Polled in this order: the first flushes, the second queues, and only then the flush ends.
        let release = async {
            tokio::task::yield_now().await;
            go.send(()).unwrap();
        };
        let (first, queued, ()) = tokio::join!(biased; first, queued, release);
        assert_eq!(first.unwrap_err().to_string(), "the disk is gone");
        assert!(queued.unwrap_err().to_string().contains("an earlier sync"));
        assert!(point.sync_to(1, never).await.is_err());
        assert!(point.sync_now(never).is_err());
    }

    #[tokio::test]
    async fn a_flush_goes_on_alone_when_nobody_waits_for_it_any_more() {
        let point = Arc::new(SyncPoint::default());
        let (begin, begun) = std::sync::mpsc::channel();
        let (go, gone) = std::sync::mpsc::channel::<()>();
        let mut waiting = Box::pin(point.sync_to(1, move || {
            begin.send(()).unwrap();
            gone.recv().unwrap();
            Ok(1)
        }));
        assert!(std::future::poll_fn(|cx| std::task::Poll::Ready(waiting.as_mut().poll(cx).is_pending())).await);
        begun.recv().unwrap();
        drop(waiting);
        let next = Arc::clone(&point);
        let next = tokio::spawn(async move { next.sync_to(1, never).await });
        go.send(()).unwrap();
        next.await.unwrap().unwrap();
    }
}
