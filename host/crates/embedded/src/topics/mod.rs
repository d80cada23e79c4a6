//! Which topics there are, with their partitions and settings, and the journal through which they survive.

mod config;
mod entry;
mod topic;

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use kafka_protocol::error::ResponseError;
use parking_lot::{Mutex, RwLock};

pub(crate) use config::{ConfigValue, describe};
use entry::Entry;
pub(crate) use topic::Topic;

use crate::files::FilePool;
use crate::journal::Journal;
use crate::log::{Partition, RecoveredSegment};
use crate::sync::SyncPoint;
use crate::{EmbeddedError, Fsync};

/// Partitions a topic may have; a larger number is taken for a mistake.
pub(crate) const MAX_PARTITIONS: i32 = 10_000;
/// Longest topic name, Kafka's.
const MAX_NAME: usize = 249;

/// Why a topic could not be made, changed or deleted: Kafka's code and a text for the client.
#[derive(Debug)]
pub(crate) struct TopicError(pub(crate) ResponseError, pub(crate) String);

impl TopicError {
    fn storage(what: &str, e: &std::io::Error) -> Self {
        Self(ResponseError::KafkaStorageError, format!("cannot {what}: {e}"))
    }
}

/// All topics.
#[derive(Debug)]
pub(crate) struct Topics {
    root: PathBuf,
    fsync: Fsync,
    files: Arc<FilePool>,
    by_name: RwLock<BTreeMap<Arc<str>, Arc<Topic>>>,
    /// Held while topics are made, changed and deleted, so that the journal has these in the order in which they happen.
    store: Mutex<Store>,
    sync: SyncPoint,
}

#[derive(Debug)]
struct Store {
    journal: Journal,
    /// Number of the next topic: a deleted topic's files are never taken for those of its successor.
    next_id: i64,
}

impl Topics {
    /// Reads the topics back and recovers every partition. Blocks.
    pub(crate) fn open(data_dir: &Path, fsync: Fsync) -> Result<Self, EmbeddedError> {
        let root = data_dir.join("topics");
        fs::create_dir_all(&root).map_err(EmbeddedError::io("create", &root))?;
        let mut known = BTreeMap::new();
        let mut next_id = 1;
        let journal = Journal::open(data_dir, "topics", |bytes| {
            next_id = next_id.max(Entry::decode(bytes)?.replay(&mut known));
            Ok(())
        })?;
        let live: HashSet<i64> = known.values().map(|t: &entry::Known| t.id).collect();
        let mut found = topic::scan(&root, &live, next_id)?;
        let files = Arc::new(FilePool::default());
        let mut by_name = BTreeMap::new();
        for (name, known) in known {
            let name: Arc<str> = name.into();
            let segments = found.remove(&known.id).unwrap_or_default();
            let topic = Topic::open(&root, Arc::clone(&name), known, &files, segments)?;
            by_name.insert(name, Arc::new(topic));
        }
        Ok(Self {
            root,
            fsync,
            files,
            by_name: RwLock::new(by_name),
            store: Mutex::new(Store { journal, next_id }),
            sync: SyncPoint::default(),
        })
    }

    /// The topic called `name`.
    pub(crate) fn get(&self, name: &str) -> Option<Arc<Topic>> {
        self.by_name.read().get(name).cloned()
    }

    /// Partition `index` of the topic called `name`.
    pub(crate) fn partition(&self, name: &str, index: i32) -> Option<Arc<Partition>> {
        self.by_name.read().get(name)?.partition(index)
    }

    /// All topics, by name.
    pub(crate) fn all(&self) -> Vec<Arc<Topic>> {
        self.by_name.read().values().cloned().collect()
    }

    /// Checks what a creation asks for, without making anything.
    pub(crate) fn check_create(
        &self,
        name: &str,
        partitions: i32,
        configs: &BTreeMap<String, String>,
    ) -> Result<(), TopicError> {
        check_name(name)?;
        if self.by_name.read().contains_key(name) {
            return Err(TopicError(ResponseError::TopicAlreadyExists, format!("Topic '{name}' already exists.")));
        }
        check_count(partitions)?;
        configs.iter().try_for_each(|(key, value)| config::check(key, value))
    }

    /// Makes a topic.
    pub(crate) async fn create(
        &self,
        name: &str,
        partitions: i32,
        configs: BTreeMap<String, String>,
    ) -> Result<Arc<Topic>, TopicError> {
        let (topic, position) = {
            let mut store = self.store.lock();
            self.check_create(name, partitions, &configs)?;
            let id = store.next_id;
            let known = entry::Known { id, partitions, configs };
            let topic = Topic::create(&self.root, name.into(), known.clone(), &self.files)
                .map_err(|e| TopicError(ResponseError::KafkaStorageError, e.to_string()))?;
            let position = store.append(&Entry::Created { name: name.into(), known })?;
            store.next_id = id + 1;
            let topic = Arc::new(topic);
            self.by_name.write().insert(Arc::clone(&topic.name), Arc::clone(&topic));
            (topic, position)
        };
        self.durable(position).await?;
        tracing::info!(topic = name, partitions, "created a topic");
        Ok(topic)
    }

    /// Gives a topic `count` partitions in all.
    pub(crate) async fn grow(&self, name: &str, count: i32, validate_only: bool) -> Result<(), TopicError> {
        let position = {
            let mut store = self.store.lock();
            let topic = self.existing(name)?;
            let now = topic.partition_count();
            if count <= now {
                let why =
                    format!("Topic currently has {now} partitions, which is not less than the requested {count}.");
                return Err(TopicError(ResponseError::InvalidPartitions, why));
            }
            check_count(count)?;
            if validate_only {
                return Ok(());
            }
            let position = store.append(&Entry::Grown { name: name.into(), partitions: count })?;
            topic.grow(count, &self.files);
            position
        };
        self.durable(position).await
    }

    /// Sets (or, with `None`, sets back to its default) each of `changes`; all of them or, if one is refused, none.
    pub(crate) async fn alter(
        &self,
        name: &str,
        changes: &[(String, Option<String>)],
        validate_only: bool,
    ) -> Result<(), TopicError> {
        let position = {
            let mut store = self.store.lock();
            let topic = self.existing(name)?;
            changes.iter().try_for_each(|(key, value)| match value {
                Some(value) => config::check(key, value),
                None => config::check_name(key),
            })?;
            if validate_only {
                return Ok(());
            }
            let mut configs = topic.configs();
            for (key, value) in changes {
                match value {
                    Some(value) => configs.insert(key.clone(), value.clone()),
                    None => configs.remove(key),
                };
            }
            let position = store.append(&Entry::Configured { name: name.into(), configs: configs.clone() })?;
            topic.configure(configs);
            position
        };
        self.durable(position).await
    }

    /// Deletes a topic and its files.
    pub(crate) async fn delete(&self, name: &str) -> Result<(), TopicError> {
        let (topic, position) = {
            let mut store = self.store.lock();
            let topic = self.existing(name)?;
            let position = store.append(&Entry::Deleted { name: name.into() })?;
            self.by_name.write().remove(name);
            topic.close();
            (topic, position)
        };
        self.durable(position).await?;
        let dir = Arc::clone(&topic.dir);
        // The journal says that it is gone; should this fail, the next start tries again.
        let removed = tokio::task::spawn_blocking(move || fs::remove_dir_all(&dir)).await;
        if let Ok(Err(e)) = removed {
            tracing::warn!(topic = name, dir = %topic.dir.display(), error = %e, "cannot remove a deleted topic's files");
        }
        tracing::info!(topic = name, "deleted a topic");
        Ok(())
    }

    /// Syncs everything. Blocks.
    pub(crate) fn flush(&self) -> std::io::Result<()> {
        for topic in self.all() {
            topic.partitions().iter().try_for_each(|p| p.flush().map(|_| ()))?;
        }
        let journal = self.store.lock().journal.file();
        journal.sync_data()
    }

    fn existing(&self, name: &str) -> Result<Arc<Topic>, TopicError> {
        self.get(name).ok_or_else(|| {
            TopicError(ResponseError::UnknownTopicOrPartition, "This server does not host this topic-partition.".into())
        })
    }

    async fn durable(&self, position: u64) -> Result<(), TopicError> {
        if self.fsync == Fsync::None {
            return Ok(());
        }
        let (file, covers) = {
            let store = self.store.lock();
            (store.journal.file(), store.journal.position())
        };
        let root = self.root.clone();
        let flush = move || {
            file.sync_data()?;
            // The topics' directories are entries of this one.
            fs::File::open(root)?.sync_all().map(|()| covers)
        };
        let synced = self.sync.sync_to(position, flush).await;
        synced.map_err(|e| TopicError::storage("sync the list of topics", &e))
    }
}

impl Store {
    fn append(&mut self, entry: &Entry) -> Result<u64, TopicError> {
        self.journal.append(&entry.encode()).map_err(|e| TopicError::storage("write the list of topics", &e))
    }
}

/// Kafka's rule for names.
fn check_name(name: &str) -> Result<(), TopicError> {
    let why = if name.is_empty() {
        "the empty string is not allowed".into()
    } else if name == "." || name == ".." {
        "'.' or '..' is not allowed".into()
    } else if name.len() > MAX_NAME {
        format!("the length of '{name}' is longer than the max allowed length {MAX_NAME}")
    } else if !name.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b)) {
        format!("'{name}' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'")
    } else {
        return Ok(());
    };
    Err(TopicError(ResponseError::InvalidTopicException, format!("Topic name is invalid: {why}")))
}

fn check_count(partitions: i32) -> Result<(), TopicError> {
    if (1..=MAX_PARTITIONS).contains(&partitions) {
        return Ok(());
    }
    let why = format!("Number of partitions must be between 1 and {MAX_PARTITIONS}, not {partitions}.");
    Err(TopicError(ResponseError::InvalidPartitions, why))
}

/// Segment files found for a topic, by partition.
type Found = BTreeMap<i32, Vec<RecoveredSegment>>;

#[cfg(test)]
mod tests;
