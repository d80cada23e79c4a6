//! JoinGroup, SyncGroup, Heartbeat, LeaveGroup.

use std::sync::Arc;

use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::join_group_response::JoinGroupResponseMember;
use kafka_protocol::messages::leave_group_response::MemberResponse;
use kafka_protocol::messages::{
    HeartbeatRequest, HeartbeatResponse, JoinGroupRequest, JoinGroupResponse, LeaveGroupRequest, LeaveGroupResponse,
    SyncGroupRequest, SyncGroupResponse,
};

use super::{CodecError, Request, text};
use crate::broker::Broker;
use crate::groups::{Caller, JoinRequest, SyncRequest};
use crate::wire::Reply;

pub(super) fn code(error: Option<ResponseError>) -> i16 {
    error.map_or(0, |e| e.code())
}

pub(super) async fn join(broker: &Arc<Broker>, request: &mut Request) -> Result<Option<Reply>, CodecError> {
    let wanted: JoinGroupRequest = request.decode()?;
    let (version, client_id) = (request.version, request.client_id.clone());
    let join = JoinRequest {
        member_id: wanted.member_id.to_string(),
        instance_id: wanted.group_instance_id.map(|id| id.to_string()),
        client_id,
        client_host: request.client_host.clone(),
        session_timeout_ms: wanted.session_timeout_ms,
        rebalance_timeout_ms: wanted.rebalance_timeout_ms,
        protocol_type: wanted.protocol_type.to_string(),
        protocols: wanted.protocols.into_iter().map(|p| (p.name.to_string(), p.metadata)).collect(),
        knows_member_id_required: version >= 4,
    };
    let joined = broker.groups.join(wanted.group_id.as_str(), join).await;
    let members = joined.members.into_iter().map(|m| {
        JoinGroupResponseMember::default()
            .with_member_id(text(m.member_id))
            .with_group_instance_id(m.instance_id.filter(|_| version >= 5).map(text))
            .with_metadata(m.metadata)
    });
    let answer = JoinGroupResponse::default()
        .with_error_code(code(joined.error))
        .with_generation_id(joined.generation)
        .with_protocol_type((version >= 7).then(|| text(joined.protocol_type)))
        .with_protocol_name(Some(text(joined.protocol)))
        .with_leader(text(joined.leader))
        .with_member_id(text(joined.member_id))
        .with_members(members.collect());
    request.answer(&answer)
}

pub(super) async fn sync(broker: &Arc<Broker>, request: &mut Request) -> Result<Option<Reply>, CodecError> {
    let wanted: SyncGroupRequest = request.decode()?;
    let sync = SyncRequest {
        member_id: wanted.member_id.to_string(),
        instance_id: wanted.group_instance_id.map(|id| id.to_string()),
        generation: wanted.generation_id,
        protocol_type: wanted.protocol_type.map(|t| t.to_string()),
        protocol: wanted.protocol_name.map(|p| p.to_string()),
        assignments: wanted.assignments.into_iter().map(|a| (a.member_id.to_string(), a.assignment)).collect(),
    };
    let synced = broker.groups.sync(wanted.group_id.as_str(), sync).await;
    let named = request.version >= 5;
    let answer = SyncGroupResponse::default()
        .with_error_code(code(synced.error))
        .with_protocol_type(named.then(|| text(synced.protocol_type)))
        .with_protocol_name(named.then(|| text(synced.protocol)))
        .with_assignment(synced.assignment);
    request.answer(&answer)
}

pub(super) fn heartbeat(broker: &Arc<Broker>, request: &mut Request) -> Result<Option<Reply>, CodecError> {
    let wanted: HeartbeatRequest = request.decode()?;
    let caller = Caller {
        member_id: wanted.member_id.as_str(),
        instance_id: wanted.group_instance_id.as_ref().map(|id| id.as_str()),
        generation: wanted.generation_id,
    };
    let error = broker.groups.heartbeat(wanted.group_id.as_str(), caller).err();
    request.answer(&HeartbeatResponse::default().with_error_code(code(error)))
}

pub(super) fn leave(broker: &Arc<Broker>, request: &mut Request) -> Result<Option<Reply>, CodecError> {
    let wanted: LeaveGroupRequest = request.decode()?;
    let group = wanted.group_id.as_str();
    if request.version < 3 {
        let error = broker.groups.leave(group, wanted.member_id.as_str(), None).err();
        return request.answer(&LeaveGroupResponse::default().with_error_code(code(error)));
    }
    let members = wanted.members.iter().map(|member| {
        let instance = member.group_instance_id.as_ref().map(|id| id.as_str());
        let error = broker.groups.leave(group, member.member_id.as_str(), instance).err();
        MemberResponse::default()
            .with_member_id(member.member_id.clone())
            .with_group_instance_id(member.group_instance_id.clone())
            .with_error_code(code(error))
    });
    request.answer(&LeaveGroupResponse::default().with_members(members.collect()))
}
