//! Committed offsets: by members, by others, listed and altered.

use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::offset_commit_request::{OffsetCommitRequestPartition, OffsetCommitRequestTopic};
use kafka_protocol::messages::offset_delete_request::{OffsetDeleteRequestPartition, OffsetDeleteRequestTopic};
use kafka_protocol::messages::{GroupId, OffsetCommitRequest, OffsetDeleteRequest, OffsetFetchRequest, TopicName};
use rdkafka::consumer::{CommitMode, Consumer};
use rdkafka::{Offset, TopicPartitionList};

use super::harness::*;
use super::wire::text;

/// All offsets of a group: topic, partition, offset.
pub fn list(stream: &Stream, group: &str) -> Vec<(String, i32, i64)> {
    let request = OffsetFetchRequest::default().with_group_id(GroupId(text(group))).with_topics(None);
    let answer = stream.wire().call(7, &request);
    assert_eq!(answer.error_code, 0);
    let topics = answer.topics.iter();
    topics
        .flat_map(|t| t.partitions.iter().map(|p| (t.name.to_string(), p.partition_index, p.committed_offset)))
        .collect()
}

/// Commits from outside the group, as the admin's AlterConsumerGroupOffsets does; one error code per partition.
pub fn alter(stream: &Stream, group: &str, offsets: &[(i32, i64)]) -> Vec<i16> {
    let partition = |(p, o): &(i32, i64)| {
        let partition = OffsetCommitRequestPartition::default().with_partition_index(*p).with_committed_offset(*o);
        partition.with_committed_metadata(Some(text("")))
    };
    let topic = OffsetCommitRequestTopic::default()
        .with_name(TopicName(text("t")))
        .with_partitions(offsets.iter().map(partition).collect());
    let request = OffsetCommitRequest::default()
        .with_group_id(GroupId(text(group)))
        .with_generation_id_or_member_epoch(-1)
        .with_topics(vec![topic]);
    let answer = stream.wire().call(8, &request);
    answer.topics[0].partitions.iter().map(|p| p.error_code).collect()
}

/// Deletes offsets of partitions of topic `t`, as the admin's DeleteConsumerGroupOffsets does; the error of the whole, and
/// those of the partitions.
fn delete(stream: &Stream, group: &str, topic: &'static str, partitions: &[i32]) -> (i16, Vec<(i32, i16)>) {
    let partition = |p: &i32| OffsetDeleteRequestPartition::default().with_partition_index(*p);
    let topic = OffsetDeleteRequestTopic::default()
        .with_name(TopicName(text(topic)))
        .with_partitions(partitions.iter().map(partition).collect());
    let request = OffsetDeleteRequest::default().with_group_id(GroupId(text(group))).with_topics(vec![topic]);
    let answer = stream.wire().call(0, &request);
    let partitions = answer.topics.iter().flat_map(|t| &t.partitions);
    (answer.error_code, partitions.map(|p| (p.partition_index, p.error_code)).collect())
}

/// Topic `t` with two partitions, of which group `g`, now empty, has committed offsets 10 and 11.
pub fn group_with_commit(stream: &Stream) {
    stream.create("t", 2);
    stream.fill("t", 2, 20);
    let consumer = stream.consumer("g", &[]);
    consumer.subscribe(&["t"]).unwrap();
    drain(&consumer, 40);
    let mut list = TopicPartitionList::new();
    for p in 0..2 {
        list.add_partition_offset("t", p, Offset::Offset(10 + i64::from(p))).unwrap();
    }
    consumer.commit(&list, CommitMode::Sync).unwrap();
}

#[test]
fn who_is_in_no_group_commits_with_a_note() {
    let stream = Stream::start();
    stream.create("t", 1);
    stream.fill("t", 1, 10);
    let consumer = stream.assigned("t", 1, Offset::Beginning, &[]);
    let mut list = TopicPartitionList::new();
    {
        let mut element = list.add_partition("t", 0);
        element.set_offset(Offset::Offset(7)).unwrap();
        element.set_metadata("hello");
    }
    consumer.commit(&list, CommitMode::Sync).unwrap();
    let mut asked = TopicPartitionList::new();
    asked.add_partition("t", 0);
    let committed = consumer.committed_offsets(asked, LIMIT).unwrap();
    assert_eq!(committed.elements()[0].offset(), Offset::Offset(7));
    assert_eq!(committed.elements()[0].metadata(), "hello");
}

#[test]
fn a_groups_offsets_are_listed() {
    let stream = Stream::start();
    group_with_commit(&stream);
    assert_eq!(list(&stream, "g"), [("t".to_owned(), 0, 10), ("t".to_owned(), 1, 11)]);
    assert_eq!(list(&stream, "no-such-group"), []);
}

#[test]
fn offsets_are_altered_while_nobody_is_in_the_group() {
    let stream = Stream::start();
    group_with_commit(&stream);
    eventually("the member has left", || (alter(&stream, "g", &[(0, 3), (1, 4)]) == [0, 0]).then_some(()));
    assert_eq!(list(&stream, "g"), [("t".to_owned(), 0, 3), ("t".to_owned(), 1, 4)]);
    assert_eq!(alter(&stream, "new", &[(0, 5)]), [0], "a group that does not exist yet");
    assert_eq!(list(&stream, "new"), [("t".to_owned(), 0, 5)]);
    let unknown = ResponseError::UnknownTopicOrPartition.code();
    assert_eq!(alter(&stream, "new", &[(0, 6), (9, 1)]), [0, unknown]);
    let member = stream.consumer("g", &[]);
    member.subscribe(&["t"]).unwrap();
    let members = [member];
    pump(&members, |n| n == [2]);
    assert_eq!(alter(&stream, "g", &[(0, 1)]), [ResponseError::UnknownMemberId.code()], "refused while it is active");
}

#[test]
fn single_offsets_are_deleted_while_nobody_reads_their_topic() {
    let stream = Stream::start();
    group_with_commit(&stream);
    let unknown = ResponseError::UnknownTopicOrPartition.code();
    eventually("the member has left", || {
        (delete(&stream, "g", "t", &[0, 9]) == (0, vec![(0, 0), (9, unknown)])).then_some(())
    });
    assert_eq!(list(&stream, "g"), [("t".to_owned(), 1, 11)]);
    assert_eq!(delete(&stream, "g", "t", &[0]), (0, vec![(0, 0)]), "one that there is not");
    assert_eq!(delete(&stream, "no-such-group", "t", &[0]), (ResponseError::GroupIdNotFound.code(), vec![]));
    assert_eq!(delete(&stream, "", "t", &[0]), (ResponseError::InvalidGroupId.code(), vec![]));
    stream.create("u", 1);
    let member = stream.consumer("g", &[]);
    member.subscribe(&["u"]).unwrap();
    let members = [member];
    pump(&members, |n| n == [1]);
    let subscribed = ResponseError::GroupSubscribedToTopic.code();
    assert_eq!(delete(&stream, "g", "u", &[0]), (0, vec![(0, subscribed)]));
    assert_eq!(delete(&stream, "g", "t", &[1]), (0, vec![(1, 0)]), "of a topic that no member reads");
    assert_eq!(list(&stream, "g"), []);
}

#[test]
fn offsets_go_with_their_topic() {
    let stream = Stream::start();
    group_with_commit(&stream);
    block_on(stream.admin().delete_topics(&["t"], &options())).unwrap().remove(0).unwrap();
    assert_eq!(list(&stream, "g"), []);
}
