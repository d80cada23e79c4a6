//! `/connectors/{name}/status`

use super::STATUS;
use crate::Api;
use cofferdam_storage::State;

#[tokio::test]
async fn a_status_is_kafka_connects_and_nothing_more() {
    let api = Api::new();
    api.source("c1", 1).await;
    api.call("GET", "/connectors/c1/status").await.is(200, STATUS);
}

#[tokio::test]
async fn a_failure_has_its_trace() {
    let api = Api::new();
    let body = r#"{"connector.class":"FakeSource","topic":"t","start":"fail"}"#;
    api.json("PUT", "/connectors/c/config", body).await.fails(500, "asked to fail");
    api.setup.connector_is("c", State::Failed).await;
    api.call("GET", "/connectors/c/status").await.is(
        200,
        r#"{"name":"c","connector":{"state":"FAILED","worker_id":"127.0.0.1:8083","version":"1.0","trace":"asked to fail\n"},"tasks":[],"type":"source"}"#,
    );
}
