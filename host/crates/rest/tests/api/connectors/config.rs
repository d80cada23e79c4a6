//! `/connectors/{name}/config`

use crate::Api;

#[tokio::test]
async fn put_creates_and_updates() {
    let api = Api::new();
    let body = r#"{"connector.class":"FakeSource","topic":"t"}"#;
    let info = r#"{"name":"c","config":{"connector.class":"FakeSource","name":"c","topic":"t"},"tasks":[{"connector":"c","task":0}],"type":"source"}"#;
    let created = api.json("PUT", "/connectors/c/config", body).await;
    created.is(201, info);
    assert_eq!(created.header("location"), Some("http://h:8083/connectors/c"));
    let updated = api.json("PUT", "/connectors/c/config/", body).await;
    updated.is(200, info);
    assert_eq!(updated.header("location"), None);
    let config = r#"{"connector.class":"FakeSource","name":"c","topic":"t"}"#;
    api.call("GET", "/connectors/c/config").await.is(200, config);
}

#[tokio::test]
async fn put_checks_the_name_and_the_body() {
    let api = Api::new();
    api.json("PUT", "/connectors/c/config", r#"{"name":"d"}"#)
        .await
        .fails(400, "Connector name configuration (d) doesn't match connector name in the URL (c)");
    api.json("PUT", "/connectors/c/config", r#"{"x":{}}"#)
        .await
        .fails(400, "The value of configuration key \"x\" is an object at line 1, column 6: expected a string");
    api.call("GET", "/connectors/c/config").await.fails(404, "Connector c not found");
}

#[tokio::test]
async fn patch_sets_and_removes() {
    let api = Api::new();
    api.source("c", 1).await;
    let patch = r#"{"tasks.max":null,"extra":"1"}"#;
    let info = r#"{"name":"c","config":{"connector.class":"FakeSource","extra":"1","name":"c","topic":"t"},"tasks":[{"connector":"c","task":0}],"type":"source"}"#;
    api.json("PATCH", "/connectors/c/config", patch).await.is(200, info);
    api.json("PATCH", "/connectors/x/config", patch).await.fails(404, "Connector x not found");
}
