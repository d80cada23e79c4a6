//! Media types of requests and answers, as Kafka Connect 4.3.1 was seen to treat them.

use crate::Api;

#[tokio::test]
async fn answers_are_json_named_as_the_client_named_it() {
    let api = Api::new();
    for (accept, content_type) in [
        ("application/json; charset=utf-8", "application/json;charset=utf-8"),
        ("application/json;q=0", "application/json"),
        ("application/json;charset=UTF-8;q=0.5", "application/json;charset=utf-8"),
        ("application/json;v=1;charset=\"utf-8\"", "application/json;charset=utf-8;v=1"),
        ("application/json; charset=ISO-8859-1", "application/json;charset=iso-8859-1"),
        ("application/json; charset=UTF-16", "application/json;charset=UTF-16"),
        ("application/json; V=Ab", "application/json;v=Ab"),
        ("application/json; v=\"a b\"", "application/json;v=\"a b\""),
        ("application/json; v=\"a\"", "application/json;v=a"),
        ("application/json;qs=0.2;v=1", "application/json;v=1"),
        ("text/html, application/json;v=1", "application/json;v=1"),
        ("application/json;v=1, application/json;v=2", "application/json;v=1"),
        ("application/json;v=1;q=0.1, application/json;v=2", "application/json;v=2"),
        ("application/json, application/json;v=2", "application/json"),
        ("*/*;charset=utf-8", "application/json"),
        ("application/*;v=3", "application/json"),
        ("*/*, application/json;v=1", "application/json;v=1"),
        ("application/json;v=1, */*", "application/json;v=1"),
        ("application/json;v=1;q=0.5, */*", "application/json"),
        ("*", "application/json"),
        ("application", "application/json"),
        ("application/json;", "application/json"),
        ("application/json, garbage", "application/json"),
        ("text/html;q=0, */*;q=0", "application/json"),
        ("text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2", "application/json"),
        ("APPLICATION/JSON", "application/json"),
        ("", "application/json"),
    ] {
        let answer = api.with("GET", "/connectors", &[("accept", accept)], "").await;
        answer.is(200, "[]");
        assert_eq!(answer.header("content-type"), Some(content_type), "{accept}");
    }
    let twice = [("accept", "text/html"), ("accept", "application/json;v=9")];
    assert_eq!(api.with("GET", "/", &twice, "").await.header("content-type"), Some("application/json;v=9"));
    // Errors of resources, too.
    let answer = api.with("GET", "/connectors/x", &[("accept", "application/json;v=1")], "").await;
    answer.is(404, r#"{"error_code":404,"message":"Connector x not found"}"#);
    assert_eq!(answer.header("content-type"), Some("application/json;v=1"));
    let answer = api.with("HEAD", "/connectors", &[("accept", "application/json;v=1")], "").await;
    assert_eq!(answer.is(200, "").header("content-type"), Some("application/json;v=1"));
}

#[tokio::test]
async fn clients_that_do_not_want_json_are_refused() {
    let api = Api::new();
    for accept in ["text/html", "text/*", "garbage", "text/html;q=0.9", "text/html, garbage", "application/vnd.x+json"]
    {
        for path in ["/", "/connectors", "/health"] {
            api.with("GET", path, &[("accept", accept)], "").await.fails(406, "HTTP 406 Not Acceptable");
        }
    }
    api.with("PUT", "/connectors/x/pause", &[("accept", "text/html")], "").await.fails(406, "HTTP 406 Not Acceptable");
    for accept in
        [",", "application/", "/json", "application/json; x", "application/json;q=2", "application/json;q=abc"]
    {
        api.with("GET", "/connectors", &[("accept", accept)], "").await.fails(400, "HTTP 400 Bad Request");
        api.with("GET", "/nope", &[("accept", accept)], "").await.fails(404, "HTTP 404 Not Found");
    }
}

#[tokio::test]
async fn bodies_are_json() {
    let api = Api::new();
    let create = async |content_type: &str| {
        api.with("POST", "/connectors", &[("content-type", content_type)], "{\"name\":\"c\",\"config\":{}}").await
    };
    for content_type in [
        "application/json",
        "APPLICATION/Json",
        "application/json;",
        "application/json; charset=utf-8",
        "application/json; charset=\"utf-8\"",
        "application/json; charset=bogus",
    ] {
        let answer = create(content_type).await;
        assert!(answer.status == 400 && answer.text.contains("contains no connector type"), "{}", answer.text);
    }
    for content_type in
        ["text/plain", "application/vnd.x+json", "application/*", "*/*", "application/x-www-form-urlencoded"]
    {
        create(content_type).await.fails(415, "HTTP 415 Unsupported Media Type");
    }
    for content_type in [
        "garbage",
        "application",
        "application/",
        "/json",
        "*",
        "",
        "application/json; x",
        "application/json; charset",
        "application/json, text/plain",
        "application/json x",
        "application / json",
    ] {
        create(content_type).await.fails(400, "HTTP 400 Bad Request");
        for path in ["/", "/connectors", "/nope"] {
            let answer = api.with("GET", path, &[("content-type", content_type)], "").await;
            answer.fails(400, "HTTP 400 Bad Request");
        }
    }
    let twice = [("content-type", "application/json"), ("content-type", "text/plain")];
    api.with("PUT", "/connectors/x/config", &twice, "{}").await.fails(400, "HTTP 400 Bad Request");
    api.with("POST", "/connectors", &[], "{}").await.fails(415, "HTTP 415 Unsupported Media Type");
}

#[tokio::test]
async fn a_wrong_type_is_refused_even_where_no_body_is_read() {
    let api = Api::new();
    let text = [("content-type", "text/plain")];
    let unsupported = "HTTP 415 Unsupported Media Type";
    for body in ["", "x=1"] {
        for (method, path) in [
            ("GET", "/connectors"),
            ("DELETE", "/connectors/x"),
            ("PUT", "/connectors/x/pause"),
            ("GET", "/connectors/x/status"),
        ] {
            api.with(method, path, &text, body).await.fails(415, unsupported);
        }
    }
    // What takes nothing does not look.
    assert_eq!(api.with("GET", "/", &text, "x").await.status, 200);
    api.with("PUT", "/connectors/x/pause", &[], "x=1").await.fails(404, "Unknown connector x");
    api.with("PUT", "/connectors/x/pause", &[("content-type", "application/json")], "garbage")
        .await
        .fails(404, "Unknown connector x");
}

#[tokio::test]
async fn path_comes_before_method_before_body_before_answer() {
    let api = Api::new();
    let wrong = [("content-type", "text/plain"), ("accept", "text/html")];
    api.with("POST", "/nope", &wrong, "x").await.fails(404, "HTTP 404 Not Found");
    api.with("PATCH", "/connectors", &wrong, "x").await.fails(405, "HTTP 405 Method Not Allowed");
    api.with("POST", "/connectors", &wrong, "x").await.fails(415, "HTTP 415 Unsupported Media Type");
    api.with("POST", "/connectors", &[("accept", "text/html")], "x").await.fails(406, "HTTP 406 Not Acceptable");
}
