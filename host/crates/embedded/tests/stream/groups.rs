//! Consumer groups: joining, sharing, leaving, being killed, being looked at.

use std::time::Duration;

use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::describe_groups_response::{DescribedGroup, DescribedGroupMember};
use kafka_protocol::messages::{DescribeGroupsRequest, GroupId, HeartbeatRequest, ListGroupsRequest};
use rdkafka::consumer::{CommitMode, Consumer};
use rdkafka::error::RDKafkaErrorCode;
use rdkafka::{Message, Offset, TopicPartitionList};

use super::harness::*;
use super::offsets::group_with_commit;
use super::wire::text;

fn member(stream: &Stream, group: &str, topic: &str, extra: &[(&str, &str)]) -> TestConsumer {
    let consumer = stream.consumer(group, extra);
    consumer.subscribe(&[topic]).unwrap();
    consumer
}

fn describe(stream: &Stream, group: &str) -> DescribedGroup {
    let request = DescribeGroupsRequest::default().with_groups(vec![GroupId(text(group))]);
    stream.wire().call(5, &request).groups.remove(0)
}

#[test]
fn one_member_reads_commits_and_resumes_there() {
    let stream = Stream::start();
    stream.create("t", 2);
    stream.fill("t", 2, 50);
    let consumer = member(&stream, "g", "t", &[]);
    drain(&consumer, 100);
    let mut list = TopicPartitionList::new();
    list.add_partition_offset("t", 0, Offset::Offset(30)).unwrap();
    list.add_partition_offset("t", 1, Offset::Offset(50)).unwrap();
    consumer.commit(&list, CommitMode::Sync).unwrap();
    let committed: Vec<_> = {
        let committed = consumer.committed(LIMIT).unwrap();
        committed.elements().iter().map(|e| (e.partition(), e.offset())).collect()
    };
    assert_eq!(committed, [(0, Offset::Offset(30)), (1, Offset::Offset(50))]);
    drop(list);
    drop(consumer);
    let read = read_to_end(&member(&stream, "g", "t", &[TELL_ENDS]), 2);
    let read: Vec<_> = read.iter().map(|m| (m.partition(), m.offset())).collect();
    assert_eq!(read, (30..50).map(|offset| (0, offset)).collect::<Vec<_>>(), "nothing is read twice");
    drain(&member(&stream, "other", "t", &[]), 100);
}

fn members_come_and_go(strategy: &str) {
    let stream = Stream::start();
    stream.create("t", 6);
    stream.fill("t", 6, 5);
    let join = || member(&stream, "g", "t", &[("partition.assignment.strategy", strategy)]);
    let mut members = vec![join()];
    pump(&members, |n| n == [6]);
    members.push(join());
    pump(&members, |n| n == [3, 3]);
    members.push(join());
    pump(&members, |n| n == [2, 2, 2]);
    drop(members.remove(1));
    pump(&members, |n| n == [3, 3]);
}

#[test]
fn partitions_are_shared_anew_as_members_come_and_go_range() {
    members_come_and_go("range");
}

#[test]
fn partitions_are_shared_anew_as_members_come_and_go_cooperative() {
    members_come_and_go("cooperative-sticky");
}

#[test]
fn four_members_that_join_at_once_settle() {
    let stream = Stream::start();
    stream.create("t", 8);
    let members: Vec<_> = (0..4).map(|_| member(&stream, "g", "t", &[])).collect();
    pump(&members, |n| n == [2, 2, 2, 2]);
    stream.fill("t", 8, 10);
    let mut read = 0;
    eventually("80 records", || {
        for consumer in &members {
            if let Some(message) = consumer.poll(Duration::from_millis(20)) {
                message.unwrap();
                read += 1;
            }
        }
        (read == 80).then_some(())
    });
}

#[test]
fn the_partitions_of_a_killed_member_are_taken_over() {
    let stream = Stream::start();
    stream.create("t", 4);
    let members = [member(&stream, "g", "t", &[])];
    pump(&members, |n| n == [4]);
    let child = spawn("member", &[&stream.bootstrap, "g", "t"]);
    pump(&members, |n| n == [2]);
    child.kill();
    pump(&members, |n| n == [4]);
}

fn static_members_come_and_go(strategy: &str) {
    let stream = Stream::start();
    stream.create("t", 2);
    let strategy = ("partition.assignment.strategy", strategy);
    let join = |id: &str| member(&stream, "g", "t", &[("group.instance.id", id), strategy]);
    let mut members = vec![join("a"), join("b")];
    pump(&members, |n| n == [1, 1]);
    let id = |name: &str| {
        let named = |m: &DescribedGroupMember| m.group_instance_id.as_ref().is_some_and(|id| id.as_str() == name);
        describe(&stream, "g").members.into_iter().find(named).unwrap().member_id
    };
    // The only one that is not refused as another than there is.
    let generation = || {
        let beat = HeartbeatRequest::default().with_group_id(GroupId(text("g"))).with_member_id(id("a"));
        let beat = beat.with_group_instance_id(Some(text("a")));
        let mut wire = stream.wire();
        let mut code = |g| wire.call(4, &beat.clone().with_generation_id(g)).error_code;
        (0..100).find(|g| code(*g) != ResponseError::IllegalGeneration.code()).unwrap()
    };
    let before = (generation(), id("a"), id("b"));
    drop(members.pop());
    members.push(join("b"));
    pump(&members, |n| n == [1, 1]);
    assert_ne!(id("b"), before.2, "it is another one now");
    assert_eq!((generation(), id("a")), (before.0, before.1), "a notices nothing");
}

#[test]
fn static_members_come_back_to_their_place_unnoticed_range() {
    static_members_come_and_go("range");
}

#[test]
fn static_members_come_back_to_their_place_unnoticed_cooperative() {
    static_members_come_and_go("cooperative-sticky");
}

#[test]
fn a_static_consumer_that_assigns_partitions_to_itself_commits() {
    let stream = Stream::start();
    stream.create("t", 1);
    let consumer = stream.assigned("t", 1, Offset::Beginning, &[("group.instance.id", "a")]);
    let mut list = TopicPartitionList::new();
    list.add_partition_offset("t", 0, Offset::Offset(7)).unwrap();
    consumer.commit(&list, CommitMode::Sync).unwrap();
    assert_eq!(super::offsets::list(&stream, "nobody"), [("t".to_owned(), 0, 7)]);
}

#[test]
fn a_group_named_a_thousand_times_is_described_once() {
    let stream = Stream::start();
    stream.create("t", 1);
    let members = [member(&stream, "g", "t", &[])];
    pump(&members, |n| n == [1]);
    let request = DescribeGroupsRequest::default().with_groups(vec![GroupId(text("g")); 1000]);
    assert_eq!(stream.wire().call(5, &request).groups.len(), 1);
}

#[test]
fn a_group_is_described_while_it_is_active_empty_and_unknown() {
    let stream = Stream::start();
    stream.create("t", 4);
    let members: Vec<_> = (0..2).map(|_| member(&stream, "g", "t", &[("client.id", "looked-at")])).collect();
    pump(&members, |n| n == [2, 2]);
    let group = describe(&stream, "g");
    assert_eq!((group.error_code, group.group_state.as_str(), group.members.len()), (0, "Stable", 2));
    assert_eq!((group.protocol_type.as_str(), group.protocol_data.as_str()), ("consumer", "range"));
    for m in &group.members {
        assert_eq!((m.client_id.as_str(), m.client_host.as_str()), ("looked-at", "/127.0.0.1"));
        assert!(!m.member_assignment.is_empty() && !m.member_metadata.is_empty());
    }
    drop(members);
    eventually("empty", || Some(describe(&stream, "g")).filter(|g| &*g.group_state == "Empty" && g.members.is_empty()));
    assert_eq!(describe(&stream, "no-such-group").group_state.as_str(), "Dead");
}

#[test]
fn groups_are_listed_with_their_state() {
    let stream = Stream::start();
    stream.create("t", 1);
    let members = [member(&stream, "g", "t", &[])];
    pump(&members, |n| n == [1]);
    let list = |states: &[&str]| -> Vec<(String, String)> {
        let states = states.iter().map(|s| text(s)).collect();
        let listed = stream.wire().call(4, &ListGroupsRequest::default().with_states_filter(states)).groups;
        listed.into_iter().map(|g| (g.group_id.to_string(), g.group_state.to_string())).collect()
    };
    let stable = vec![("g".to_owned(), "Stable".to_owned())];
    assert_eq!(list(&[]), stable);
    assert_eq!(list(&["Stable", "Dead"]), stable);
    assert_eq!(list(&["Empty"]), []);
    let admin = stream.admin();
    let listed = admin.inner().fetch_group_list(Some("g"), LIMIT).unwrap();
    let group = &listed.groups()[0];
    assert_eq!((group.state(), group.protocol(), group.members().len()), ("Stable", "range", 1));
}

#[test]
fn a_group_is_deleted_with_its_offsets_once_nobody_is_in_it() {
    let stream = Stream::start();
    group_with_commit(&stream);
    let members = [member(&stream, "g", "t", &[])];
    pump(&members, |n| n == [2]);
    let admin = stream.admin();
    let delete = |group: &str| block_on(admin.delete_groups(&[group], &options())).unwrap().remove(0).map_err(|e| e.1);
    assert_eq!(delete("g"), Err(RDKafkaErrorCode::NonEmptyGroup));
    drop(members);
    eventually("deleted", || delete("g").ok());
    assert_eq!(super::offsets::list(&stream, "g"), []);
    assert_eq!(delete("g"), Err(RDKafkaErrorCode::GroupIdNotFound));
}
