//! Serves the router on listeners until it is told to stop.

use crate::{Auth, router};
use axum_server::Handle;
use cofferdam_herder::HerderHandle;
use hyper_util::rt::TokioTimer;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// How long requests under way may go on after the server is told to stop.
pub const DRAIN_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a connection may be silent between requests or trickle the head of one: Kafka Connect's idle timeout
/// (rest.md §1.1).
const IDLE_TIMEOUT: Duration = Duration::from_secs(90);

/// Serves on all listeners until `cancel`; then no connection is taken any more, and requests under way have
/// [`DRAIN_TIMEOUT`] to end before their connections are cut. Nothing that a request does ends this. With `auth`, requests
/// need a user.
pub async fn serve(listeners: Vec<TcpListener>, herder: HerderHandle, auth: Option<Auth>, cancel: CancellationToken) {
    let router = match auth {
        Some(auth) => auth.protect(router(herder)),
        None => router(herder),
    };
    let handle = Handle::new();
    let mut servers = JoinSet::new();
    for listener in listeners {
        let (router, handle) = (router.clone(), handle.clone());
        servers.spawn(async move {
            let address = listener.local_addr().ok();
            if let Err(error) = serve_one(listener, router, handle).await {
                tracing::error!(?address, %error, "the REST listener ended");
            }
        });
    }
    cancel.cancelled().await;
    let open = handle.connection_count();
    if open > 0 {
        tracing::debug!(open, timeout = ?DRAIN_TIMEOUT, "REST connections have so long to end");
    }
    handle.graceful_shutdown(Some(DRAIN_TIMEOUT));
    while servers.join_next().await.is_some() {}
}

async fn serve_one(listener: TcpListener, router: axum::Router, handle: Handle<SocketAddr>) -> io::Result<()> {
    let mut server = axum_server::from_tcp(listener.into_std()?)?.handle(handle);
    server.http_builder().http1().timer(TokioTimer::new()).header_read_timeout(IDLE_TIMEOUT);
    server.serve(router.into_make_service()).await
}
