//! Clients are closed elsewhere: librdkafka talks to brokers and joins threads while a client is destroyed.

use std::sync::Arc;
use std::sync::mpsc;
use tokio::sync::oneshot;

/// Kept as the **last** field of what uses a client: dropped after all that must be gone before the client is.
pub(crate) struct LastField {
    gone: Option<mpsc::Sender<()>>,
}

impl LastField {
    /// Not closing yet.
    pub(crate) fn new() -> Self {
        Self { gone: None }
    }

    /// Whether the client is about to be destroyed.
    pub(crate) fn is_set(&self) -> bool {
        self.gone.is_some()
    }

    /// Has a thread of its own destroy `client` as soon as this field is dropped. The receiver is told when it is done.
    pub(crate) fn destroy_elsewhere<T: Send + Sync + 'static>(&mut self, client: Arc<T>) -> oneshot::Receiver<()> {
        let (gone, users) = mpsc::channel::<()>();
        let (done, closed) = oneshot::channel();
        let work = move || {
            // Nothing is ever sent: this waits for the sender to be dropped.
            let _ = users.recv();
            drop(client);
            let _ = done.send(());
        };
        if let Err(error) = std::thread::Builder::new().name("kafka-close".into()).spawn(work) {
            // The closure, and with it the client, was dropped just now or will be with its last user.
            tracing::warn!(%error, "cannot start a thread to close a Kafka client");
        }
        self.gone = Some(gone);
        closed
    }
}
