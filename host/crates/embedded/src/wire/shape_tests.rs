use bytes::{Bytes, BytesMut};
use kafka_protocol::messages::create_partitions_request::{CreatePartitionsAssignment, CreatePartitionsTopic};
use kafka_protocol::messages::create_topics_request::{
    CreatableReplicaAssignment, CreatableTopic, CreatableTopicConfig,
};
use kafka_protocol::messages::describe_configs_request::DescribeConfigsResource;
use kafka_protocol::messages::fetch_request::{FetchPartition, FetchTopic, ForgottenTopic};
use kafka_protocol::messages::incremental_alter_configs_request::{AlterConfigsResource, AlterableConfig};
use kafka_protocol::messages::join_group_request::JoinGroupRequestProtocol;
use kafka_protocol::messages::leave_group_request::MemberIdentity;
use kafka_protocol::messages::list_offsets_request::{ListOffsetsPartition, ListOffsetsTopic};
use kafka_protocol::messages::metadata_request::MetadataRequestTopic;
use kafka_protocol::messages::offset_commit_request::{OffsetCommitRequestPartition, OffsetCommitRequestTopic};
use kafka_protocol::messages::offset_delete_request::{OffsetDeleteRequestPartition, OffsetDeleteRequestTopic};
use kafka_protocol::messages::offset_fetch_request::OffsetFetchRequestTopic;
use kafka_protocol::messages::produce_request::{PartitionProduceData, TopicProduceData};
use kafka_protocol::messages::sync_group_request::SyncGroupRequestAssignment;
use kafka_protocol::messages::*;
use kafka_protocol::protocol::{Encodable, StrBytes};

use super::*;

fn s(text: &'static str) -> StrBytes {
    StrBytes::from_static_str(text)
}

/// A request of that kind with two elements in every array and a value in every field that the version has.
fn example(key: ApiKey, v: i16) -> Bytes {
    let name = || TopicName(s("topic"));
    let group = || GroupId(s("group"));
    let some = |from: i16| (v >= from).then(|| s("instance"));
    let twice = |n: i32| vec![n, n + 1];
    let mut b = BytesMut::new();
    macro_rules! put {
        ($message:expr) => {
            $message.encode(&mut b, v).unwrap()
        };
    }
    match key {
        ApiKey::Produce => {
            let p = PartitionProduceData::default().with_records(Some(Bytes::from_static(&[1; 100])));
            let t = TopicProduceData::default().with_name(name()).with_partition_data(vec![p.clone(), p]);
            put!(ProduceRequest::default().with_topic_data(vec![t.clone(), t]))
        }
        ApiKey::Fetch => {
            let t = FetchTopic::default().with_topic(name()).with_partitions(vec![FetchPartition::default(); 2]);
            let f = ForgottenTopic::default().with_topic(name()).with_partitions(twice(0));
            let forgotten = if v >= 7 { vec![f.clone(), f] } else { vec![] };
            put!(FetchRequest::default().with_topics(vec![t.clone(), t]).with_forgotten_topics_data(forgotten))
        }
        ApiKey::ListOffsets => {
            let t =
                ListOffsetsTopic::default().with_name(name()).with_partitions(vec![ListOffsetsPartition::default(); 2]);
            put!(ListOffsetsRequest::default().with_topics(vec![t.clone(), t]))
        }
        ApiKey::Metadata => {
            let t = MetadataRequestTopic::default().with_name(Some(name()));
            put!(MetadataRequest::default().with_topics(Some(vec![t.clone(), t])))
        }
        ApiKey::OffsetCommit => {
            let p = OffsetCommitRequestPartition::default().with_committed_metadata(Some(s("metadata")));
            let t = OffsetCommitRequestTopic::default().with_name(name()).with_partitions(vec![p.clone(), p]);
            put!(
                OffsetCommitRequest::default()
                    .with_group_id(group())
                    .with_group_instance_id(some(7))
                    .with_topics(vec![t.clone(), t])
            )
        }
        ApiKey::OffsetFetch => {
            let t = OffsetFetchRequestTopic::default().with_name(name()).with_partition_indexes(twice(0));
            put!(OffsetFetchRequest::default().with_group_id(group()).with_topics(Some(vec![t.clone(), t])))
        }
        ApiKey::FindCoordinator => put!(FindCoordinatorRequest::default().with_key(s("key"))),
        ApiKey::JoinGroup => {
            let p = JoinGroupRequestProtocol::default().with_name(s("range")).with_metadata(Bytes::from_static(b"m"));
            put!(
                JoinGroupRequest::default()
                    .with_group_id(group())
                    .with_group_instance_id(some(5))
                    .with_protocol_type(s("consumer"))
                    .with_protocols(vec![p.clone(), p])
            )
        }
        ApiKey::Heartbeat => {
            put!(HeartbeatRequest::default().with_group_id(group()).with_group_instance_id(some(3)))
        }
        ApiKey::LeaveGroup if v < 3 => {
            put!(LeaveGroupRequest::default().with_group_id(group()).with_member_id(s("member")))
        }
        ApiKey::LeaveGroup => {
            let m = MemberIdentity::default().with_member_id(s("member")).with_group_instance_id(some(3));
            put!(LeaveGroupRequest::default().with_group_id(group()).with_members(vec![m.clone(), m]))
        }
        ApiKey::SyncGroup => {
            let a =
                SyncGroupRequestAssignment::default().with_member_id(s("m")).with_assignment(Bytes::from_static(b"a"));
            put!(
                SyncGroupRequest::default()
                    .with_group_id(group())
                    .with_group_instance_id(some(3))
                    .with_protocol_type(some(5))
                    .with_protocol_name(some(5))
                    .with_assignments(vec![a.clone(), a])
            )
        }
        ApiKey::DescribeGroups => put!(DescribeGroupsRequest::default().with_groups(vec![group(), group()])),
        ApiKey::ListGroups => {
            put!(ListGroupsRequest::default().with_states_filter(if v >= 4 { vec![s("Stable"); 2] } else { vec![] }))
        }
        ApiKey::ApiVersions => {
            let named = |text| if v >= 3 { s(text) } else { s("") };
            put!(
                ApiVersionsRequest::default()
                    .with_client_software_name(named("kcat"))
                    .with_client_software_version(named("1.7"))
            )
        }
        ApiKey::CreateTopics => {
            let a = CreatableReplicaAssignment::default().with_broker_ids(vec![BrokerId(1), BrokerId(2)]);
            let c = CreatableTopicConfig::default().with_name(s("key")).with_value(Some(s("value")));
            let t = CreatableTopic::default()
                .with_name(name())
                .with_assignments(vec![a.clone(), a])
                .with_configs(vec![c.clone(), c]);
            put!(CreateTopicsRequest::default().with_topics(vec![t.clone(), t]))
        }
        ApiKey::DeleteTopics => put!(DeleteTopicsRequest::default().with_topic_names(vec![name(), name()])),
        ApiKey::InitProducerId => {
            put!(InitProducerIdRequest::default().with_transactional_id(Some(TransactionalId(s("t")))))
        }
        ApiKey::DescribeConfigs => {
            let r = DescribeConfigsResource::default()
                .with_resource_name(s("topic"))
                .with_configuration_keys(Some(vec![s("a"), s("b")]));
            put!(DescribeConfigsRequest::default().with_resources(vec![r.clone(), r]))
        }
        ApiKey::CreatePartitions => {
            let a = CreatePartitionsAssignment::default().with_broker_ids(vec![BrokerId(1), BrokerId(2)]);
            let t = CreatePartitionsTopic::default().with_name(name()).with_assignments(Some(vec![a.clone(), a]));
            put!(CreatePartitionsRequest::default().with_topics(vec![t.clone(), t]))
        }
        ApiKey::DeleteGroups => put!(DeleteGroupsRequest::default().with_groups_names(vec![group(), group()])),
        ApiKey::IncrementalAlterConfigs => {
            let c = AlterableConfig::default().with_name(s("key")).with_value(Some(s("value")));
            let r = AlterConfigsResource::default().with_resource_name(s("topic")).with_configs(vec![c.clone(), c]);
            put!(IncrementalAlterConfigsRequest::default().with_resources(vec![r.clone(), r]))
        }
        ApiKey::OffsetDelete => {
            let p = OffsetDeleteRequestPartition::default();
            let t = OffsetDeleteRequestTopic::default().with_name(name()).with_partitions(vec![p.clone(), p]);
            put!(OffsetDeleteRequest::default().with_group_id(group()).with_topics(vec![t.clone(), t]))
        }
        ApiKey::DescribeCluster => put!(DescribeClusterRequest::default()),
        other => unreachable!("{other:?}"),
    }
    b.freeze()
}

fn all_versions() -> impl Iterator<Item = (&'static Api, i16)> {
    APIS.iter().flat_map(|api| (api.min..=api.max).map(move |v| (api, v)))
}

#[test]
fn the_table_agrees_with_the_codec_in_every_version() {
    for (api, v) in all_versions() {
        assert_eq!(check(api, v, &example(api.key, v)), Ok(()), "{:?} v{v}", api.key);
    }
}

#[test]
fn bytes_after_the_last_field_are_let_pass() {
    for (api, v) in all_versions() {
        let longer = [&example(api.key, v)[..], &[0, 0, 0]].concat();
        assert_eq!(check(api, v, &longer), Ok(()), "{:?} v{v}", api.key);
    }
}

#[test]
fn every_request_that_is_cut_off_is_refused() {
    for (api, v) in all_versions() {
        let whole = example(api.key, v);
        for len in 0..whole.len() {
            assert!(check(api, v, &whole[..len]).is_err(), "{:?} v{v} cut to {len}", api.key);
        }
    }
}

/// `n` tagged fields that are unknown and empty.
fn tags(n: u32) -> Vec<u8> {
    let varint = |mut value: u32, into: &mut Vec<u8>| {
        while value >= 0x80 {
            into.push(value as u8 | 0x80);
            value >>= 7;
        }
        into.push(value as u8);
    };
    let mut bytes = Vec::new();
    varint(n, &mut bytes);
    for tag in 0..n {
        varint(tag, &mut bytes);
        bytes.push(0);
    }
    bytes
}

#[test]
fn tagged_fields_are_counted_in_the_body_and_in_the_header() {
    let api = APIS.iter().find(|a| a.key == ApiKey::DescribeCluster).unwrap();
    let body = |n| [&[0][..], &tags(n)].concat();
    assert_eq!(check(api, 0, &body(1000)), Ok(()));
    assert_eq!(check(api, 0, &body(200_001)), Err(Malformed::Elements));
    let header = |n| {
        let mut b = BytesMut::new();
        RequestHeader::default().with_client_id(Some(s("kcat"))).encode(&mut b, 2).unwrap();
        assert_eq!(b.split_off(b.len() - 1)[..], [0], "no tags");
        [&b[..], &tags(n)].concat()
    };
    assert_eq!(check_header(2, &header(1000)), Ok(()));
    assert_eq!(check_header(2, &header(200_001)), Err(Malformed::Elements));
    assert_eq!(check_header(1, &header(0)), Ok(()));
    let whole = header(1);
    for len in 0..whole.len() {
        assert_eq!(check_header(2, &whole[..len]), Err(Malformed::Short), "cut to {len}");
    }
}

#[test]
fn lengths_that_no_request_can_have_are_refused() {
    let api = |key: ApiKey| APIS.iter().find(|a| a.key == key).unwrap();
    // an array of 2^31 - 1 topics, an array of -2, a compact array of 2^32 - 2
    assert_eq!(check(api(ApiKey::Metadata), 1, &[0x7f, 0xff, 0xff, 0xff]), Err(Malformed::Elements));
    assert_eq!(check(api(ApiKey::Metadata), 1, &[0xff, 0xff, 0xff, 0xfe]), Err(Malformed::Length));
    assert_eq!(check(api(ApiKey::Metadata), 9, &[0xff, 0xff, 0xff, 0xff, 0x0f]), Err(Malformed::Length));
    assert_eq!(check(api(ApiKey::Metadata), 1, &[0xff; 4]), Ok(()), "null stands for all topics");
}
