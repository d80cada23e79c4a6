//! All groups, each behind a lock of its own, and the clock that makes them notice who is gone.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use kafka_protocol::error::ResponseError;
use parking_lot::{Mutex, RwLock};
use tokio::sync::Notify;

use super::group::Group;
use super::{Caller, Deleted, Description, JoinRequest, Joined, State, SyncRequest, Synced, TopicPartition};

/// A session may be this long, in ms (`group.min.session.timeout.ms` and `group.max.session.timeout.ms`).
const SESSION_MS: std::ops::RangeInclusive<i32> = 6_000..=1_800_000;

/// The group coordinator.
#[derive(Debug, Default)]
pub(crate) struct Groups {
    cells: Arc<Cells>,
    /// Makes member ids unique together with [`Groups::run`].
    serial: AtomicU64,
    run: u64,
}

/// The groups by id. One that is not there (any more) has a cell only while somebody is about to find that out: names
/// are the clients' choice, and there is no end of them.
#[derive(Debug, Default)]
struct Cells(RwLock<HashMap<String, Arc<Cell>>>);

#[derive(Debug, Default)]
struct Cell {
    group: Mutex<Clocked>,
    /// Told when the group's next deadline may have come nearer.
    changed: Notify,
}

#[derive(Debug, Default)]
struct Clocked {
    group: Group,
    /// A task sleeps until the next deadline.
    watched: bool,
}

impl Groups {
    /// No groups. Member ids of different `run`s differ.
    pub(crate) fn new(run: u64) -> Self {
        Self { run, ..Self::default() }
    }

    /// Joins and waits for the round to be complete.
    pub(crate) async fn join(&self, group_id: &str, request: JoinRequest) -> Joined {
        if group_id.is_empty() {
            return Joined::error(ResponseError::InvalidGroupId, request.member_id);
        }
        if !SESSION_MS.contains(&request.session_timeout_ms) {
            return Joined::error(ResponseError::InvalidSessionTimeout, request.member_id);
        }
        let fresh = self.fresh_id(&request);
        let member_id = request.member_id.clone();
        let answer = self.with(group_id, |group, now| group.join(&request, fresh, now));
        answer.await.unwrap_or_else(|_| Joined::error(ResponseError::UnknownMemberId, member_id))
    }

    /// Waits for the leader's assignment.
    pub(crate) async fn sync(&self, group_id: &str, request: SyncRequest) -> Synced {
        let refused = || Synced::error(ResponseError::UnknownMemberId);
        let Some(cell) = self.cells.find(group_id) else { return refused() };
        let answer = self.act(group_id, cell, |group, now| group.sync(&request, now));
        answer.await.unwrap_or_else(|_| refused())
    }

    /// A member's sign of life.
    pub(crate) fn heartbeat(&self, group_id: &str, caller: Caller<'_>) -> Result<(), ResponseError> {
        let cell = self.cells.find(group_id).ok_or(ResponseError::UnknownMemberId)?;
        self.act(group_id, cell, |group, now| group.heartbeat(caller, now))
    }

    /// A member goes.
    pub(crate) fn leave(&self, group_id: &str, member_id: &str, instance: Option<&str>) -> Result<(), ResponseError> {
        let cell = self.cells.find(group_id).ok_or(ResponseError::UnknownMemberId)?;
        self.act(group_id, cell, |group, now| group.leave(member_id, instance, now))
    }

    /// Runs `commit` if `caller` may commit offsets to the group, which does not change meanwhile.
    pub(crate) fn commit<T>(
        &self,
        group_id: &str,
        caller: Caller<'_>,
        commit: impl FnOnce() -> T,
    ) -> Result<T, ResponseError> {
        if group_id.is_empty() {
            return Err(ResponseError::InvalidGroupId);
        }
        self.with(group_id, |group, now| group.check_commit(caller, now).map(|()| commit()))
    }

    /// Runs `forget`, and forgets the group, if nobody is in it.
    pub(crate) fn delete(&self, group_id: &str, forget: impl FnOnce() -> bool) -> Result<(), ResponseError> {
        self.with(group_id, |group, _| {
            let known = group.state() != State::Dead;
            group.delete()?;
            let had_offsets = forget();
            if known || had_offsets { Ok(()) } else { Err(ResponseError::GroupIdNotFound) }
        })
    }

    /// Runs `forget` with those of the partitions whose topics no member reads; the group does not change meanwhile. There
    /// is a group if somebody has joined it, or if it `has_offsets`.
    pub(crate) fn delete_offsets<T>(
        &self,
        group_id: &str,
        partitions: BTreeSet<TopicPartition>,
        has_offsets: impl FnOnce() -> bool,
        forget: impl FnOnce(&BTreeSet<TopicPartition>) -> T,
    ) -> Result<(Deleted, T), ResponseError> {
        if group_id.is_empty() {
            return Err(ResponseError::InvalidGroupId);
        }
        self.with(group_id, |group, _| {
            if group.state() == State::Dead && !has_offsets() {
                return Err(ResponseError::GroupIdNotFound);
            }
            let subscribed = group.subscribed()?;
            let reads = |(topic, _): &TopicPartition| subscribed.contains(topic.as_str());
            let (subscribed, forgotten) = partitions.into_iter().partition(reads);
            let result = forget(&forgotten);
            Ok((Deleted { forgotten, subscribed }, result))
        })
    }

    /// What there is to see of a group; `None` if nobody has ever joined it.
    pub(crate) fn describe(&self, group_id: &str) -> Option<Description> {
        let described = self.cells.0.read().get(group_id)?.group.lock().group.describe();
        (described.state != State::Dead).then_some(described)
    }

    /// All groups that somebody has joined.
    pub(crate) fn ids(&self) -> Vec<String> {
        let by_id = self.cells.0.read();
        by_id.iter().filter(|(_, c)| c.group.lock().group.state() != State::Dead).map(|(id, _)| id.clone()).collect()
    }

    fn fresh_id(&self, request: &JoinRequest) -> String {
        let name = request.instance_id.as_deref().unwrap_or(&request.client_id);
        format!("{name}-{:016x}-{}", self.run, self.serial.fetch_add(1, Ordering::Relaxed))
    }

    fn with<T>(&self, group_id: &str, act: impl FnOnce(&mut Group, Instant) -> T) -> T {
        self.act(group_id, self.cells.find_or_make(group_id), act)
    }

    /// Acts on a group, and sees to it that somebody wakes when it has something due.
    fn act<T>(&self, group_id: &str, cell: Arc<Cell>, act: impl FnOnce(&mut Group, Instant) -> T) -> T {
        let (result, dead) = {
            let mut clocked = cell.group.lock();
            let result = act(&mut clocked.group, Instant::now());
            if clocked.watched {
                cell.changed.notify_one();
            } else if clocked.group.next_deadline().is_some() {
                clocked.watched = true;
                tokio::spawn(watch(Arc::clone(&self.cells), group_id.to_owned(), Arc::clone(&cell)));
            }
            (result, clocked.group.state() == State::Dead)
        };
        if dead {
            self.cells.give_back(group_id, cell);
        }
        result
    }
}

impl Cells {
    fn find(&self, group_id: &str) -> Option<Arc<Cell>> {
        self.0.read().get(group_id).cloned()
    }

    fn find_or_make(&self, group_id: &str) -> Arc<Cell> {
        match self.find(group_id) {
            Some(cell) => cell,
            None => Arc::clone(self.0.write().entry(group_id.to_owned()).or_default()),
        }
    }

    /// Takes a cell back from who acted on it. If there is no such group, it goes with the last of them.
    fn give_back(&self, group_id: &str, cell: Arc<Cell>) {
        let mut by_id = self.0.write();
        drop(cell);
        // Nobody gets hold of it meanwhile: that takes the lock on the map.
        let unused = |cell: &Arc<Cell>| Arc::strong_count(cell) == 1 && cell.group.lock().group.state() == State::Dead;
        if by_id.get(group_id).is_some_and(unused) {
            by_id.remove(group_id);
        }
    }
}

/// Ticks a group when it is due, as long as anything is.
async fn watch(cells: Arc<Cells>, group_id: String, cell: Arc<Cell>) {
    while let Some(next) = tick(&cell) {
        let due = tokio::time::sleep_until(next.into());
        tokio::select! {
            () = due => {}
            () = cell.changed.notified() => {}
        }
    }
    cells.give_back(&group_id, cell);
}

/// Does what is due; when to come again.
fn tick(cell: &Cell) -> Option<Instant> {
    let mut clocked = cell.group.lock();
    clocked.group.tick(Instant::now());
    let next = clocked.group.next_deadline();
    clocked.watched = next.is_some();
    next
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(member_id: &str) -> JoinRequest {
        JoinRequest {
            member_id: member_id.into(),
            instance_id: None,
            client_id: "c".into(),
            client_host: "/127.0.0.1".into(),
            session_timeout_ms: 10_000,
            rebalance_timeout_ms: 60_000,
            protocol_type: "consumer".into(),
            protocols: vec![("range".into(), bytes::Bytes::new())],
            knows_member_id_required: true,
        }
    }

    #[tokio::test]
    async fn names_of_groups_that_there_are_not_are_not_kept() {
        let groups = Groups::new(1);
        let outside = Caller { member_id: "", instance_id: None, generation: -1 };
        let member = Caller { member_id: "made-up", instance_id: None, generation: 3 };
        assert_eq!(groups.delete("a", || false), Err(ResponseError::GroupIdNotFound));
        assert_eq!(groups.delete("a", || true), Ok(()));
        assert_eq!(groups.commit("b", member, || ()), Err(ResponseError::UnknownMemberId));
        assert_eq!(groups.commit("b", outside, || ()), Ok(()));
        assert_eq!(groups.join("c", request("made-up")).await.error, Some(ResponseError::UnknownMemberId));
        let without = JoinRequest { protocols: Vec::new(), ..request("") };
        assert_eq!(groups.join("d", without).await.error, Some(ResponseError::InconsistentGroupProtocol));
        assert!(groups.cells.0.read().is_empty(), "{:?}", groups.cells);
    }

    #[tokio::test]
    async fn a_group_is_kept_while_somebody_may_come_back_to_it() {
        let groups = Groups::new(1);
        let back = groups.join("g", request("")).await;
        assert_eq!(back.error, Some(ResponseError::MemberIdRequired));
        assert_eq!(groups.join("g", request(&back.member_id)).await.generation, 1);
        groups.leave("g", &back.member_id, None).unwrap();
        assert_eq!(groups.ids(), ["g"], "it is empty, and it is there");
        groups.delete("g", || false).unwrap();
        while !groups.cells.0.read().is_empty() {
            // The one who watched its deadlines gives it back.
            tokio::task::yield_now().await;
        }
    }
}
