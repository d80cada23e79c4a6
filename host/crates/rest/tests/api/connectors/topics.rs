//! `/connectors/{name}/topics` (rest.md §7)

use crate::Api;
use crate::support::Setup;
use cofferdam_storage::{StatusBackingStore as _, TopicStatus};

fn used(api: &Api, topic: &str) {
    let (topic, connector) = (topic.to_owned(), "c".to_owned());
    api.setup.statuses.put_topic(TopicStatus { topic, connector, task: 0, discover_timestamp: 1 });
}

#[tokio::test]
async fn topics_are_told_and_reset() {
    let api = Api::new();
    api.call("GET", "/connectors/unknown/topics").await.is(200, r#"{"unknown":{"topics":[]}}"#);
    api.source("c", 1).await;
    used(&api, "t1");
    used(&api, "t2");
    let answer = api.call("GET", "/connectors/c/topics").await;
    answer.is(200, r#"{"c":{"topics":["t1","t2"]}}"#);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    let reset = api.call("PUT", "/connectors/c/topics/reset").await;
    reset.is(202, "");
    assert_eq!(reset.header("content-type"), None);
    api.call("GET", "/connectors/c/topics").await.is(200, r#"{"c":{"topics":[]}}"#);
    api.call("PUT", "/connectors/unknown/topics/reset").await.is(202, "");
    used(&api, "t1");
    api.call("DELETE", "/connectors/c").await.is(204, "");
    api.call("GET", "/connectors/c/topics").await.is(200, r#"{"c":{"topics":[]}}"#);
    api.call("POST", "/connectors/c/topics").await.fails(405, "HTTP 405 Method Not Allowed");
}

#[tokio::test]
async fn tracking_may_be_disabled() {
    let api = Api::over(Setup::with(&[("topic.tracking.enable", "false"), ("topic.tracking.allow.reset", "false")]));
    api.call("GET", "/connectors/c/topics").await.fails(403, "Topic tracking is disabled.");
    api.call("PUT", "/connectors/c/topics/reset").await.fails(403, "Topic tracking is disabled.");
    let api = Api::over(Setup::with(&[("topic.tracking.allow.reset", "false")]));
    api.call("GET", "/connectors/c/topics").await.is(200, r#"{"c":{"topics":[]}}"#);
    api.call("PUT", "/connectors/c/topics/reset").await.fails(403, "Topic tracking reset is disabled.");
}
