//! What members ask of a group and what they are answered. The network's view of these is in `api`.

use std::collections::BTreeSet;

use bytes::Bytes;
use kafka_protocol::error::ResponseError;

use super::{State, TopicPartition};

/// A member's wish to be part of the next generation.
#[derive(Debug, Clone)]
pub(crate) struct JoinRequest {
    /// Empty from one that has none yet.
    pub(crate) member_id: String,
    /// Name of a static member.
    pub(crate) instance_id: Option<String>,
    pub(crate) client_id: String,
    pub(crate) client_host: String,
    pub(crate) session_timeout_ms: i32,
    pub(crate) rebalance_timeout_ms: i32,
    pub(crate) protocol_type: String,
    /// Assignment strategies the member can use, best first, each with what the leader must know of the member.
    pub(crate) protocols: Vec<(String, Bytes)>,
    /// Whether the client understands being sent back with an id first (JoinGroup v4).
    pub(crate) knows_member_id_required: bool,
}

/// Answer to a [`JoinRequest`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Joined {
    pub(crate) error: Option<ResponseError>,
    pub(crate) member_id: String,
    pub(crate) generation: i32,
    pub(crate) protocol_type: String,
    pub(crate) protocol: String,
    pub(crate) leader: String,
    /// Filled for the leader only.
    pub(crate) members: Vec<JoinedMember>,
}

/// A member as its leader sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct JoinedMember {
    pub(crate) member_id: String,
    pub(crate) instance_id: Option<String>,
    pub(crate) metadata: Bytes,
}

impl Joined {
    /// A refusal.
    pub(crate) fn error(error: ResponseError, member_id: impl Into<String>) -> Self {
        Self {
            error: Some(error),
            member_id: member_id.into(),
            generation: -1,
            protocol_type: String::new(),
            protocol: String::new(),
            leader: String::new(),
            members: Vec::new(),
        }
    }
}

/// A member asking for its assignment; the leader brings everyone's.
#[derive(Debug, Clone, Default)]
pub(crate) struct SyncRequest {
    pub(crate) member_id: String,
    pub(crate) instance_id: Option<String>,
    pub(crate) generation: i32,
    pub(crate) protocol_type: Option<String>,
    pub(crate) protocol: Option<String>,
    pub(crate) assignments: Vec<(String, Bytes)>,
}

/// Answer to a [`SyncRequest`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Synced {
    pub(crate) error: Option<ResponseError>,
    pub(crate) protocol_type: String,
    pub(crate) protocol: String,
    pub(crate) assignment: Bytes,
}

impl Synced {
    /// A refusal.
    pub(crate) fn error(error: ResponseError) -> Self {
        Self { error: Some(error), protocol_type: String::new(), protocol: String::new(), assignment: Bytes::new() }
    }
}

/// A group as DescribeGroups and ListGroups show it.
#[derive(Debug, Clone)]
pub(crate) struct Description {
    pub(crate) state: State,
    pub(crate) protocol_type: String,
    pub(crate) protocol: String,
    pub(crate) members: Vec<DescribedMember>,
}

/// A member in a [`Description`].
#[derive(Debug, Clone)]
pub(crate) struct DescribedMember {
    pub(crate) member_id: String,
    pub(crate) instance_id: Option<String>,
    pub(crate) client_id: String,
    pub(crate) client_host: String,
    pub(crate) metadata: Bytes,
    pub(crate) assignment: Bytes,
}

/// What became of offsets that were to be deleted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Deleted {
    /// There are none of these any more.
    pub(crate) forgotten: BTreeSet<TopicPartition>,
    /// A member reads these topics: their offsets stay.
    pub(crate) subscribed: BTreeSet<TopicPartition>,
}
