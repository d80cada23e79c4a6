//! The topics that connectors use (rest.md §7).

#![allow(clippy::unwrap_used, reason = "a test ends where something is not as it must be")]

mod support;

use cofferdam_config::TargetState;
use cofferdam_storage::{StatusBackingStore as _, TopicStatus};
use support::{Setup, source};

fn used(setup: &Setup, topic: &str) {
    let (topic, connector) = (topic.to_owned(), "c".to_owned());
    setup.statuses.put_topic(TopicStatus { topic, connector, task: 0, discover_timestamp: 1 });
}

#[tokio::test]
async fn topics_are_kept_until_they_are_reset_or_their_connector_is_deleted() {
    let setup = Setup::new();
    let topics = async || setup.herder.active_topics("c").await.unwrap();
    assert_eq!(topics().await, Vec::<String>::new(), "an unknown connector has none");
    setup.herder.create("c", source(&[]), TargetState::Started).await.unwrap();
    used(&setup, "b");
    used(&setup, "a");
    assert_eq!(topics().await, ["a", "b"]);
    setup.herder.stop("c").await.unwrap();
    setup.herder.restart_connector("c").await.unwrap();
    setup.herder.put_config("c", source(&[("secret", "x")])).await.unwrap();
    assert_eq!(topics().await, ["a", "b"]);
    setup.herder.reset_active_topics("c").await.unwrap();
    assert_eq!(topics().await, Vec::<String>::new());
    setup.herder.reset_active_topics("unknown").await.unwrap();
    used(&setup, "a");
    setup.herder.delete("c").await.unwrap();
    assert_eq!(topics().await, Vec::<String>::new());
}

#[tokio::test]
async fn tracking_and_its_reset_can_be_disabled() {
    let setup = Setup::with(&[("topic.tracking.enable", "false")]);
    for error in
        [setup.herder.active_topics("c").await.unwrap_err(), setup.herder.reset_active_topics("c").await.unwrap_err()]
    {
        assert_eq!(error.to_string(), "Topic tracking is disabled.");
    }
    let setup = Setup::with(&[("topic.tracking.allow.reset", "false")]);
    used(&setup, "a");
    let error = setup.herder.reset_active_topics("c").await.unwrap_err().to_string();
    assert_eq!(error, "Topic tracking reset is disabled.");
    assert_eq!(setup.herder.active_topics("c").await.unwrap(), ["a"]);
}
