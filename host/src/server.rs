//! A running worker.

use crate::options::NamedConnector;
use crate::wiring::{self, Parts};
use crate::{StartError, StartOptions};
use cofferdam_config::TargetState;
use cofferdam_embedded::EmbeddedStream;
use cofferdam_herder::RequestedConfig;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How long REST may take to end: what it gives requests under way, and a little.
const REST_DRAIN: Duration = cofferdam_rest::DRAIN_TIMEOUT.saturating_add(Duration::from_secs(1));
/// How long the embedded stream may take to end.
const STREAM_DRAIN: Duration = Duration::from_secs(8);
/// What the herder needs beyond the time that tasks have to stop: running operations, connectors, and a little.
const HERDER_DRAIN: Duration = cofferdam_herder::SHUTDOWN_TIMEOUT.saturating_add(Duration::from_secs(2));

/// A running worker: its REST API answers and the connectors it was started with have been created. Dropping it without
/// [`shutdown`](Self::shutdown) leaves tasks running until the runtime ends.
pub struct CofferdamServer {
    parts: Parts,
    stop_rest: CancellationToken,
    rest: tokio::task::JoinHandle<()>,
}

impl CofferdamServer {
    /// Starts a worker and creates its connectors: [`prepare`](Self::prepare) and [`create`](Self::create). An error
    /// leaves nothing running.
    pub async fn start(options: StartOptions) -> Result<Self, StartError> {
        let connectors = options.connectors.clone();
        let server = Self::prepare(options).await?;
        if let Err(error) = server.create(connectors).await {
            server.shutdown().await;
            return Err(error);
        }
        Ok(server)
    }

    /// Starts a worker that runs no connector yet. Binds REST first, so that a port that is taken costs nothing; serves
    /// it once plugins have been scanned. An error leaves nothing running.
    pub async fn prepare(options: StartOptions) -> Result<Self, StartError> {
        let (parts, listeners) = wiring::build(options).await?;
        let advertised = listeners.advertised();
        let stop_rest = CancellationToken::new();
        let rest = tokio::spawn(cofferdam_rest::serve(listeners, parts.herder.clone(), stop_rest.clone()));
        let server = Self { parts, stop_rest, rest };
        for url in &server.parts.urls {
            tracing::info!(url, %advertised, "REST server listening");
        }
        Ok(server)
    }

    /// Creates the connectors that a worker is started with; then it is ready. May be dropped half-way, and then
    /// [`shutdown`](Self::shutdown) is to follow, as after an error: those created before run already.
    pub async fn create(&self, connectors: Vec<NamedConnector>) -> Result<(), StartError> {
        for NamedConnector { file, connector } in connectors {
            let config: RequestedConfig = connector.config.into_iter().map(|(key, value)| (key, Some(value))).collect();
            let name = config.get("name").cloned().flatten().unwrap_or_default();
            let class = config.get("connector.class").and_then(Option::as_deref).unwrap_or_default();
            // It may still have to be compiled.
            match config.get("connector.plugin.version").and_then(Option::as_ref) {
                Some(_) => self.parts.watcher.scanned().await,
                None => self.parts.watcher.scanned_for(class).await,
            }
            let target = connector.initial_state.unwrap_or(TargetState::Started);
            match self.parts.herder.create(&name, config, target).await {
                Ok(_) => tracing::info!(connector = name, file = %file.display(), "connector created"),
                Err(source) => return Err(StartError::Connector { file, source }),
            }
        }
        self.parts.herder.set_ready();
        Ok(())
    }

    /// The URL of the REST API, without a slash at its end; of the first listener if there are several.
    pub fn rest_url(&self) -> String {
        self.parts.urls.first().cloned().unwrap_or_default()
    }

    /// The brokers that connectors use, the embedded stream's included.
    pub fn bootstrap(&self) -> &str {
        &self.parts.bootstrap
    }

    /// Stops in order, each step bounded: REST, herder with connectors and tasks and their producers, plugin watcher,
    /// embedded stream.
    pub async fn shutdown(self) {
        tracing::info!("shutting down");
        self.stop_rest.cancel();
        bounded("REST", REST_DRAIN, self.rest).await;
        let tasks = self.parts.config.task_shutdown_graceful_timeout;
        bounded("herder and tasks", HERDER_DRAIN.saturating_add(tasks), self.parts.herder.shutdown()).await;
        drop((self.parts.watcher, self.parts.asking));
        if let Some(stream) = self.parts.stream {
            bounded("embedded stream", STREAM_DRAIN, stop_stream(stream)).await;
        }
        tracing::info!("shut down");
    }
}

async fn stop_stream(stream: EmbeddedStream) {
    if let Err(error) = stream.shutdown().await {
        tracing::error!(%error, "the embedded stream did not end well");
    }
}

/// Waits for a step of the shutdown; when its time is up it is left behind and told.
async fn bounded<T>(step: &'static str, limit: Duration, work: impl Future<Output = T>) {
    if tokio::time::timeout(limit, work).await.is_err() {
        tracing::warn!(step, limit_ms = limit.as_millis(), "did not end in time and is left behind");
    }
}
