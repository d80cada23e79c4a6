//! What the command line accepts, and the exit codes of Kafka Connect's own tools.

use crate::{ConfigurationError, StartError};
use clap::{Parser, Subcommand, ValueEnum};
use std::path::PathBuf;
use std::process::ExitCode;
use thiserror::Error;

/// The command line.
#[derive(Debug, Parser)]
#[command(name = "cofferdam", version, about = "Kafka Connect, its connectors being sandboxed WebAssembly components")]
pub struct Cli {
    /// How log lines look; text unless told
    #[arg(long, global = true, value_name = "FORMAT", default_value = "text")]
    pub log_format: LogFormat,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object per line.
    Json,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run a worker that is on its own
    Standalone {
        /// The worker's properties
        #[arg(value_name = "WORKER.properties")]
        worker: PathBuf,
        /// Connectors to create at start, as properties or JSON
        #[arg(value_name = "CONNECTOR")]
        connectors: Vec<PathBuf>,
    },
    /// Run a worker of a group (not there yet)
    Distributed {
        /// The worker's properties
        #[arg(value_name = "WORKER.properties")]
        worker: PathBuf,
        /// Ignored, as Kafka's tool does
        #[arg(hide = true)]
        ignored: Vec<String>,
    },
    /// Look at plugins without running a worker
    Plugin {
        /// What to do with them.
        #[command(subcommand)]
        command: PluginCommand,
    },
    /// Compile one component: what a worker starts as a child process of itself
    #[command(hide = true)]
    CompileComponent {
        /// Limits. The component comes by standard input, and its code goes to standard output.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
}

/// What to do with plugins.
#[derive(Debug, Subcommand)]
pub enum PluginCommand {
    /// List the plugins of a worker, or of directories
    List {
        /// The worker's properties
        #[arg(long, value_name = "WORKER.properties", required_unless_present = "directories")]
        worker_config: Option<PathBuf>,
        /// Directories to look in
        #[arg(value_name = "DIR")]
        directories: Vec<PathBuf>,
    },
    /// Tell what a component says about itself, and what it asks for
    Inspect {
        /// The component
        file: PathBuf,
    },
    /// Compile the components of a directory into the cache, so that a worker need not
    Compile {
        /// The worker's properties, for its cache and its limits
        #[arg(long, value_name = "WORKER.properties")]
        worker_config: Option<PathBuf>,
        /// The directory
        directory: PathBuf,
    },
}

/// Why the program ends with an error; its text is one line for a person.
#[derive(Debug, Error)]
pub enum Failure {
    /// It was called the wrong way.
    #[error("{0}")]
    Usage(String),
    /// A configuration cannot be used.
    #[error(transparent)]
    Configuration(#[from] ConfigurationError),
    /// It could not start.
    #[error("{0}")]
    Start(String),
    /// The worker could not start.
    #[error(transparent)]
    Worker(Box<StartError>),
}

impl From<StartError> for Failure {
    fn from(error: StartError) -> Self {
        Self::Worker(Box::new(error))
    }
}

impl Failure {
    /// Kafka Connect's exit codes: 1 usage and configuration, 2 start, 3 a connector named on the command line.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(_) | Self::Configuration(ConfigurationError::Worker(_)) => 1,
            Self::Configuration(ConfigurationError::Properties(_) | ConfigurationError::NoOffsetFile { .. }) => 1,
            Self::Start(_) => 2,
            Self::Configuration(ConfigurationError::Connector { .. }) => 3,
            Self::Worker(error) => error.exit_code(),
        }
    }
}

/// Prints what clap has to say. Wrong usage is 1, as with Kafka's tools; asking for help is 0.
pub fn usage(error: &clap::Error) -> ExitCode {
    let _ = error.print();
    if error.use_stderr() { ExitCode::from(1) } else { ExitCode::SUCCESS }
}

#[cfg(test)]
mod tests {
    use super::{Cli, Command};
    use clap::{CommandFactory, Parser};

    #[test]
    fn the_definition_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn standalone_takes_what_kafkas_tool_takes() {
        let cli = Cli::try_parse_from(["cofferdam", "standalone", "w.properties", "a.properties", "b.json"]).unwrap();
        let Command::Standalone { worker, connectors } = cli.command else { panic!("{cli:?}") };
        assert_eq!((worker.to_str(), connectors.len()), (Some("w.properties"), 2));
        assert!(Cli::try_parse_from(["cofferdam", "standalone"]).is_err());
    }
}
