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

use crate::EmbeddedError;

/// Bytes before an entry: length and CRC-32C.
const FRAME: usize = 8;
/// An entry longer than this is not ours.
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
    /// Entries appended since it was opened, over all generations.
    position: u64,
    /// An append failed half way and could not be undone.
    broken: bool,
}

/// Old generations, to be deleted once the new one is on disk. [`Retired::finish`] blocks.
#[derive(Debug)]
pub(crate) struct Retired {
    dir: PathBuf,
    old: Vec<PathBuf>,
    new: Arc<File>,
}

impl Retired {
    /// Syncs the new generation, then removes the old.
    pub(crate) fn finish(self) -> io::Result<()> {
        self.new.sync_data()?;
        File::open(&self.dir)?.sync_all()?;
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
        let file = open_append(&path).map_err(EmbeddedError::io("open", &path))?;
        File::open(dir).and_then(|d| d.sync_all()).map_err(EmbeddedError::io("sync", dir))?;
        Ok(Self {
            dir: dir.to_owned(),
            stem,
            generation,
            file: Arc::new(file),
            size,
            snapshot: 0,
            position: 0,
            broken: false,
        })
    }

    /// Appends one entry with one write. The position returned is what [`Journal::position`] has reached.
    pub(crate) fn append(&mut self, entry: &[u8]) -> io::Result<u64> {
        if self.broken {
            return Err(io::Error::other("an earlier write failed half way"));
        }
        let mut frame = Vec::with_capacity(FRAME + entry.len());
        put_frame(&mut frame, entry);
        if let Err(e) = (&*self.file).write_all(&frame) {
            self.broken = self.file.set_len(self.size).is_err();
            return Err(e);
        }
        self.size += frame.len() as u64;
        self.position += 1;
        Ok(self.position)
    }

    /// Entries appended since it was opened.
    pub(crate) fn position(&self) -> u64 {
        self.position
    }

    /// The file that holds the newest entries.
    pub(crate) fn file(&self) -> Arc<File> {
        Arc::clone(&self.file)
    }

    /// Whether it is worth a new generation.
    pub(crate) fn is_wasteful(&self) -> bool {
        self.size > SLACK + 4 * self.snapshot
    }

    /// Starts a new generation with `entries`, which must describe the whole state.
    pub(crate) fn rewrite(&mut self, entries: impl Iterator<Item = Vec<u8>>) -> io::Result<Retired> {
        // Whatever comes of it, do not try again at the next entry.
        self.snapshot = self.size / 4;
        let path = self.dir.join(format!("{}-{:06}.journal", self.stem, self.generation + 1));
        let mut bytes = Vec::new();
        entries.for_each(|entry| put_frame(&mut bytes, &entry));
        let _ = fs::remove_file(&path);
        let file = open_append(&path)?;
        if let Err(e) = (&file).write_all(&bytes) {
            let _ = fs::remove_file(&path);
            return Err(e);
        }
        let old = generations(&self.dir, self.stem).map_err(io::Error::other)?;
        let old = old.into_iter().filter(|(g, _)| *g <= self.generation).map(|(_, path)| path).collect();
        self.generation += 1;
        self.file = Arc::new(file);
        self.size = bytes.len() as u64;
        self.snapshot = self.size;
        self.broken = false;
        Ok(Retired { dir: self.dir.clone(), old, new: Arc::clone(&self.file) })
    }
}

fn open_append(path: &Path) -> io::Result<File> {
    OpenOptions::new().create(true).read(true).append(true).open(path)
}

fn put_frame(into: &mut Vec<u8>, entry: &[u8]) {
    into.put_u32(u32::try_from(entry.len()).unwrap_or(u32::MAX));
    into.put_u32(crc32c::crc32c(entry));
    into.put_slice(entry);
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
mod tests {
    use super::*;

    fn entries(dir: &Path) -> (Journal, Vec<Vec<u8>>) {
        let mut seen = Vec::new();
        let journal = Journal::open(dir, "t", |e| {
            seen.push(e.to_vec());
            Ok(())
        })
        .unwrap();
        (journal, seen)
    }

    #[test]
    fn entries_come_back_in_order_and_a_torn_tail_is_cut() {
        let dir = tempfile::tempdir().unwrap();
        let (mut journal, _) = entries(dir.path());
        for i in 0..3u8 {
            assert_eq!(journal.append(&[i; 10]).unwrap(), u64::from(i) + 1);
        }
        let path = dir.path().join("t-000001.journal");
        let whole = fs::metadata(&path).unwrap().len();
        OpenOptions::new().write(true).open(&path).unwrap().set_len(whole - 1).unwrap();
        let (mut journal, seen) = entries(dir.path());
        assert_eq!(seen, [[0u8; 10], [1; 10]]);
        journal.append(b"after").unwrap();
        assert_eq!(entries(dir.path()).1.last().unwrap(), b"after");
    }

    #[test]
    fn an_entry_with_a_wrong_checksum_ends_the_journal() {
        let dir = tempfile::tempdir().unwrap();
        let (mut journal, _) = entries(dir.path());
        journal.append(b"good").unwrap();
        journal.append(b"flip").unwrap();
        let path = dir.path().join("t-000001.journal");
        let mut bytes = fs::read(&path).unwrap();
        *bytes.last_mut().unwrap() ^= 1;
        fs::write(&path, bytes).unwrap();
        assert_eq!(entries(dir.path()).1, [b"good"]);
    }

    #[test]
    fn a_new_generation_replaces_the_old_and_an_unfinished_one_loses_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let (mut journal, _) = entries(dir.path());
        for _ in 0..50 {
            journal.append(b"old").unwrap();
        }
        let retired = journal.rewrite([b"snap".to_vec()].into_iter()).unwrap();
        journal.append(b"new").unwrap();
        // not finished: both generations are read, old first
        let seen = entries(dir.path()).1;
        assert_eq!((seen.len(), seen[49].as_slice(), seen[51].as_slice()), (52, &b"old"[..], &b"new"[..]));
        retired.finish().unwrap();
        assert_eq!(entries(dir.path()).1, [&b"snap"[..], b"new"]);
    }

    #[test]
    fn an_entry_nobody_understands_stops_the_start_and_names_the_file() {
        let dir = tempfile::tempdir().unwrap();
        entries(dir.path()).0.append(b"x").unwrap();
        let e = Journal::open(dir.path(), "t", |_| Err("kind 9".into())).unwrap_err().to_string();
        assert!(e.contains("t-000001.journal") && e.contains("kind 9"), "{e}");
    }
}
