//! `/connectors`

mod config;
mod life;
mod offsets;
mod status;
mod tasks;
mod topics;

use crate::Api;

const C1: &str = r#"{"name":"c1","config":{"connector.class":"FakeSource","name":"c1","tasks.max":"1","topic":"t"},"tasks":[{"connector":"c1","task":0}],"type":"source"}"#;
const STATUS: &str = r#"{"name":"c1","connector":{"state":"RUNNING","worker_id":"127.0.0.1:8083","version":"1.0"},"tasks":[{"id":0,"state":"RUNNING","worker_id":"127.0.0.1:8083","version":"1.0"}],"type":"source"}"#;

#[tokio::test]
async fn connectors_are_listed_and_expanded() {
    let api = Api::new();
    api.call("GET", "/connectors").await.is(200, "[]");
    api.source("c1", 1).await;
    api.call("GET", "/connectors/").await.is(200, r#"["c1"]"#);
    api.call("GET", "/connectors?expand=bogus").await.is(200, r#"{"c1":{}}"#);
    let both = format!(r#"{{"c1":{{"status":{STATUS},"info":{C1}}}}}"#);
    api.call("GET", "/connectors?expand=status&expand=info").await.is(200, &both);
    api.call("GET", "/connectors?expand=info").await.is(200, &format!(r#"{{"c1":{{"info":{C1}}}}}"#));
}

/// The last answer is kept: not beyond the next change (rest.md §4.1).
#[tokio::test]
async fn an_expanded_list_tells_every_change() {
    let api = Api::new();
    let list = async || api.call("GET", "/connectors?expand=status&expand=info").await.text;
    api.source("c1", 1).await;
    let before = list().await;
    assert_eq!(list().await, before);
    api.call("PUT", "/connectors/c1/pause").await;
    api.setup.task_is("c1", 0, cofferdam_storage::State::Paused).await;
    assert_eq!(list().await.matches("PAUSED").count(), 2);
    api.json("PATCH", "/connectors/c1/config", r#"{"topic":"another"}"#).await;
    assert!(list().await.contains(r#""topic":"another""#));
    api.call("DELETE", "/connectors/c1").await.is(204, "");
    assert_eq!(list().await, "{}");
}

#[tokio::test]
async fn a_connector_is_created() {
    let api = Api::new();
    let body = r#"{"name":" c1\t","config":{"connector.class":"FakeSource","topic":"t","tasks.max":1}}"#;
    let answer = api.json("POST", "/connectors", body).await;
    answer.is(201, C1);
    assert_eq!(answer.header("location"), Some("http://h:8083/connectors/c1"));
    assert_eq!(answer.header("content-type"), Some("application/json"));
    api.call("GET", "/connectors/c1").await.is(200, C1);
    api.json("POST", "/connectors", body).await.fails(409, "Connector c1 already exists");
}

#[tokio::test]
async fn a_creation_is_refused_with_reasons() {
    let api = Api::new();
    api.json("POST", "/connectors", r#"{"name":"c","config":{}}"#)
        .await
        .fails(400, "Connector config contains no connector type");
    api.json("POST", "/connectors", r#"{"name":"c","config":{"name":"d"}}"#)
        .await
        .fails(400, "Connector name configuration (d) doesn't match connector name in the URL (c)");
    api.json("POST", "/connectors", r#"{"name":"c","config":{"connector.class":"FakeSource"}}"#).await.fails(
        400,
        "Connector configuration is invalid and contains the following 1 error(s):\nMissing required configuration \
         \"topic\" which has no default value.\nYou can also find the above list of errors at the endpoint \
         `/connector-plugins/{connectorType}/config/validate`",
    );
    api.json(
        "POST",
        "/connectors",
        r#"{"name":"c","config":{"connector.class":"FakeSource","topic":"t","start":"fail"}}"#,
    )
    .await
    .fails(500, "asked to fail");
    api.call("GET", "/connectors").await.is(200, r#"["c"]"#);
}

#[tokio::test]
async fn a_body_that_cannot_be_read_is_the_clients_mistake() {
    let api = Api::new();
    let expected = "a JSON object with \"name\", \"config\" and, if wanted, \"initial_state\"";
    let post = |body: &'static str| api.json("POST", "/connectors", body);
    post("").await.fails(400, &format!("Request body is empty: expected {expected} at line 1, column 1"));
    post("null").await.fails(400, &format!("Request body is null at line 1, column 1: expected {expected}"));
    post("{\"name\":\n\"c\",}").await.fails(
        400,
        &format!("Request body is not valid JSON at line 2, column 5: key must be a string; expected {expected}"),
    );
    post(r#"{"config":{},"foo":1}"#)
        .await
        .fails(400, &format!("Unrecognized field \"foo\" at line 1, column 20: expected {expected}"));
}

#[tokio::test]
async fn a_connector_can_be_created_paused_or_stopped() {
    let api = Api::new();
    for (name, state) in [("p", "paused"), ("s", "STOPPED")] {
        let body = format!(
            r#"{{"name":"{name}","config":{{"connector.class":"FakeSource","topic":"t"}},"initial_state":"{state}"}}"#
        );
        assert_eq!(api.json("POST", "/connectors", &body).await.status, 201);
        let status = api.call("GET", &format!("/connectors/{name}/status")).await.text;
        let expected = format!(r#""connector":{{"state":"{}","#, state.to_uppercase());
        assert!(status.contains(&expected) && status.contains(r#""tasks":[]"#), "{status}");
    }
}

#[tokio::test]
async fn every_name_that_can_be_created_can_be_addressed() {
    let api = Api::new();
    for (name, path) in
        [("my sink/é%", "my%20sink%2F%C3%A9%25"), ("a+b", "a+b"), ("semi;x", "semi%3Bx"), ("br{a}", "br%7Ba%7D")]
    {
        let body = format!(r#"{{"name":"{name}","config":{{"connector.class":"FakeSource","topic":"t"}}}}"#);
        let answer = api.json("POST", "/connectors", &body).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
        assert_eq!(answer.header("location"), Some(format!("http://h:8083/connectors/{path}").as_str()));
        assert_eq!(api.call("GET", &format!("/connectors/{path}/status/")).await.status, 200);
        api.call("DELETE", &format!("/connectors/{path}/")).await.is(204, "");
    }
    api.call("GET", "/connectors").await.is(200, "[]");
}

#[tokio::test]
async fn a_connector_is_deleted() {
    let api = Api::new();
    api.source("c1", 1).await;
    let answer = api.call("DELETE", "/connectors/c1").await;
    answer.is(204, "");
    assert_eq!(answer.header("content-type"), None);
    api.call("GET", "/connectors/c1").await.fails(404, "Connector c1 not found");
    api.call("DELETE", "/connectors/c1").await.fails(404, "Connector c1 not found");
    api.call("GET", "/connectors/c1/status").await.fails(404, "No status found for connector c1");
}
