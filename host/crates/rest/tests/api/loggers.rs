//! `/admin/loggers`

use crate::Api;
use serde_json::Value;

async fn put(api: &Api, logger: &str, level: &str) -> String {
    let answer = api.json("PUT", &format!("/admin/loggers/{logger}"), &format!(r#"{{"level":"{level}"}}"#)).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.text
}

async fn level(api: &Api, logger: &str) -> Value {
    let answer = api.call("GET", &format!("/admin/loggers/{logger}")).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    serde_json::from_str(&answer.text).unwrap()
}

#[tokio::test]
async fn loggers_are_listed_by_name_with_level_and_time() {
    let api = Api::new();
    api.call("GET", "/admin/loggers").await.is(200, r#"{"root":{"level":"INFO","last_modified":null}}"#);
    put(&api, "zz", "debug").await;
    put(&api, "a", "OFF").await;
    put(&api, "b", "ALL").await;
    let answer = api.call("GET", "/admin/loggers/").await;
    assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, Some("application/json")));
    let all: Value = serde_json::from_str(&answer.text).unwrap();
    assert_eq!(all.as_object().unwrap().keys().collect::<Vec<_>>(), ["b", "root", "zz"]);
    let time = all["zz"]["last_modified"].as_i64().unwrap();
    assert_eq!(all["zz"].to_string(), format!(r#"{{"level":"DEBUG","last_modified":{time}}}"#));
    assert_eq!(all["b"]["level"], "ALL");
    assert!(time > 1_700_000_000_000);
}

#[tokio::test]
async fn a_level_is_set_for_a_logger_and_all_below_it() {
    let api = Api::new();
    assert_eq!(put(&api, "org.apache.kafka.connect.runtime", "debug").await, r#"["org.apache.kafka.connect.runtime"]"#);
    assert_eq!(level(&api, "org.apache.kafka.connect.runtime").await["level"], "DEBUG");
    api.call("GET", "/admin/loggers/org.apache.kafka.connect")
        .await
        .fails(404, "Logger org.apache.kafka.connect not found.");
    let both = r#"["org.apache.kafka.connect","org.apache.kafka.connect.runtime"]"#;
    assert_eq!(put(&api, "org.apache.kafka.connect", " TRACE ").await, both);
    assert_eq!(put(&api, "org.apache.kafka.connect", "TRACE").await, "[]");
    assert_eq!(put(&api, "a%20b.c%2Fd", "WARN").await, r#"["a b.c/d"]"#);
    assert_eq!(level(&api, "ROOT").await["level"], "INFO");
    let every = r#"["a b.c/d","org.apache.kafka.connect","org.apache.kafka.connect.runtime","root"]"#;
    assert_eq!(put(&api, "Root", "ERROR").await, every);
    assert_eq!(level(&api, "a%20b.c%2Fd").await["level"], "ERROR");
}

#[tokio::test]
async fn a_scope_of_cluster_answers_nothing_and_any_other_is_worker() {
    let api = Api::new();
    let set = |scope: &'static str, level: &'static str| {
        let (path, body) = (format!("/admin/loggers/a.c?scope={scope}"), format!(r#"{{"level":"{level}","x":"y"}}"#));
        let api = &api;
        async move { api.json("PUT", &path, &body).await }
    };
    let answer = set("CLUSTER", "WARN").await;
    answer.is(204, "");
    assert_eq!(answer.header("content-type"), None);
    assert_eq!(level(&api, "a.c").await["level"], "WARN");
    set("Worker", "FATAL").await.is(200, r#"["a.c"]"#);
    set("bogus", "DEBUG").await.is(200, r#"["a.c"]"#);
    set("", "INFO").await.is(200, r#"["a.c"]"#);
}

#[tokio::test]
async fn what_names_no_level_is_refused() {
    let api = Api::new();
    let missing = "Desired 'level' parameter was not specified in request.";
    for (body, status, message) in [
        ("{}", 400, missing),
        (r#"{"level":null}"#, 400, missing),
        (r#"{"level":"BOGUS"}"#, 404, "invalid log level 'BOGUS'."),
        (r#"{"level":"  "}"#, 404, "invalid log level '  '."),
        (r#"{"level":5}"#, 404, "invalid log level '5'."),
        (r#"{"level":""}"#, 500, "Illegal null or empty Level name."),
        ("[]", 400, "Request body is an array at line 1, column 1: expected a JSON object with \"level\""),
        ("", 400, "Request body is empty: expected a JSON object with \"level\" at line 1, column 1"),
    ] {
        for scope in ["", "?scope=cluster"] {
            api.json("PUT", &format!("/admin/loggers/a{scope}"), body).await.fails(status, message);
        }
    }
    api.call("GET", "/admin/loggers/a").await.fails(404, "Logger a not found.");
}

#[tokio::test]
async fn other_methods_and_types_are_refused() {
    let api = Api::new();
    api.json("PUT", "/admin/loggers", "{}").await.fails(405, "HTTP 405 Method Not Allowed");
    api.call("DELETE", "/admin/loggers/root").await.fails(405, "HTTP 405 Method Not Allowed");
    api.call("GET", "/admin").await.fails(404, "HTTP 404 Not Found");
    let form = axum::http::Request::builder().method("PUT").uri("/admin/loggers/root");
    let form = form.header("content-type", "application/x-www-form-urlencoded").body("level=INFO".into()).unwrap();
    api.send(form).await.fails(415, "HTTP 415 Unsupported Media Type");
    let options = api.call("OPTIONS", "/admin/loggers/root").await;
    let mut allowed: Vec<&str> = options.header("allow").unwrap().split(',').collect();
    allowed.sort_unstable();
    assert_eq!((options.status.as_u16(), allowed), (200, vec!["GET", "HEAD", "OPTIONS", "PUT"]));
}
