//! `response.http.headers.config`, as Kafka Connect 4.3.1 was seen to apply it.

use crate::{Answer, Api};

const RULES: &str = "access.control.allow.origin=http://ok\n\
                     response.http.headers.config=set X-A:0, set X-A:1, add X-B:2, add X-B:3, \"set X-C:a, b\", \
                     setDate X-D:60000, addDate X-E:-1000, SET content-type:text/x, add X-F:  spaced  , \
                     set Location:/x, set Vary:*\n";

fn all<'a>(answer: &'a Answer, name: &str) -> Vec<&'a str> {
    answer.headers.get_all(name).iter().map(|value| value.to_str().unwrap()).collect()
}

#[tokio::test]
async fn rules_are_applied_to_all_answers() {
    let api = Api::configured(RULES);
    for (method, path) in
        [("GET", "/"), ("GET", "/nope"), ("PUT", "/connectors"), ("OPTIONS", "/connectors"), ("GET", "/connectors//")]
    {
        let answer = api.with(method, path, &[("origin", "http://ok")], "").await;
        assert_eq!(all(&answer, "x-a"), ["1"], "{method} {path}");
        assert_eq!(all(&answer, "x-b"), ["2", "3"]);
        assert_eq!((all(&answer, "x-c"), all(&answer, "x-f")), (vec!["a, b"], vec!["spaced"]));
        for name in ["x-d", "x-e"] {
            let date = answer.header(name).unwrap();
            assert!(date.ends_with(" GMT") && date.len() == "Sun, 22 Nov 2026 22:23:03 GMT".len(), "{date}");
        }
        // After what is said to origins.
        assert_eq!((all(&answer, "vary"), all(&answer, "access-control-allow-origin")), (vec!["*"], vec!["http://ok"]));
    }
}

#[tokio::test]
async fn an_answer_s_own_headers_stand() {
    let api = Api::configured(RULES);
    assert_eq!(all(&api.call("GET", "/").await, "content-type"), ["application/json"]);
    let body = r#"{"name":"c","config":{"connector.class":"FakeSource","topic":"t"}}"#;
    let answer = api.json("POST", "/connectors", body).await;
    assert_eq!((answer.status.as_u16(), all(&answer, "location")), (201, vec!["http://h:8083/connectors/c"]));
    let answer = api.call("DELETE", "/connectors/c").await;
    assert_eq!((answer.status.as_u16(), all(&answer, "content-type")), (204, vec!["text/x"]));
}

#[tokio::test]
async fn without_rules_nothing_is_added() {
    let answer = Api::new().call("GET", "/").await;
    let names: Vec<&str> = answer.headers.keys().map(axum::http::HeaderName::as_str).collect();
    assert_eq!(names, ["content-type", "content-length"]);
}
