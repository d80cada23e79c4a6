//! Committed offsets: in memory, and in a journal through which they survive.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io;
use std::path::Path;
use std::sync::Arc;

use parking_lot::Mutex;

use crate::journal::{Journal, Retired, Tail};
use crate::record::{Reader, Writer};
use crate::{EmbeddedError, Fsync};

const COMMITTED: u8 = 1;
const GROUP_DELETED: u8 = 2;
const TOPIC_DELETED: u8 = 3;
const DELETED: u8 = 4;
/// Offsets in one entry of the journal: it is far below the largest that a journal takes.
const PER_ENTRY: usize = 2000;

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
    tail: Arc<Tail>,
}

#[derive(Debug)]
struct State {
    offsets: Offsets,
    journal: Journal,
}

impl OffsetStore {
    /// Reads them back. Those of topics that are not `live` any more are forgotten for good: the process may have been
    /// killed between a topic's deletion and that of its offsets, and a topic of that name may come again.
    pub(crate) fn open(data_dir: &Path, fsync: Fsync, live: impl Fn(&str) -> bool) -> Result<Self, EmbeddedError> {
        let mut offsets = Offsets::new();
        let mut journal = Journal::open(data_dir, "offsets", |bytes| replay(bytes, &mut offsets))?;
        let topics: BTreeSet<&String> = offsets.values().flat_map(|g| g.keys().map(|(topic, _)| topic)).collect();
        let dead: Vec<String> = topics.into_iter().filter(|topic| !live(topic)).cloned().collect();
        if !dead.is_empty() {
            let entries: Vec<_> = dead.iter().map(|topic| topic_deleted(topic)).collect();
            let written = journal.append(&entries).and_then(|_| journal.tail().sync_now());
            written.map_err(EmbeddedError::io("forget the offsets of deleted topics in", data_dir))?;
            dead.iter().for_each(|topic| forget_topic(&mut offsets, topic));
        }
        let tail = journal.tail();
        Ok(Self { state: Mutex::new(State { offsets, journal }), fsync, tail })
    }

    /// Writes a group's offsets, all or none. Those of partitions that are not `live`, as seen while no topic's offsets are
    /// forgotten, are left out; they are returned, with what is to be handed to [`OffsetStore::durable`].
    pub(crate) fn commit(
        &self,
        group: &str,
        mut commits: BTreeMap<TopicPartition, Committed>,
        live: impl Fn(&TopicPartition) -> bool,
    ) -> io::Result<(u64, Vec<TopicPartition>)> {
        let mut state = self.state.lock();
        let gone: Vec<_> = commits.keys().filter(|at| !live(at)).cloned().collect();
        gone.iter().for_each(|at| drop(commits.remove(at)));
        if commits.is_empty() {
            return Ok((0, gone));
        }
        let position = state.journal.append(&encode(group, &commits))?;
        state.offsets.entry(group.to_owned()).or_default().extend(commits);
        Ok((position, gone))
    }

    /// Returns when what was written is as durable as was asked for.
    pub(crate) async fn durable(&self, position: u64) -> io::Result<()> {
        self.tidy();
        match self.fsync {
            Fsync::None => Ok(()),
            Fsync::Commit => self.tail.sync_to(position, || Ok(())).await,
        }
    }

    /// Starts the journal over when it is mostly history.
    fn tidy(&self) {
        let retired = {
            let mut state = self.state.lock();
            if !state.journal.is_wasteful() {
                return;
            }
            let State { offsets, journal } = &mut *state;
            journal.rewrite(&snapshot(offsets))
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

    /// Forgets a group's; `None` if it had none, else what is to be handed to [`OffsetStore::durable`].
    pub(crate) fn delete_group(&self, group: &str) -> io::Result<Option<u64>> {
        let mut state = self.state.lock();
        if !state.offsets.contains_key(group) {
            return Ok(None);
        }
        let position = state.journal.append(&[Writer::new(GROUP_DELETED).str(group).finish()])?;
        state.offsets.remove(group);
        Ok(Some(position))
    }

    /// Forgets some of a group's, whether there are any or not. What is returned is to be handed to
    /// [`OffsetStore::durable`].
    pub(crate) fn delete(&self, group: &str, partitions: &BTreeSet<TopicPartition>) -> io::Result<u64> {
        let mut state = self.state.lock();
        let State { offsets, journal } = &mut *state;
        let known = |at: &&TopicPartition| offsets.get(group).is_some_and(|offsets| offsets.contains_key(*at));
        let known: Vec<&TopicPartition> = partitions.iter().filter(known).collect();
        if known.is_empty() {
            return Ok(0);
        }
        let position = journal.append(&deleted(group, &known))?;
        known.into_iter().for_each(|at| forget(offsets, group, at));
        Ok(position)
    }

    /// Forgets a deleted topic's, also when that cannot be written: a successor of that name must not have them. What is
    /// returned is to be handed to [`OffsetStore::durable`].
    pub(crate) fn delete_topic(&self, topic: &str) -> io::Result<u64> {
        let mut state = self.state.lock();
        if !state.offsets.values().any(|g| g.keys().any(|(t, _)| t == topic)) {
            return Ok(0);
        }
        forget_topic(&mut state.offsets, topic);
        state.journal.append(&[topic_deleted(topic)])
    }

    /// Syncs the journal. Blocks.
    pub(crate) fn flush(&self) -> io::Result<()> {
        self.tail.sync_now()
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

fn forget(offsets: &mut Offsets, group: &str, at: &TopicPartition) {
    if let Some(of_group) = offsets.get_mut(group) {
        of_group.remove(at);
        if of_group.is_empty() {
            offsets.remove(group);
        }
    }
}

/// The entries of a group's offsets that are forgotten.
fn deleted(group: &str, partitions: &[&TopicPartition]) -> Vec<Vec<u8>> {
    let entry = |partitions: &[&TopicPartition]| {
        let writer = Writer::new(DELETED).str(group).i32(i32::try_from(partitions.len()).unwrap_or(0));
        partitions.iter().fold(writer, |w, (topic, partition)| w.str(topic).i32(*partition)).finish()
    };
    partitions.chunks(PER_ENTRY).map(entry).collect()
}

fn topic_deleted(topic: &str) -> Vec<u8> {
    Writer::new(TOPIC_DELETED).str(topic).finish()
}

fn snapshot(offsets: &Offsets) -> Vec<Vec<u8>> {
    offsets.iter().flat_map(|(group, offsets)| encode(group, offsets)).collect()
}

/// The entries of a group's offsets.
fn encode(group: &str, commits: &BTreeMap<TopicPartition, Committed>) -> Vec<Vec<u8>> {
    let commits: Vec<_> = commits.iter().collect();
    let entry = |commits: &[(&TopicPartition, &Committed)]| {
        let writer = Writer::new(COMMITTED).str(group).i32(i32::try_from(commits.len()).unwrap_or(0));
        let one = |w: Writer, ((topic, partition), c): &(&TopicPartition, &Committed)| {
            w.str(topic).i32(*partition).i64(c.offset).i32(c.leader_epoch).str(&c.metadata)
        };
        commits.iter().fold(writer, one).finish()
    };
    commits.chunks(PER_ENTRY).map(entry).collect()
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
        DELETED => {
            let (group, count) = (r.str()?, r.i32()?);
            for _ in 0..count {
                forget(offsets, &group, &(r.str()?, r.i32()?));
            }
        }
        other => return Err(format!("unknown kind {other}")),
    }
    Ok(())
}

#[cfg(test)]
#[path = "offsets_tests.rs"]
mod tests;
