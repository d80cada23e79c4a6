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
use tokio::sync::oneshot;

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
    queue: Mutex<Queue>,
    /// Released by the system when this is closed, however the process ends.
    _lock: File,
}

/// Writes that wait. Whatever waits goes into one new file: many tasks commit at the same time, and a file costs as much
/// for a thousand of them as for one.
#[derive(Debug, Default)]
struct Queue {
    waiting: Vec<Job>,
    /// A thread is making a file, and will look here again when it is done.
    busy: bool,
}

#[derive(Debug)]
struct Job {
    connector: String,
    offsets: Vec<(String, Option<String>)>,
    done: oneshot::Sender<Result<(), OffsetStoreError>>,
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
        let inner = Inner { path, entries: RwLock::new(entries), queue: Mutex::default(), _lock: lock };
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
    /// Queues a write. `true`: the caller has to see to it that [`Inner::work`] runs.
    fn queue(&self, job: Job) -> bool {
        let mut queue = self.queue.lock();
        queue.waiting.push(job);
        !std::mem::replace(&mut queue.busy, true)
    }

    /// Makes files until nothing waits. Runs on a blocking thread and is not cut short when whoever asked goes away:
    /// files must not overtake each other, and writes are done in the order in which they were asked for.
    fn work(self: Arc<Self>) {
        let mut answers = Vec::new();
        while let Some(jobs) = self.next_jobs() {
            answers.into_iter().for_each(Answer::tell);
            let idle = Idle(&self.queue);
            answers = self.write(jobs);
            std::mem::forget(idle);
        }
        // Whoever has the last answer may drop the store, and then the lock has to be free.
        drop(self);
        answers.into_iter().for_each(Answer::tell);
    }

    /// What waits; none, and the thread is done, if nothing does.
    fn next_jobs(&self) -> Option<Vec<Job>> {
        let mut queue = self.queue.lock();
        queue.busy = !queue.waiting.is_empty();
        queue.busy.then(|| std::mem::take(&mut queue.waiting))
    }

    /// One new file with all that these jobs bring. A job that is wrong in itself fails by itself.
    fn write(&self, jobs: Vec<Job>) -> Vec<Answer> {
        let mut next = self.entries.read().clone();
        let mut answers = Vec::with_capacity(jobs.len());
        let mut changed = false;
        for Job { connector, offsets, done } in jobs {
            let result = next.write(&connector, offsets);
            changed |= result.is_ok();
            answers.push(Answer { done, result });
        }
        if !changed {
            return answers;
        }
        match replace(&self.path, &java_map::write(next.pairs())) {
            Ok(()) => *self.entries.write() = next,
            Err(source) => {
                for answer in answers.iter_mut().filter(|answer| answer.result.is_ok()) {
                    answer.result = Err(self.failed(&source));
                }
            }
        }
        answers
    }

    fn failed(&self, source: &io::Error) -> OffsetStoreError {
        let source = io::Error::new(source.kind(), source.to_string());
        OffsetStoreError::File { attempt: "write", path: self.path.clone(), source }
    }
}

/// What became of a job.
#[derive(Debug)]
struct Answer {
    done: oneshot::Sender<Result<(), OffsetStoreError>>,
    result: Result<(), OffsetStoreError>,
}

impl Answer {
    /// Whoever asked may have stopped waiting: what is written stays written.
    fn tell(self) {
        drop(self.done.send(self.result));
    }
}

/// A writing thread that ends early gives up what waits: its askers are told, and the next one starts anew.
struct Idle<'a>(&'a Mutex<Queue>);

impl Drop for Idle<'_> {
    fn drop(&mut self) {
        *self.0.lock() = Queue::default();
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

    async fn all(&self, connector: &str) -> Result<Vec<(String, String)>, OffsetStoreError> {
        Ok(self.inner.entries.read().all(connector))
    }

    async fn write(&self, connector: &str, offsets: Vec<(String, Option<String>)>) -> Result<(), OffsetStoreError> {
        if offsets.is_empty() {
            return Ok(());
        }
        let (done, written) = oneshot::channel();
        if self.inner.queue(Job { connector: connector.to_owned(), offsets, done }) {
            let inner = self.inner.clone();
            tokio::task::spawn_blocking(move || inner.work());
        }
        let ended = |_| OffsetStoreError::Interrupted("the thread that writes the file has ended".to_owned());
        written.await.map_err(ended)?
    }
}

#[cfg(test)]
mod tests;
