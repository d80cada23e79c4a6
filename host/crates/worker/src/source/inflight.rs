//! What was polled and is not yet acknowledged.
//!
//! Every record gets a sequence number, in the order in which the plugin gave it, over all polls. Kafka's answers come
//! out of order; what counts is the longest acknowledged prefix. A position becomes committable when the prefix has
//! reached its place. One prefix for the whole task, not one per source partition: a plugin's positions are told "in
//! batch order over all runs" (WIT `source-task.position`), because rows of many tables interleave.

use cofferdam_data::{Place, SourceBatch};
use cofferdam_plugin::PluginError;
use std::collections::VecDeque;

/// Where each record of a poll went, in order (WIT `source-task.acknowledged`).
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Placements {
    pub(crate) partitions: Vec<i32>,
    pub(crate) offsets: Vec<i64>,
}

/// What has become committable.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Released {
    /// Positions in the order in which they are to be stored.
    pub(crate) positions: Vec<(String, Option<String>)>,
    /// Polls that are acknowledged as a whole, ascending, with the placements of their records if those are wanted.
    pub(crate) polls: Vec<(u64, Placements)>,
}

#[derive(Debug)]
struct Poll {
    number: u64,
    first: u64,
    end: u64,
    placements: Placements,
}

#[derive(Debug)]
struct Pending {
    /// Committable once all records below this sequence number are acknowledged.
    end: u64,
    source_partition: String,
    offset: Option<String>,
}

/// The records between `base` and `next`.
#[derive(Debug, Default)]
pub(crate) struct Inflight {
    /// All records below are acknowledged.
    base: u64,
    /// Which of the records from `base` on are acknowledged.
    acknowledged: VecDeque<bool>,
    polls: VecDeque<Poll>,
    positions: VecDeque<Pending>,
    keep_placements: bool,
}

impl Inflight {
    /// Empty. Placements cost 12 bytes per record, so they are kept only for a plugin that wants them.
    pub(crate) fn new(keep_placements: bool) -> Self {
        Self { keep_placements, ..Self::default() }
    }

    /// Records that are not acknowledged, or wait behind one that is not.
    pub(crate) fn len(&self) -> usize {
        self.acknowledged.len()
    }

    /// All records with a lower number are acknowledged.
    pub(crate) fn base(&self) -> u64 {
        self.base
    }

    /// Takes a poll in; its records get the sequence numbers from the returned one on. A batch without records is taken
    /// in as well: it may move positions, and it is committed in its turn.
    pub(crate) fn register(&mut self, number: u64, batch: &SourceBatch) -> Result<u64, PluginError> {
        let first = self.base + self.acknowledged.len() as u64;
        let records = batch.len();
        let end = first + records as u64;
        let starts = starts(batch);
        let mut positions = Vec::with_capacity(batch.positions.len());
        for position in &batch.positions {
            let end = match position.after {
                None => end,
                Some(place) => first + before(batch, &starts, place)? + 1,
            };
            let (source_partition, offset) = (position.source_partition.clone(), position.offset.clone());
            positions.push(Pending { end, source_partition, offset });
        }
        positions.sort_by_key(|position| position.end);
        self.positions.extend(positions);
        self.acknowledged.extend(std::iter::repeat_n(false, records));
        let placements = if self.keep_placements {
            Placements { partitions: vec![-1; records], offsets: vec![-1; records] }
        } else {
            Placements::default()
        };
        self.polls.push_back(Poll { number, first, end, placements });
        Ok(first)
    }

    /// Record `sequence` needs nothing more: Kafka has it at this partition and offset, or (-1, -1) it was skipped.
    /// A second acknowledgement of the same record changes nothing.
    pub(crate) fn acknowledge(&mut self, sequence: u64, partition: i32, offset: i64) {
        let Some(index) = sequence.checked_sub(self.base).and_then(|index| usize::try_from(index).ok()) else { return };
        if let Some(acknowledged) = self.acknowledged.get_mut(index) {
            *acknowledged = true;
        }
        if self.keep_placements {
            self.place(sequence, partition, offset);
        }
        if index == 0 {
            while self.acknowledged.front() == Some(&true) {
                self.acknowledged.pop_front();
                self.base += 1;
            }
        }
    }

    fn place(&mut self, sequence: u64, partition: i32, offset: i64) {
        let at = self.polls.partition_point(|poll| poll.end <= sequence);
        let Some(poll) = self.polls.get_mut(at) else { return };
        let index = usize::try_from(sequence.saturating_sub(poll.first)).unwrap_or(usize::MAX);
        if let (Some(p), Some(o)) = (poll.placements.partitions.get_mut(index), poll.placements.offsets.get_mut(index))
        {
            (*p, *o) = (partition, offset);
        }
    }

    /// Hands out what has become committable since the last call.
    pub(crate) fn release(&mut self) -> Released {
        let mut released = Released::default();
        while let Some(position) = self.positions.pop_front_if(|position| position.end <= self.base) {
            released.positions.push((position.source_partition, position.offset));
        }
        while let Some(poll) = self.polls.pop_front_if(|poll| poll.end <= self.base) {
            released.polls.push((poll.number, poll.placements));
        }
        released
    }
}

/// Records of the batch before each of its runs.
fn starts(batch: &SourceBatch) -> Vec<u64> {
    let runs = batch.runs.iter();
    runs.scan(0, |start, run| Some(std::mem::replace(start, *start + run.len() as u64))).collect()
}

/// Records of the batch before this place. A batch may have as many runs, and as many places, as the plugin likes.
fn before(batch: &SourceBatch, starts: &[u64], place: Place) -> Result<u64, PluginError> {
    let run = batch.runs.get(place.run as usize).zip(starts.get(place.run as usize));
    match run.filter(|(run, _)| (place.index as usize) < run.len()) {
        Some((_, start)) => Ok(start + u64::from(place.index)),
        None => {
            let text = format!("position after run {}, index {}: the batch has no such record", place.run, place.index);
            Err(PluginError::Broken(text))
        }
    }
}

#[cfg(test)]
mod tests;
