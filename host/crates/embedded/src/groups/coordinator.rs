//! All groups, each behind a lock of its own, and the clock that makes them notice who is gone.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use kafka_protocol::error::ResponseError;
use parking_lot::{Mutex, RwLock};
use tokio::sync::{Notify, oneshot};

use super::group::Group;
use super::{Caller, Description, JoinRequest, Joined, State, SyncRequest, Synced};

/// A session may be this long, in ms (`group.min.session.timeout.ms` and `group.max.session.timeout.ms`).
const SESSION_MS: std::ops::RangeInclusive<i32> = 6_000..=1_800_000;

/// The group coordinator.
#[derive(Debug, Default)]
pub(crate) struct Groups {
    by_id: RwLock<HashMap<String, Arc<Cell>>>,
    /// Makes member ids unique together with [`Groups::run`].
    serial: AtomicU64,
    run: u64,
}

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
        wait(answer).await.unwrap_or_else(|| Joined::error(ResponseError::UnknownMemberId, member_id))
    }

    /// Waits for the leader's assignment.
    pub(crate) async fn sync(&self, group_id: &str, request: SyncRequest) -> Synced {
        let Some(cell) = self.cell(group_id) else { return Synced::error(ResponseError::UnknownMemberId) };
        let answer = Self::act(&cell, |group, now| group.sync(&request, now));
        wait(answer).await.unwrap_or_else(|| Synced::error(ResponseError::UnknownMemberId))
    }

    /// A member's sign of life.
    pub(crate) fn heartbeat(&self, group_id: &str, caller: Caller<'_>) -> Result<(), ResponseError> {
        let cell = self.cell(group_id).ok_or(ResponseError::UnknownMemberId)?;
        Self::act(&cell, |group, now| group.heartbeat(caller, now))
    }

    /// A member goes.
    pub(crate) fn leave(&self, group_id: &str, member_id: &str, instance: Option<&str>) -> Result<(), ResponseError> {
        let cell = self.cell(group_id).ok_or(ResponseError::UnknownMemberId)?;
        Self::act(&cell, |group, now| group.leave(member_id, instance, now))
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

    /// What there is to see of a group; `None` if nobody has ever joined it.
    pub(crate) fn describe(&self, group_id: &str) -> Option<Description> {
        let described = self.cell(group_id)?.group.lock().group.describe();
        (described.state != State::Dead).then_some(described)
    }

    /// All groups that somebody has joined.
    pub(crate) fn ids(&self) -> Vec<String> {
        let by_id = self.by_id.read();
        by_id.iter().filter(|(_, c)| c.group.lock().group.state() != State::Dead).map(|(id, _)| id.clone()).collect()
    }

    fn fresh_id(&self, request: &JoinRequest) -> String {
        let name = request.instance_id.as_deref().unwrap_or(&request.client_id);
        format!("{name}-{:016x}-{}", self.run, self.serial.fetch_add(1, Ordering::Relaxed))
    }

    fn cell(&self, group_id: &str) -> Option<Arc<Cell>> {
        self.by_id.read().get(group_id).cloned()
    }

    fn with<T>(&self, group_id: &str, act: impl FnOnce(&mut Group, Instant) -> T) -> T {
        let cell = match self.cell(group_id) {
            Some(cell) => cell,
            None => Arc::clone(self.by_id.write().entry(group_id.to_owned()).or_default()),
        };
        Self::act(&cell, act)
    }

    /// Acts on a group, and sees to it that somebody wakes when it has something due.
    fn act<T>(cell: &Arc<Cell>, act: impl FnOnce(&mut Group, Instant) -> T) -> T {
        let mut clocked = cell.group.lock();
        let result = act(&mut clocked.group, Instant::now());
        if clocked.watched {
            cell.changed.notify_one();
        } else if clocked.group.next_deadline().is_some() {
            clocked.watched = true;
            tokio::spawn(watch(Arc::clone(cell)));
        }
        result
    }
}

async fn wait<T>(answer: oneshot::Receiver<T>) -> Option<T> {
    answer.await.ok()
}

/// Ticks a group when it is due, as long as anything is.
async fn watch(cell: Arc<Cell>) {
    loop {
        let next = {
            let mut clocked = cell.group.lock();
            clocked.group.tick(Instant::now());
            let Some(next) = clocked.group.next_deadline() else {
                clocked.watched = false;
                return;
            };
            next
        };
        let due = tokio::time::sleep_until(next.into());
        tokio::select! {
            () = due => {}
            () = cell.changed.notified() => {}
        }
    }
}
