//! Real sockets: serving, and stopping with a request under way.

use crate::support::{Setup, source};
use cofferdam_config::TargetState;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

async fn request(address: std::net::SocketAddr, text: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(text.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn all_listeners_serve_until_cancelled() {
    let setup = Setup::new();
    let listeners =
        vec![TcpListener::bind("127.0.0.1:0").await.unwrap(), TcpListener::bind("127.0.0.1:0").await.unwrap()];
    let addresses: Vec<_> = listeners.iter().map(|listener| listener.local_addr().unwrap()).collect();
    let cancel = CancellationToken::new();
    let server = tokio::spawn(cofferdam_rest::serve(listeners, setup.herder.clone(), cancel.clone()));
    for address in &addresses {
        let answer = request(*address, "GET /connectors HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n").await;
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("\r\n\r\n[]"), "{answer}");
    }
    cancel.cancel();
    server.await.unwrap();
    assert!(TcpStream::connect(addresses[0]).await.is_err());
}

#[tokio::test]
async fn a_request_under_way_is_answered_while_the_server_drains() {
    let mut setup = Setup::new();
    setup.herder = setup.herder.with_timeouts(Duration::from_millis(500), Duration::from_secs(1));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let cancel = CancellationToken::new();
    let server = tokio::spawn(cofferdam_rest::serve(vec![listener], setup.herder.clone(), cancel.clone()));
    let stuck = setup.herder.create("c", source(&[("start", "hang")]), TargetState::Started).await;
    assert!(stuck.is_err());
    let text = "DELETE /connectors/c HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(text.as_bytes()).await.unwrap();
    // The server has the connection once it answers a later one.
    request(address, "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n").await;
    cancel.cancel();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(
        answer.starts_with("HTTP/1.1 500 ") && answer.contains("Request timed out. The worker is currently"),
        "{answer}"
    );
    server.await.unwrap();
}

/// A client that never finishes its request is cut once the others have had their time.
#[tokio::test]
async fn a_client_that_says_nothing_does_not_hold_up_the_end() {
    let setup = Setup::new();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let cancel = CancellationToken::new();
    let server = tokio::spawn(cofferdam_rest::serve(vec![listener], setup.herder.clone(), cancel.clone()));
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = "POST /connectors HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{";
    stream.write_all(head.as_bytes()).await.unwrap();
    request(address, "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n").await;
    cancel.cancel();
    tokio::time::timeout(Duration::from_secs(60), server).await.unwrap().unwrap();
    let mut answer = String::new();
    assert!(stream.read_to_string(&mut answer).await.is_err() || answer.is_empty(), "{answer}");
}

#[tokio::test]
async fn the_reason_beside_a_500_is_that_of_jetty() {
    let setup = Setup::new();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let cancel = CancellationToken::new();
    let server = tokio::spawn(cofferdam_rest::serve(vec![listener], setup.herder.clone(), cancel.clone()));
    let (path, head) = ("/connector-plugins/Nothing/config/validate", "Host: h\r\nConnection: close");
    let body = "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";
    let answer = request(address, &format!("PUT {path} HTTP/1.1\r\n{head}\r\n{body}")).await;
    assert!(answer.starts_with("HTTP/1.1 500 Server Error\r\n"), "{answer}");
    cancel.cancel();
    server.await.unwrap();
}
