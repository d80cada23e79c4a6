//! One member of a group.

use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::sync::oneshot;

use super::{JoinRequest, Joined, Synced};

/// A member and what it waits for.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) id: String,
    pub(super) instance_id: Option<String>,
    pub(super) client_id: String,
    pub(super) client_host: String,
    pub(super) session_timeout: Duration,
    pub(super) rebalance_timeout: Duration,
    pub(super) protocols: Vec<(String, Bytes)>,
    pub(super) assignment: Bytes,
    /// When it is taken for dead, unless it is heard of or waits for an answer.
    pub(super) expires: Instant,
    pub(super) joining: Option<oneshot::Sender<Joined>>,
    pub(super) syncing: Option<oneshot::Sender<Synced>>,
    /// Has asked for its assignment in the generation there is.
    pub(super) synced: bool,
}

impl Member {
    /// A member that is about to join.
    pub(super) fn new(id: String, request: &JoinRequest, now: Instant) -> Self {
        let mut member = Self {
            id,
            instance_id: request.instance_id.clone(),
            client_id: String::new(),
            client_host: String::new(),
            session_timeout: Duration::ZERO,
            rebalance_timeout: Duration::ZERO,
            protocols: Vec::new(),
            assignment: Bytes::new(),
            expires: now,
            joining: None,
            syncing: None,
            synced: false,
        };
        member.update(request, now);
        member
    }

    /// Takes over what a new request says.
    pub(super) fn update(&mut self, request: &JoinRequest, now: Instant) {
        self.client_id.clone_from(&request.client_id);
        self.client_host.clone_from(&request.client_host);
        self.session_timeout = millis(request.session_timeout_ms);
        self.rebalance_timeout = millis(request.rebalance_timeout_ms);
        self.protocols.clone_from(&request.protocols);
        self.heard(now);
    }

    /// Puts off its expiry.
    pub(super) fn heard(&mut self, now: Instant) {
        self.expires = now + self.session_timeout;
    }

    /// When it is taken for dead; never while it waits for an answer of ours.
    pub(super) fn deadline(&self) -> Option<Instant> {
        (self.joining.is_none() && self.syncing.is_none()).then_some(self.expires)
    }

    /// What it said for an assignment strategy.
    pub(super) fn metadata(&self, protocol: &str) -> Bytes {
        self.protocols.iter().find(|(name, _)| name == protocol).map(|(_, data)| data.clone()).unwrap_or_default()
    }

    /// Answers a join it waits for. The client may be gone; then its session runs out.
    pub(super) fn answer_join(&mut self, answer: Joined) {
        if let Some(waiting) = self.joining.take() {
            let _ = waiting.send(answer);
        }
    }

    /// Answers a sync it waits for.
    pub(super) fn answer_sync(&mut self, answer: Synced) {
        if let Some(waiting) = self.syncing.take() {
            let _ = waiting.send(answer);
        }
    }
}

fn millis(ms: i32) -> Duration {
    Duration::from_millis(u64::try_from(ms).unwrap_or(0))
}
