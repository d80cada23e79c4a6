//! Blocking work on files: so much of it at once per instance, and what the system said when it failed.

use parking_lot::Mutex;
use rustix::io::Errno;
use std::fmt::Display;
use std::io;
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use wasmtime_wasi::p2::bindings::filesystem::types::ErrorCode;

/// Blocking operations that one instance may have under way. Guests share a pool of threads: a few instances with many
/// streams on a file system that hangs would otherwise fill it for all.
pub(super) const TURNS: usize = 4;

/// What an instance and its streams share. Clones are the same.
#[derive(Clone, Debug)]
pub(super) struct Work {
    turns: Arc<Semaphore>,
    /// Of the last operation of whose failure the guest sees next to nothing.
    failure: Arc<Mutex<Option<String>>>,
}

impl Work {
    pub(super) fn new() -> Self {
        Self { turns: Arc::new(Semaphore::new(TURNS)), failure: Arc::default() }
    }

    /// Waits its turn; to be held while something may block. Borrows nothing, so that it can be awaited beside a store.
    pub(super) fn turn(&self) -> impl Future<Output = Option<OwnedSemaphorePermit>> + Send + use<> {
        let turns = Arc::clone(&self.turns);
        // Never closed.
        async move { turns.acquire_owned().await.ok() }
    }

    /// Remembers a failure for [`Self::take_failure`].
    pub(super) fn note(&self, failure: &impl Display) {
        *self.failure.lock() = Some(failure.to_string());
    }

    /// What a guest is told of a failure. What that does not say is noted.
    pub(super) fn failed(&self, error: &io::Error) -> ErrorCode {
        let code = code(error);
        if code == ErrorCode::Io {
            self.note(error);
        }
        code
    }

    pub(super) fn take_failure(&self) -> Option<String> {
        self.failure.lock().take()
    }
}

/// As wasmtime-wasi has it, and some more.
fn code(error: &io::Error) -> ErrorCode {
    match Errno::from_io_error(error) {
        Some(Errno::ROFS) => ErrorCode::ReadOnly,
        Some(Errno::DQUOT) => ErrorCode::Quota,
        Some(Errno::AGAIN) => ErrorCode::WouldBlock,
        _ => ErrorCode::from(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_guest_is_not_told_is_noted() {
        let work = Work::new();
        for (errno, code, noted) in [
            (Errno::ROFS, ErrorCode::ReadOnly, None),
            (Errno::DQUOT, ErrorCode::Quota, None),
            (Errno::AGAIN, ErrorCode::WouldBlock, None),
            (Errno::NOENT, ErrorCode::NoEntry, None),
            (Errno::MFILE, ErrorCode::Io, Some("Too many open files (os error 24)")),
        ] {
            assert_eq!(work.failed(&io::Error::from(errno)), code, "{errno}");
            assert_eq!(work.take_failure().as_deref(), noted, "{errno}");
        }
    }
}
