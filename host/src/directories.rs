//! Where a user's files go unless the configuration says: the platform's own places.

use crate::StartError;
use cofferdam_config::WorkerConfig;
use etcetera::BaseStrategy;
use std::path::PathBuf;

/// Where compiled plugins are kept: `sandbox.cache.dir`, else `cofferdam/compiled` in the user's cache directory.
pub fn compiled(configured: Option<PathBuf>) -> Result<PathBuf, StartError> {
    let missing = |_| StartError::NoHome { what: "compiled plugins", key: "sandbox.cache.dir" };
    match configured {
        Some(directory) => Ok(directory),
        None => Ok(etcetera::choose_base_strategy().map_err(missing)?.cache_dir().join("cofferdam").join("compiled")),
    }
}

/// Where the embedded stream keeps its data: `embedded.data.dir`, else `cofferdam/stream` in the user's data directory.
pub fn stream(config: &WorkerConfig) -> Result<PathBuf, StartError> {
    let missing = |_| StartError::NoHome { what: "the embedded stream's data", key: "embedded.data.dir" };
    match &config.embedded_data_dir {
        Some(directory) => Ok(directory.clone()),
        None => Ok(etcetera::choose_base_strategy().map_err(missing)?.data_dir().join("cofferdam").join("stream")),
    }
}
