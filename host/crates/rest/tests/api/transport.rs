//! What holds for every path: routes, methods, content types, sizes.

use crate::Api;
use axum::body::Body;
use axum::http::Request;

fn request(method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Request<Body> {
    let request = headers
        .iter()
        .fold(Request::builder().method(method).uri(path), |request, (name, value)| request.header(*name, *value));
    request.body(Body::from(body.to_owned())).unwrap()
}

#[tokio::test]
async fn what_does_not_exist_is_not_found() {
    let api = Api::new();
    for path in ["/nope", "/connectors/c/tasks-config", "/connectors/c/status/more", "/%2e/connectors"] {
        api.call("GET", path).await.fails(404, "HTTP 404 Not Found");
    }
    for path in ["/connectors//status", "/connectors/a%2", "/connectors/%FF/status"] {
        assert_eq!(api.call("GET", path).await.status, 400, "{path}");
    }
}

#[tokio::test]
async fn a_wrong_method_is_told_the_right_ones() {
    let api = Api::new();
    let answer = api.call("DELETE", "/connectors").await;
    answer.fails(405, "HTTP 405 Method Not Allowed");
    assert_eq!(answer.header("allow"), Some("GET,HEAD,POST,OPTIONS"));
    let answer = api.call("GET", "/connectors/c/pause/").await;
    answer.fails(405, "HTTP 405 Method Not Allowed");
    assert_eq!(answer.header("allow"), Some("PUT,OPTIONS"));
    api.call("get", "/").await.fails(405, "HTTP 405 Method Not Allowed");
    api.call("TRACE", "/connectors").await.fails(405, "HTTP 405 Method Not Allowed");
}

#[tokio::test]
async fn options_lists_the_methods() {
    let api = Api::new();
    let answer = api.call("OPTIONS", "/connectors").await;
    answer.is(200, "GET, HEAD, POST, OPTIONS");
    assert_eq!(answer.header("allow"), Some("GET,HEAD,POST,OPTIONS"));
    assert_eq!(answer.header("content-type"), Some("text/plain"));
    api.call("OPTIONS", "/nope").await.fails(404, "HTTP 404 Not Found");
}

#[tokio::test]
async fn head_is_get_without_a_body() {
    let api = Api::new();
    for path in ["/", "/connectors", "/connector-plugins/"] {
        api.call("HEAD", path).await.is(200, "");
    }
}

#[tokio::test]
async fn bodies_are_json() {
    let api = Api::new();
    let unsupported = "HTTP 415 Unsupported Media Type";
    for content_type in ["text/plain", "application/vnd.x+json", "application/x-www-form-urlencoded"] {
        api.send(request("POST", "/connectors", &[("content-type", content_type)], "{}")).await.fails(415, unsupported);
        api.send(request("GET", "/connectors", &[("content-type", content_type)], "{}")).await.fails(415, unsupported);
    }
    api.send(request("POST", "/connectors", &[], "{}")).await.fails(415, unsupported);
    let typed = [("content-type", "Application/JSON; charset=utf-8")];
    assert_eq!(api.send(request("POST", "/connectors", &typed, "{}")).await.status, 400);
    let garbage = [("content-type", "garbage")];
    api.send(request("POST", "/connectors", &garbage, "{}")).await.fails(400, "HTTP 400 Bad Request");
}

#[tokio::test]
async fn answers_are_json() {
    let api = Api::new();
    for accept in ["text/html", "text/*"] {
        for path in ["/", "/connectors"] {
            let answer = api.send(request("GET", path, &[("accept", accept)], "")).await;
            answer.fails(406, "HTTP 406 Not Acceptable");
        }
    }
    for accept in ["*/*", "application/*", "", "text/html, application/json;q=0.5", "application/json; charset=utf-8"] {
        api.send(request("GET", "/connectors", &[("accept", accept)], "")).await.is(200, "[]");
    }
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused() {
    let api = Api::new();
    let body = format!("{{\"a\":\"{}\"}}", "x".repeat(10 * 1024 * 1024));
    api.json("PUT", "/connectors/c/config", &body).await.fails(413, "HTTP 413 Request Entity Too Large");
}
