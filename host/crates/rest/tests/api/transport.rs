//! What holds for every path: routes, methods.

use crate::Api;

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
    let anything = [("content-type", "text/plain")];
    api.with("OPTIONS", "/connectors", &anything, "").await.is(200, "GET, HEAD, POST, OPTIONS");
}

#[tokio::test]
async fn clients_that_want_no_text_get_the_methods_in_allow_alone() {
    let api = Api::new();
    for (accept, content_type, body) in [
        ("text/plain", Some("text/plain"), "GET, HEAD, POST, OPTIONS"),
        ("text/*", Some("text/plain"), "GET, HEAD, POST, OPTIONS"),
        ("application/json", Some("application/json"), ""),
        ("application/json;v=1", Some("application/json;v=1"), ""),
        ("*/*, application/json", Some("application/json"), ""),
        ("garbage", None, ""),
    ] {
        let answer = api.with("OPTIONS", "/connectors", &[("accept", accept)], "").await;
        answer.is(200, body);
        assert_eq!(answer.header("content-type"), content_type, "{accept}");
        assert_eq!(answer.header("allow"), Some("GET,HEAD,POST,OPTIONS"));
    }
}

#[tokio::test]
async fn head_is_get_without_a_body() {
    let api = Api::new();
    for path in ["/", "/connectors", "/connector-plugins/"] {
        api.call("HEAD", path).await.is(200, "");
    }
}
