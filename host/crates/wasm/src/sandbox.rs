//! The sandbox of a worker: one engine, one runtime, and the totals that all guests share.

use crate::adapter;
use crate::capability::metrics::{PluginMetrics, Registry};
use crate::engine;
use crate::guest::Guest;
use crate::limits::Totals;
use crate::linker::linker;
use crate::package::Package;
use crate::places::Places;
use cofferdam_config::SandboxConfig;
use cofferdam_plugin::{ConnectorPlugin, PluginError};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use thiserror::Error;
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use wasmtime::Engine;
use wasmtime::component::{Component, Linker};

/// Threads that guests compute on, at least: one that hogs its thread between two ticks must not hold up all.
const MIN_THREADS: usize = 2;

/// Why there is no sandbox, or no room in it.
#[derive(Debug, Error)]
pub enum SandboxError {
    /// The engine refuses its settings.
    #[error("cannot set up the engine for plugins: {0}")]
    Engine(String),
    /// No thread or runtime.
    #[error("cannot start {what}: {source}")]
    Thread {
        /// Which.
        what: &'static str,
        /// The system's error.
        source: std::io::Error,
    },
    /// One instance too many.
    #[error("cannot make a plugin instance: there are {max} already; raise sandbox.instances.max or spread the tasks")]
    Instances {
        /// The limit.
        max: usize,
    },
}

/// The world that a component is of (`wit/connect/worlds.wit`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum World {
    /// Source connectors.
    Source,
    /// Sink connectors.
    Sink,
}

impl World {
    /// As WIT names it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Sink => "sink",
        }
    }
}

/// Where a worker's plugins run. Made once per worker; instances keep it alive.
pub struct Sandbox {
    engine: Engine,
    linker: Linker<Guest>,
    runtime: Option<Runtime>,
    calls: Arc<Semaphore>,
    totals: Arc<Totals>,
    metrics: Registry,
    places: Places,
    config: SandboxConfig,
    working_dir: PathBuf,
}

impl std::fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sandbox").field("totals", &self.totals).finish_non_exhaustive()
    }
}

impl Sandbox {
    /// A sandbox with these limits; relative paths in connectors' configurations resolve against `working_dir`.
    pub fn new(config: &SandboxConfig, working_dir: PathBuf) -> Result<Arc<Self>, SandboxError> {
        let engine = engine::run(config)?;
        engine::start_ticker(&engine)?;
        let linker = linker(&engine).map_err(|error| SandboxError::Engine(format!("{error:#}")))?;
        Ok(Arc::new(Self {
            linker,
            runtime: Some(runtime()?),
            calls: Arc::new(Semaphore::new(calls(config))),
            totals: Totals::new(config),
            metrics: Registry::default(),
            places: Places::default(),
            config: config.clone(),
            working_dir,
            engine,
        }))
    }

    /// The engine that components must be compiled for.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// The worker's limits.
    pub fn config(&self) -> &SandboxConfig {
        &self.config
    }

    /// The classes of a component: instantiates it once and asks `describe`. Fails on a component that is not of this
    /// world, that traps or overstays when asked, or whose description contradicts itself.
    pub async fn plugins(
        self: &Arc<Self>,
        component: Component,
        world: World,
        location: &Path,
    ) -> Result<Vec<Arc<dyn ConnectorPlugin>>, PluginError> {
        let package = Package::new(self.clone(), &component, world, location)?;
        adapter::plugins(package).await
    }

    /// Plugin instances that there are now.
    pub fn instances(&self) -> usize {
        self.totals.instances()
    }

    /// Bytes of linear memory that all instances hold now.
    pub fn memory_bytes(&self) -> u64 {
        self.totals.memory()
    }

    /// The metrics that plugins keep, of all instances.
    pub fn plugin_metrics(&self) -> Vec<PluginMetrics> {
        self.metrics.snapshot()
    }

    pub(crate) fn linker(&self) -> &Linker<Guest> {
        &self.linker
    }

    pub(crate) fn totals(&self) -> &Arc<Totals> {
        &self.totals
    }

    pub(crate) fn metrics(&self) -> &Registry {
        &self.metrics
    }

    pub(crate) fn places(&self) -> &Places {
        &self.places
    }

    pub(crate) fn working_dir(&self) -> &Path {
        &self.working_dir
    }

    /// Where guests run; `None` only while the sandbox is dropped.
    pub(crate) fn runtime(&self) -> Option<&Handle> {
        self.runtime.as_ref().map(Runtime::handle)
    }

    /// Waits its turn among the calls that may be under way at once (`sandbox.calls.max`).
    pub(crate) async fn permit(&self) -> Option<OwnedSemaphorePermit> {
        self.calls.clone().acquire_owned().await.ok()
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        // Not waited for: this may run on a thread that must not block.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

fn calls(config: &SandboxConfig) -> usize {
    usize::try_from(config.calls_max).unwrap_or(usize::MAX).min(Semaphore::MAX_PERMITS)
}

/// The guests' own runtime: with an event interval of one, guests that compute in turns of 10 ms do not hold up each
/// other's timers and I/O, nor anything of the host's, which runs elsewhere.
fn runtime() -> Result<Runtime, SandboxError> {
    let threads = std::thread::available_parallelism().map_or(MIN_THREADS, |count| count.get().max(MIN_THREADS));
    let mut builder = Builder::new_multi_thread();
    builder.worker_threads(threads).thread_name("guest").event_interval(1).enable_all();
    builder.build().map_err(|source| SandboxError::Thread { what: "the guests' runtime", source })
}
