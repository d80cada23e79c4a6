//! `/connectors/{name}/{pause,resume,stop,restart}`

use crate::Api;
use axum::body::Body;
use axum::http::Request;
use cofferdam_storage::State;

#[tokio::test]
async fn pause_resume_and_stop() {
    let api = Api::new();
    api.source("c", 1).await;
    let answer = api.call("PUT", "/connectors/c/pause").await;
    answer.is(202, "");
    assert_eq!(answer.header("content-type"), None);
    api.setup.task_is("c", 0, State::Paused).await;
    api.json("PUT", "/connectors/c/resume", "any body").await.is(202, "");
    api.setup.task_is("c", 0, State::Running).await;
    api.call("PUT", "/connectors/c/stop").await.is(204, "");
    api.call("GET", "/connectors/c/status").await.is(
        200,
        r#"{"name":"c","connector":{"state":"STOPPED","worker_id":"127.0.0.1:8083","version":"1.0"},"tasks":[],"type":"source"}"#,
    );
    for operation in ["pause", "resume", "stop"] {
        api.call("PUT", &format!("/connectors/x/{operation}")).await.fails(404, "Unknown connector x");
    }
}

#[tokio::test]
async fn a_body_of_a_wrong_type_is_refused_even_where_none_is_read() {
    let api = Api::new();
    api.source("c", 1).await;
    let form = |path: &str| {
        let request = Request::builder().method("PUT").uri(path);
        request.header("content-type", "application/x-www-form-urlencoded").body(Body::from("x=1")).unwrap()
    };
    api.send(form("/connectors/c/pause")).await.fails(415, "HTTP 415 Unsupported Media Type");
    let untyped = Request::builder().method("PUT").uri("/connectors/c/pause").body(Body::from("x=1")).unwrap();
    api.send(untyped).await.is(202, "");
}

#[tokio::test]
async fn a_restart_without_flags_has_no_body() {
    let api = Api::new();
    api.source("c", 1).await;
    api.call("POST", "/connectors/c/restart").await.is(204, "");
    api.call("POST", "/connectors/c/restart?includeTasks=false&onlyFailed=yes").await.is(204, "");
    api.call("POST", "/connectors/x/restart").await.fails(404, "Unknown connector: x");
}

#[tokio::test]
async fn a_restart_with_flags_tells_its_plan() {
    let api = Api::new();
    api.source("c", 1).await;
    let plan = |connector: &str, task: &str| {
        format!(
            r#"{{"name":"c","connector":{{"state":"{connector}","worker_id":"127.0.0.1:8083","version":"1.0"}},"tasks":[{{"id":0,"state":"{task}","worker_id":"127.0.0.1:8083","version":"1.0"}}],"type":"source"}}"#
        )
    };
    let path = "/connectors/c/restart?includeTasks=true";
    api.call("POST", &format!("{path}&onlyFailed=true")).await.is(202, &plan("RUNNING", "RUNNING"));
    api.call("POST", path).await.is(202, &plan("RESTARTING", "RESTARTING"));
    api.setup.task_is("c", 0, State::Running).await;
    api.call("POST", "/connectors/x/restart?includeTasks=true").await.fails(404, "Unknown connector: x");
}
