//! The state machine of one group: Kafka's classic protocol (`GroupCoordinator`, `GroupMetadata`) without its disk.
//!
//! Nothing here waits or reads a clock: callers say what time it is, answers that must wait are sent when the group has
//! come to them, and [`Group::next_deadline`] says when [`Group::tick`] has something to do.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Instant;

use kafka_protocol::error::ResponseError;

use super::answer::DescribedMember;
use super::member::Member;
use super::{Description, Joined, Synced};

/// The type of the protocol that consumers speak among each other.
const CONSUMER: &str = "consumer";

/// Where a group is in its round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// Nobody is in it.
    Empty,
    /// Members are asked to join again.
    PreparingRebalance,
    /// All have joined; the leader works out who gets what.
    CompletingRebalance,
    /// Everyone has an assignment.
    Stable,
    /// There is no such group.
    Dead,
}

impl State {
    /// Kafka's name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Empty => "Empty",
            Self::PreparingRebalance => "PreparingRebalance",
            Self::CompletingRebalance => "CompletingRebalance",
            Self::Stable => "Stable",
            Self::Dead => "Dead",
        }
    }
}

/// Who a request comes from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Caller<'a> {
    pub(crate) member_id: &'a str,
    pub(crate) instance_id: Option<&'a str>,
    /// Negative from one that is in no group.
    pub(crate) generation: i32,
}

/// A group.
#[derive(Debug)]
pub(crate) struct Group {
    pub(super) state: State,
    pub(super) generation: i32,
    pub(super) protocol_type: String,
    pub(super) protocol: String,
    pub(super) leader: String,
    pub(super) members: BTreeMap<String, Member>,
    /// Ids given out whose owners have not come back yet, and until when they may.
    pub(super) pending: HashMap<String, Instant>,
    /// While preparing: when those who have not joined are left behind. After that: when those who have not asked for
    /// their assignment are; `None` once all have.
    pub(super) round_ends: Option<Instant>,
}

impl Default for Group {
    fn default() -> Self {
        Self {
            state: State::Dead,
            generation: 0,
            protocol_type: String::new(),
            protocol: String::new(),
            leader: String::new(),
            members: BTreeMap::new(),
            pending: HashMap::new(),
            round_ends: None,
        }
    }
}

impl Group {
    /// Where it is.
    pub(crate) fn state(&self) -> State {
        self.state
    }

    /// A sign of life.
    pub(crate) fn heartbeat(&mut self, caller: Caller<'_>, now: Instant) -> Result<(), ResponseError> {
        self.check(caller)?;
        if let Some(member) = self.members.get_mut(caller.member_id) {
            member.heard(now);
        }
        match self.state {
            State::PreparingRebalance => Err(ResponseError::RebalanceInProgress),
            _ => Ok(()),
        }
    }

    /// Leaves for good. A static member may be named by its instance alone.
    pub(crate) fn leave(&mut self, member_id: &str, instance: Option<&str>, now: Instant) -> Result<(), ResponseError> {
        let by_instance = instance.and_then(|name| self.by_instance(name));
        let id = match (member_id.is_empty(), by_instance, instance) {
            (true, Some(id), _) => id,
            (false, Some(id), _) if id != member_id => return Err(ResponseError::FencedInstanceId),
            (_, None, Some(_)) => return Err(ResponseError::UnknownMemberId),
            _ => member_id.to_owned(),
        };
        if self.pending.remove(&id).is_some() {
            self.complete_if_all_joined(now);
            self.forget_if_never_there();
            return Ok(());
        }
        if !self.members.contains_key(&id) {
            return Err(ResponseError::UnknownMemberId);
        }
        self.remove(&id, now);
        Ok(())
    }

    fn remove(&mut self, id: &str, now: Instant) {
        let Some(mut member) = self.members.remove(id) else { return };
        member.answer_join(Joined::error(ResponseError::UnknownMemberId, id));
        member.answer_sync(Synced::error(ResponseError::UnknownMemberId));
        self.prepare(now);
        self.complete_if_all_joined(now);
    }

    /// Whether `caller` may commit offsets; if it is a member, that is a sign of life.
    pub(crate) fn check_commit(&mut self, caller: Caller<'_>, now: Instant) -> Result<(), ResponseError> {
        // Whatever else it says of itself: one that assigns partitions to itself may have an instance's name.
        let outside = caller.generation < 0;
        if outside && self.members.is_empty() {
            return Ok(());
        }
        self.check(caller)?;
        if let Some(member) = self.members.get_mut(caller.member_id) {
            member.heard(now);
        }
        match self.state {
            State::CompletingRebalance => Err(ResponseError::RebalanceInProgress),
            _ => Ok(()),
        }
    }

    /// Whether `caller` is a member of the generation there is.
    pub(super) fn check(&self, caller: Caller<'_>) -> Result<(), ResponseError> {
        if let Some(name) = caller.instance_id {
            match self.by_instance(name) {
                None => return Err(ResponseError::UnknownMemberId),
                Some(id) if id != caller.member_id => return Err(ResponseError::FencedInstanceId),
                Some(_) => {}
            }
        }
        if !self.members.contains_key(caller.member_id) {
            return Err(ResponseError::UnknownMemberId);
        }
        if caller.generation != self.generation {
            return Err(ResponseError::IllegalGeneration);
        }
        Ok(())
    }

    /// Forgets the group, unless someone is in it.
    pub(crate) fn delete(&mut self) -> Result<(), ResponseError> {
        if !self.members.is_empty() || !self.pending.is_empty() {
            return Err(ResponseError::NonEmptyGroup);
        }
        *self = Self::default();
        Ok(())
    }

    /// The topics that its members read. An error if nobody can know: the members are no consumers, or say it in a way
    /// that is not understood.
    pub(crate) fn subscribed(&self) -> Result<BTreeSet<String>, ResponseError> {
        if !self.members.is_empty() && self.protocol_type != CONSUMER {
            return Err(ResponseError::NonEmptyGroup);
        }
        let mut topics = BTreeSet::new();
        for member in self.members.values() {
            topics.extend(member.topics().ok_or(ResponseError::NonEmptyGroup)?);
        }
        Ok(topics)
    }

    /// When [`Group::tick`] is due.
    pub(crate) fn next_deadline(&self) -> Option<Instant> {
        let sessions = self.members.values().filter_map(Member::deadline);
        sessions.chain(self.pending.values().copied()).chain(self.round_ends).min()
    }

    /// Does what is due: drops members that were not heard of, ends rounds that last too long.
    pub(crate) fn tick(&mut self, now: Instant) {
        self.pending.retain(|_, until| *until > now);
        let dead: Vec<String> =
            self.members.values().filter(|m| m.deadline().is_some_and(|d| d <= now)).map(|m| m.id.clone()).collect();
        for id in dead {
            tracing::info!(member = id, "a group member was not heard of in time and is taken for dead");
            self.remove(&id, now);
        }
        if self.round_ends.is_some_and(|end| end <= now) {
            self.end_round(now);
        }
        self.complete_if_all_joined(now);
        self.forget_if_never_there();
    }

    /// A group that never had a generation, and that nobody is about to join any more, was never there.
    pub(super) fn forget_if_never_there(&mut self) {
        if self.generation == 0 && self.members.is_empty() && self.pending.is_empty() {
            *self = Self::default();
        }
    }

    fn end_round(&mut self, now: Instant) {
        match self.state {
            State::PreparingRebalance => {
                // Static members keep their place until their session ends.
                self.members.retain(|_, m| m.joining.is_some() || m.instance_id.is_some());
                let someone = self.members.is_empty() || self.members.values().any(|m| m.joining.is_some());
                match someone {
                    true => self.complete(now),
                    false => self.round_ends = Some(now + self.rebalance_timeout()),
                }
            }
            State::CompletingRebalance | State::Stable => {
                self.round_ends = None;
                let late: Vec<String> = self.members.values().filter(|m| !m.synced).map(|m| m.id.clone()).collect();
                late.iter().for_each(|id| self.remove(id, now));
            }
            State::Empty | State::Dead => self.round_ends = None,
        }
    }

    /// What there is to see.
    pub(crate) fn describe(&self) -> Description {
        let member = |m: &Member| DescribedMember {
            member_id: m.id.clone(),
            instance_id: m.instance_id.clone(),
            client_id: m.client_id.clone(),
            client_host: m.client_host.clone(),
            metadata: m.metadata(&self.protocol),
            assignment: m.assignment.clone(),
        };
        let protocol = if self.state == State::Stable { self.protocol.clone() } else { String::new() };
        Description {
            state: self.state,
            protocol_type: self.protocol_type.clone(),
            protocol,
            members: self.members.values().map(member).collect(),
        }
    }
}

#[cfg(test)]
#[path = "group_tests.rs"]
mod tests;
