//! Source offsets: where each connector's tasks go on reading.

use crate::java_map::JavaMapError;
use async_trait::async_trait;
use std::path::PathBuf;
use thiserror::Error;

/// Keeps source offsets. Source partitions and offsets are JSON objects; source partitions are compared as maps: key
/// order, white space, `1` or `1.0` make no difference.
#[async_trait]
pub trait OffsetBackingStore: Send + Sync {
    /// Stored offsets of a connector's source partitions, one answer each; `None` where none is stored.
    async fn read(&self, connector: &str, partitions: &[String]) -> Result<Vec<Option<String>>, OffsetStoreError>;

    /// All source partitions of a connector of which an offset is stored, with it.
    async fn all(&self, connector: &str) -> Result<Vec<(String, String)>, OffsetStoreError>;

    /// Stores offsets, all or none of them; durable when it returns. `None`: forget.
    async fn write(&self, connector: &str, offsets: Vec<(String, Option<String>)>) -> Result<(), OffsetStoreError>;
}

/// Why offsets could not be read or stored.
#[derive(Debug, Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum OffsetStoreError {
    #[error("the {what} `{text}` of connector {connector} is not a JSON object: {cause}")]
    NotAnObject { what: &'static str, connector: String, text: String, cause: String },
    #[error("could not {attempt} offsets file {path}: {source}", path = path.display())]
    File { attempt: &'static str, path: PathBuf, source: std::io::Error },
    #[error(
        "offsets file {path} is used by another worker (its lock {lock} is held): stop that worker, or give this one \
         its own offset.storage.file.filename",
        path = path.display(), lock = lock.display()
    )]
    Locked { path: PathBuf, lock: PathBuf },
    #[error("offsets file {path} cannot be understood: {source}", path = path.display())]
    Format { path: PathBuf, source: JavaMapError },
    #[error("storing offsets was interrupted: {0}")]
    Interrupted(String),
}
