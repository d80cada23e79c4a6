//! A small durable list of changes: topics and committed offsets survive the process through it.
//!
//! Entries are appended with a length and a checksum; a torn tail is cut when the journal is opened. When it has grown
//! well beyond what it describes, a new generation starts with a snapshot, and the old file goes once the new one is on
//! disk, so that at any moment the files that exist, read in order, give the whole state.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::{Buf, BufMut};
use parking_lot::Mutex;

use crate::EmbeddedError;
use crate::sync::SyncPoint;

/// Bytes before an entry: length and CRC-32C.
const FRAME: usize = 8;
/// An entry longer than this is not ours, and is not written.
const MAX_ENTRY: usize = 16 << 20;
/// A journal is rewritten when it is this much larger than four times its last snapshot.
const SLACK: u64 = 1 << 20;

/// An open journal; whoever owns the state it describes owns it.
#[derive(Debug)]
pub(crate) struct Journal {
    dir: PathBuf,
    stem: &'static str,
    generation: u64,
    file: Arc<File>,
    /// Bytes in the file.
    size: u64,
    /// Bytes of the snapshot it began with.
    snapshot: u64,
    tail: Arc<Tail>,
    /// A write failed half way and could not be undone.
    broken: bool,
}

/// The end of a journal, for those who want it on disk: they do not need the lock over the state that it describes.
#[derive(Debug)]
pub(crate) struct Tail {
    dir: PathBuf,
    newest: Mutex<Newest>,
    sync: SyncPoint,
}

#[derive(Debug, Clone)]
struct Newest {
    file: Arc<File>,
    /// Appends since the journal was opened, over all generations. What was found then is the first.
    position: u64,
    /// Made since the directory was synced.
    fresh: bool,
}

impl Tail {
    /// Returns when everything up to `position` is on disk, and what `also` syncs.
    pub(crate) async fn sync_to(
        self: &Arc<Self>,
        position: u64,
        also: impl FnOnce() -> io::Result<()> + Send + 'static,
    ) -> io::Result<()> {
        let this = Arc::clone(self);
        self.sync.sync_to(position, move || this.flush(also)).await
    }

    /// Syncs everything. Blocks.
    pub(crate) fn sync_now(&self) -> io::Result<()> {
        self.sync.sync_now(|| self.flush(|| Ok(())))
    }

    /// Looks at the end only now, so that all who wait for their turn are served by one flush.
    fn flush(&self, also: impl FnOnce() -> io::Result<()>) -> io::Result<u64> {
        let Newest { file, position, fresh } = self.newest.lock().clone();
        file.sync_data()?;
        also()?;
        if fresh {
            sync_dir(&self.dir)?;
            let mut newest = self.newest.lock();
            newest.fresh = newest.fresh && !Arc::ptr_eq(&newest.file, &file);
        }
        Ok(position)
    }
}

/// Syncs a directory: the names in it are on disk then.
pub(crate) fn sync_dir(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}

/// Old generations, to be deleted once the new one is on disk. [`Retired::finish`] blocks.
#[derive(Debug)]
pub(crate) struct Retired {
    old: Vec<PathBuf>,
    tail: Arc<Tail>,
}

impl Retired {
    /// Syncs the new generation, then removes the old.
    pub(crate) fn finish(self) -> io::Result<()> {
        // Not behind the back of those who wait for a sync: an error is reported once.
        self.tail.sync_now()?;
        for old in self.old {
            fs::remove_file(old)?;
        }
        Ok(())
    }
}

impl Journal {
    /// Opens `<dir>/<stem>-<generation>.journal`, handing every entry to `apply` in the order of writing.
    pub(crate) fn open(
        dir: &Path,
        stem: &'static str,
        mut apply: impl FnMut(&[u8]) -> Result<(), String>,
    ) -> Result<Self, EmbeddedError> {
        let found = generations(dir, stem)?;
        let mut size = 0;
        for (_, path) in &found {
            size = replay(path, &mut apply)?;
        }
        let (generation, path) =
            found.last().cloned().unwrap_or_else(|| (1, dir.join(format!("{stem}-{:06}.journal", 1))));
        let file = Arc::new(open_append(&path).map_err(EmbeddedError::io("open", &path))?);
        sync_dir(dir).map_err(EmbeddedError::io("sync", dir))?;
        // What was found may not be on disk: the process before this one may have been killed before its sync.
        let newest = Newest { file: Arc::clone(&file), position: 1, fresh: false };
        let tail = Tail { dir: dir.to_owned(), newest: Mutex::new(newest), sync: SyncPoint::default() };
        let tail = Arc::new(tail);
        Ok(Self { dir: dir.to_owned(), stem, generation, file, size, snapshot: 0, tail, broken: false })
    }

    /// Appends entries with one write: all or none. The position returned is what [`Tail::sync_to`] takes.
    pub(crate) fn append<E: AsRef<[u8]>>(&mut self, entries: &[E]) -> io::Result<u64> {
        if self.broken {
            return Err(io::Error::other("an earlier write failed half way"));
        }
        let frames = frames(entries)?;
        if let Err(e) = (&*self.file).write_all(&frames) {
            self.broken = self.file.set_len(self.size).is_err();
            return Err(e);
        }
        self.size += frames.len() as u64;
        let mut newest = self.tail.newest.lock();
        newest.position += 1;
        Ok(newest.position)
    }

    /// What has been reached, to be handed to [`Tail::sync_to`].
    pub(crate) fn position(&self) -> u64 {
        self.tail.newest.lock().position
    }

    /// Its end, to be kept by whoever wants to sync it.
    pub(crate) fn tail(&self) -> Arc<Tail> {
        Arc::clone(&self.tail)
    }

    /// Whether it is worth a new generation.
    pub(crate) fn is_wasteful(&self) -> bool {
        self.size > SLACK + 4 * self.snapshot
    }

    /// Starts a new generation with `entries`, which must describe the whole state. When this fails the old one goes on.
    pub(crate) fn rewrite<E: AsRef<[u8]>>(&mut self, entries: &[E]) -> io::Result<Retired> {
        // Whatever comes of it, do not try again at the next entry.
        self.snapshot = self.size / 4;
        let bytes = frames(entries)?;
        // Before the new one is there: a snapshot that stays although the old one goes on would undo what follows there.
        let old = generations(&self.dir, self.stem).map_err(io::Error::other)?;
        let path = self.dir.join(format!("{}-{:06}.journal", self.stem, self.generation + 1));
        let file = OpenOptions::new().create_new(true).read(true).append(true).open(&path)?;
        if let Err(e) = (&file).write_all(&bytes) {
            self.broken |= fs::remove_file(&path).is_err();
            return Err(e);
        }
        self.generation += 1;
        self.file = Arc::new(file);
        self.size = bytes.len() as u64;
        self.snapshot = self.size;
        self.broken = false;
        {
            let mut newest = self.tail.newest.lock();
            (newest.file, newest.fresh) = (Arc::clone(&self.file), true);
        }
        let old = old.into_iter().map(|(_, path)| path).collect();
        Ok(Retired { old, tail: Arc::clone(&self.tail) })
    }

    /// Makes every append fail, or no more, as a disk does that is full.
    #[cfg(test)]
    pub(crate) fn refuse(&mut self, refuse: bool) {
        self.broken = refuse;
    }
}

fn open_append(path: &Path) -> io::Result<File> {
    OpenOptions::new().create(true).read(true).append(true).open(path)
}

/// Entries as they are written. One that would not be read back is an error.
fn frames<E: AsRef<[u8]>>(entries: &[E]) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(entries.iter().map(|e| FRAME + e.as_ref().len()).sum());
    for entry in entries {
        let entry = entry.as_ref();
        let len = u32::try_from(entry.len())
            .ok()
            .filter(|_| entry.len() <= MAX_ENTRY)
            .ok_or_else(|| io::Error::other(format!("an entry of {} bytes is larger than {MAX_ENTRY}", entry.len())))?;
        bytes.put_u32(len);
        bytes.put_u32(crc32c::crc32c(entry));
        bytes.put_slice(entry);
    }
    Ok(bytes)
}

/// The generations there are, oldest first.
fn generations(dir: &Path, stem: &str) -> Result<Vec<(u64, PathBuf)>, EmbeddedError> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).map_err(EmbeddedError::io("list", dir))? {
        let entry = entry.map_err(EmbeddedError::io("list", dir))?;
        let name = entry.file_name();
        let number = name
            .to_str()
            .and_then(|n| n.strip_prefix(stem)?.strip_prefix('-')?.strip_suffix(".journal"))
            .and_then(|n| n.parse().ok());
        if let Some(number) = number {
            found.push((number, entry.path()));
        }
    }
    found.sort();
    Ok(found)
}

/// Applies the entries of one file, cuts what is torn off its end, and returns how long it is then.
fn replay(path: &Path, apply: &mut impl FnMut(&[u8]) -> Result<(), String>) -> Result<u64, EmbeddedError> {
    let mut bytes = Vec::new();
    let file = open_append(path).map_err(EmbeddedError::io("open", path))?;
    (&file).read_to_end(&mut bytes).map_err(EmbeddedError::io("read", path))?;
    let mut rest = bytes.as_slice();
    let mut entry = 0;
    while let Some((body, after)) = next_entry(rest) {
        apply(body).map_err(|cause| EmbeddedError::Journal { path: path.to_owned(), entry, cause })?;
        entry += 1;
        rest = after;
    }
    let valid = (bytes.len() - rest.len()) as u64;
    if !rest.is_empty() {
        tracing::warn!(file = %path.display(), bytes = rest.len(), "cut a torn end off a journal");
        file.set_len(valid).map_err(EmbeddedError::io("cut", path))?;
    }
    Ok(valid)
}

fn next_entry(mut bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let len = bytes.try_get_u32().ok()? as usize;
    let crc = bytes.try_get_u32().ok()?;
    let (body, rest) = bytes.split_at_checked(len).filter(|_| len <= MAX_ENTRY)?;
    (crc32c::crc32c(body) == crc).then_some((body, rest))
}

#[cfg(test)]
#[path = "journal_tests.rs"]
mod tests;
