//! Cofferdam, wired together: the one crate that knows every other.
//!
//! The binary starts a [`CofferdamServer`] from files; tests start one in their own process from a configuration, on a
//! free port, and take the very same path. There is no logic here beyond order: what is built before what, what is
//! bound when, what is drained first.

pub mod cli;
mod cluster;
mod directories;
mod error;
pub mod logging;
mod options;
pub mod plugins;
mod server;
pub mod shutdown;
mod wiring;

pub use error::{ConfigurationError, StartError};
pub use options::{NamedConnector, StartOptions};
pub use server::CofferdamServer;
