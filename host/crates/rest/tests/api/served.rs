//! The interface on real sockets.

use crate::configuration;
use crate::support::Setup;
use cofferdam_rest::Listeners;
use std::net::SocketAddr;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Served as a worker's file says, until it is stopped.
pub(crate) struct Served {
    pub(crate) setup: Setup,
    /// Its listeners, in their order, administrative ones last.
    pub(crate) addresses: Vec<SocketAddr>,
    pub(crate) urls: Vec<String>,
    cancel: CancellationToken,
    server: JoinHandle<()>,
}

impl Served {
    pub(crate) async fn new(lines: &str) -> Self {
        Self::over(Setup::new(), lines).await
    }

    pub(crate) async fn over(setup: Setup, lines: &str) -> Self {
        let listeners = Listeners::bind(&configuration(lines), None).await.unwrap();
        let urls: Vec<String> = listeners.urls().collect();
        let address = |url: &String| url.split_once("://").unwrap().1.parse().unwrap();
        let addresses = urls.iter().map(address).collect();
        let cancel = CancellationToken::new();
        let server = tokio::spawn(cofferdam_rest::serve(listeners, setup.herder.clone(), cancel.clone()));
        Self { setup, addresses, urls, cancel, server }
    }

    /// Sends a request as it is to the listener of this number, and reads until the end of the connection.
    pub(crate) async fn raw(&self, listener: usize, text: &str) -> String {
        let mut stream = TcpStream::connect(self.addresses[listener]).await.unwrap();
        exchange(&mut stream, text).await.unwrap()
    }

    /// GET on a connection of its own.
    pub(crate) async fn get(&self, listener: usize, path: &str) -> String {
        self.raw(listener, &request(path)).await
    }

    pub(crate) fn cancel(&self) {
        self.cancel.cancel();
    }

    /// Stops it and waits until it has.
    pub(crate) async fn stop(self) {
        self.cancel.cancel();
        self.server.await.unwrap();
    }
}

/// A GET after which the connection ends.
pub(crate) fn request(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
}

pub(crate) async fn exchange(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    text: &str,
) -> std::io::Result<String> {
    stream.write_all(text.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    Ok(answer)
}
