//! How a group comes to a new generation: joining, electing, handing out assignments.

use std::time::{Duration, Instant};

use bytes::Bytes;
use kafka_protocol::error::ResponseError;
use tokio::sync::oneshot;

use super::answer::JoinedMember;
use super::group::Group;
use super::member::Member;
use super::{Caller, JoinRequest, Joined, State, SyncRequest, Synced};

impl Group {
    /// Asks to be in the next generation. `fresh_id` is for a member that has no id yet. The answer comes when the round
    /// is complete.
    pub(crate) fn join(&mut self, request: &JoinRequest, fresh_id: String, now: Instant) -> oneshot::Receiver<Joined> {
        let (sender, receiver) = oneshot::channel();
        if self.state == State::Dead {
            if !request.member_id.is_empty() {
                let _ = sender.send(Joined::error(ResponseError::UnknownMemberId, &request.member_id));
                return receiver;
            }
            *self = Self { state: State::Empty, ..Self::default() };
        }
        if let Err(refused) = self.try_join(request, fresh_id, sender, now) {
            let (sender, answer) = *refused;
            let _ = sender.send(answer);
            self.forget_if_never_there();
        }
        receiver
    }

    fn try_join(
        &mut self,
        request: &JoinRequest,
        fresh_id: String,
        sender: oneshot::Sender<Joined>,
        now: Instant,
    ) -> Result<(), Box<(oneshot::Sender<Joined>, Joined)>> {
        let id = request.member_id.as_str();
        if !self.supports(request) {
            return Err(Box::new((sender, Joined::error(ResponseError::InconsistentGroupProtocol, id))));
        }
        let same_instance = request.instance_id.as_deref().and_then(|name| self.by_instance(name));
        if id.is_empty() {
            if let Some(old) = same_instance {
                self.replace_static(&old, fresh_id, request, sender, now);
            } else if request.instance_id.is_some() || !request.knows_member_id_required {
                self.add(fresh_id, request, sender, now);
            } else {
                let back = Joined::error(ResponseError::MemberIdRequired, fresh_id.clone());
                self.pending.insert(fresh_id, now + Duration::from_millis(request.session_timeout_ms.max(0) as u64));
                return Err(Box::new((sender, back)));
            }
            return Ok(());
        }
        if self.pending.remove(id).is_some() {
            self.add(id.to_owned(), request, sender, now);
            return Ok(());
        }
        if request.instance_id.is_some() && same_instance.as_deref().is_some_and(|known| known != id) {
            return Err(Box::new((sender, Joined::error(ResponseError::FencedInstanceId, id))));
        }
        if !self.members.contains_key(id) {
            return Err(Box::new((sender, Joined::error(ResponseError::UnknownMemberId, id))));
        }
        self.rejoin(id, request, sender, now);
        Ok(())
    }

    /// A known member joins again.
    fn rejoin(&mut self, id: &str, request: &JoinRequest, sender: oneshot::Sender<Joined>, now: Instant) {
        let leads = self.leader == id;
        let Some(member) = self.members.get_mut(id) else { return };
        let unchanged = member.protocols == request.protocols;
        member.update(request, now);
        let already_told = match self.state {
            // The answer to its join got lost.
            State::CompletingRebalance => unchanged,
            // A leader that joins again wants a new assignment.
            State::Stable => unchanged && !leads,
            _ => false,
        };
        if already_told {
            let _ = sender.send(self.joined(id));
            return;
        }
        member.joining = Some(sender);
        self.prepare(now);
        self.complete_if_all_joined(now);
    }

    fn add(&mut self, id: String, request: &JoinRequest, sender: oneshot::Sender<Joined>, now: Instant) {
        let mut member = Member::new(id.clone(), request, now);
        member.joining = Some(sender);
        if self.members.is_empty() {
            self.protocol_type.clone_from(&request.protocol_type);
        }
        self.members.insert(id, member);
        self.prepare(now);
        self.complete_if_all_joined(now);
    }

    /// A static member that was started again takes its old place. As long as the strategy stays the same nobody else
    /// notices, whatever it says of itself: Kafka's rule.
    fn replace_static(
        &mut self,
        old: &str,
        id: String,
        request: &JoinRequest,
        sender: oneshot::Sender<Joined>,
        now: Instant,
    ) {
        let Some(mut member) = self.members.remove(old) else { return };
        member.answer_join(Joined::error(ResponseError::FencedInstanceId, old));
        member.answer_sync(Synced::error(ResponseError::FencedInstanceId));
        member.id.clone_from(&id);
        member.update(request, now);
        let old_leader = self.leader.clone();
        if self.leader == old {
            self.leader.clone_from(&id);
        }
        self.members.insert(id.clone(), member);
        if self.state == State::Stable && self.elect_protocol() == self.protocol {
            // Named as leader is the old id, so that it does not work out a new assignment.
            let told = Joined { leader: old_leader, members: Vec::new(), ..self.joined(&id) };
            let _ = sender.send(told);
            return;
        }
        if let Some(member) = self.members.get_mut(&id) {
            member.joining = Some(sender);
        }
        self.prepare(now);
        self.complete_if_all_joined(now);
    }

    /// Whether the group can go on with such a member.
    fn supports(&self, request: &JoinRequest) -> bool {
        if request.protocols.is_empty() || request.protocol_type.is_empty() {
            return false;
        }
        let others: Vec<&Member> = self.members.values().filter(|m| m.id != request.member_id).collect();
        let has = |m: &Member, name: &str| m.protocols.iter().any(|(n, _)| n == name);
        others.is_empty()
            || (self.protocol_type == request.protocol_type
                && request.protocols.iter().any(|(name, _)| others.iter().all(|m| has(m, name))))
    }

    pub(super) fn by_instance(&self, instance: &str) -> Option<String> {
        self.members.values().find(|m| m.instance_id.as_deref() == Some(instance)).map(|m| m.id.clone())
    }

    /// Starts a round, unless one is on.
    pub(super) fn prepare(&mut self, now: Instant) {
        if self.state == State::PreparingRebalance {
            return;
        }
        for member in self.members.values_mut() {
            if member.syncing.is_some() {
                member.heard(now);
                member.answer_sync(Synced::error(ResponseError::RebalanceInProgress));
            }
        }
        self.state = State::PreparingRebalance;
        self.round_ends = Some(now + self.rebalance_timeout());
    }

    pub(super) fn rebalance_timeout(&self) -> Duration {
        self.members.values().map(|m| m.rebalance_timeout).max().unwrap_or_default()
    }

    pub(super) fn complete_if_all_joined(&mut self, now: Instant) {
        let all = self.pending.is_empty() && self.members.values().all(|m| m.joining.is_some());
        if self.state == State::PreparingRebalance && all {
            self.complete(now);
        }
    }

    /// Ends the joining: a new generation of those who are there.
    pub(super) fn complete(&mut self, now: Instant) {
        self.generation = if self.generation == i32::MAX { 1 } else { self.generation + 1 };
        self.round_ends = None;
        if self.members.is_empty() {
            self.state = State::Empty;
            self.protocol.clear();
            self.leader.clear();
            return;
        }
        self.state = State::CompletingRebalance;
        self.round_ends = Some(now + self.rebalance_timeout());
        let joined = |m: &&Member| m.joining.is_some();
        if !self.members.get(&self.leader).is_some_and(|m| joined(&m)) {
            self.leader = self.members.values().find(joined).map(|m| m.id.clone()).unwrap_or_default();
        }
        self.protocol = self.elect_protocol();
        let ids: Vec<String> = self.members.keys().cloned().collect();
        for id in ids {
            let answer = self.joined(&id);
            if let Some(member) = self.members.get_mut(&id) {
                member.assignment = Bytes::new();
                member.synced = false;
                member.heard(now);
                member.answer_join(answer);
            }
        }
    }

    /// Each member votes for the strategy it likes best among those that all have.
    fn elect_protocol(&self) -> String {
        let common = |name: &str| self.members.values().all(|m| m.protocols.iter().any(|(n, _)| n == name));
        let mut votes: Vec<(&str, usize)> = Vec::new();
        for member in self.members.values() {
            let Some((name, _)) = member.protocols.iter().find(|(name, _)| common(name)) else { continue };
            match votes.iter_mut().find(|(n, _)| n == name) {
                Some(vote) => vote.1 += 1,
                None => votes.push((name, 1)),
            }
        }
        votes.into_iter().max_by_key(|(_, n)| *n).map(|(name, _)| name.to_owned()).unwrap_or_default()
    }

    /// The answer to a join of member `id` in the generation there is.
    fn joined(&self, id: &str) -> Joined {
        let members = match self.leader == id {
            false => Vec::new(),
            true => self
                .members
                .values()
                .map(|m| JoinedMember {
                    member_id: m.id.clone(),
                    instance_id: m.instance_id.clone(),
                    metadata: m.metadata(&self.protocol),
                })
                .collect(),
        };
        Joined {
            error: None,
            member_id: id.to_owned(),
            generation: self.generation,
            protocol_type: self.protocol_type.clone(),
            protocol: self.protocol.clone(),
            leader: self.leader.clone(),
            members,
        }
    }

    /// Asks for an assignment. The answer comes when the leader has brought it.
    pub(crate) fn sync(&mut self, request: &SyncRequest, now: Instant) -> oneshot::Receiver<Synced> {
        let (sender, receiver) = oneshot::channel();
        if let Err(error) = self.check_sync(request) {
            let _ = sender.send(Synced::error(error));
            return receiver;
        }
        if let Some(member) = self.members.get_mut(&request.member_id) {
            member.heard(now);
            member.synced = true;
            member.syncing = Some(sender);
        }
        if self.state == State::CompletingRebalance && self.leader == request.member_id {
            for (id, assignment) in &request.assignments {
                if let Some(member) = self.members.get_mut(id) {
                    member.assignment = assignment.clone();
                }
            }
            self.state = State::Stable;
        }
        if self.state == State::Stable {
            self.answer_syncs(now);
            if self.members.values().all(|m| m.synced) {
                self.round_ends = None;
            }
        }
        receiver
    }

    fn check_sync(&self, request: &SyncRequest) -> Result<(), ResponseError> {
        let SyncRequest { member_id, instance_id, generation, .. } = request;
        self.check(Caller { member_id, instance_id: instance_id.as_deref(), generation: *generation })?;
        let differs = |said: &Option<String>, is: &str| said.as_deref().is_some_and(|s| s != is);
        if differs(&request.protocol_type, &self.protocol_type) || differs(&request.protocol, &self.protocol) {
            return Err(ResponseError::InconsistentGroupProtocol);
        }
        match self.state {
            State::PreparingRebalance => Err(ResponseError::RebalanceInProgress),
            State::Empty | State::Dead => Err(ResponseError::UnknownMemberId),
            State::CompletingRebalance | State::Stable => Ok(()),
        }
    }

    fn answer_syncs(&mut self, now: Instant) {
        let (protocol_type, protocol) = (&self.protocol_type, &self.protocol);
        for member in self.members.values_mut().filter(|m| m.syncing.is_some()) {
            member.heard(now);
            let answer = Synced {
                error: None,
                protocol_type: protocol_type.clone(),
                protocol: protocol.clone(),
                assignment: member.assignment.clone(),
            };
            member.answer_sync(answer);
        }
    }
}
