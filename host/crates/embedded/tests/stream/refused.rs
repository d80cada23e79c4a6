//! What the embedded stream does not do yet. Each is refused by name, at once, and leaves the client and the broker well.
//!
//! - transactions: commit and abort, read_committed isolation of open ones, offsets in transactions, fencing, time-outs;
//! - compaction: `cleanup.policy=compact`;
//! - retention by time and size: `retention.ms`, `retention.bytes`;
//! - deleting records (DeleteRecords).

use std::time::Instant;

use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::{
    ApiKey, ApiVersionsRequest, FindCoordinatorRequest, InitProducerIdRequest, TransactionalId,
};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::producer::Producer;
use rdkafka::{Offset, TopicPartitionList};

use super::harness::*;
use super::topics::alter;
use super::wire::text;

/// Requests that are not spoken.
const NOT_SPOKEN: [ApiKey; 7] = [
    ApiKey::AddPartitionsToTxn,
    ApiKey::AddOffsetsToTxn,
    ApiKey::EndTxn,
    ApiKey::WriteTxnMarkers,
    ApiKey::TxnOffsetCommit,
    ApiKey::DeleteRecords,
    ApiKey::ConsumerGroupHeartbeat,
];

#[test]
fn what_is_not_spoken_is_not_advertised() {
    let stream = Stream::start();
    let spoken = stream.wire().call(3, &ApiVersionsRequest::default()).api_keys;
    for key in NOT_SPOKEN {
        assert!(!spoken.iter().any(|k| k.api_key == key as i16), "{key:?}");
        assert_eq!(stream.wire().call_raw(key, 0, &[0; 64]), None, "{key:?} ends the connection");
    }
    stream.create("still-there", 1);
}

#[test]
fn transactions_fail_at_once_and_say_why() {
    let stream = Stream::start();
    let (producer, _) = stream.producer(&[("transactional.id", "tx")]);
    let asked = Instant::now();
    let refused = producer.init_transactions(LIMIT).unwrap_err();
    assert!(asked.elapsed() < LIMIT / 2, "{:?}", asked.elapsed());
    let KafkaError::Transaction(e) = &refused else { panic!("{refused:?}") };
    assert!(e.is_fatal() && e.string().contains("not supported by the embedded stream"), "{e:?}");
    // What a client that knows its coordinator would be told.
    let coordinator = FindCoordinatorRequest::default().with_key(text("tx")).with_key_type(1);
    let answer = stream.wire().call(3, &coordinator);
    assert_eq!(answer.error_code, ResponseError::TransactionalIdAuthorizationFailed.code());
    let id = InitProducerIdRequest::default().with_transactional_id(Some(TransactionalId(text("tx"))));
    let answer = stream.wire().call(4, &id);
    assert_eq!(answer.error_code, ResponseError::TransactionalIdAuthorizationFailed.code());
}

#[test]
fn compaction_and_retention_are_invalid_configs_that_are_named() {
    let stream = Stream::start();
    stream.create("t", 1);
    for (key, value) in [
        ("cleanup.policy", "compact"),
        ("cleanup.policy", "compact,delete"),
        ("retention.ms", "123456"),
        ("retention.bytes", "1000000"),
        ("delete.retention.ms", "100"),
        ("min.cleanable.dirty.ratio", "0.01"),
        ("segment.ms", "1000"),
    ] {
        assert_eq!(stream.try_create("new", 1, &[(key, value)]), Err(RDKafkaErrorCode::InvalidConfig), "{key}={value}");
        let (code, why) = alter(&stream, "t", &[(key, value)]);
        assert_eq!(code, ResponseError::InvalidConfig.code(), "{key}={value}");
        assert!(why.contains(key) && why.contains("not yet supported"), "{why}");
    }
    stream.create("new", 1);
}

#[test]
fn deleting_records_is_an_unsupported_feature_to_the_client() {
    let stream = Stream::start();
    stream.create("t", 1);
    stream.fill("t", 1, 10);
    let mut list = TopicPartitionList::new();
    list.add_partition_offset("t", 0, Offset::Offset(4)).unwrap();
    let result = block_on(stream.admin().delete_records(&list, &options())).unwrap();
    let refused = result.elements()[0].error().unwrap_err();
    assert_eq!(refused.rdkafka_error_code(), Some(RDKafkaErrorCode::UnsupportedFeature), "{refused}");
    assert_eq!(read_all(&stream, "t", 1).len(), 10);
}
