//! A consumer group's offsets, seen and changed from outside of it (rest.md §9).

use crate::harness::*;
use cofferdam_kafka::{AdminError, ClientKind, GroupAdmin};
use std::time::Duration;

#[tokio::test]
async fn offsets_are_altered_listed_and_deleted() {
    let stream = Stream::start();
    let (topic, group) = (stream.topic(3).await, stream.group_admin(&unique("g")));
    assert_eq!(group.offsets(SOON).await.unwrap(), [], "there is no such group");
    let all = [offset(&topic, 0, 7), offset(&topic, 1, 0), offset(&topic, 2, 1_000_000)];
    group.alter(&all, SOON).await.unwrap();
    assert_eq!(group.offsets(SOON).await.unwrap(), all);
    group.alter(&[offset(&topic, 1, 5)], SOON).await.unwrap();
    group.delete(&[at(&topic, 0), at(&topic, 2)], SOON).await.unwrap();
    assert_eq!(group.offsets(SOON).await.unwrap(), [offset(&topic, 1, 5)]);
    group.delete(&[at(&topic, 0)], SOON).await.unwrap();
    assert!(group.delete_group(SOON).await.unwrap());
    assert_eq!(group.offsets(SOON).await.unwrap(), []);
    assert!(!group.delete_group(SOON).await.unwrap(), "there is none any more");
}

#[tokio::test]
async fn what_is_altered_is_where_a_consumer_starts() {
    let stream = Stream::start();
    let (topic, group) = (stream.filled(1, 20, 0).await, unique("g"));
    let outside = stream.group_admin(&group);
    outside.alter(&[offset(&topic, 0, 15)], SOON).await.unwrap();
    let mut consumer = stream.consumer(&group, &topic, &[]);
    assert_eq!(assigned(&mut consumer).await, [at(&topic, 0)], "the one outside is no member");
    let got = records(&mut consumer, 5).await;
    assert_eq!(offsets_of(&got, 0), (15..20).collect::<Vec<i64>>());
    consumer.close().await;
}

#[tokio::test]
async fn nothing_is_changed_for_a_group_with_members() {
    let stream = Stream::start();
    let (topic, name) = (stream.topic(1).await, unique("g"));
    let group = stream.group_admin(&name);
    let mut member = stream.consumer(&name, &topic, &[]);
    assigned(&mut member).await;
    member.commit(&[offset(&topic, 0, 3)], SOON).await.unwrap();
    let is_active = |result: Result<(), AdminError>| {
        let error = result.unwrap_err();
        assert!(matches!(error, AdminError::GroupIsActive { .. }), "{error}");
        let text = error.to_string();
        assert!(text.contains(&name) && text.contains(": the group has members: "), "{text}");
    };
    is_active(group.alter(&[offset(&topic, 0, 1)], SOON).await);
    is_active(group.delete(&[at(&topic, 0)], SOON).await);
    is_active(group.delete_group(SOON).await.map(drop));
    assert_eq!(group.offsets(SOON).await.unwrap(), [offset(&topic, 0, 3)]);
    member.close().await;
    group.alter(&[offset(&topic, 0, 1)], SOON).await.unwrap();
}

#[tokio::test]
async fn what_cannot_be_changed_is_told_with_its_group_and_the_reason() {
    let stream = Stream::start();
    let (topic, name) = (stream.topic(1).await, unique("g"));
    let group = stream.group_admin(&name);
    let text = |result: Result<(), AdminError>| result.unwrap_err().to_string();
    let altered = async |offset| text(group.alter(&[offset], SOON).await);
    let unknown = format!("cannot alter the offsets of consumer group {name}: Unknown topic or partition");
    assert_eq!(altered(offset("no-such-topic", 0, 1)).await, unknown);
    assert_eq!(altered(offset(&topic, 7, 1)).await, unknown);
    assert_eq!(altered(offset(&topic, -1, 1)).await, unknown);
    let negative = altered(offset(&topic, 0, -5)).await;
    assert!(negative.starts_with("cannot alter the offsets of consumer group "), "{negative}");
    let deleted = text(group.delete(&[at(&topic, 0)], SOON).await);
    assert!(deleted.starts_with(&format!("cannot delete offsets of consumer group {name}: ")), "{deleted}");
    group.alter(&[], SOON).await.unwrap();
    group.delete(&[], SOON).await.unwrap();
    let settings = stream.settings(ClientKind::Admin, None, &[]);
    let nameless = GroupAdmin::new(&settings, "").err().unwrap().to_string();
    assert_eq!(nameless, "cannot create the admin client: `` cannot be the name of a consumer group");
}

#[tokio::test]
async fn a_stream_that_cannot_be_reached_is_given_up_in_time() {
    let settings = settings("127.0.0.1:1", ClientKind::Admin, None, &[]);
    let group = GroupAdmin::new(&settings, "g").unwrap();
    let error = group.offsets(Duration::from_millis(500)).await.unwrap_err();
    assert!(matches!(error, AdminError::Request { retriable: true, .. }), "{error}");
    assert!(error.to_string().starts_with("cannot list the offsets of consumer group g: "), "{error}");
}
