//! `/connectors/{name}/offsets` (rest.md §9)

use crate::support::Setup;
use crate::{Answer, Api};

const PATH: &str = "/connectors/c/offsets";
const ALTERED: &str = r#"{"message":"The Connect framework-managed offsets for this connector have been altered successfully. However, if this connector manages offsets externally, they will need to be manually altered in the system that the connector uses."}"#;
const RESET: &str = r#"{"message":"The Connect framework-managed offsets for this connector have been reset successfully. However, if this connector manages offsets externally, they will need to be manually reset in the system that the connector uses."}"#;

/// A stopped connector of this class, with this on top of its configuration.
async fn stopped(api: &Api, class: &str, more: &str) {
    let body = format!(
        r#"{{"name":"c","config":{{"connector.class":"{class}","topic":"t","topics":"t"{more}}},"initial_state":"STOPPED"}}"#
    );
    let answer = api.json("POST", "/connectors", &body).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
}

async fn patch(api: &Api, body: &str) -> Answer {
    api.json("PATCH", PATH, body).await
}

#[tokio::test]
async fn a_sources_offsets() {
    let api = Api::new();
    stopped(&api, "FakeSource", "").await;
    let answer = api.call("GET", PATH).await;
    answer.is(200, r#"{"offsets":[]}"#);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    let body = r#"{"offsets":[{"partition":{"filename":"/in"},"offset":{"position":30}},{"partition":{"filename":"/b"},"offset":{"position":1.50,"done":true,"at":null}}]}"#;
    patch(&api, body).await.is(200, ALTERED);
    api.call("GET", PATH).await.is(
        200,
        r#"{"offsets":[{"partition":{"filename":"/b"},"offset":{"at":null,"done":true,"position":1.5}},{"partition":{"filename":"/in"},"offset":{"position":30}}]}"#,
    );
    patch(&api, r#"{"offsets":[{"partition":{"filename":"/b"},"offset":null}]}"#).await.is(200, ALTERED);
    let left = r#"{"offsets":[{"partition":{"filename":"/in"},"offset":{"position":30}}]}"#;
    api.call("GET", PATH).await.is(200, left);
    patch(&api, left).await.is(200, ALTERED);
    patch(&api, r#"{"offsets":[{}]}"#).await.is(200, ALTERED);
    api.call("DELETE", PATH).await.is(200, RESET);
    api.call("GET", PATH).await.is(200, r#"{"offsets":[]}"#);
    api.call("DELETE", PATH).await.is(200, RESET);
}

#[tokio::test]
async fn a_connector_may_alter_offsets_itself_or_refuse() {
    for (behaviour, status, expected) in [
        ("complete", 200, r#"{"message":"The offsets for this connector have been reset successfully"}"#),
        ("fail", 500, r#"{"error_code":500,"message":"asked to fail"}"#),
        ("break", 500, r#"{"error_code":500,"message":"Failed to modify offsets for source connector c"}"#),
    ] {
        let api = Api::new();
        stopped(&api, "FakeSource", &format!(r#","alter":"{behaviour}""#)).await;
        api.call("DELETE", PATH).await.is(status, expected);
    }
}

#[tokio::test]
async fn a_request_is_checked_in_kafka_connects_order() {
    let api = Api::new();
    for body in ["{}", r#"{"offsets":null}"#, r#"{"offsets":[]}"#] {
        patch(&api, body).await.fails(400, "Partitions / offsets need to be provided for an alter offsets request");
    }
    let body = r#"{"offsets":[{"partition":{"f":{}},"offset":{}}]}"#;
    patch(&api, body).await.fails(404, "Connector c not found");
    api.call("GET", PATH).await.fails(404, "Connector c not found");
    api.call("DELETE", PATH).await.fails(404, "Connector c not found");
    api.source("c", 1).await;
    let running = "Connectors must be in the STOPPED state before their offsets can be modified. This can be done for the \
                   specified connector by issuing a 'PUT' request to the '/connectors/c/stop' endpoint";
    patch(&api, body).await.fails(400, running);
    api.call("DELETE", PATH).await.fails(400, running);
    api.call("PUT", "/connectors/c/stop").await.is(204, "");
    patch(&api, body).await.fails(500, "Offsets may only contain primitive types as values, but field f contains MAP");
    patch(&api, r#"{"offsets":[{"offset":{}}]}"#)
        .await
        .fails(400, "The partition for a source connector offset cannot be null or missing");
}

#[tokio::test]
async fn a_body_of_another_shape_is_the_clients_mistake() {
    let api = Api::new();
    let whole = "a JSON object with \"offsets\", a list of objects with \"partition\" and \"offset\"";
    let element = "an object with \"partition\" and \"offset\"";
    patch(&api, "").await.fails(400, &format!("Request body is empty: expected {whole} at line 1, column 1"));
    patch(&api, r#"{"offset":[]}"#)
        .await
        .fails(400, &format!("Unrecognized field \"offset\" at line 1, column 11: expected {whole}"));
    patch(&api, r#"{"offsets":{}}"#)
        .await
        .fails(400, "\"offsets\" is an object at line 1, column 12: expected a list of objects");
    patch(&api, r#"{"offsets":[null]}"#)
        .await
        .fails(400, &format!("An element of \"offsets\" is null at line 1, column 13: expected {element}"));
    patch(&api, r#"{"offsets":[{"partition":{},"offsets":{}}]}"#)
        .await
        .fails(400, &format!("Unrecognized field \"offsets\" at line 1, column 39: expected {element}"));
    patch(&api, r#"{"offsets":[{"partition":5}]}"#)
        .await
        .fails(400, "\"partition\" is a number at line 1, column 26: expected an object or null");
}

#[tokio::test]
async fn a_sinks_offsets() {
    let api = Api::over(Setup::on_stream());
    api.setup.topic("t", 2).await;
    stopped(&api, "FakeSink", "").await;
    let body = r#"{"offsets":[{"partition":{"kafka_topic":"t","kafka_partition":1},"offset":{"kafka_offset":"12"}},{"partition":{"kafka_partition":"0","kafka_topic":"t"},"offset":{"kafka_offset":5}}]}"#;
    patch(&api, body).await.is(200, ALTERED);
    let listed = r#"{"offsets":[{"partition":{"kafka_topic":"t","kafka_partition":0},"offset":{"kafka_offset":5}},{"partition":{"kafka_topic":"t","kafka_partition":1},"offset":{"kafka_offset":12}}]}"#;
    api.call("GET", PATH).await.is(200, listed);
    patch(
        &api,
        r#"{"offsets":[{"partition":{"kafka_topic":"t","kafka_partition":1},"offset":{"kafka_offset":"abc"}}]}"#,
    )
    .await
    .fails(
        400,
        "Failed to parse the following Kafka offset value in the provided offsets: 'abc'. Offset values for sink \
             connectors need to be integers.",
    );
    patch(&api, r#"{"offsets":[{"partition":{"kafka_topic":"x","kafka_partition":1},"offset":{"kafka_offset":1}}]}"#)
        .await
        .fails(500, "Failed to alter consumer group offsets for connector c");
    api.call("GET", PATH).await.is(200, listed);
    api.call("DELETE", PATH).await.is(200, RESET);
    api.call("GET", PATH).await.is(200, r#"{"offsets":[]}"#);
}
