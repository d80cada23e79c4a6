//! The requests: one file per family, each between the wire's view of things and the owners' of [`crate::broker`].
//!
//! Errors that a client can act upon are Kafka's codes in the answer. Errors of the disk are logged here, once, and
//! answered as KAFKA_STORAGE_ERROR.

mod cluster;
mod configs;
mod fetch;
mod group_admin;
mod list_offsets;
mod membership;
mod metadata;
mod offsets;
mod produce;
mod producer_id;
mod topics;

use std::collections::HashSet;
use std::hash::Hash;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::{ApiKey, ResponseHeader};
use kafka_protocol::protocol::{Decodable, Encodable, StrBytes};

use crate::broker::Broker;
use crate::topics::TopicError;
use crate::wire::Reply;

/// Why transactions are refused, wherever a client asks for them.
pub(crate) const NO_TRANSACTIONS: &str = "transactions are not supported by the embedded stream yet";

/// The codec did not understand a request, or could not write an answer.
pub(crate) type CodecError = Box<dyn std::error::Error + Send + Sync>;

/// A request whose body has passed [`crate::wire::check`].
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) key: ApiKey,
    /// -1 for ApiVersions in a version that is not spoken.
    pub(crate) version: i16,
    pub(crate) correlation_id: i32,
    pub(crate) client_id: String,
    /// `/127.0.0.1`, as Kafka writes it.
    pub(crate) client_host: String,
    pub(crate) body: Bytes,
}

impl Request {
    fn decode<T: Decodable>(&mut self) -> Result<T, CodecError> {
        T::decode(&mut self.body, self.version).map_err(|e| format!("cannot read it: {e}").into())
    }

    /// Header and body of an answer.
    fn answer<T: Encodable>(&self, answer: &T) -> Result<Option<Reply>, CodecError> {
        let mut bytes = BytesMut::with_capacity(256);
        self.header(&mut bytes)?;
        answer.encode(&mut bytes, self.version)?;
        Ok(Some(bytes.into()))
    }

    fn header(&self, into: &mut BytesMut) -> Result<(), CodecError> {
        let header = ResponseHeader::default().with_correlation_id(self.correlation_id);
        header.encode(into, self.key.response_header_version(self.version)).map_err(Into::into)
    }
}

/// A string for an answer.
fn text(s: impl Into<String>) -> StrBytes {
    StrBytes::from_string(s.into())
}

/// Each of `named` once: what is answered about a name may be a thousand times as long as the name.
fn once<T: Eq + Hash + Clone>(named: impl IntoIterator<Item = T>) -> impl Iterator<Item = T> {
    let mut seen = HashSet::new();
    named.into_iter().filter(move |name| seen.insert(name.clone()))
}

/// A refusal's code and text for the client; what the disk has to do with is logged.
fn refusal(topic: &str, error: TopicError) -> (i16, String) {
    let TopicError(code, why) = error;
    if code == ResponseError::KafkaStorageError {
        tracing::error!(topic, error = why, "cannot make, change or delete a topic");
    }
    (code.code(), why)
}

/// Answers a request; `None` where the client wants no answer.
pub(crate) async fn handle(broker: &Arc<Broker>, mut request: Request) -> Result<Option<Reply>, CodecError> {
    let r = &mut request;
    match r.key {
        ApiKey::Produce => produce::handle(broker, r).await,
        ApiKey::Fetch => fetch::handle(broker, r).await,
        ApiKey::ListOffsets => list_offsets::handle(broker, r),
        ApiKey::Metadata => metadata::handle(broker, r).await,
        ApiKey::ApiVersions => cluster::api_versions(r),
        ApiKey::DescribeCluster => cluster::describe(broker, r),
        ApiKey::FindCoordinator => cluster::find_coordinator(broker, r),
        ApiKey::InitProducerId => producer_id::handle(broker, r).await,
        ApiKey::CreateTopics => topics::create(broker, r).await,
        ApiKey::CreatePartitions => topics::create_partitions(broker, r).await,
        ApiKey::DeleteTopics => topics::delete(broker, r).await,
        ApiKey::DescribeConfigs => configs::describe(broker, r),
        ApiKey::IncrementalAlterConfigs => configs::alter(broker, r).await,
        ApiKey::JoinGroup => membership::join(broker, r).await,
        ApiKey::SyncGroup => membership::sync(broker, r).await,
        ApiKey::Heartbeat => membership::heartbeat(broker, r),
        ApiKey::LeaveGroup => membership::leave(broker, r),
        ApiKey::OffsetCommit => offsets::commit(broker, r).await,
        ApiKey::OffsetFetch => offsets::fetch(broker, r),
        ApiKey::DescribeGroups => group_admin::describe(broker, r),
        ApiKey::ListGroups => group_admin::list(broker, r),
        ApiKey::OffsetDelete => group_admin::delete_offsets(broker, r).await,
        ApiKey::DeleteGroups => group_admin::delete(broker, r).await,
        other => Err(format!("{other:?} is advertised and not handled").into()),
    }
}
