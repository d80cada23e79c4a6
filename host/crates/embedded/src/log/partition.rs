//! One partition: the only owner of its segments, index and producer states, behind one lock of its own.
//!
//! Appending holds the lock for one write into the page cache; reading holds it to find out where to read, never while
//! it reads. An fsync holds nothing.

use std::fs::File;
use std::io::{self, IoSlice, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use kafka_protocol::error::ResponseError;
use parking_lot::Mutex;

use super::batch::{BatchHeader, HEADER, stored_prefix};
use super::recovery::Recovered;
use super::segment::{Segment, segment_file_name};
use super::times;
use super::waiters::{Waiter, Waiters};
use crate::files::{FilePool, SegmentFile};
use crate::journal::sync_dir;
use crate::producers::{Producers, Verdict};
use crate::sync::SyncPoint;

/// What can be changed while a partition is in use.
#[derive(Debug)]
pub(crate) struct PartitionSettings {
    /// Bytes after which a new segment starts (`segment.bytes`).
    pub(crate) segment_bytes: AtomicU64,
    /// Largest batch taken (`max.message.bytes`).
    pub(crate) max_message_bytes: AtomicU64,
}

/// A partition's log.
#[derive(Debug)]
pub(crate) struct Partition {
    index: i32,
    dir: Arc<Path>,
    files: Arc<FilePool>,
    settings: Arc<PartitionSettings>,
    log: Mutex<Log>,
    sync: SyncPoint,
}

#[derive(Debug)]
struct Log {
    segments: Vec<Segment>,
    /// Offset of the next record.
    end: i64,
    producers: Producers,
    waiters: Waiters,
    /// Files with data that was not synced.
    dirty: Vec<Arc<SegmentFile>>,
    /// Batches appended since the start, those found then counting as one: what [`SyncPoint`] counts.
    appended: u64,
    condition: Condition,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Condition {
    Open,
    /// The topic was deleted.
    Deleted,
    /// A write failed half way and could not be undone.
    Failed,
}

/// A batch that is in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Appended {
    /// Offset of its first record.
    pub(crate) base_offset: i64,
    /// What to hand to [`Partition::sync`].
    pub(crate) position: u64,
}

/// Why a batch was not appended.
#[derive(Debug)]
pub(crate) enum AppendError {
    /// Kafka's code says it all.
    Refused(ResponseError),
    /// The file could not be written.
    Io(io::Error),
}

/// Whole batches in a file, to be read when they are sent. It holds no descriptor: an answer may have hundreds.
#[derive(Debug, Clone)]
pub(crate) struct Slice {
    pub(crate) files: Arc<FilePool>,
    pub(crate) file: Arc<SegmentFile>,
    pub(crate) position: u64,
    pub(crate) len: u64,
}

impl Slice {
    /// The file, for a while.
    pub(crate) fn open(&self) -> io::Result<Arc<File>> {
        self.files.open(&self.file)
    }
}

/// What there was at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct View {
    /// Offset of the first record kept.
    pub(crate) start: i64,
    /// Offset of the next record.
    pub(crate) end: i64,
}

impl Partition {
    /// A partition with what was found in `dir`.
    pub(crate) fn new(
        index: i32,
        dir: Arc<Path>,
        files: Arc<FilePool>,
        settings: Arc<PartitionSettings>,
        found: Recovered,
    ) -> Self {
        // A process that was killed may have left what it did not sync; a repeat of it may be acknowledged any time.
        let dirty: Vec<_> = found.segments.iter().map(|s| Arc::clone(&s.file)).collect();
        let log = Log {
            appended: u64::from(!dirty.is_empty()),
            dirty,
            segments: found.segments,
            end: found.end,
            producers: found.producers,
            waiters: Waiters::default(),
            condition: Condition::Open,
        };
        Self { index, dir, files, settings, log: Mutex::new(log), sync: SyncPoint::default() }
    }

    /// Directory and number, for the log.
    pub(crate) fn place(&self) -> String {
        format!("{}/{}", self.dir.display(), self.index)
    }

    /// Largest batch taken, in bytes.
    pub(crate) fn max_message_bytes(&self) -> usize {
        usize::try_from(self.settings.max_message_bytes.load(Ordering::Relaxed)).unwrap_or(usize::MAX)
    }

    /// Appends a batch that [`validate`](super::validate) has passed, with one write, and wakes who waits for it. A batch
    /// that is there already is not appended again.
    pub(crate) fn append(&self, header: &BatchHeader, batch: &[u8]) -> Result<Appended, AppendError> {
        let (appended, woken) = {
            let mut log = self.log.lock();
            match log.condition {
                Condition::Open => {}
                Condition::Deleted => return Err(AppendError::Refused(ResponseError::UnknownTopicOrPartition)),
                Condition::Failed => return Err(AppendError::Refused(ResponseError::KafkaStorageError)),
            }
            match log.producers.check(header) {
                Verdict::Append => {}
                Verdict::Refuse(code) => return Err(AppendError::Refused(code)),
                Verdict::Duplicate(base_offset) => return Ok(Appended { base_offset, position: log.appended }),
            }
            (self.write(&mut log, header, batch)?, log.waiters.take())
        };
        woken.wake();
        Ok(appended)
    }

    fn write(&self, log: &mut Log, header: &BatchHeader, batch: &[u8]) -> Result<Appended, AppendError> {
        let base_offset = log.end;
        let (file, size) = self.active(log, header.len as u64);
        let handle = self.files.open_or_create(&file).map_err(AppendError::Io)?;
        let rest = batch.get(16..).unwrap_or_default();
        if let Err(e) = write_all(&handle, &stored_prefix(header, base_offset), rest) {
            if handle.set_len(size).is_err() {
                log.condition = Condition::Failed;
            }
            return Err(AppendError::Io(e));
        }
        let stored = BatchHeader { base_offset, ..*header };
        if let Some(segment) = log.segments.last_mut() {
            segment.note(&stored);
        }
        log.producers.note(&stored);
        log.end = stored.last_offset() + 1;
        log.appended += 1;
        if !log.dirty.last().is_some_and(|last| Arc::ptr_eq(last, &file)) {
            log.dirty.push(file);
        }
        Ok(Appended { base_offset, position: log.appended })
    }

    /// The segment that the next batch goes to.
    fn active(&self, log: &mut Log, len: u64) -> (Arc<SegmentFile>, u64) {
        let limit = self.settings.segment_bytes.load(Ordering::Relaxed);
        if let Some(last) = log.segments.last().filter(|s| s.size == 0 || s.size + len <= limit) {
            return (Arc::clone(&last.file), last.size);
        }
        let file = SegmentFile::new(self.dir.join(segment_file_name(self.index, log.end)));
        log.segments.push(Segment::new(Arc::clone(&file), log.end));
        (file, 0)
    }

    /// Returns when everything up to `position` is on disk.
    pub(crate) async fn sync(self: &Arc<Self>, position: u64) -> io::Result<()> {
        let this = Arc::clone(self);
        self.sync.sync_to(position, move || this.sync_dirty()).await
    }

    /// Syncs everything. Blocks.
    pub(crate) fn flush(&self) -> io::Result<()> {
        self.sync.sync_now(|| self.sync_dirty())
    }

    /// Syncs what was written so far and returns the position that covers.
    fn sync_dirty(&self) -> io::Result<u64> {
        let (files, position) = {
            let mut log = self.log.lock();
            match log.condition {
                Condition::Open => (std::mem::take(&mut log.dirty), log.appended),
                Condition::Deleted => return Ok(log.appended),
                Condition::Failed => return Err(io::Error::other("an earlier write to the log failed")),
            }
        };
        let synced = files.iter().try_for_each(|file| self.files.open(file)?.sync_data());
        let new = files.iter().filter(|file| file.take_fresh()).count() > 0;
        let synced = synced.and_then(|()| if new { sync_dir(&self.dir) } else { Ok(()) });
        let Err(e) = synced else { return Ok(position) };
        let mut log = self.log.lock();
        match log.condition {
            // Its files may be gone, and nobody asks for them any more.
            Condition::Deleted => Ok(position),
            _ => {
                // What the system could not write once it may have dropped: nothing more is promised for this log.
                log.condition = Condition::Failed;
                Err(e)
            }
        }
    }

    /// First and next offset; `None` once the topic is deleted.
    pub(crate) fn view(&self) -> Option<View> {
        let log = self.log.lock();
        (log.condition != Condition::Deleted).then(|| log.view())
    }

    /// Leaves `waiter` to be woken by the next append.
    pub(crate) fn wait(&self, waiter: &Arc<Waiter>) {
        self.log.lock().waiters.add(waiter);
    }

    /// Whole batches from the one that holds `offset` on: at most `max` bytes, but at least one batch if there is one.
    pub(crate) fn read(&self, offset: i64, max: u64) -> io::Result<Option<Slice>> {
        let (entry, file, base) = {
            let log = self.log.lock();
            let Some(segment) = log.segment_of(offset) else { return Ok(None) };
            let Some(entry) = segment.locate(offset) else { return Ok(None) };
            (entry, Arc::clone(&segment.file), segment.base_offset)
        };
        let (position, first) = match entry.base_offset == offset {
            true => (entry.position, u64::from(entry.len)),
            false => batch_with(&*self.files.open(&file)?, entry.position, offset)?,
        };
        let log = self.log.lock();
        let Some(segment) = log.segment_of(base) else { return Ok(None) };
        let len = segment.extent(position, first, max);
        Ok(Some(Slice { files: Arc::clone(&self.files), file, position, len }))
    }

    /// Timestamp and offset of the first record stamped at or after `timestamp`. Reads the file.
    pub(crate) fn first_since(&self, timestamp: i64) -> io::Result<Option<(i64, i64)>> {
        let mut from = (0, 0);
        loop {
            // One stretch at a time: the first that may hold it mostly does.
            let found = self.log.lock().first_stretch_since(timestamp, from);
            let Some((segment, file, (start, end))) = found else { return Ok(None) };
            if let Some(found) = times::first_since(&*self.files.open(&file)?, start, end, timestamp)? {
                return Ok(Some(found));
            }
            from = (segment, end);
        }
    }

    /// Takes no more batches and wakes who waits. The files are the topic's to remove.
    pub(crate) fn close(&self) {
        let woken = {
            let mut log = self.log.lock();
            log.condition = Condition::Deleted;
            log.segments.drain(..).for_each(|s| s.file.note_deleted());
            log.dirty.clear();
            log.waiters.take()
        };
        woken.wake();
    }
}

impl Log {
    fn view(&self) -> View {
        View { start: self.segments.first().map_or(self.end, |s| s.base_offset), end: self.end }
    }

    fn segment_of(&self, offset: i64) -> Option<&Segment> {
        let after = self.segments.partition_point(|s| s.base_offset <= offset);
        self.segments.get(after.checked_sub(1)?).filter(|_| offset < self.end)
    }

    /// The first stretch with a timestamp at or after `timestamp`, from a segment (by its first offset) and a position in
    /// it on: the segment that has it, its file, and where in it.
    fn first_stretch_since(&self, timestamp: i64, from: (i64, u64)) -> Option<(i64, Arc<SegmentFile>, (u64, u64))> {
        let before = self.segments.partition_point(|s| s.base_offset < from.0);
        self.segments.iter().skip(before).find_map(|s| {
            let from = if s.base_offset == from.0 { from.1 } else { 0 };
            Some((s.base_offset, Arc::clone(&s.file), s.first_stretch_since(timestamp, from)?))
        })
    }
}

/// Position and length of the batch that holds `offset`, searched from `position` on.
fn batch_with(file: &File, mut position: u64, offset: i64) -> io::Result<(u64, u64)> {
    loop {
        let mut head = [0u8; HEADER];
        file.read_exact_at(&mut head, position)?;
        let header = BatchHeader::parse(&head).ok_or_else(|| io::Error::other("no batch where one should be"))?;
        if header.last_offset() >= offset {
            return Ok((position, header.len as u64));
        }
        position += header.len as u64;
    }
}

/// One system call unless the system takes less than it was given.
fn write_all(mut file: &File, prefix: &[u8], rest: &[u8]) -> io::Result<()> {
    let total = prefix.len() + rest.len();
    let written = file.write_vectored(&[IoSlice::new(prefix), IoSlice::new(rest)])?;
    if written == total {
        return Ok(());
    }
    file.write_all(prefix.get(written..).unwrap_or_default())?;
    file.write_all(rest.get(written.saturating_sub(prefix.len())..).unwrap_or_default())
}

#[cfg(test)]
#[path = "partition_tests.rs"]
mod tests;
