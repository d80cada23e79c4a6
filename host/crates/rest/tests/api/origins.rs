//! Pages of other origins, as Kafka Connect 4.3.1 was seen to answer them.

use crate::{Answer, Api};

const SOME: &str = "access.control.allow.origin=http://ok.example,https://.*\\\\.wild\\\\.example\n\
                    access.control.allow.methods=GET,PUT, DELETE\n";
const PREFLIGHT: &[&str] = &[
    "access-control-allow-methods",
    "access-control-allow-headers",
    "access-control-max-age",
    "access-control-allow-credentials",
];

fn told(answer: &Answer) -> Vec<Option<&str>> {
    PREFLIGHT.iter().map(|name| answer.header(name)).collect()
}

#[tokio::test]
async fn origins_that_are_allowed_are_told_so_and_others_nothing() {
    let api = Api::configured(SOME);
    for (origin, allowed) in [
        ("http://ok.example", true),
        ("HTTP://OK.example", true),
        ("https://a.b.wild.example", true),
        ("http://ok.example.evil", false),
        ("http://ok.example:80", false),
        ("null", false),
        ("", false),
    ] {
        for (path, status) in [("/", 200), ("/connectors", 200), ("/nope", 404), ("/connectors//x", 400)] {
            let answer = api.with("GET", path, &[("origin", origin)], "").await;
            assert_eq!(answer.status, status);
            assert_eq!(answer.header("access-control-allow-origin"), allowed.then_some(origin), "{origin} {path}");
            assert_eq!(answer.header("vary"), Some("Origin"));
            assert_eq!(told(&answer), [None; 4]);
        }
    }
    let answer = api.call("GET", "/connectors").await;
    assert_eq!((answer.header("access-control-allow-origin"), answer.header("vary")), (None, Some("Origin")));
}

#[tokio::test]
async fn a_preflight_gets_the_resource_s_own_answer_to_options_and_what_is_allowed() {
    let api = Api::configured(SOME);
    let asks = |origin| [("origin", origin), ("access-control-request-method", "PATCH")];
    let answer = api.with("OPTIONS", "/connectors", &asks("http://ok.example"), "").await;
    answer.is(200, "GET, HEAD, POST, OPTIONS");
    assert_eq!(answer.header("access-control-allow-origin"), Some("http://ok.example"));
    assert_eq!(told(&answer), [Some("GET,PUT,DELETE"), Some("Content-Type"), Some("60"), None]);
    let answer = api.with("OPTIONS", "/nope", &asks("http://ok.example"), "").await;
    assert_eq!((answer.status.as_u16(), told(&answer)[0]), (404, Some("GET,PUT,DELETE")));
    let answer = api.with("OPTIONS", "/connectors", &asks("http://evil"), "").await;
    answer.is(200, "GET, HEAD, POST, OPTIONS");
    assert_eq!((answer.header("access-control-allow-origin"), told(&answer)), (None, vec![None; 4]));
    // Not a preflight.
    let answer = api.with("OPTIONS", "/connectors", &[("origin", "http://ok.example")], "").await;
    assert_eq!(told(&answer), [None; 4]);
    let answer = api.with("GET", "/connectors", &asks("http://ok.example"), "").await;
    assert_eq!(told(&answer), [None; 4]);
}

#[tokio::test]
async fn without_methods_three_are_allowed_and_without_origins_nothing_is_said() {
    let asks = [("origin", "http://any"), ("access-control-request-method", "GET")];
    let answer = Api::configured("access.control.allow.origin=*\n").with("OPTIONS", "/", &asks, "").await;
    assert_eq!(answer.header("access-control-allow-origin"), Some("http://any"));
    assert_eq!(told(&answer)[0], Some("GET,POST,HEAD"));
    let answer = Api::configured("access.control.allow.methods=GET\n").with("OPTIONS", "/", &asks, "").await;
    assert_eq!((answer.header("access-control-allow-origin"), answer.header("vary")), (None, None));
    assert_eq!(told(&answer), [None; 4]);
}
