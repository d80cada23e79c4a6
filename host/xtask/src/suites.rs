//! `./x test`: every suite, one sum.
//!
//! The closing line is a contract with CI: `N passed, N failed`, and `, N skipped` if any were.

mod tally;

use crate::kafka::Kafka;
use crate::layout::Layout;
use crate::{cargo, compat, doctor, guests};
use anyhow::{Context, Result};
use std::ffi::OsString;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use tally::Tally;

/// The variable that names a file into which a test that cannot run here writes one line: its name, a colon, why. Such a
/// test returns early and counts as skipped, not as passed.
const SKIPPED: &str = "COFFERDAM_TESTS_SKIPPED";

/// Builds what the tests need and runs all of them.
pub fn run(layout: &Layout) -> Result<ExitCode> {
    guests::plugins(layout)?;
    guests::fixtures(layout)?;
    cargo::server(layout)?;
    compat::install(layout)?;
    let skipped = layout.target.join("tests-skipped.txt");
    std::fs::write(&skipped, "").with_context(|| format!("cannot write {}", skipped.display()))?;

    // One broker for the whole run; it ends with this function.
    let kafka = Kafka::if_possible(layout)?;

    let mut tally = Tally::default();
    for (title, mut command) in suites(layout) {
        eprintln!("==> {title}");
        if let Some(kafka) = &kafka {
            kafka.tell(&mut command);
        }
        tally += run_suite(command.env(SKIPPED, &skipped))?;
    }
    let reasons = std::fs::read_to_string(&skipped).unwrap_or_default();
    let skips: Vec<&str> = reasons.lines().filter(|line| !line.trim().is_empty()).collect();
    tally.skip(skips.len());
    for reason in &skips {
        println!("skipped: {reason}");
    }
    for tool in
        ["Java 17", "JDK 17", "Maven", "Python with venv", "Node.js"].iter().filter(|tool| !doctor::has(layout, tool))
    {
        println!("missing: {tool} (./x doctor says how to get it)");
    }
    println!("{tally}");
    Ok(if tally.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Every cargo test run, with a title.
fn suites(layout: &Layout) -> Vec<(String, Command)> {
    let mut suites = Vec::new();
    let mut host = cargo::command(layout);
    host.args(["test", "--workspace", "--no-fail-fast"]);
    suites.push(("tests of the server, the SDK and the harness".to_owned(), host));
    for (title, manifest) in [
        ("tests of the plugins, natively", "plugins/Cargo.toml"),
        ("tests of the fixtures", "tests/fixtures/Cargo.toml"),
    ] {
        let manifest = layout.root.join(manifest);
        if manifest.exists() {
            let mut command = cargo::command(layout);
            command.args(["test", "--workspace", "--no-fail-fast", "--manifest-path"]).arg(manifest);
            command.arg("--target-dir").arg(layout.guest_target());
            suites.push((title.to_owned(), command));
        }
    }
    for (name, path) in places(layout) {
        for (_, command) in &mut suites {
            command.env(name, &path);
        }
    }
    suites
}

/// Where tests find what was built for them.
fn places(layout: &Layout) -> Vec<(&'static str, OsString)> {
    let path = |path: &Path| path.as_os_str().to_owned();
    vec![
        ("COFFERDAM_BIN", path(&layout.server())),
        ("COFFERDAM_PLUGINS", path(&layout.wasm("plugins"))),
        ("COFFERDAM_FIXTURES", path(&layout.wasm("fixtures"))),
        ("COFFERDAM_PYTHON_FIXTURES", path(&layout.wasm("python-fixtures"))),
        ("COFFERDAM_COMPAT", path(&layout.clients())),
    ]
}

/// Runs one suite with its output shown, and counts.
fn run_suite(command: &mut Command) -> Result<Tally> {
    let mut child = command.stdout(Stdio::piped()).spawn().context("cannot run cargo test")?;
    let stdout = child.stdout.take().context("cargo test's output is not piped")?;
    let mut tally = Tally::default();
    let mut terminal = std::io::stdout();
    for line in BufReader::new(stdout).split(b'\n') {
        let line = line.context("cannot read cargo test's output")?;
        let text = String::from_utf8_lossy(&line);
        tally.read(&text);
        writeln!(terminal, "{text}").context("cannot write to standard output")?;
    }
    let status = child.wait().context("cannot wait for cargo test")?;
    if !status.success() && tally.failed == 0 {
        eprintln!("    the suite did not finish ({status}): counted as one failure");
        tally.failed = 1;
    }
    Ok(tally)
}
