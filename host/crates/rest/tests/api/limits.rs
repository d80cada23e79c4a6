//! How large a request may be.

use crate::Api;
use crate::served::Served;

#[tokio::test]
async fn a_body_that_is_too_large_is_refused() {
    let body = |size: usize| format!("{{\"a\":\"{}\"}}", "x".repeat(size));
    let api = Api::new();
    let answer = api.json("PUT", "/connectors/c/config", &body(10 * 1024 * 1024)).await;
    answer.fails(413, "HTTP 413 Request Entity Too Large");
    let api = Api::configured("rest.max.request.bytes=100\n");
    api.json("PUT", "/connectors/c/config", &body(100)).await.fails(413, "HTTP 413 Request Entity Too Large");
    assert_eq!(api.json("PUT", "/connectors/c/config", &body(10)).await.status, 400);
}

#[tokio::test]
async fn a_head_that_is_too_large_is_refused() {
    let served = Served::new("listeners=http://127.0.0.1:0\n").await;
    let letters = |count: usize| "a".repeat(count);
    let close = "Connection: close\r\n\r\n";
    for (head, status, message) in [
        (format!("GET /connectors/{} HTTP/1.1\r\nHost: h\r\n", letters(8000)), 404, "Connector aaa"),
        (format!("GET /connectors/{} HTTP/1.1\r\nHost: h\r\n", letters(8300)), 414, "HTTP 414 URI Too Long"),
        (format!("GET / HTTP/1.1\r\nHost: h\r\nX: {}\r\n", letters(7900)), 200, ""),
        (
            format!("GET / HTTP/1.1\r\nHost: h\r\nX: {}\r\n", letters(8300)),
            431,
            "HTTP 431 Request Header Fields Too Large",
        ),
        (format!("GET / HTTP/1.1\r\nHost: h\r\nX: {}\r\n", letters(100_000)), 431, ""),
        (format!("GET /{} HTTP/1.1\r\nHost: h\r\n", letters(100_000)), 414, ""),
    ] {
        let answer = served.raw(0, &format!("{head}{close}")).await;
        assert_eq!(answer.split(' ').nth(1), Some(status.to_string().as_str()), "{answer}");
        assert!(answer.contains(message), "{answer}");
    }
    served.stop().await;
}
