//! Source offsets in a file that Kafka's standalone workers can read.
//!
//! Kafka rewrites its file in place; here a new file takes the old one's place, so that a crash leaves one or the other.

use crate::java_map;
use crate::key::Entries;
use crate::offset::{OffsetBackingStore, OffsetStoreError};
use async_trait::async_trait;
use parking_lot::{Mutex, RwLock};
use std::ffi::OsString;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Source offsets in the file of `offset.storage.file.filename`, in Kafka's own format. A lock beside the file keeps
/// other workers out for as long as this lives.
#[derive(Debug)]
pub struct FileOffsetStore {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    path: PathBuf,
    /// What is in the file. Replaced when a new file is in place.
    entries: RwLock<Entries>,
    /// Held while a new file is made: writers follow each other, readers need not wait.
    writing: Mutex<()>,
    /// Released by the system when this is closed, however the process ends.
    _lock: File,
}

impl FileOffsetStore {
    /// Reads the file, which may be missing or empty, and locks it against other workers.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, OffsetStoreError> {
        // A link would otherwise be replaced by the first write, instead of what it points to.
        let path = path.as_ref();
        let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let lock = lock(&path)?;
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(source) => return Err(OffsetStoreError::File { attempt: "read", path, source }),
        };
        let entries = if bytes.is_empty() {
            Entries::default()
        } else {
            let pairs =
                java_map::read(&bytes).map_err(|source| OffsetStoreError::Format { path: path.clone(), source })?;
            Entries::from_pairs(pairs)
        };
        let inner = Inner { path, entries: RwLock::new(entries), writing: Mutex::new(()), _lock: lock };
        Ok(Self { inner: Arc::new(inner) })
    }
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name: OsString = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

fn lock(path: &Path) -> Result<File, OffsetStoreError> {
    let lock_path = beside(path, ".lock");
    let failed = |source| OffsetStoreError::File { attempt: "lock", path: path.to_owned(), source };
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(&lock_path).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(OffsetStoreError::Locked { path: path.to_owned(), lock: lock_path }),
        Err(TryLockError::Error(source)) => Err(failed(source)),
    }
}

impl Inner {
    /// One write from beginning to end. It runs on a blocking thread and is not cut short when whoever asked for it goes
    /// away: files must not overtake each other.
    fn write(&self, connector: &str, offsets: Vec<(String, Option<String>)>) -> Result<(), OffsetStoreError> {
        let _writing = self.writing.lock();
        let mut next = self.entries.read().clone();
        next.write(connector, offsets)?;
        replace(&self.path, &java_map::write(next.pairs())).map_err(|source| OffsetStoreError::File {
            attempt: "write",
            path: self.path.clone(),
            source,
        })?;
        *self.entries.write() = next;
        Ok(())
    }
}

/// Puts a file with these bytes in the place of `path`; on disk when it returns.
fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let new = beside(path, ".tmp");
    let mut file = File::create(&new)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&new, path)?;
    let directory = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    File::open(directory)?.sync_all()
}

#[async_trait]
impl OffsetBackingStore for FileOffsetStore {
    async fn read(&self, connector: &str, partitions: &[String]) -> Result<Vec<Option<String>>, OffsetStoreError> {
        self.inner.entries.read().read(connector, partitions)
    }

    async fn write(&self, connector: &str, offsets: Vec<(String, Option<String>)>) -> Result<(), OffsetStoreError> {
        if offsets.is_empty() {
            return Ok(());
        }
        let (inner, connector) = (self.inner.clone(), connector.to_owned());
        tokio::task::spawn_blocking(move || inner.write(&connector, offsets))
            .await
            .map_err(|error| OffsetStoreError::Interrupted(error.to_string()))?
    }
}

#[cfg(test)]
mod tests;
