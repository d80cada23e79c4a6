//! Why an embedded stream could not start or could not stop cleanly.

use std::io;
use std::path::PathBuf;

/// Why an embedded stream could not start or could not stop cleanly.
#[derive(Debug, thiserror::Error)]
pub enum EmbeddedError {
    /// Another process, or another stream of this one, has the data directory.
    #[error(
        "cannot start the embedded stream: data directory {} is in use by another process; stop it, or choose another \
         directory with embedded.data.dir", .dir.display()
    )]
    InUse {
        /// The directory asked for.
        dir: PathBuf,
    },
    /// The port could not be had.
    #[error(
        "cannot start the embedded stream: cannot listen on 127.0.0.1:{port}: {source}; choose another port, or 0 for a free one"
    )]
    Listen {
        /// The port asked for.
        port: u16,
        /// What the system said.
        source: io::Error,
    },
    /// A file or directory of the data directory could not be read or written.
    #[error("cannot {what} {}: {source}", .path.display())]
    Io {
        /// What was attempted, as a verb.
        what: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A journal holds an entry whose checksum is right and whose content is not understood.
    #[error("cannot read {}: entry {entry} is not understood ({cause}); it may have been written by a newer version", .path.display())]
    Journal {
        /// The journal.
        path: PathBuf,
        /// Number of the entry in it, from 0.
        entry: u64,
        /// What is wrong with it.
        cause: String,
    },
    /// A setting is out of bounds.
    #[error("cannot start the embedded stream: {0}")]
    Config(String),
    /// The threads that serve it could not be made.
    #[error("cannot start the embedded stream: cannot start its threads: {0}")]
    Runtime(io::Error),
}

impl EmbeddedError {
    /// An [`EmbeddedError::Io`] for use in `map_err`.
    pub(crate) fn io(what: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { what, path, source }
    }
}
