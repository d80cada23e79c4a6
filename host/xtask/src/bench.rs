//! `./x bench`: builds what is measured, starts the stream, runs the benchmark (`tests/src/bin/bench`).

use crate::kafka::Kafka;
use crate::layout::Layout;
use crate::{cargo, guests};
use anyhow::{Context, Result};
use std::process::{Command, ExitCode};
use std::time::{SystemTime, UNIX_EPOCH};

/// What to measure.
#[derive(Clone, clap::Args)]
pub struct Options {
    /// All rows, not only the named few
    #[arg(long)]
    full: bool,
    /// Only rows with this in their name: source, sink, start, REST
    #[arg(long, value_name = "TEXT")]
    only: Option<String>,
}

/// Runs the benchmark against real Kafka where there is Java, else against the embedded stream.
pub fn run(layout: &Layout, options: Options) -> Result<ExitCode> {
    let plugins = guests::plugins(layout)?;
    let fixtures = guests::rust_fixtures(layout)?;
    cargo::server(layout)?;
    cargo::build(layout, "building the benchmark", &["build", "--workspace", "--bin", "bench", "--bin", "bare"])?;
    let kafka = Kafka::if_possible(layout)?;
    let (bootstrap, stream) = match &kafka {
        Some(kafka) => (kafka.bootstrap(), "Apache Kafka 4.3.1"),
        None => ("embedded".to_owned(), "the embedded stream"),
    };
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).context("the clock is before 1970")?.as_secs();
    let results = layout.root.join("tests/bench/results").join(seconds.to_string());
    let mut bench = Command::new(layout.target.join("debug/bench"));
    bench.args([&bootstrap, stream]).arg(&results).env("COFFERDAM_BIN", layout.server());
    for (variable, files) in [("COFFERDAM_PLUGINS", plugins), ("COFFERDAM_FIXTURES", fixtures)] {
        if let Some(directory) = files.first().and_then(|file| file.parent()) {
            bench.env(variable, directory);
        }
    }
    if options.full {
        bench.arg("--full");
    }
    if let Some(only) = &options.only {
        bench.args(["--only", only]);
    }
    let status = bench.status().context("cannot run the benchmark")?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
