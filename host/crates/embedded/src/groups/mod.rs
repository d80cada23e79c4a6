//! Consumer groups: membership by the classic protocol, and the offsets they commit.

mod answer;
mod coordinator;
mod group;
mod member;
mod offsets;
mod round;

pub(crate) use answer::{Deleted, Description, JoinRequest, Joined, SyncRequest, Synced};
pub(crate) use coordinator::Groups;
pub(crate) use group::{Caller, State};
pub(crate) use offsets::{Committed, OffsetStore, TopicPartition};
