//! Which topics there are, with their partitions and settings, and the journal through which they survive.

mod config;
mod entry;
mod topic;

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use kafka_protocol::error::ResponseError;
use parking_lot::{Mutex, RwLock};

pub(crate) use config::{ConfigValue, describe};
use entry::Entry;
pub(crate) use topic::Topic;

use crate::files::FilePool;
use crate::journal::{Journal, Tail, sync_dir};
use crate::log::{Partition, RecoveredSegment};
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
    tail: Arc<Tail>,
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
        let live: HashMap<i64, PathBuf> =
            known.iter().map(|(name, t): (&String, &entry::Known)| (t.id, topic::dir(&root, name, t.id))).collect();
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
            tail: journal.tail(),
            store: Mutex::new(Store { journal, next_id }),
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
        if let Some(other) = self.by_name.read().keys().find(|other| collide(other, name)) {
            let why = format!("Topic '{name}' collides with existing topics: {other}");
            return Err(TopicError(ResponseError::InvalidTopicException, why));
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
            // Whatever comes of it, its directory is there and no other topic may take it for its own.
            store.next_id += 1;
            let known = entry::Known { id, partitions, configs };
            let topic = Topic::create(&self.root, name.into(), known.clone(), &self.files)
                .map_err(|e| TopicError(ResponseError::KafkaStorageError, e.to_string()))?;
            let position = store.append(&Entry::Created { name: name.into(), known })?;
            let topic = Arc::new(topic);
            self.by_name.write().insert(Arc::clone(&topic.name), Arc::clone(&topic));
            (topic, position)
        };
        self.durable(position).await?;
        tracing::info!(topic = name, partitions, "created a topic");
        Ok(topic)
    }

    /// Gives a topic `count` partitions in all. The new ones may have been `assigned` to brokers, as many as there are then.
    pub(crate) async fn grow(
        &self,
        name: &str,
        count: i32,
        assigned: Option<usize>,
        validate_only: bool,
    ) -> Result<(), TopicError> {
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
            let more = count - now;
            if let Some(assigned) = assigned.filter(|n| i32::try_from(*n) != Ok(more)) {
                let why = format!("Increasing the number of partitions by {more} but {assigned} assignments provided.");
                return Err(TopicError(ResponseError::InvalidReplicaAssignment, why));
            }
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

    /// Deletes a topic and its files. `forget` is called when it is gone and before another of its name can be made.
    pub(crate) async fn delete<T>(&self, name: &str, forget: impl FnOnce() -> T) -> Result<T, TopicError> {
        let (topic, position, forgotten) = {
            let mut store = self.store.lock();
            let topic = self.existing(name)?;
            let position = store.append(&Entry::Deleted { name: name.into() })?;
            self.by_name.write().remove(name);
            topic.close();
            (topic, position, forget())
        };
        self.durable(position).await?;
        let dir = Arc::clone(&topic.dir);
        let removed = tokio::task::spawn_blocking(move || fs::remove_dir_all(&dir)).await;
        match removed.map_err(std::io::Error::other).flatten() {
            Ok(()) => tracing::info!(topic = name, "deleted a topic"),
            // The journal says that it is gone: the next start tries again.
            Err(e) => {
                tracing::warn!(topic = name, dir = %topic.dir.display(), error = %e, "deleted a topic, cannot remove its files");
            }
        }
        Ok(forgotten)
    }

    /// Syncs everything, also when a part of it fails; returns the first error. Blocks.
    pub(crate) fn flush(&self) -> std::io::Result<()> {
        let topics = self.all();
        let partitions = topics.iter().flat_map(|topic| topic.partitions());
        let synced = partitions.map(|p| p.flush()).fold(Ok(()), std::io::Result::and);
        synced.and(sync_dir(&self.root)).and(self.tail.sync_now())
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
        let root = self.root.clone();
        // The topics' directories are entries of this one.
        let synced = self.tail.sync_to(position, move || sync_dir(&root)).await;
        synced.map_err(|e| TopicError::storage("sync the list of topics", &e))
    }
}

impl Store {
    fn append(&mut self, entry: &Entry) -> Result<u64, TopicError> {
        self.journal.append(&[entry.encode()]).map_err(|e| TopicError::storage("write the list of topics", &e))
    }
}

/// Whether two names differ in '.' and '_' only: Kafka's metrics could not tell them apart, so it refuses the second.
fn collide(a: &str, b: &str) -> bool {
    let plain = |s: &str| s.bytes().map(|b| if b == b'.' { b'_' } else { b }).collect::<Vec<_>>();
    a.len() == b.len() && plain(a) == plain(b)
}

/// Kafka's rule for names.
pub(crate) fn check_name(name: &str) -> Result<(), TopicError> {
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
