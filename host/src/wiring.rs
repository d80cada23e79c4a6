//! Builds a worker's parts in their order. No logic: what a part does is its own crate's matter.

use crate::{StartError, StartOptions, cluster, directories, logging};
use cofferdam_config::{EmbeddedFsync, SandboxConfig, WorkerConfig};
use cofferdam_embedded::{EmbeddedConfig, EmbeddedStream, Fsync};
use cofferdam_herder::{HerderContext, HerderHandle};
use cofferdam_plugin::{Catalog, Loader, PluginWatcher};
use cofferdam_rest::{Auth, Listeners};
use cofferdam_storage::{FileOffsetStore, MemoryConfigStore, MemoryOffsetStore, MemoryStatusStore, OffsetBackingStore};
use cofferdam_wasm::{CompilerCommand, ComponentLoader, Sandbox};
use cofferdam_worker::{Worker, WorkerContext};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::sync::watch;
use tokio_util::task::AbortOnDropHandle;

/// What a running worker is made of.
pub struct Parts {
    /// The configuration that all of it was made with.
    pub config: Arc<WorkerConfig>,
    /// Where REST can be reached from this machine, without slashes at the end.
    pub urls: Vec<String>,
    /// The brokers.
    pub bootstrap: String,
    /// The embedded stream, if that is what the configuration asks for.
    pub stream: Option<EmbeddedStream>,
    /// Keeps the catalog in step with `plugin.path`.
    pub watcher: PluginWatcher,
    /// The control plane.
    pub herder: HerderHandle,
    /// Asks Kafka for its cluster's id, until it knows.
    pub asking: Option<AbortOnDropHandle<()>>,
}

/// Builds everything, REST's listeners first, which are handed back bound but not served.
pub async fn build(options: StartOptions) -> Result<(Parts, Listeners), StartError> {
    let config = Arc::new(options.config);
    let auth = Auth::open(&config.rest_auth, std::env::var("KAFKA_OPTS").ok().as_deref())?;
    let listeners = Listeners::bind(&config.rest, auth).await?;
    let urls = listeners.urls().collect::<Vec<_>>();
    let offsets = offsets(&config)?;
    let stream = if config.embedded { Some(stream(&config).await?) } else { None };
    let bootstrap = stream.as_ref().map_or_else(|| config.bootstrap_servers.clone(), EmbeddedStream::bootstrap);
    let (kafka_cluster_id, asking) = match &stream {
        Some(stream) => (watch::channel(Some(stream.cluster_id().to_owned())).1, None),
        None => {
            let (id, asking) = cluster::find(&config);
            (id, Some(asking))
        }
    };

    let catalog = Catalog::new();
    catalog.add_converters(cofferdam_converters::builtin());
    catalog.add_chain(cofferdam_transforms::builtin());
    let cache = directories::compiled(config.cache_dir.clone())?;
    let loader = loader(&config.sandbox, &config.working_dir, cache, options.compiler)?;
    let watcher = PluginWatcher::start(Arc::clone(&catalog), loader, config.plugin_path.clone()).await;

    let statuses = Arc::new(MemoryStatusStore::default());
    let worker = Worker::new(WorkerContext {
        config: Arc::clone(&config),
        bootstrap: bootstrap.clone(),
        worker_id: listeners.advertised().worker_id(),
        catalog: Arc::clone(&catalog),
        offsets,
        statuses: statuses.clone(),
    });
    let herder = cofferdam_herder::standalone(HerderContext {
        worker,
        catalog,
        configs: Arc::new(MemoryConfigStore::default()),
        statuses,
        config: Arc::clone(&config),
        commit: env!("COFFERDAM_COMMIT").to_owned(),
        kafka_cluster_id,
        loggers: logging::loggers(),
    });
    Ok((Parts { config, urls, bootstrap, stream, watcher, herder, asking }, listeners))
}

/// What makes plugins of files, in a sandbox of its own.
pub fn loader(
    sandbox: &SandboxConfig,
    working_dir: &Path,
    cache: PathBuf,
    compiler: Option<PathBuf>,
) -> Result<Arc<dyn Loader>, StartError> {
    let program = match compiler {
        Some(program) => program,
        None => std::env::current_exe().map_err(StartError::NoProgram)?,
    };
    let compiler = CompilerCommand { program, args: vec!["compile-component".to_owned()] };
    let sandbox = Sandbox::new(sandbox, working_dir.to_owned())?;
    Ok(Arc::new(ComponentLoader::new(sandbox, cache, compiler)?))
}

fn offsets(config: &WorkerConfig) -> Result<Arc<dyn OffsetBackingStore>, StartError> {
    match &config.offset_storage_file {
        Some(file) => Ok(Arc::new(FileOffsetStore::open(file)?)),
        None => Ok(Arc::new(MemoryOffsetStore::default())),
    }
}

/// Starts the embedded stream, which says itself that it is one node, for development.
async fn stream(config: &WorkerConfig) -> Result<EmbeddedStream, StartError> {
    let fsync = match config.embedded_fsync {
        EmbeddedFsync::None => Fsync::None,
        EmbeddedFsync::Commit => Fsync::Commit,
    };
    let config = EmbeddedConfig {
        fsync,
        port: config.embedded_port,
        auto_create_topics: config.embedded_auto_create_topics,
        ..EmbeddedConfig::new(directories::stream(config)?)
    };
    // It reads back what it holds.
    let started = tokio::task::spawn_blocking(move || EmbeddedStream::start(config));
    Ok(started.await.map_err(StartError::Panicked)??)
}
