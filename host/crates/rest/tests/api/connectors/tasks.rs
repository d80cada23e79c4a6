//! `/connectors/{name}/tasks/…`

use crate::Api;

#[tokio::test]
async fn tasks_tell_their_configuration() {
    let api = Api::new();
    api.source("c", 2).await;
    api.call("GET", "/connectors/c/tasks").await.is(
        200,
        r#"[{"id":{"connector":"c","task":0},"config":{"number":"0","task.class":"test.FakeSourceTask"}},{"id":{"connector":"c","task":1},"config":{"number":"1","task.class":"test.FakeSourceTask"}}]"#,
    );
    api.call("GET", "/connectors/x/tasks").await.fails(404, "Connector x not found");
}

#[tokio::test]
async fn a_tasks_status_is_read_by_get_and_by_post() {
    let api = Api::new();
    api.source("c", 1).await;
    let status = r#"{"id":0,"state":"RUNNING","worker_id":"127.0.0.1:8083","version":"1.0"}"#;
    api.call("GET", "/connectors/c/tasks/0/status").await.is(200, status);
    api.call("POST", "/connectors/c/tasks/0/status").await.is(200, status);
    api.json("POST", "/connectors/c/tasks/0/status/", "{}").await.is(200, status);
    api.call("GET", "/connectors/c/tasks/7/status").await.fails(404, "No status found for task c-7");
    api.call("GET", "/connectors/c/tasks/-1/status").await.fails(404, "No status found for task c--1");
    api.call("GET", "/connectors/c/tasks/x/status").await.fails(404, "HTTP 404 Not Found");
}

#[tokio::test]
async fn a_task_is_restarted() {
    let api = Api::new();
    api.source("c", 1).await;
    api.call("POST", "/connectors/c/tasks/0/restart").await.is(204, "");
    api.call("POST", "/connectors/c/tasks/3/restart").await.fails(404, "Task c-3 not found");
    api.call("POST", "/connectors/x/tasks/0/restart").await.fails(404, "Unknown connector: x");
    api.call("POST", "/connectors/c/tasks/abc/restart").await.fails(404, "HTTP 404 Not Found");
}
