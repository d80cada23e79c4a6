//! Topics and the cluster: metadata, creating, growing, configuring, deleting.

use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::create_topics_request::CreatableTopic;
use kafka_protocol::messages::describe_configs_request::DescribeConfigsResource;
use kafka_protocol::messages::incremental_alter_configs_request::{AlterConfigsResource, AlterableConfig};
use kafka_protocol::messages::metadata_request::MetadataRequestTopic;
use kafka_protocol::messages::offset_fetch_request::OffsetFetchRequestTopic;
use kafka_protocol::messages::{
    CreateTopicsRequest, DescribeClusterRequest, DescribeConfigsRequest, GroupId, IncrementalAlterConfigsRequest,
    MetadataRequest, OffsetFetchRequest, TopicName,
};
use rdkafka::admin::{NewPartitions, NewTopic, ResourceSpecifier, TopicReplication};
use rdkafka::consumer::Consumer;
use rdkafka::error::RDKafkaErrorCode;
use rdkafka::types::RDKafkaRespErr;

use super::harness::*;
use super::wire::text;

/// Sets a topic's configs; the error code and its text.
pub fn alter(stream: &Stream, topic: &str, configs: &[(&str, &str)]) -> (i16, String) {
    let set = |(k, v): &(&str, &str)| AlterableConfig::default().with_name(text(k)).with_value(Some(text(v)));
    let resource = AlterConfigsResource::default()
        .with_resource_type(2)
        .with_resource_name(text(topic))
        .with_configs(configs.iter().map(set).collect());
    let request = IncrementalAlterConfigsRequest::default().with_resources(vec![resource]);
    let answer = stream.wire().call(1, &request).responses.remove(0);
    (answer.error_code, answer.error_message.map(|m| m.to_string()).unwrap_or_default())
}

fn config(stream: &Stream, topic: &str, key: &str) -> Option<String> {
    let described = block_on(stream.admin().describe_configs(&[ResourceSpecifier::Topic(topic)], &options())).unwrap();
    let resource = described.into_iter().next().unwrap().unwrap();
    resource.get(key).and_then(|entry| entry.value.clone())
}

fn partitions(stream: &Stream, topic: &str) -> usize {
    let metadata = stream.admin().inner().fetch_metadata(Some(topic), LIMIT).unwrap();
    metadata.topics()[0].partitions().len()
}

#[test]
fn metadata_names_the_cluster() {
    let stream = Stream::start();
    let id = stream.admin().inner().fetch_cluster_id(LIMIT).unwrap();
    assert_eq!(id, stream.inner.as_ref().unwrap().cluster_id());
    assert_eq!(id.len(), 22);
}

#[test]
fn describe_cluster_shows_one_node_that_is_the_controller() {
    let stream = Stream::start();
    let cluster = stream.wire().call(0, &DescribeClusterRequest::default());
    assert_eq!((cluster.brokers.len(), cluster.brokers[0].broker_id), (1, cluster.controller_id));
    assert_eq!(cluster.cluster_id.as_str(), stream.inner.as_ref().unwrap().cluster_id());
    assert_eq!(format!("{}:{}", cluster.brokers[0].host, cluster.brokers[0].port), stream.bootstrap);
}

#[test]
fn create_with_configs_and_describe_them() {
    let stream = Stream::start();
    stream.try_create("t", 1, &[("cleanup.policy", "delete"), ("max.message.bytes", "2000000")]).unwrap();
    assert_eq!(config(&stream, "t", "max.message.bytes").as_deref(), Some("2000000"));
    assert_eq!(config(&stream, "t", "cleanup.policy").as_deref(), Some("delete"));
    assert_eq!(config(&stream, "t", "retention.ms").as_deref(), Some("-1"), "what is done is what is said");
}

#[test]
fn a_topic_is_made_once() {
    let stream = Stream::start();
    stream.create("t", 1);
    assert_eq!(stream.try_create("t", 1, &[]), Err(RDKafkaErrorCode::TopicAlreadyExists));
}

#[test]
fn a_topic_named_twice_is_answered_once_wherever_it_is_asked_for() {
    let stream = Stream::start();
    stream.create("t", 3);
    let name = || TopicName(text("t"));
    let topics = vec![MetadataRequestTopic::default().with_name(Some(name())); 1000];
    assert_eq!(stream.wire().call(9, &MetadataRequest::default().with_topics(Some(topics))).topics.len(), 1);
    let resource = DescribeConfigsResource::default().with_resource_type(2).with_resource_name(text("t"));
    let request = DescribeConfigsRequest::default().with_resources(vec![resource; 1000]);
    assert_eq!(stream.wire().call(4, &request).results.len(), 1);
    let topic = OffsetFetchRequestTopic::default().with_name(name()).with_partition_indexes(vec![0; 1000]);
    let request = OffsetFetchRequest::default().with_group_id(GroupId(text("g"))).with_topics(Some(vec![topic; 2]));
    let partitions = stream.wire().call(7, &request).topics.iter().map(|t| t.partitions.len()).sum::<usize>();
    assert_eq!(partitions, 1);
    let topic = CreatableTopic::default().with_name(TopicName(text("u"))).with_num_partitions(1);
    let twice = CreateTopicsRequest::default().with_topics(vec![topic.with_replication_factor(1); 2]);
    let answer = stream.wire().call(6, &twice).topics;
    assert_eq!((answer.len(), answer[0].error_code), (1, ResponseError::InvalidRequest.code()));
}

#[test]
fn there_is_one_replica() {
    let stream = Stream::start();
    let two = NewTopic::new("t", 1, TopicReplication::Fixed(2));
    assert_eq!(stream.try_create_topic(two), Err(RDKafkaErrorCode::InvalidReplicationFactor));
    stream.try_create_topic(NewTopic::new("t", 1, TopicReplication::Fixed(-1))).unwrap();
    let assigned = NewTopic::new("u", 2, TopicReplication::Variable(&[&[1], &[1]]));
    stream.try_create_topic(assigned).unwrap();
    assert_eq!(partitions(&stream, "u"), 2);
    let elsewhere = NewTopic::new("v", 1, TopicReplication::Variable(&[&[2]]));
    assert_eq!(stream.try_create_topic(elsewhere), Err(RDKafkaErrorCode::InvalidReplicaAssignment));
}

#[test]
fn a_topic_of_300_partitions_is_written_and_read() {
    let stream = Stream::start();
    stream.create("many", 300);
    assert_eq!(partitions(&stream, "many"), 300);
    let (producer, reports) = stream.producer(&[]);
    for i in 0..3000 {
        send(&producer, "many", i % 300, None, Some(b"x"));
    }
    flush(&producer, &reports);
    let consumer = stream.consumer("g", &[]);
    consumer.subscribe(&["many"]).unwrap();
    drain(&consumer, 3000);
}

#[test]
fn partitions_can_be_added() {
    let stream = Stream::start();
    stream.create("grow", 1);
    let grown = block_on(stream.admin().create_partitions(&[NewPartitions::new("grow", 3)], &options())).unwrap();
    assert!(grown[0].is_ok(), "{grown:?}");
    assert_eq!(partitions(&stream, "grow"), 3);
    stream.fill("grow", 3, 2);
    let fewer = block_on(stream.admin().create_partitions(&[NewPartitions::new("grow", 2)], &options())).unwrap();
    assert_eq!(fewer[0].as_ref().unwrap_err().1, RDKafkaErrorCode::InvalidPartitions);
    let grow = |count, assignment: &[&[i32]]| {
        let more = NewPartitions::new("grow", count).assign(assignment);
        block_on(stream.admin().create_partitions(&[more], &options())).unwrap().remove(0).map_err(|e| e.1)
    };
    assert_eq!(grow(4, &[&[7]]), Err(RDKafkaErrorCode::InvalidReplicaAssignment), "there is no broker 7");
    assert_eq!(grow(4, &[&[1]]), Ok("grow".to_owned()));
}

#[test]
fn configs_can_be_changed() {
    let stream = Stream::start();
    stream.create("t", 1);
    assert_eq!(alter(&stream, "t", &[("max.message.bytes", "1000"), ("segment.bytes", "2000000")]).0, 0);
    assert_eq!(config(&stream, "t", "max.message.bytes").as_deref(), Some("1000"));
    let (producer, reports) = stream.producer(&[]);
    send(&producer, "t", 0, None, Some(&[b'x'; 2000]));
    let _ = rdkafka::producer::Producer::flush(&producer, LIMIT);
    let failed = reports.failed.lock();
    assert_eq!(failed.first().and_then(|e| e.rdkafka_error_code()), Some(RDKafkaErrorCode::MessageSizeTooLarge));
}

#[test]
fn unknown_configs_are_refused_not_stored() {
    let stream = Stream::start();
    assert_eq!(stream.try_create("t", 1, &[("no.such.config", "1")]), Err(RDKafkaErrorCode::InvalidConfig));
    stream.create("t", 1);
    let (code, why) = alter(&stream, "t", &[("no.such.config", "1")]);
    assert_eq!(
        (code, why.as_str()),
        (ResponseError::InvalidConfig.code(), "Unknown topic config name: no.such.config")
    );
    assert_eq!(config(&stream, "t", "no.such.config"), None);
}

#[test]
fn metadata_of_an_unknown_topic_is_an_error_unless_it_may_be_made() {
    let stream = Stream::start_with(|c| c.default_partitions = 4);
    let asks = |topic: &str, create: &str| {
        let consumer = stream.consumer("x", &[("allow.auto.create.topics", create)]);
        eventually("metadata", || {
            let metadata = consumer.fetch_metadata(Some(topic), LIMIT).ok()?;
            let topic = metadata.topics().first()?;
            Some((topic.error(), topic.partitions().len()))
        })
    };
    let unknown = RDKafkaRespErr::RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
    assert_eq!(asks("none", "false"), (Some(unknown), 0));
    assert_eq!(asks("made", "true"), (None, 4));
    let invalid = RDKafkaRespErr::RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION;
    assert_eq!(asks("no topic!", "false"), (Some(invalid), 0));
    let strict = Stream::start_with(|c| c.auto_create_topics = false);
    let consumer = strict.consumer("x", &[("allow.auto.create.topics", "true")]);
    let metadata = consumer.fetch_metadata(Some("none"), LIMIT).unwrap();
    assert_eq!(metadata.topics()[0].error(), Some(unknown));
}

#[test]
fn a_deleted_topic_is_gone_and_made_anew_is_empty() {
    let stream = Stream::start();
    stream.create("t", 2);
    stream.fill("t", 2, 10);
    let deleted = block_on(stream.admin().delete_topics(&["t"], &options())).unwrap();
    assert!(deleted[0].is_ok(), "{deleted:?}");
    let consumer = stream.consumer("x", &[("allow.auto.create.topics", "false")]);
    assert!(!consumer.fetch_metadata(None, LIMIT).unwrap().topics().iter().any(|t| t.name() == "t"));
    stream.create("t", 2);
    assert_eq!(consumer.fetch_watermarks("t", 0, LIMIT).unwrap(), (0, 0));
    stream.fill("t", 2, 3);
    assert_eq!(read_all(&stream, "t", 2).len(), 6);
}
