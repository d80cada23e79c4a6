//! Serves the router on listeners until it is told to stop.

use crate::router;
use cofferdam_herder::HerderHandle;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// How long requests under way may go on after the server is told to stop.
pub const DRAIN_TIMEOUT: Duration = Duration::from_secs(5);

/// Serves on all listeners until `cancel`; then no connection is taken any more, and requests under way have
/// [`DRAIN_TIMEOUT`] to end. Nothing that a request does ends this.
pub async fn serve(listeners: Vec<TcpListener>, herder: HerderHandle, cancel: CancellationToken) {
    let router = router(herder);
    let mut servers = JoinSet::new();
    for listener in listeners {
        let address = listener.local_addr().ok();
        let server = axum::serve(listener, router.clone());
        let stop = cancel.clone().cancelled_owned();
        servers.spawn(async move {
            if let Err(error) = server.with_graceful_shutdown(stop).await {
                tracing::error!(?address, %error, "the REST listener ended");
            }
        });
    }
    cancel.cancelled().await;
    let drained = timeout(DRAIN_TIMEOUT, async { while servers.join_next().await.is_some() {} }).await;
    if drained.is_err() {
        tracing::warn!(timeout = ?DRAIN_TIMEOUT, "connections were cut at shutdown");
        servers.shutdown().await;
    }
}
