//! What `./x` and CI call: builds guests and server, runs the demo, the tests and the checks.
//!
//! A program rather than shell, so that it runs wherever the server does and its steps are tested like the rest.
#![expect(clippy::print_stdout, reason = "a command line tool answers on its standard output")]

mod bench;
mod cargo;
mod child;
mod compat;
mod corpus;
mod demo;
mod deps;
mod doctor;
mod guests;
mod hash;
mod kafka;
mod layout;
mod lint;
mod progress;
mod python;
mod suites;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

#[derive(Parser)]
#[command(name = "./x", bin_name = "./x", about = "Builds, shows, tests and checks Cofferdam", max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Move a real file through a topic with two sandboxed connectors, and stay up to be played with
    Demo(demo::Options),
    /// Build what the tests need and run all of them
    Test,
    /// Measure the whole path beside its bare twins; raw results go to tests/bench/results
    Bench(bench::Options),
    /// Ask real Kafka Connect all requests of the recorded corpus, and write its answers down
    RecordCorpus,
    /// Build the first-party plugins
    BuildPlugins,
    /// Build the guests that only tests use
    BuildFixtures,
    /// Install the third-party clients that tests/compat walks through
    InstallClients,
    /// Walk through the third-party clients with real Kafka Connect, and write down what they see
    RecordClients,
    /// Say what is missing on this machine, and how to get it
    Doctor,
    /// Check which crate depends on which
    CheckDeps,
    /// Formatting, clippy, dependency directions, licences
    Lint,
}

fn main() -> ExitCode {
    match run(Cli::parse()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("./x: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    let layout = layout::Layout::find()?;
    match cli.command {
        Command::Demo(options) => demo::run(&layout, &options).map(|()| ExitCode::SUCCESS),
        Command::Test => suites::run(&layout),
        Command::Bench(options) => bench::run(&layout, options),
        Command::RecordCorpus => corpus::record(&layout).map(|()| ExitCode::SUCCESS),
        Command::BuildPlugins => show(guests::plugins(&layout)?),
        Command::BuildFixtures => show(guests::fixtures(&layout)?),
        Command::InstallClients => compat::install(&layout).map(|()| ExitCode::SUCCESS),
        Command::RecordClients => compat::record(&layout).map(|()| ExitCode::SUCCESS),
        Command::Doctor => Ok(doctor::run(&layout)),
        Command::CheckDeps => deps::run(&layout).map(|()| ExitCode::SUCCESS),
        Command::Lint => lint::run(&layout).map(|()| ExitCode::SUCCESS),
    }
}

fn show(files: Vec<std::path::PathBuf>) -> anyhow::Result<ExitCode> {
    for file in files {
        println!("{}", file.display());
    }
    Ok(ExitCode::SUCCESS)
}
