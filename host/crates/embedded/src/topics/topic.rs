//! One topic: its partitions, its settings, its directory `topics/<name>.<number>`.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::RwLock;

use super::entry::Known;
use super::{Found, config};
use crate::EmbeddedError;
use crate::files::{FilePool, set_aside};
use crate::log::{Partition, PartitionSettings, RecoveredSegment, recover, segment_file_name};

/// Characters of a topic's name in its directory's: with the number it must fit a file name.
const NAME_IN_DIR: usize = 200;

/// A topic.
#[derive(Debug)]
pub(crate) struct Topic {
    pub(crate) name: Arc<str>,
    pub(super) dir: Arc<Path>,
    settings: Arc<PartitionSettings>,
    configs: RwLock<BTreeMap<String, String>>,
    partitions: RwLock<Vec<Arc<Partition>>>,
}

impl Topic {
    /// Opens a topic that the journal knows, recovering its partitions from `segments`.
    pub(super) fn open(
        root: &Path,
        name: Arc<str>,
        known: Known,
        files: &Arc<FilePool>,
        mut segments: Found,
    ) -> Result<Self, EmbeddedError> {
        let dir: Arc<Path> = dir(root, &name, known.id).into();
        fs::create_dir_all(&dir).map_err(EmbeddedError::io("create", &*dir))?;
        let settings =
            Arc::new(PartitionSettings { segment_bytes: AtomicU64::new(0), max_message_bytes: AtomicU64::new(0) });
        let topic = Self { name, dir, settings, configs: RwLock::default(), partitions: RwLock::default() };
        topic.configure(known.configs);
        for index in 0..known.partitions {
            let found = recover(segments.remove(&index).unwrap_or_default())?;
            let partition =
                Partition::new(index, Arc::clone(&topic.dir), Arc::clone(files), Arc::clone(&topic.settings), found);
            topic.partitions.write().push(Arc::new(partition));
        }
        for RecoveredSegment { path, .. } in segments.into_values().flatten() {
            // That the topic was given this partition was lost with the power. It may be given it again, and then starts
            // anew.
            tracing::error!(file = %path.display(), "set a segment aside: the list of topics does not know its partition");
            set_aside(&path, "unknown").map_err(EmbeddedError::io("set aside", &path))?;
        }
        Ok(topic)
    }

    /// Makes a topic without records.
    pub(super) fn create(
        root: &Path,
        name: Arc<str>,
        known: Known,
        files: &Arc<FilePool>,
    ) -> Result<Self, EmbeddedError> {
        Self::open(root, name, known, files, Found::new())
    }

    /// How many partitions it has.
    pub(crate) fn partition_count(&self) -> i32 {
        i32::try_from(self.partitions.read().len()).unwrap_or(i32::MAX)
    }

    /// One partition.
    pub(crate) fn partition(&self, index: i32) -> Option<Arc<Partition>> {
        self.partitions.read().get(usize::try_from(index).ok()?).cloned()
    }

    /// All partitions.
    pub(super) fn partitions(&self) -> Vec<Arc<Partition>> {
        self.partitions.read().clone()
    }

    /// The settings that were set.
    pub(crate) fn configs(&self) -> BTreeMap<String, String> {
        self.configs.read().clone()
    }

    /// Puts checked settings into effect.
    pub(super) fn configure(&self, configs: BTreeMap<String, String>) {
        let segment = config::number(&configs, "segment.bytes", config::SEGMENT_BYTES);
        let message = config::number(&configs, "max.message.bytes", config::MAX_MESSAGE_BYTES);
        self.settings.segment_bytes.store(segment, Ordering::Relaxed);
        self.settings.max_message_bytes.store(message, Ordering::Relaxed);
        *self.configs.write() = configs;
    }

    /// Adds empty partitions up to `count`.
    pub(super) fn grow(&self, count: i32, files: &Arc<FilePool>) {
        let mut partitions = self.partitions.write();
        for index in i32::try_from(partitions.len()).unwrap_or(count)..count {
            let (dir, settings) = (Arc::clone(&self.dir), Arc::clone(&self.settings));
            let partition = Partition::new(index, dir, Arc::clone(files), settings, Default::default());
            partitions.push(Arc::new(partition));
        }
    }

    /// Takes no more records.
    pub(super) fn close(&self) {
        self.partitions().iter().for_each(|p| p.close());
    }
}

/// The directory of the topic called `name` with number `id`.
pub(super) fn dir(root: &Path, name: &str, id: i64) -> PathBuf {
    root.join(format!("{}.{id}", name.get(..NAME_IN_DIR).unwrap_or(name)))
}

/// Finds the segment files of the `live` topics, given by number with their directories. The directory of a topic that was
/// deleted is removed; one that the journal has never heard of (its end was lost with the power, or the topic could not
/// be made) is set aside unless it is empty.
pub(super) fn scan(
    root: &Path,
    live: &HashMap<i64, PathBuf>,
    next_id: i64,
) -> Result<BTreeMap<i64, Found>, EmbeddedError> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(root).map_err(EmbeddedError::io("list", root))? {
        let path = entry.map_err(EmbeddedError::io("list", root))?.path();
        let number = path.file_name().and_then(|n| n.to_str()?.rsplit_once('.')?.1.parse::<i64>().ok());
        let Some(id) = number.filter(|_| path.is_dir()) else { continue };
        let owner = live.get(&id);
        if owner == Some(&path) {
            found.insert(id, segments(&path)?);
        } else if owner.is_none() && id < next_id {
            fs::remove_dir_all(&path).map_err(EmbeddedError::io("remove the deleted topic in", &path))?;
        } else if fs::remove_dir(&path).is_err() {
            tracing::error!(dir = %path.display(), "set a topic aside that the list of topics does not know");
            set_aside(&path, "unknown").map_err(EmbeddedError::io("set aside", &path))?;
        }
    }
    Ok(found)
}

/// The segment files in a topic's directory, by partition.
fn segments(dir: &Path) -> Result<Found, EmbeddedError> {
    let mut found = Found::new();
    for entry in fs::read_dir(dir).map_err(EmbeddedError::io("list", dir))? {
        let path = entry.map_err(EmbeddedError::io("list", dir))?.path();
        let Some(name) = path.file_name().and_then(|n| n.to_str()) else { continue };
        let parsed = name.strip_suffix(".log").and_then(|n| n.split_once('-'));
        let Some((Ok(partition), Ok(base_offset))) = parsed.map(|(p, o)| (p.parse(), o.parse())) else { continue };
        if name == segment_file_name(partition, base_offset) {
            found.entry(partition).or_default().push(RecoveredSegment { base_offset, path });
        }
    }
    Ok(found)
}
