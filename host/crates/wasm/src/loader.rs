//! From a file to plugin classes: read, inspected, compiled or taken from the cache, asked what it holds.

use crate::cache::{CacheError, CacheKey, CodeCache};
use crate::compile::{Compiler, CompilerCommand};
use crate::inspect::{InspectError, inspect};
use crate::sandbox::{Sandbox, World};
use async_trait::async_trait;
use cofferdam_plugin::{ConnectorPlugin, LoadError, Loader};
use rustix::fs::OFlags;
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::sync::Semaphore;
use wasmtime::component::Component;

/// Files that are held in memory at once to be looked at.
const READING: usize = 2;

/// Loads components for a sandbox.
pub struct ComponentLoader {
    inner: Arc<Inner>,
}

struct Inner {
    sandbox: Arc<Sandbox>,
    cache: CodeCache,
    compiler: Compiler,
    reading: Semaphore,
    /// One component at a time, or as many as the machine has pairs of cores.
    compiling: Semaphore,
}

impl ComponentLoader {
    /// A loader that keeps compiled code in `cache_dir` (`sandbox.cache.dir`). Fails if that directory cannot be used
    /// or if others could put code there.
    pub fn new(sandbox: Arc<Sandbox>, cache_dir: PathBuf, compiler: CompilerCommand) -> Result<Self, CacheError> {
        let cache = CodeCache::open(&cache_dir)?;
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let (reading, compiling) = (Semaphore::new(READING), Semaphore::new((cores / 2).max(1)));
        Ok(Self { inner: Arc::new(Inner { sandbox, cache, compiler: Compiler::new(compiler), reading, compiling }) })
    }

    /// Sees to it that the compiled code of a component is in the cache, unless it cannot be kept there.
    pub async fn warm(&self, path: &Path) -> Result<(), LoadError> {
        self.component(path).await.map(drop)
    }

    /// What is in the cache waits for nobody's compilation; what is not is read again in its turn, so that no more files
    /// are held than are worked on.
    async fn component(&self, path: &Path) -> Result<(Component, World), LoadError> {
        let looked = self.look(path).await?;
        if let Some(component) = looked.component {
            return Ok((component, looked.world));
        }
        drop(looked);
        let _turn = self.inner.compiling.acquire().await;
        let Looked { bytes, world, key, component } = self.look(path).await?;
        let component = match component {
            Some(component) => component,
            None => Arc::clone(&self.inner).compile(path, bytes, key).await?,
        };
        Ok((component, world))
    }

    async fn look(&self, path: &Path) -> Result<Looked, LoadError> {
        let _turn = self.inner.reading.acquire().await;
        let inner = Arc::clone(&self.inner);
        let file = path.to_owned();
        let limit = self.inner.sandbox.config().component_max_bytes;
        let looked = tokio::task::spawn_blocking(move || inner.look(&file, limit)).await;
        looked.map_err(|error| LoadError::Unusable(format!("reading it failed: {error}")))?
    }
}

#[async_trait]
impl Loader for ComponentLoader {
    async fn load(&self, path: &Path) -> Result<Vec<Arc<dyn ConnectorPlugin>>, LoadError> {
        let (component, world) = self.component(path).await?;
        let plugins = self.inner.sandbox.plugins(component, world, path).await;
        plugins.map_err(|error| not_described(error.to_string()))
    }
}

/// Limits of the whole worker say nothing about the plugin; their messages name their keys.
fn not_described(problem: String) -> LoadError {
    let full = ["sandbox.instances.max", "sandbox.memory.total.bytes"].iter().any(|key| problem.contains(key));
    if full { LoadError::Later(problem) } else { LoadError::Unusable(problem) }
}

/// A file that may be a plugin.
struct Looked {
    bytes: Vec<u8>,
    world: World,
    key: CacheKey,
    /// If it was compiled before.
    component: Option<Component>,
}

impl Inner {
    fn look(&self, path: &Path, limit: u64) -> Result<Looked, LoadError> {
        let bytes = read(path, limit)?;
        let world = inspect(&bytes).map_err(|error| match error {
            InspectError::Truncated(_) => LoadError::Incomplete(error.to_string()),
            error => LoadError::Unusable(error.to_string()),
        })?;
        let key = CacheKey::new(self.sandbox.engine(), &bytes);
        let component = self.cache.load(self.sandbox.engine(), &key);
        Ok(Looked { bytes, world, key, component })
    }

    async fn compile(self: Arc<Self>, path: &Path, bytes: Vec<u8>, key: CacheKey) -> Result<Component, LoadError> {
        tracing::info!(path = %path.display(), bytes = bytes.len(), "compiling a plugin");
        let start = std::time::Instant::now();
        let code =
            self.compiler.compile(&bytes, self.sandbox.config()).await.map_err(|error| match error.passes() {
                true => LoadError::Later(error.to_string()),
                false => LoadError::Unusable(error.to_string()),
            })?;
        tracing::info!(path = %path.display(), millis = start.elapsed().as_millis(), "plugin compiled");
        let loaded = tokio::task::spawn_blocking(move || {
            if let Err(error) = self.cache.store(&key, &code) {
                // A full disk, say: the code at hand is as good, only the next start compiles again.
                tracing::warn!(%error, "cannot keep compiled code in sandbox.cache.dir");
            }
            CodeCache::fresh(self.sandbox.engine(), &code)
        });
        let unfit = |error: String| {
            LoadError::Unusable(format!("its compiled code does not fit this worker's engine: {error}"))
        };
        loaded.await.map_err(|error| unfit(error.to_string()))?.map_err(|error| unfit(format!("{error:#}")))
    }
}

/// The content of a regular file of at most so many bytes.
fn read(path: &Path, limit: u64) -> Result<Vec<u8>, LoadError> {
    // Permissions and handles may come, and the file was there a moment ago.
    let unreadable = |error: io::Error| LoadError::Later(format!("cannot read it: {error}"));
    let nonblocking = i32::try_from(OFlags::NONBLOCK.bits()).unwrap_or_default();
    let file = std::fs::File::options().read(true).custom_flags(nonblocking).open(path).map_err(unreadable)?;
    let too_big = |bytes: u64| {
        let problem = format!(
            "it has {bytes} bytes or more, and sandbox.component.max.bytes={limit}; raise that, or strip the component"
        );
        LoadError::Unusable(problem)
    };
    let metadata = file.metadata().map_err(unreadable)?;
    if !metadata.is_file() {
        return Err(LoadError::Unusable("it is not a regular file".to_owned()));
    }
    let length = metadata.len();
    if length > limit {
        return Err(too_big(length));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or(0));
    let read = file.take(limit.saturating_add(1)).read_to_end(&mut bytes).map_err(unreadable)?;
    // It may have grown meanwhile.
    if read as u64 > limit { Err(too_big(read as u64)) } else { Ok(bytes) }
}

#[cfg(test)]
mod tests;
