//! Why a worker does not run.

use cofferdam_config::WorkerConfigError;
use cofferdam_config::connector_file::ConnectorFileError;
use cofferdam_config::properties::PropertiesError;
use cofferdam_embedded::EmbeddedError;
use cofferdam_herder::HerderError;
use cofferdam_rest::{AuthError, ListenError};
use cofferdam_storage::OffsetStoreError;
use cofferdam_wasm::{CacheError, SandboxError};
use std::io;
use std::path::PathBuf;
use thiserror::Error;

/// Why the files that a worker is started with cannot be used. Nothing has been bound or written.
#[derive(Debug, Error)]
pub enum ConfigurationError {
    /// The worker's file cannot be read.
    #[error(transparent)]
    Properties(#[from] PropertiesError),
    /// A key of it has a wrong value.
    #[error(transparent)]
    Worker(#[from] WorkerConfigError),
    /// A standalone worker needs to know where source offsets go.
    #[error(
        "{}: Missing required configuration \"offset.storage.file.filename\" which has no default value. (allowed: the \
         path of a file for source offsets)", .file.display()
    )]
    NoOffsetFile {
        /// The worker's file.
        file: PathBuf,
    },
    /// A connector's file cannot be used.
    #[error("Failed to create connector for {}: {source}", .file.display())]
    Connector {
        /// The connector's file.
        file: PathBuf,
        /// What is wrong with it.
        source: ConnectorFileError,
    },
}

/// Why a worker with a valid configuration could not start. What was started has been stopped again.
#[derive(Debug, Error)]
pub enum StartError {
    /// Who may use REST is not known. Nothing has been bound.
    #[error(transparent)]
    Auth(#[from] AuthError),
    /// REST cannot be served.
    #[error(transparent)]
    Rest(#[from] ListenError),
    /// The platform does not say where a user's files go.
    #[error("cannot tell where to keep {what}: there is no home directory; set {key}")]
    NoHome {
        /// What is to be kept.
        what: &'static str,
        /// The key that names a directory for it.
        key: &'static str,
    },
    /// The embedded stream did not start.
    #[error(transparent)]
    Embedded(#[from] EmbeddedError),
    /// A bug of ours.
    #[error("cannot start the embedded stream: it ended unexpectedly, which is a bug: {0}")]
    Panicked(tokio::task::JoinError),
    /// The sandbox could not be made.
    #[error(transparent)]
    Sandbox(#[from] SandboxError),
    /// Compiled plugins cannot be kept.
    #[error(transparent)]
    Cache(#[from] CacheError),
    /// The file of source offsets cannot be used.
    #[error(transparent)]
    Offsets(#[from] OffsetStoreError),
    /// The program cannot tell where it is, which it has to start for compilation.
    #[error("cannot tell where this program is, which compiles plugins in a child process of itself: {0}")]
    NoProgram(io::Error),
    /// A connector named on the command line was not created.
    #[error("Failed to create connector for {}: {source}; stopping", .file.display())]
    Connector {
        /// The connector's file.
        file: PathBuf,
        /// Why not.
        source: HerderError,
    },
}

impl StartError {
    /// Kafka Connect's exit code: 3 for a connector named on the command line, 1 for keys and certificates that the
    /// configuration names wrongly, else 2.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Connector { .. } => 3,
            Self::Rest(ListenError::Tls(_)) => 1,
            _ => 2,
        }
    }
}
