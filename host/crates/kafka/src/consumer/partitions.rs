//! What a consumer knows of its partitions.

use crate::queue::Message;
use cofferdam_data::TopicPartition;

/// One assigned partition.
#[derive(Debug)]
pub(super) struct State {
    /// The least offset that may be handed out next.
    next: Option<i64>,
    /// Asked for with `pause`.
    pub(super) paused: bool,
    /// Where to go, until librdkafka has gone there. No record is handed out until then.
    pub(super) seek: Option<Target>,
    /// The group takes it away.
    pub(super) revoked: bool,
}

/// A seek.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) offset: i64,
    /// Distinguishes this seek from a later one.
    pub(super) number: u64,
}

impl State {
    /// Whether a record may be handed out; if so it is taken as such.
    pub(super) fn accept(&mut self, offset: i64) -> bool {
        let fits = self.next.is_none_or(|next| offset >= next);
        if fits {
            self.next = Some(offset + 1);
        }
        fits
    }

    /// Whether records are wanted at all now.
    pub(super) fn is_read(&self) -> bool {
        !self.revoked && self.seek.is_none()
    }

    pub(super) fn position(&self) -> Option<i64> {
        self.next
    }

    pub(super) fn seek_to(&mut self, target: Target) {
        self.next = Some(target.offset);
        self.seek = Some(target);
    }
}

/// The assigned partitions, each with its state.
#[derive(Debug, Default)]
pub(super) struct Partitions {
    list: Vec<TopicPartition>,
    states: Vec<State>,
}

impl Partitions {
    pub(super) fn list(&self) -> &[TopicPartition] {
        &self.list
    }

    /// Adds a partition that is read from `start` on, or from wherever librdkafka finds right.
    pub(super) fn add(&mut self, at: TopicPartition, start: Option<i64>) {
        self.remove(std::slice::from_ref(&at));
        self.list.push(at);
        self.states.push(State { next: start, paused: false, seek: None, revoked: false });
    }

    pub(super) fn remove(&mut self, gone: &[TopicPartition]) {
        for at in gone {
            if let Some(index) = self.index(&at.topic, at.partition) {
                self.list.swap_remove(index);
                self.states.swap_remove(index);
            }
        }
    }

    pub(super) fn clear(&mut self) {
        self.list.clear();
        self.states.clear();
    }

    /// Where in the list a partition is.
    pub(super) fn index(&self, topic: &str, partition: i32) -> Option<usize> {
        self.list.iter().position(|at| at.partition == partition && at.topic == topic)
    }

    pub(super) fn find(&self, topic: &str, partition: i32) -> Option<&State> {
        self.index(topic, partition).and_then(|index| self.states.get(index))
    }

    pub(super) fn find_mut(&mut self, topic: &str, partition: i32) -> Option<&mut State> {
        self.index(topic, partition).and_then(|index| self.states.get_mut(index))
    }

    pub(super) fn at(&mut self, index: usize) -> Option<(&TopicPartition, &mut State)> {
        self.list.get(index).zip(self.states.get_mut(index))
    }

    /// The state of a message's partition.
    pub(super) fn find_message(&self, message: &Message<'_>) -> Option<&State> {
        self.find(&message.topic(), message.partition())
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = (&TopicPartition, &mut State)> {
        self.list.iter().zip(self.states.iter_mut())
    }

    /// Pauses or resumes; returns those that are assigned.
    pub(super) fn set_paused(&mut self, partitions: &[TopicPartition], paused: bool) -> Vec<TopicPartition> {
        let mut mine = Vec::with_capacity(partitions.len());
        for at in partitions {
            if let Some(state) = self.find_mut(&at.topic, at.partition) {
                state.paused = paused;
                mine.push(at.clone());
            }
        }
        mine
    }
}
