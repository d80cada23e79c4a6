//! From a file to plugin classes: read, inspected, compiled or taken from the cache, asked what it holds.

use crate::cache::{CacheError, CacheKey, CodeCache};
use crate::compile::{Compiler, CompilerCommand};
use crate::inspect::{InspectError, inspect};
use crate::sandbox::{Sandbox, World};
use async_trait::async_trait;
use cofferdam_plugin::{ConnectorPlugin, LoadError, Loader};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use wasmtime::component::Component;

/// Loads components for a sandbox.
pub struct ComponentLoader {
    inner: Arc<Inner>,
}

struct Inner {
    sandbox: Arc<Sandbox>,
    cache: CodeCache,
    compiler: Compiler,
}

impl ComponentLoader {
    /// A loader that keeps compiled code in `cache_dir` (`sandbox.cache.dir`). Fails if that directory cannot be used
    /// or if others could put code there.
    pub fn new(sandbox: Arc<Sandbox>, cache_dir: PathBuf, compiler: CompilerCommand) -> Result<Self, CacheError> {
        let cache = CodeCache::open(&cache_dir)?;
        Ok(Self { inner: Arc::new(Inner { sandbox, cache, compiler: Compiler::new(compiler) }) })
    }

    /// Sees to it that the compiled code of a component is in the cache.
    pub async fn warm(&self, path: &Path) -> Result<(), LoadError> {
        self.component(path).await.map(drop)
    }

    async fn component(&self, path: &Path) -> Result<(Component, World), LoadError> {
        let inner = Arc::clone(&self.inner);
        let file = path.to_owned();
        let limit = self.inner.sandbox.config().component_max_bytes;
        let looked = tokio::task::spawn_blocking(move || inner.look(&file, limit)).await;
        let looked = looked.map_err(|error| LoadError::Unusable(format!("reading it failed: {error}")))??;
        match looked {
            Looked { component: Some(component), world, .. } => Ok((component, world)),
            Looked { component: None, world, bytes, key } => {
                Arc::clone(&self.inner).compile(path, bytes, key).await.map(|component| (component, world))
            }
        }
    }
}

#[async_trait]
impl Loader for ComponentLoader {
    async fn load(&self, path: &Path) -> Result<Vec<Arc<dyn ConnectorPlugin>>, LoadError> {
        let (component, world) = self.component(path).await?;
        let plugins = self.inner.sandbox.plugins(component, world, path).await;
        plugins.map_err(|error| LoadError::Unusable(error.to_string()))
    }
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
        let code = self.compiler.compile(&bytes, self.sandbox.config(), self.cache.path()).await;
        let code = code.map_err(|error| LoadError::Unusable(error.to_string()))?;
        tracing::info!(path = %path.display(), millis = start.elapsed().as_millis(), "plugin compiled");
        let kept = tokio::task::spawn_blocking(move || {
            let stored = self.cache.store(&key, &code);
            stored.map(|()| self.cache.load(self.sandbox.engine(), &key))
        });
        match kept.await {
            Ok(Ok(Some(component))) => Ok(component),
            Ok(Ok(None)) => Err(LoadError::Unusable("its compiled code does not fit this worker's engine".to_owned())),
            Ok(Err(error)) => Err(LoadError::Unusable(format!("cannot keep its compiled code: {error}"))),
            Err(error) => Err(LoadError::Unusable(format!("cannot keep its compiled code: {error}"))),
        }
    }
}

/// The content of a regular file of at most so many bytes.
fn read(path: &Path, limit: u64) -> Result<Vec<u8>, LoadError> {
    let unreadable = |error: io::Error| LoadError::Unusable(format!("cannot read it: {error}"));
    let file = std::fs::File::open(path).map_err(unreadable)?;
    let too_big = |bytes: u64| {
        let problem = format!(
            "it has {bytes} bytes or more, and sandbox.component.max.bytes={limit}; raise that, or strip the component"
        );
        LoadError::Unusable(problem)
    };
    let length = file.metadata().map_err(unreadable)?.len();
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
