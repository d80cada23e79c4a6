//! ListOffsets: the first offset, the next one, or the first since a time.

use std::sync::Arc;

use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::list_offsets_request::ListOffsetsPartition;
use kafka_protocol::messages::list_offsets_response::{ListOffsetsPartitionResponse, ListOffsetsTopicResponse};
use kafka_protocol::messages::{ListOffsetsRequest, ListOffsetsResponse};

use super::{CodecError, Request};
use crate::broker::Broker;
use crate::wire::Reply;

const LATEST: i64 = -1;
const EARLIEST: i64 = -2;

pub(super) fn handle(broker: &Arc<Broker>, request: &mut Request) -> Result<Option<Reply>, CodecError> {
    let list: ListOffsetsRequest = request.decode()?;
    let with_epoch = request.version >= 4;
    let topics = list.topics.into_iter().map(|topic| {
        let partition = |wanted: &ListOffsetsPartition| {
            let found = find(broker, topic.name.as_str(), wanted);
            let answer = ListOffsetsPartitionResponse::default().with_partition_index(wanted.partition_index);
            match found {
                Ok((timestamp, offset)) => answer
                    .with_timestamp(timestamp)
                    .with_offset(offset)
                    .with_leader_epoch(if with_epoch { 0 } else { -1 }),
                Err(code) => answer.with_error_code(code.code()).with_timestamp(-1).with_offset(-1),
            }
        };
        let partitions = topic.partitions.iter().map(partition).collect();
        ListOffsetsTopicResponse::default().with_name(topic.name.clone()).with_partitions(partitions)
    });
    request.answer(&ListOffsetsResponse::default().with_topics(topics.collect()))
}

/// Timestamp and offset, -1 and -1 if there is no such record.
fn find(broker: &Broker, topic: &str, wanted: &ListOffsetsPartition) -> Result<(i64, i64), ResponseError> {
    let unknown = ResponseError::UnknownTopicOrPartition;
    let partition = broker.topics.partition(topic, wanted.partition_index).ok_or(unknown)?;
    let view = partition.view().ok_or(unknown)?;
    match wanted.timestamp {
        LATEST => Ok((-1, view.end)),
        EARLIEST => Ok((-1, view.start)),
        timestamp if timestamp < 0 => Err(ResponseError::UnsupportedVersion),
        timestamp => match partition.first_since(timestamp) {
            Ok(found) => Ok(found.unwrap_or((-1, -1))),
            Err(e) => {
                tracing::error!(topic, partition = wanted.partition_index, error = %e, "cannot search records by time");
                Err(ResponseError::KafkaStorageError)
            }
        },
    }
}
