//! Open file handles of segments, bounded: thousands of idle partitions must not hold thousands of descriptors.

use std::collections::VecDeque;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};

use parking_lot::Mutex;

/// Handles kept open at once. A reader that holds one longer keeps it alive beyond that.
const MAX_OPEN: usize = 128;

/// One segment file, opened when it is used and closed when many others were opened since.
#[derive(Debug)]
pub(crate) struct SegmentFile {
    path: PathBuf,
    handle: Mutex<Option<Arc<File>>>,
    /// Its directory was not synced by us since it was made or found.
    fresh: AtomicBool,
    deleted: AtomicBool,
}

impl SegmentFile {
    /// A file that was found, or that the first append makes.
    pub(crate) fn new(path: PathBuf) -> Arc<Self> {
        Arc::new(Self { path, handle: Mutex::new(None), fresh: AtomicBool::new(true), deleted: AtomicBool::new(false) })
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Its topic is deleted: it may go any time.
    pub(crate) fn note_deleted(&self) {
        self.deleted.store(true, Ordering::Relaxed);
    }

    /// Whether its topic is deleted.
    pub(crate) fn is_deleted(&self) -> bool {
        self.deleted.load(Ordering::Relaxed)
    }

    /// Whether the file's name may not be on disk yet; said once.
    pub(crate) fn take_fresh(&self) -> bool {
        self.fresh.swap(false, Ordering::Relaxed)
    }
}

/// The handles now open, oldest first.
#[derive(Debug, Default)]
pub(crate) struct FilePool {
    open: Mutex<VecDeque<Weak<SegmentFile>>>,
}

impl FilePool {
    /// A handle for reading and appending; the file is made if it is not there.
    pub(crate) fn open_or_create(&self, segment: &Arc<SegmentFile>) -> io::Result<Arc<File>> {
        self.open_with(segment, OpenOptions::new().create(true).read(true).append(true))
    }

    /// A handle for reading and appending to a file that is there. That of a deleted topic does not come back.
    pub(crate) fn open(&self, segment: &Arc<SegmentFile>) -> io::Result<Arc<File>> {
        self.open_with(segment, OpenOptions::new().read(true).append(true))
    }

    fn open_with(&self, segment: &Arc<SegmentFile>, options: &OpenOptions) -> io::Result<Arc<File>> {
        let file = {
            let mut handle = segment.handle.lock();
            if let Some(file) = handle.as_ref() {
                return Ok(Arc::clone(file));
            }
            let file = Arc::new(options.open(&segment.path)?);
            *handle = Some(Arc::clone(&file));
            file
        };
        let evicted = {
            let mut open = self.open.lock();
            open.push_back(Arc::downgrade(segment));
            if open.len() > MAX_OPEN { open.pop_front() } else { None }
        };
        if let Some(old) = evicted.and_then(|weak| weak.upgrade())
            && !Arc::ptr_eq(&old, segment)
        {
            old.handle.lock().take();
        }
        Ok(file)
    }
}

/// Renames a file or directory to `<name>.<why>`, or the first of `<name>.<why>-1` and so on that is not taken: what was
/// set aside before is kept too.
pub(crate) fn set_aside(path: &Path, why: &str) -> io::Result<PathBuf> {
    let name = |suffix: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(format!(".{why}{suffix}"));
        PathBuf::from(name)
    };
    let mut aside = name("");
    for n in 1..u32::MAX {
        if !aside.try_exists()? {
            break;
        }
        aside = name(&format!("-{n}"));
    }
    fs::rename(path, &aside)?;
    Ok(aside)
}
