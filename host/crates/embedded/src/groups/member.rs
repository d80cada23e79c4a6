//! One member of a group.

use std::time::{Duration, Instant};

use bytes::{Buf, Bytes};
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

    /// The topics that it subscribed to, whatever the strategy; `None` if that is not understood.
    pub(super) fn topics(&self) -> Option<Vec<String>> {
        let mut topics = Vec::new();
        for (_, metadata) in &self.protocols {
            topics.extend(subscription(metadata)?);
        }
        Some(topics)
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

/// The topics of a `ConsumerProtocolSubscription`: a version, then a list of names. What follows is not looked at.
///
/// Not by the codec, which makes room for as many topics as the list claims to have.
fn subscription(mut metadata: &[u8]) -> Option<Vec<String>> {
    metadata.try_get_i16().ok()?;
    let count = metadata.try_get_i32().ok()?;
    let mut topics = Vec::new();
    for _ in 0..count {
        let length = usize::try_from(metadata.try_get_i16().ok()?).ok()?;
        let (name, rest) = metadata.split_at_checked(length)?;
        topics.push(String::from_utf8(name.to_vec()).ok()?);
        metadata = rest;
    }
    Some(topics)
}

fn millis(ms: i32) -> Duration {
    Duration::from_millis(u64::try_from(ms).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subscription_names_its_topics_or_is_not_understood() {
        let bytes = b"\0\x01\0\0\0\x02\0\x01a\0\x02bc\xff\xff\xff\xff";
        assert_eq!(subscription(bytes), Some(vec!["a".to_owned(), "bc".to_owned()]));
        for length in 0..bytes.len() - 4 {
            assert_eq!(subscription(&bytes[..length]), None, "cut to {length}");
        }
        assert_eq!(subscription(b"\0\0\x7f\xff\xff\xff"), None, "a list that claims to be long");
    }
}
