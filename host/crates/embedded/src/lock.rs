//! The exclusive lock on a data directory: two brokers appending to one log would destroy it.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;

use crate::EmbeddedError;

/// Name of the lock file in the data directory.
const LOCK_FILE: &str = ".lock";

/// Held as long as the value lives. The operating system drops it with the process, however that ends.
#[derive(Debug)]
pub(crate) struct DirLock {
    _file: File,
}

impl DirLock {
    /// Takes the lock on `dir`, which must exist, or says at once who cannot have it.
    pub(crate) fn acquire(dir: &Path) -> Result<Self, EmbeddedError> {
        let path = dir.join(LOCK_FILE);
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(EmbeddedError::io("open lock file", &path))?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(EmbeddedError::InUse { dir: dir.to_owned() }),
            Err(TryLockError::Error(e)) => Err(EmbeddedError::io("lock", path)(e)),
        }
    }
}
