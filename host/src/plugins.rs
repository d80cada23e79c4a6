//! `cofferdam plugin …`: what components say, without a worker.

mod describe;

use crate::cli::{Failure, PluginCommand};
use crate::{ConfigurationError, directories, wiring};
use cofferdam_config::{SandboxConfig, WorkerConfig, properties};
use cofferdam_plugin::{Catalog, LoadError, PluginWatcher};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Runs a plugin command and prints its answer.
pub async fn run(command: PluginCommand) -> Result<(), Failure> {
    match command {
        PluginCommand::List { worker_config, directories } => list(worker_config, directories).await,
        PluginCommand::Inspect { file } => inspect(&file).await,
        PluginCommand::Compile { worker_config, directory } => compile(worker_config, directory).await,
    }
}

async fn list(worker_config: Option<PathBuf>, mut directories: Vec<PathBuf>) -> Result<(), Failure> {
    let settings = Settings::read(worker_config)?;
    directories.extend(settings.plugin_path.clone());
    let catalog = scan(settings, directories).await?;
    print(&describe::list(&catalog));
    Ok(())
}

async fn inspect(file: &Path) -> Result<(), Failure> {
    let cache = directories::compiled(None)?;
    let loader = wiring::loader(&SandboxConfig::default(), &working_dir()?, cache, None)?;
    let plugins = loader.load(file).await.map_err(|error| {
        let (LoadError::Unusable(reason) | LoadError::Incomplete(reason) | LoadError::Later(reason)) = error;
        Failure::Start(format!("{} cannot be used as a plugin: {reason}", file.display()))
    })?;
    for plugin in plugins {
        print(&describe::plugin(plugin.desc()));
    }
    Ok(())
}

async fn compile(worker_config: Option<PathBuf>, directory: PathBuf) -> Result<(), Failure> {
    let catalog = scan(Settings::read(worker_config)?, vec![directory.clone()]).await?;
    print(&describe::list(&catalog));
    match catalog.unusable().len() {
        0 => Ok(()),
        unusable => Err(Failure::Start(format!("{unusable} files of {} cannot be used", directory.display()))),
    }
}

/// What of a worker's configuration concerns plugins.
#[derive(Default)]
struct Settings {
    sandbox: SandboxConfig,
    cache: Option<PathBuf>,
    plugin_path: Vec<PathBuf>,
}

impl Settings {
    /// From a worker's file, or the defaults.
    fn read(worker_config: Option<PathBuf>) -> Result<Self, Failure> {
        let Some(file) = worker_config else { return Ok(Self::default()) };
        let properties = properties::read_properties(&file).map_err(ConfigurationError::from)?;
        let (config, _) =
            WorkerConfig::from_properties(properties, &file.display().to_string()).map_err(ConfigurationError::from)?;
        Ok(Self { sandbox: config.sandbox, cache: config.cache_dir, plugin_path: config.plugin_path })
    }
}

/// Loads everything in these directories, which compiles what is not in the cache.
async fn scan(settings: Settings, directories: Vec<PathBuf>) -> Result<Arc<Catalog>, Failure> {
    if let Some(missing) = directories.iter().find(|directory| !directory.is_dir()) {
        let missing = missing.display();
        return Err(Failure::Usage(format!("{missing} is not a directory; name one that holds .wasm components")));
    }
    let cache = directories::compiled(settings.cache)?;
    let loader = wiring::loader(&settings.sandbox, &working_dir()?, cache, None)?;
    let catalog = Catalog::new();
    PluginWatcher::start(Arc::clone(&catalog), loader, directories).await.scanned().await;
    Ok(catalog)
}

fn working_dir() -> Result<PathBuf, Failure> {
    std::env::current_dir().map_err(|error| Failure::Start(format!("cannot tell the current directory: {error}")))
}

#[expect(clippy::print_stdout, reason = "the answer of a command goes to standard output, unlike log lines")]
fn print(answer: &str) {
    println!("{answer}");
}
