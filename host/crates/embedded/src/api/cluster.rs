//! What is spoken, who is there, and who coordinates a group: always this one node.

use std::sync::Arc;

use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::api_versions_response::ApiVersion;
use kafka_protocol::messages::describe_cluster_response::DescribeClusterBroker;
use kafka_protocol::messages::{
    ApiVersionsResponse, BrokerId, DescribeClusterResponse, FindCoordinatorRequest, FindCoordinatorResponse,
};

use super::{CodecError, NO_TRANSACTIONS, Request, text};
use crate::broker::{Broker, HOST, NODE_ID};
use crate::wire::{APIS, Reply};

/// FindCoordinator's kind of key for a consumer group.
const GROUP: i8 = 0;
/// FindCoordinator's kind of key for a transactional producer.
const TRANSACTION: i8 = 1;

pub(super) fn api_versions(request: &mut Request) -> Result<Option<Reply>, CodecError> {
    let spoken = APIS.iter().map(|api| {
        ApiVersion::default().with_api_key(api.key as i16).with_min_version(api.min).with_max_version(api.max)
    });
    let mut answer = ApiVersionsResponse::default().with_api_keys(spoken.collect());
    if request.version < 0 {
        answer.error_code = ResponseError::UnsupportedVersion.code();
        request.version = 0;
    }
    request.answer(&answer)
}

pub(super) fn describe(broker: &Arc<Broker>, request: &mut Request) -> Result<Option<Reply>, CodecError> {
    let node = DescribeClusterBroker::default()
        .with_broker_id(BrokerId(NODE_ID))
        .with_host(text(HOST))
        .with_port(broker.port.into());
    let answer = DescribeClusterResponse::default()
        .with_cluster_id(text(&*broker.cluster_id))
        .with_controller_id(BrokerId(NODE_ID))
        .with_brokers(vec![node]);
    request.answer(&answer)
}

pub(super) fn find_coordinator(broker: &Arc<Broker>, request: &mut Request) -> Result<Option<Reply>, CodecError> {
    let wanted: FindCoordinatorRequest = request.decode()?;
    let refuse = |code: ResponseError, why: &str| {
        let why = (request.version >= 1).then(|| text(why));
        FindCoordinatorResponse::default()
            .with_error_code(code.code())
            .with_error_message(why)
            .with_node_id(BrokerId(-1))
            .with_port(-1)
    };
    let answer = match wanted.key_type {
        GROUP if wanted.key.is_empty() => refuse(ResponseError::InvalidGroupId, "a group needs a name"),
        GROUP => FindCoordinatorResponse::default()
            .with_node_id(BrokerId(NODE_ID))
            .with_host(text(HOST))
            .with_port(broker.port.into()),
        // The one code at which clients give up at once instead of asking again until their time is over.
        TRANSACTION => refuse(ResponseError::TransactionalIdAuthorizationFailed, NO_TRANSACTIONS),
        _ => refuse(ResponseError::InvalidRequest, "unknown kind of coordinator"),
    };
    request.answer(&answer)
}
