//! Accepting connections until told to stop.

use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::broker::Broker;
use crate::connection;

/// Pause after a failed accept: without descriptors it would fail again at once.
const PAUSE: Duration = Duration::from_millis(100);

/// Serves each connection in a task of its own; returns when told to stop and all have ended.
pub(crate) async fn serve(listener: TcpListener, broker: Arc<Broker>, mut stopped: watch::Receiver<bool>) {
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            Some(ended) = connections.join_next(), if !connections.is_empty() => {
                log_panic(ended);
                continue;
            }
            _ = stopped.wait_for(|stop| *stop) => break,
        };
        match accepted {
            Ok((socket, peer)) => {
                connections.spawn(connection::serve(socket, peer, Arc::clone(&broker), stopped.clone()));
            }
            Err(e) => {
                tracing::warn!(error = %e, "the embedded stream cannot accept a connection");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
    drop(listener);
    while let Some(ended) = connections.join_next().await {
        log_panic(ended);
    }
}

fn log_panic(ended: Result<(), tokio::task::JoinError>) {
    if let Err(e) = ended {
        tracing::error!(error = %e, "a connection of the embedded stream ended by a fault in the broker");
    }
}
