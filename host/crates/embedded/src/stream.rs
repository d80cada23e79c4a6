//! Starting and stopping the embedded stream.

use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::broker::{Broker, HOST};
use crate::lock::DirLock;
use crate::topics::MAX_PARTITIONS;
use crate::{EmbeddedConfig, EmbeddedError, server};

/// Threads that serve connections, whatever the number of partitions and clients.
const THREADS: usize = 2;
/// How long a shutdown waits for requests in flight.
const GRACE: Duration = Duration::from_secs(5);

/// A running broker. It has threads of its own, so that its file access never holds up the caller's runtime; dropping
/// it stops it without waiting, [`shutdown`](Self::shutdown) stops it cleanly.
#[derive(Debug)]
pub struct EmbeddedStream {
    broker: Arc<Broker>,
    stop: watch::Sender<bool>,
    accepting: Option<JoinHandle<()>>,
    runtime: Option<Runtime>,
}

impl EmbeddedStream {
    /// Takes the data directory and the port, reads back what is there, and serves. Blocks while it reads.
    ///
    /// # Errors
    /// [`EmbeddedError`]: the directory is in use or unreadable, the port is taken, a setting is out of bounds.
    pub fn start(config: EmbeddedConfig) -> Result<Self, EmbeddedError> {
        if !(1..=MAX_PARTITIONS).contains(&config.default_partitions) {
            let why = format!("default_partitions is {}, must be 1 to {MAX_PARTITIONS}", config.default_partitions);
            return Err(EmbeddedError::Config(why));
        }
        let dir = config.data_dir.clone();
        std::fs::create_dir_all(&dir).map_err(EmbeddedError::io("create data directory", &dir))?;
        let lock = DirLock::acquire(&dir)?;
        let listen = |source| EmbeddedError::Listen { port: config.port, source };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, config.port)).map_err(listen)?;
        listener.set_nonblocking(true).map_err(listen)?;
        let port = listener.local_addr().map_err(listen)?.port();
        let broker = Arc::new(Broker::open(config, lock, port)?);
        let runtime = Builder::new_multi_thread()
            .worker_threads(THREADS)
            .max_blocking_threads(4)
            .thread_name("embedded-stream")
            .enable_all()
            .build()
            .map_err(EmbeddedError::Runtime)?;
        let (stop, stopped) = watch::channel(false);
        let listener = {
            let _in_runtime = runtime.enter();
            tokio::net::TcpListener::from_std(listener).map_err(EmbeddedError::Runtime)?
        };
        let accepting = runtime.spawn(server::serve(listener, Arc::clone(&broker), stopped));
        tracing::info!(
            bootstrap = %format_args!("{HOST}:{port}"),
            data_dir = %dir.display(),
            "embedded stream: one node, for development"
        );
        Ok(Self { broker, stop, accepting: Some(accepting), runtime: Some(runtime) })
    }

    /// What to give to clients as `bootstrap.servers`.
    pub fn bootstrap(&self) -> String {
        format!("{HOST}:{}", self.broker.port)
    }

    /// Where the data is.
    pub fn data_dir(&self) -> &Path {
        &self.broker.config.data_dir
    }

    /// The cluster's id, the same as long as the data directory is.
    pub fn cluster_id(&self) -> &str {
        &self.broker.cluster_id
    }

    /// Takes no more connections, ends those there are, syncs everything to disk and gives up the data directory. To be
    /// awaited on a tokio runtime with timers.
    ///
    /// # Errors
    /// [`EmbeddedError::Io`]: not everything could be synced. It has stopped all the same.
    pub async fn shutdown(mut self) -> Result<(), EmbeddedError> {
        let _ = self.stop.send(true);
        if let Some(accepting) = self.accepting.take()
            && tokio::time::timeout(GRACE, accepting).await.is_err()
        {
            tracing::warn!("connections to the embedded stream did not end in time and are cut");
        }
        let broker = Arc::clone(&self.broker);
        let flushed = tokio::task::spawn_blocking(move || broker.flush()).await;
        let dir = self.data_dir().to_owned();
        let failed = EmbeddedError::io("sync the embedded stream's data in", dir);
        match flushed {
            Ok(Ok(())) => Ok(()),
            Ok(Err(e)) => Err(failed(e)),
            Err(e) => Err(failed(std::io::Error::other(e))),
        }
    }
}

impl Drop for EmbeddedStream {
    fn drop(&mut self) {
        let _ = self.stop.send(true);
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
