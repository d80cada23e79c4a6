//! DescribeGroups, ListGroups, DeleteGroups; OffsetDelete is refused.

use std::collections::BTreeSet;
use std::sync::Arc;

use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::delete_groups_response::DeletableGroupResult;
use kafka_protocol::messages::describe_groups_response::{DescribedGroup, DescribedGroupMember};
use kafka_protocol::messages::list_groups_response::ListedGroup;
use kafka_protocol::messages::{
    DeleteGroupsRequest, DeleteGroupsResponse, DescribeGroupsRequest, DescribeGroupsResponse, GroupId,
    ListGroupsRequest, ListGroupsResponse, OffsetDeleteResponse,
};

use super::{CodecError, Request, once, text};
use crate::broker::Broker;
use crate::groups::State;
use crate::wire::Reply;

pub(super) fn describe(broker: &Arc<Broker>, request: &mut Request) -> Result<Option<Reply>, CodecError> {
    let wanted: DescribeGroupsRequest = request.decode()?;
    let version = request.version;
    let groups = once(wanted.groups).map(|id| {
        let group = DescribedGroup::default().with_group_id(id.clone());
        let Some(described) = broker.groups.describe(id.as_str()) else {
            // Nobody has joined it since the start; its offsets may be older.
            let state = if broker.offsets.all(id.as_str()).is_empty() { State::Dead } else { State::Empty };
            return group.with_group_state(text(state.name()));
        };
        let members = described.members.into_iter().map(|m| {
            DescribedGroupMember::default()
                .with_member_id(text(m.member_id))
                .with_group_instance_id(m.instance_id.filter(|_| version >= 4).map(text))
                .with_client_id(text(m.client_id))
                .with_client_host(text(m.client_host))
                .with_member_metadata(m.metadata)
                .with_member_assignment(m.assignment)
        });
        group
            .with_group_state(text(described.state.name()))
            .with_protocol_type(text(described.protocol_type))
            .with_protocol_data(text(described.protocol))
            .with_members(members.collect())
    });
    request.answer(&DescribeGroupsResponse::default().with_groups(groups.collect()))
}

pub(super) fn list(broker: &Arc<Broker>, request: &mut Request) -> Result<Option<Reply>, CodecError> {
    let wanted: ListGroupsRequest = request.decode()?;
    let with_state = request.version >= 4;
    let ids: BTreeSet<String> = broker.groups.ids().into_iter().chain(broker.offsets.groups()).collect();
    let mut groups = Vec::with_capacity(ids.len());
    for id in ids {
        let described = broker.groups.describe(&id);
        let state = described.as_ref().map_or(State::Empty, |d| d.state).name();
        let asked = &wanted.states_filter;
        if !asked.is_empty() && !asked.iter().any(|s| s.as_str().eq_ignore_ascii_case(state)) {
            continue;
        }
        let group = ListedGroup::default()
            .with_group_id(GroupId(text(id)))
            .with_protocol_type(text(described.map(|d| d.protocol_type).unwrap_or_default()));
        groups.push(if with_state { group.with_group_state(text(state)) } else { group });
    }
    request.answer(&ListGroupsResponse::default().with_groups(groups))
}

pub(super) fn delete(broker: &Arc<Broker>, request: &mut Request) -> Result<Option<Reply>, CodecError> {
    let wanted: DeleteGroupsRequest = request.decode()?;
    let results = wanted.groups_names.into_iter().map(|id| {
        let mut disk = None;
        let deleted = broker.groups.delete(id.as_str(), || {
            let forgotten = broker.offsets.delete_group(id.as_str());
            forgotten.unwrap_or_else(|e| {
                tracing::error!(group = id.as_str(), error = %e, "cannot delete a group's offsets");
                disk = Some(ResponseError::KafkaStorageError);
                true
            })
        });
        let error = disk.or(deleted.err());
        DeletableGroupResult::default().with_group_id(id).with_error_code(super::membership::code(error))
    });
    request.answer(&DeleteGroupsResponse::default().with_results(results.collect()))
}

/// Deleting single offsets is not supported yet. It is advertised all the same: librdkafka 2.12 ends the whole process by
/// an assertion when it is asked for this and the broker does not speak it.
pub(super) fn refuse_offset_delete(request: &mut Request) -> Result<Option<Reply>, CodecError> {
    tracing::warn!("deleting a group's offsets is not supported by the embedded stream yet");
    request.answer(&OffsetDeleteResponse::default().with_error_code(ResponseError::UnsupportedVersion.code()))
}
