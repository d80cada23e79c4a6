//! What one instance has mounted and open.

use super::denial::{Denials, GuestIdentity};
use super::mount::{Mount, Mounted};
use super::work::Work;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::fs::File;
use std::sync::{Arc, Weak};
use std::time::Duration;
use tokio::time::Instant;
use wasmtime_wasi::filesystem::WasiFilesystemCtx;

/// Between two looks whether file work has ended.
const LOOK: Duration = Duration::from_millis(2);
/// Open files and directories noted before those closed meanwhile are sorted out.
const NOTED: usize = 64;

/// An instance's grants and open directories: part of its store's data.
pub(crate) struct FsState {
    pub(super) mounts: Vec<Mounted>,
    /// Open directories by their number in the resource table. One that is not here cannot be used.
    pub(super) dirs: HashMap<u32, OpenDir>,
    /// Listings that are open.
    pub(super) listings: usize,
    pub(super) denials: Denials,
    pub(super) wasi: WasiFilesystemCtx,
    pub(super) work: Work,
    files: Files,
}

type Files = Arc<Mutex<Vec<Weak<File>>>>;

/// An open directory.
#[derive(Clone, Copy, Debug)]
pub(super) struct OpenDir {
    /// Index of the mount that it belongs to.
    pub(super) mount: usize,
    /// Whether it is the mount itself, and not a directory below it.
    pub(super) is_root: bool,
}

impl FsState {
    pub(super) fn new(mounts: &[Mount], identity: Option<GuestIdentity>) -> Self {
        Self {
            mounts: mounts.iter().cloned().map(Mounted::new).collect(),
            dirs: HashMap::new(),
            listings: 0,
            denials: Denials::new(identity),
            wasi: WasiFilesystemCtx::default(),
            work: Work::new(),
            files: Files::default(),
        }
    }

    /// Tells what file work outlives the instance. To be taken before its store is dropped.
    pub(crate) fn outstanding(&self) -> Outstanding {
        Outstanding(Arc::clone(&self.files))
    }

    /// What the system said of the last failure, since this was last asked, of which the guest saw "I/O error" and no
    /// more: `No space left on device (os error 28)`. To be cleared before a call, and added to what the guest says then.
    pub(crate) fn take_failure(&self) -> Option<String> {
        self.work.take_failure()
    }

    /// Notes an open file or directory. Whatever still works on it, or on a path beneath it, holds a reference.
    pub(super) fn note(&self, file: &Arc<File>) {
        let mut files = self.files.lock();
        if files.len() >= NOTED && files.len().is_power_of_two() {
            files.retain(|file| file.strong_count() > 0);
        }
        files.push(Arc::downgrade(file));
    }
}

/// File work of an instance that may go on after its store is gone: a write, a truncation or a rename that a thread is
/// in the middle of.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outstanding(Files);

impl Outstanding {
    /// Whether the instance is gone and nothing works on its files.
    pub(crate) fn is_over(&self) -> bool {
        Arc::strong_count(&self.0) == 1 && self.0.lock().iter().all(|file| file.strong_count() == 0)
    }

    /// Waits until nothing works on the instance's files and directories any more, so that no late write lands after those of its
    /// replacement. False if that took longer than `limit`.
    pub(crate) async fn drained(&self, limit: Duration) -> bool {
        let end = Instant::now() + limit;
        loop {
            self.0.lock().retain(|file| file.strong_count() > 0);
            if self.0.lock().is_empty() {
                return true;
            }
            if Instant::now() >= end {
                return false;
            }
            tokio::time::sleep(LOOK).await;
        }
    }
}
