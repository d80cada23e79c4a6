//! Committed offsets: in memory, and in a journal through which they survive.

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::path::Path;

use parking_lot::Mutex;

use crate::journal::{Journal, Retired};
use crate::record::{Reader, Writer};
use crate::sync::SyncPoint;
use crate::{EmbeddedError, Fsync};

const COMMITTED: u8 = 1;
const GROUP_DELETED: u8 = 2;
const TOPIC_DELETED: u8 = 3;

/// Topic and partition.
pub(crate) type TopicPartition = (String, i32);
type Offsets = HashMap<String, BTreeMap<TopicPartition, Committed>>;

/// An offset as it was committed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Committed {
    pub(crate) offset: i64,
    pub(crate) leader_epoch: i32,
    /// A text of the client's choice.
    pub(crate) metadata: String,
}

/// All groups' offsets.
#[derive(Debug)]
pub(crate) struct OffsetStore {
    state: Mutex<State>,
    fsync: Fsync,
    sync: SyncPoint,
}

#[derive(Debug)]
struct State {
    offsets: Offsets,
    journal: Journal,
}

impl OffsetStore {
    /// Reads them back. Those of topics that are not `live` any more are dropped.
    pub(crate) fn open(data_dir: &Path, fsync: Fsync, live: impl Fn(&str) -> bool) -> Result<Self, EmbeddedError> {
        let mut offsets = Offsets::new();
        let journal = Journal::open(data_dir, "offsets", |bytes| replay(bytes, &mut offsets))?;
        offsets.values_mut().for_each(|group| group.retain(|(topic, _), _| live(topic)));
        offsets.retain(|_, group| !group.is_empty());
        Ok(Self { state: Mutex::new(State { offsets, journal }), fsync, sync: SyncPoint::default() })
    }

    /// Writes a group's offsets with one write. What is returned is to be handed to [`OffsetStore::durable`].
    pub(crate) fn commit(&self, group: &str, commits: Vec<(TopicPartition, Committed)>) -> io::Result<u64> {
        let mut state = self.state.lock();
        let position = state.append(&encode(group, commits.iter().map(|(k, c)| (k, c))))?;
        state.offsets.entry(group.to_owned()).or_default().extend(commits);
        Ok(position)
    }

    /// Returns when what was written is as durable as was asked for.
    pub(crate) async fn durable(&self, position: u64) -> io::Result<()> {
        self.tidy();
        if self.fsync == Fsync::None {
            return Ok(());
        }
        let (file, covers) = {
            let state = self.state.lock();
            (state.journal.file(), state.journal.position())
        };
        self.sync.sync_to(position, move || file.sync_data().map(|()| covers)).await
    }

    /// Starts the journal over when it is mostly history.
    fn tidy(&self) {
        let retired = {
            let mut state = self.state.lock();
            if !state.journal.is_wasteful() {
                return;
            }
            let State { offsets, journal } = &mut *state;
            journal.rewrite(offsets.iter().map(|(group, offsets)| encode(group, offsets.iter())))
        };
        match retired {
            Ok(retired) => drop(tokio::task::spawn_blocking(move || finish(retired))),
            Err(e) => tracing::warn!(error = %e, "cannot start the journal of offsets over; it goes on growing"),
        }
    }

    /// One offset.
    pub(crate) fn get(&self, group: &str, at: &TopicPartition) -> Option<Committed> {
        self.state.lock().offsets.get(group)?.get(at).cloned()
    }

    /// All offsets of a group.
    pub(crate) fn all(&self, group: &str) -> BTreeMap<TopicPartition, Committed> {
        self.state.lock().offsets.get(group).cloned().unwrap_or_default()
    }

    /// Groups that have any.
    pub(crate) fn groups(&self) -> Vec<String> {
        self.state.lock().offsets.keys().cloned().collect()
    }

    /// Forgets a group's; whether it had any.
    pub(crate) fn delete_group(&self, group: &str) -> io::Result<bool> {
        let mut state = self.state.lock();
        if !state.offsets.contains_key(group) {
            return Ok(false);
        }
        state.append(&Writer::new(GROUP_DELETED).str(group).finish())?;
        Ok(state.offsets.remove(group).is_some())
    }

    /// Forgets a deleted topic's.
    pub(crate) fn delete_topic(&self, topic: &str) -> io::Result<()> {
        let mut state = self.state.lock();
        if !state.offsets.values().any(|g| g.keys().any(|(t, _)| t == topic)) {
            return Ok(());
        }
        state.append(&Writer::new(TOPIC_DELETED).str(topic).finish())?;
        forget_topic(&mut state.offsets, topic);
        Ok(())
    }

    /// Syncs the journal. Blocks.
    pub(crate) fn flush(&self) -> io::Result<()> {
        let file = self.state.lock().journal.file();
        file.sync_data()
    }
}

impl State {
    fn append(&mut self, entry: &[u8]) -> io::Result<u64> {
        self.journal.append(entry)
    }
}

fn finish(retired: Retired) {
    if let Err(e) = retired.finish() {
        tracing::warn!(error = %e, "cannot remove the old journal of offsets; the next start reads both");
    }
}

fn forget_topic(offsets: &mut Offsets, topic: &str) {
    offsets.values_mut().for_each(|group| group.retain(|(t, _), _| t != topic));
    offsets.retain(|_, group| !group.is_empty());
}

fn encode<'a>(group: &str, commits: impl ExactSizeIterator<Item = (&'a TopicPartition, &'a Committed)>) -> Vec<u8> {
    let writer = Writer::new(COMMITTED).str(group).i32(i32::try_from(commits.len()).unwrap_or(0));
    commits
        .fold(writer, |w, ((topic, partition), c)| {
            w.str(topic).i32(*partition).i64(c.offset).i32(c.leader_epoch).str(&c.metadata)
        })
        .finish()
}

fn replay(bytes: &[u8], offsets: &mut Offsets) -> Result<(), String> {
    let mut r = Reader(bytes);
    match r.u8()? {
        COMMITTED => {
            let (group, count) = (r.str()?, r.i32()?);
            let group = offsets.entry(group).or_default();
            for _ in 0..count {
                let at = (r.str()?, r.i32()?);
                let committed = Committed { offset: r.i64()?, leader_epoch: r.i32()?, metadata: r.str()? };
                group.insert(at, committed);
            }
        }
        GROUP_DELETED => {
            offsets.remove(&r.str()?);
        }
        TOPIC_DELETED => forget_topic(offsets, &r.str()?),
        other => return Err(format!("unknown kind {other}")),
    }
    Ok(())
}

#[cfg(test)]
#[path = "offsets_tests.rs"]
mod tests;
