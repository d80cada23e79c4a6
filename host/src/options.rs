//! What a worker is started with.

use crate::ConfigurationError;
use cofferdam_config::connector_file::{ConnectorFile, read_connector_file};
use cofferdam_config::{WorkerConfig, properties};
use std::path::{Path, PathBuf};

/// A connector to create at start.
#[derive(Clone, Debug)]
pub struct NamedConnector {
    /// The file that it came from, for messages.
    pub file: PathBuf,
    /// What the file says.
    pub connector: ConnectorFile,
}

/// What a worker is started with.
#[derive(Clone, Debug)]
pub struct StartOptions {
    /// The worker's configuration. Port 0 in a listener: any free port.
    pub config: WorkerConfig,
    /// Connectors to create, one after another; the first that cannot be created ends the start.
    pub connectors: Vec<NamedConnector>,
    /// The `cofferdam` binary, started as a child process to compile plugins; `None`: this very program.
    pub compiler: Option<PathBuf>,
}

impl StartOptions {
    /// A worker without connectors.
    pub fn new(config: WorkerConfig) -> Self {
        Self { config, connectors: Vec::new(), compiler: None }
    }

    /// Reads a worker's file and connectors' files. Warnings about the worker's file are logged. Nothing is bound,
    /// written or started.
    pub fn from_files(worker: &Path, connectors: &[PathBuf]) -> Result<Self, ConfigurationError> {
        let properties = properties::read_properties(worker)?;
        let (config, warnings) = WorkerConfig::from_properties(properties, &worker.display().to_string())?;
        if config.offset_storage_file.is_none() {
            return Err(ConfigurationError::NoOffsetFile { file: worker.to_owned() });
        }
        for warning in warnings {
            tracing::warn!("{warning}");
        }
        let read = |file: &PathBuf| match read_connector_file(file) {
            Ok(connector) => Ok(NamedConnector { file: file.clone(), connector }),
            Err(source) => Err(ConfigurationError::Connector { file: file.clone(), source }),
        };
        let connectors = connectors.iter().map(read).collect::<Result<_, _>>()?;
        Ok(Self { connectors, ..Self::new(config) })
    }
}
