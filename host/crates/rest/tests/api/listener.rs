//! Real sockets: serving, and stopping with a request under way.

use crate::configuration;
use crate::served::Served;
use crate::support::{Setup, source};
use cofferdam_config::TargetState;
use cofferdam_rest::{ListenError, Listeners};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

const ONE: &str = "listeners=http://127.0.0.1:0\n";
const TWO: &str = "listeners=http://127.0.0.1:0,http://localhost:0\n";

#[tokio::test]
async fn all_listeners_serve_until_cancelled() {
    let served = Served::new(TWO).await;
    for listener in [0, 1] {
        let answer = served.get(listener, "/connectors").await;
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("\r\n\r\n[]"), "{answer}");
    }
    let address = served.addresses[0];
    served.stop().await;
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn connections_are_kept_for_the_next_request() {
    let served = Served::new(ONE).await;
    let head = "GET /connectors HTTP/1.1\r\nHost: h\r\n";
    let answer = served.raw(0, &format!("{head}\r\n{head}\r\n{head}Connection: close\r\n\r\n")).await;
    assert_eq!(answer.matches("HTTP/1.1 200 OK").count(), 3, "{answer}");
    served.stop().await;
}

#[tokio::test]
async fn a_request_under_way_is_answered_while_the_server_drains() {
    let mut setup = Setup::new();
    setup.herder = setup.herder.with_timeouts(Duration::from_millis(500), Duration::from_secs(1));
    let served = Served::over(setup, ONE).await;
    let stuck = served.setup.herder.create("c", source(&[("start", "hang")]), TargetState::Started).await;
    assert!(stuck.is_err());
    let text = "DELETE /connectors/c HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
    let mut stream = TcpStream::connect(served.addresses[0]).await.unwrap();
    stream.write_all(text.as_bytes()).await.unwrap();
    // The server has the connection once it answers a later one.
    served.get(0, "/").await;
    served.cancel();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(
        answer.starts_with("HTTP/1.1 500 ") && answer.contains("Request timed out. The worker is currently"),
        "{answer}"
    );
    served.stop().await;
}

/// A client that never finishes its request is cut once the others have had their time.
#[tokio::test]
async fn a_client_that_says_nothing_does_not_hold_up_the_end() {
    let served = Served::new(ONE).await;
    let mut stream = TcpStream::connect(served.addresses[0]).await.unwrap();
    let head = "POST /connectors HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{";
    stream.write_all(head.as_bytes()).await.unwrap();
    served.get(0, "/").await;
    tokio::time::timeout(Duration::from_secs(60), served.stop()).await.unwrap();
    let mut answer = String::new();
    assert!(stream.read_to_string(&mut answer).await.is_err() || answer.is_empty(), "{answer}");
}

#[tokio::test]
async fn others_are_told_the_first_listener_unless_the_file_says_more() {
    let advertised = async |lines: &str| {
        let listeners = Listeners::bind(&configuration(lines), None).await.unwrap();
        let port = listeners.urls().next().unwrap().rsplit_once(':').unwrap().1.to_owned();
        let advertised = listeners.advertised();
        (advertised.worker_id().replace(&port, "PORT"), advertised.to_string().replace(&port, "PORT"))
    };
    let both = |id: &str, url: &str| (id.to_owned(), url.to_owned());
    assert_eq!(advertised("listeners=http://localhost:0\n").await, both("localhost:PORT", "http://localhost:PORT/"));
    assert_eq!(advertised("listeners=http://[::1]:0\n").await, both("[::1]:PORT", "http://[::1]:PORT/"));
    let named = "listeners=http://127.0.0.1:0\nrest.advertised.host.name=pub.example\n";
    assert_eq!(advertised(named).await, both("pub.example:PORT", "http://pub.example:PORT/"));
    let all = format!("{named}rest.advertised.port=99\nrest.advertised.listener=HTTPS\n");
    assert_eq!(advertised(&all).await, both("pub.example:99", "https://pub.example:99/"));
    // Nobody reaches a worker under the address that stands for all addresses.
    let (id, _) = advertised("listeners=http://:0\n").await;
    assert!(id.ends_with(":PORT") && !id.starts_with("0.0.0.0") && !id.starts_with("[::]"), "{id}");
}

#[tokio::test]
async fn a_port_that_is_taken_is_told_with_its_key() {
    let taken = Listeners::bind(&configuration(ONE), None).await.unwrap();
    let url = taken.urls().next().unwrap();
    for (key, more) in [("listeners", ""), ("admin.listeners", ONE)] {
        let error = Listeners::bind(&configuration(&format!("{more}{key}={url}\n")), None).await.err().unwrap();
        assert!(matches!(error, ListenError::PortInUse { .. }));
        let text = error.to_string();
        let port: u16 = url.rsplit_once(':').unwrap().1.parse().unwrap();
        assert!(text.starts_with(&format!("cannot serve REST at {url}: port {port} is in use")), "{text}");
        assert!(
            text.ends_with(&format!("choose another port: {key}=http://127.0.0.1:{}", port.wrapping_add(1))),
            "{text}"
        );
    }
    let error = Listeners::bind(&configuration("listeners=http://no-such-host.invalid:0\n"), None).await.err().unwrap();
    assert!(error.to_string().contains("http://no-such-host.invalid:0"), "{error}");
}

#[tokio::test]
async fn hosts_are_what_http_wants_them_to_be() {
    let served = Served::new(ONE).await;
    for (head, status) in [
        ("GET / HTTP/1.1\r\n", 400),
        ("GET / HTTP/1.0\r\n", 200),
        ("GET / HTTP/1.1\r\nHost: h\r\nHost: i\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a b\r\n", 400),
        ("GET http://h:9/ HTTP/1.1\r\nHost: h:9\r\n", 200),
        ("GET http://foo:1/ HTTP/1.1\r\nHost: h:9\r\n", 400),
        ("GET / HTTP/1.1\r\nHost:\r\n", 200),
    ] {
        let answer = served.raw(0, &format!("{head}Connection: close\r\n\r\n")).await;
        assert_eq!(answer.split(' ').nth(1), Some(status.to_string().as_str()), "{head}\n{answer}");
    }
    served.stop().await;
}

#[tokio::test]
async fn the_reason_beside_a_500_is_that_of_jetty() {
    let served = Served::new(ONE).await;
    let (path, head) = ("/connector-plugins/Nothing/config/validate", "Host: h\r\nConnection: close");
    let body = "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";
    let answer = served.raw(0, &format!("PUT {path} HTTP/1.1\r\n{head}\r\n{body}")).await;
    assert!(answer.starts_with("HTTP/1.1 500 Server Error\r\n"), "{answer}");
    served.stop().await;
}
