//! Produce: batches are checked, appended as they are, and acknowledged.

use std::sync::Arc;

use bytes::Bytes;
use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::produce_response::{PartitionProduceResponse, TopicProduceResponse};
use kafka_protocol::messages::{ProduceRequest, ProduceResponse};

use super::{CodecError, NO_TRANSACTIONS, Request, text};
use crate::Fsync;
use crate::broker::Broker;
use crate::log::{AppendError, Appended, Partition, validate};
use crate::wire::Reply;

type Failure = (ResponseError, String);

pub(super) async fn handle(broker: &Arc<Broker>, request: &mut Request) -> Result<Option<Reply>, CodecError> {
    let produce: ProduceRequest = request.decode()?;
    let refused = if produce.transactional_id.is_some() {
        Some((ResponseError::TransactionalIdAuthorizationFailed, NO_TRANSACTIONS.to_owned()))
    } else if !(-1..=1).contains(&produce.acks) {
        Some((ResponseError::InvalidRequiredAcks, format!("acks must be -1, 0 or 1, not {}", produce.acks)))
    } else {
        None
    };
    let mut failed = None;
    let mut topics = Vec::with_capacity(produce.topic_data.len());
    for topic in produce.topic_data {
        let mut partitions = Vec::with_capacity(topic.partition_data.len());
        for data in topic.partition_data {
            let result = match &refused {
                Some(failure) => Err(failure.clone()),
                None => store(broker, topic.name.as_str(), data.index, &data.records.unwrap_or_default()).await,
            };
            if let Err((code, why)) = &result {
                failed.get_or_insert_with(|| format!("{code:?} {why}"));
            }
            partitions.push(answer(data.index, result, request.version));
        }
        topics.push(TopicProduceResponse::default().with_name(topic.name).with_partition_responses(partitions));
    }
    if produce.acks == 0 {
        // There is no answer to put an error into: the end of the connection is the sign, as with Kafka.
        return match failed {
            None => Ok(None),
            Some(why) => Err(format!("records sent with acks=0 were not stored: {why}").into()),
        };
    }
    request.answer(&ProduceResponse::default().with_responses(topics))
}

async fn store(broker: &Arc<Broker>, topic: &str, index: i32, batch: &Bytes) -> Result<i64, Failure> {
    let Some(partition) = broker.topics.partition(topic, index) else {
        return Err((ResponseError::UnknownTopicOrPartition, String::new()));
    };
    let header = validate(batch, partition.max_message_bytes()).map_err(|refused| (refused.0, refused.1))?;
    let failed = |e: std::io::Error| {
        tracing::error!(topic, partition = index, error = %e, "cannot write records");
        (ResponseError::KafkaStorageError, format!("cannot write records: {e}"))
    };
    let appended = match partition.append(&header, batch) {
        Ok(appended) => appended,
        Err(AppendError::Refused(code)) => return Err((code, String::new())),
        Err(AppendError::Io(e)) => return Err(failed(e)),
    };
    durable(broker, &partition, appended).await.map_err(failed)?;
    Ok(appended.base_offset)
}

async fn durable(broker: &Broker, partition: &Arc<Partition>, appended: Appended) -> std::io::Result<()> {
    match broker.config.fsync {
        Fsync::None => Ok(()),
        Fsync::Commit => partition.sync(appended.position).await,
    }
}

fn answer(index: i32, result: Result<i64, Failure>, version: i16) -> PartitionProduceResponse {
    let answer = PartitionProduceResponse::default().with_index(index).with_log_append_time_ms(-1);
    // Older versions have no place for it; the codec leaves out what is at its default.
    let answer = answer.with_log_start_offset(if version >= 5 { 0 } else { -1 });
    match result {
        Ok(base_offset) => answer.with_base_offset(base_offset),
        Err((code, why)) => {
            let why = Some(why).filter(|why| version >= 8 && !why.is_empty()).map(text);
            answer.with_base_offset(-1).with_error_code(code.code()).with_error_message(why)
        }
    }
}
