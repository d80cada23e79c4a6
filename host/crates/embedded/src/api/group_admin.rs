//! DescribeGroups, ListGroups, DeleteGroups, OffsetDelete.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::delete_groups_response::DeletableGroupResult;
use kafka_protocol::messages::describe_groups_response::{DescribedGroup, DescribedGroupMember};
use kafka_protocol::messages::list_groups_response::ListedGroup;
use kafka_protocol::messages::offset_delete_response::{OffsetDeleteResponsePartition, OffsetDeleteResponseTopic};
use kafka_protocol::messages::{
    DeleteGroupsRequest, DeleteGroupsResponse, DescribeGroupsRequest, DescribeGroupsResponse, GroupId,
    ListGroupsRequest, ListGroupsResponse, OffsetDeleteRequest, OffsetDeleteResponse, TopicName,
};

use super::{CodecError, Request, once, text};
use crate::broker::Broker;
use crate::groups::{Deleted, State, TopicPartition};
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

pub(super) async fn delete(broker: &Arc<Broker>, request: &mut Request) -> Result<Option<Reply>, CodecError> {
    let wanted: DeleteGroupsRequest = request.decode()?;
    let mut results = Vec::with_capacity(wanted.groups_names.len());
    for id in wanted.groups_names {
        let error = forget_group(broker, id.as_str()).await.err();
        results.push(DeletableGroupResult::default().with_group_id(id).with_error_code(super::membership::code(error)));
    }
    request.answer(&DeleteGroupsResponse::default().with_results(results))
}

async fn forget_group(broker: &Broker, group: &str) -> Result<(), ResponseError> {
    let failed = |e: std::io::Error| {
        tracing::error!(group, error = %e, "cannot delete a group's offsets");
        ResponseError::KafkaStorageError
    };
    let mut written = Ok(None);
    broker.groups.delete(group, || {
        written = broker.offsets.delete_group(group);
        // Where that failed there were some.
        !matches!(written, Ok(None))
    })?;
    match written.map_err(failed)? {
        Some(position) => broker.offsets.durable(position).await.map_err(failed),
        None => Ok(()),
    }
}

/// Deletes single offsets of a group: of one with members, only those of topics that none of them reads. Kafka:
/// `GroupMetadataManager.offsetDelete`.
pub(super) async fn delete_offsets(broker: &Arc<Broker>, request: &mut Request) -> Result<Option<Reply>, CodecError> {
    let wanted: OffsetDeleteRequest = request.decode()?;
    let partitions = wanted.topics.iter().flat_map(|topic| {
        topic.partitions.iter().map(|p| (topic.name.to_string(), p.partition_index)).collect::<Vec<TopicPartition>>()
    });
    let (live, gone): (BTreeSet<_>, BTreeSet<_>) =
        partitions.partition(|(topic, index)| broker.topics.partition(topic, *index).is_some());
    let deleted = match forget_offsets(broker, wanted.group_id.as_str(), live).await {
        Ok(deleted) => deleted,
        Err(error) => return request.answer(&OffsetDeleteResponse::default().with_error_code(error.code())),
    };
    let mut answers: BTreeMap<String, Vec<OffsetDeleteResponsePartition>> = BTreeMap::new();
    let mut answer = |(topic, index): TopicPartition, error: Option<ResponseError>| {
        let partition = OffsetDeleteResponsePartition::default().with_partition_index(index);
        answers.entry(topic).or_default().push(partition.with_error_code(super::membership::code(error)));
    };
    deleted.forgotten.into_iter().for_each(|at| answer(at, None));
    deleted.subscribed.into_iter().for_each(|at| answer(at, Some(ResponseError::GroupSubscribedToTopic)));
    gone.into_iter().for_each(|at| answer(at, Some(ResponseError::UnknownTopicOrPartition)));
    let topics = answers.into_iter().map(|(topic, partitions)| {
        OffsetDeleteResponseTopic::default().with_name(TopicName(text(topic))).with_partitions(partitions)
    });
    request.answer(&OffsetDeleteResponse::default().with_topics(topics.collect()))
}

async fn forget_offsets(
    broker: &Broker,
    group: &str,
    partitions: BTreeSet<TopicPartition>,
) -> Result<Deleted, ResponseError> {
    let failed = |e: std::io::Error| {
        tracing::error!(group, error = %e, "cannot delete offsets");
        ResponseError::KafkaStorageError
    };
    let has_offsets = || !broker.offsets.all(group).is_empty();
    let forget = |at: &BTreeSet<TopicPartition>| broker.offsets.delete(group, at);
    let (deleted, written) = broker.groups.delete_offsets(group, partitions, has_offsets, forget)?;
    broker.offsets.durable(written.map_err(failed)?).await.map_err(failed)?;
    Ok(deleted)
}
