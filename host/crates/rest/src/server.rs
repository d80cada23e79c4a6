//! Serves the routers on their listeners until told to stop.

use crate::head;
use crate::idle::Connections;
use crate::listeners::{App, Bound, Listeners};
use crate::location::Scheme;
use crate::router::{admin_router, router};
use axum::middleware::from_fn;
use axum::{Extension, Router};
use axum_server::Handle;
use axum_server::accept::DefaultAcceptor;
use axum_server::tls_rustls::{RustlsAcceptor, RustlsConfig};
use cofferdam_herder::HerderHandle;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// How long requests under way may go on after the server is told to stop.
pub const DRAIN_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a connection may be silent between requests or trickle the head of one: Kafka Connect's idle timeout
/// (rest.md §1.1).
const IDLE_TIMEOUT: Duration = Duration::from_secs(90);
/// Connections of all listeners at a time. Connectors need descriptors, too.
const MAX_CONNECTIONS: usize = 512;
/// Requests at a time on one connection of HTTP/2.
const MAX_STREAMS: u32 = 64;

/// Serves on all listeners until `cancel`; then no connection is taken any more, and requests under way have
/// [`DRAIN_TIMEOUT`] to end before their connections are cut. Nothing that a request does ends this.
pub async fn serve(listeners: Listeners, herder: HerderHandle, cancel: CancellationToken) {
    let Listeners { config, auth, bound } = listeners;
    let (regular, admin) = (router(herder.clone(), &config, auth.clone()), admin_router(herder, &config, auth));
    let handle = Handle::new();
    let connections = Connections::new(MAX_CONNECTIONS, IDLE_TIMEOUT);
    let mut servers = JoinSet::new();
    for bound in bound {
        let router = match bound.app {
            App::Regular => regular.clone(),
            App::Admin => admin.clone(),
        };
        let (connections, handle) = (connections.clone(), handle.clone());
        servers.spawn(async move {
            let listener = bound.listener.clone();
            if let Err(error) = serve_one(bound, router, connections, handle).await {
                tracing::error!(%listener, %error, "the REST listener ended");
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

async fn serve_one(
    bound: Bound,
    router: Router,
    connections: Connections,
    handle: Handle<SocketAddr>,
) -> io::Result<()> {
    let router = router.layer(Extension(Scheme(bound.listener.protocol))).layer(from_fn(head::check));
    let server = configured(axum_server::from_tcp(bound.socket.into_std()?)?.handle(handle));
    match bound.tls {
        Some(tls) => {
            let acceptor = RustlsAcceptor::new(RustlsConfig::from_config(tls)).acceptor(connections);
            server.acceptor(acceptor).serve(router.into_make_service()).await
        }
        None => server.http1_only().acceptor(connections).serve(router.into_make_service()).await,
    }
}

type Server = axum_server::Server<SocketAddr, DefaultAcceptor>;

fn configured(mut server: Server) -> Server {
    let builder = server.http_builder();
    // Names as Jetty writes them: scripts look for `Location:`.
    builder.http1().title_case_headers(true);
    builder.http1().header_read_timeout(IDLE_TIMEOUT).max_buf_size(head::READ_LIMIT as usize);
    builder.http2().max_concurrent_streams(MAX_STREAMS).max_header_list_size(head::READ_LIMIT);
    server.first_request_timeout(IDLE_TIMEOUT).accept_error_handler(|peer, error| {
        tracing::debug!(?peer, %error, "a connection was not taken");
    })
}
