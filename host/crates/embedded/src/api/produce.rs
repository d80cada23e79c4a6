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

/// Kafka's code and a text for the client.
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
    let mut stored = Vec::new();
    for topic in &produce.topic_data {
        for data in &topic.partition_data {
            stored.push(match &refused {
                Some(failure) => Err(failure.clone()),
                None => store(broker, topic.name.as_str(), data.index, data.records.as_ref()),
            });
        }
    }
    let results = durable(broker, stored).await;
    let failed = results.iter().find_map(|result| result.as_ref().err());
    if produce.acks == 0 {
        // There is no answer to put an error into: the end of the connection is the sign, as with Kafka.
        return match failed {
            None => Ok(None),
            Some((code, why)) => Err(format!("records sent with acks=0 were not stored: {code:?} {why}").into()),
        };
    }
    let mut results = results.into_iter();
    let topics: Vec<_> = produce
        .topic_data
        .into_iter()
        .map(|topic| {
            let partitions = topic.partition_data.iter().zip(&mut results);
            let partitions = partitions.map(|(data, result)| answer(data.index, result, request.version)).collect();
            TopicProduceResponse::default().with_name(topic.name).with_partition_responses(partitions)
        })
        .collect();
    request.answer(&ProduceResponse::default().with_responses(topics))
}

/// A batch in the log, of which nobody knows yet whether it is on disk.
struct Stored {
    partition: Arc<Partition>,
    appended: Appended,
}

fn store(broker: &Broker, topic: &str, index: i32, batch: Option<&Bytes>) -> Result<Stored, Failure> {
    let Some(partition) = broker.topics.partition(topic, index) else {
        return Err((ResponseError::UnknownTopicOrPartition, String::new()));
    };
    let batch = batch.map_or(&[][..], |batch| batch);
    let header = validate(batch, partition.max_message_bytes()).map_err(|refused| (refused.0, refused.1))?;
    match partition.append(&header, batch) {
        Ok(appended) => Ok(Stored { partition, appended }),
        Err(AppendError::Refused(code)) => Err((code, String::new())),
        Err(AppendError::Io(e)) => Err(disk(&partition, &e)),
    }
}

fn disk(partition: &Partition, e: &std::io::Error) -> Failure {
    tracing::error!(log = %partition.place(), error = %e, "cannot write records");
    (ResponseError::KafkaStorageError, format!("cannot write records: {e}"))
}

/// Waits until all is as durable as was asked for: for all partitions of a request at once. The offsets come back in the
/// same order.
async fn durable(broker: &Broker, stored: Vec<Result<Stored, Failure>>) -> Vec<Result<i64, Failure>> {
    if broker.config.fsync == Fsync::None {
        return stored.into_iter().map(|result| result.map(|s| s.appended.base_offset)).collect();
    }
    let sync = |Stored { partition, appended }| {
        tokio::spawn(async move {
            match partition.sync(appended.position).await {
                Ok(()) => Ok(appended.base_offset),
                Err(e) => Err(disk(&partition, &e)),
            }
        })
    };
    let syncing: Vec<_> = stored.into_iter().map(|result| result.map(sync)).collect();
    let mut results = Vec::with_capacity(syncing.len());
    for result in syncing {
        results.push(match result {
            Ok(syncing) => syncing.await.unwrap_or_else(|e| Err((ResponseError::KafkaStorageError, e.to_string()))),
            Err(failure) => Err(failure),
        });
    }
    results
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
