//! Running cargo: quietly with a progress line where it builds, openly where its output is the point.

use crate::layout::Layout;
use crate::progress::Step;
use anyhow::{Context, Result, bail};
use cargo_metadata::{Artifact, Message};
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::mpsc;

/// Cargo of the toolchain that built this program, in the clone's root.
pub fn command(layout: &Layout) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(&layout.root);
    // Cargo tells a program that it runs about this program's package; a build must not see that.
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(|name| name.starts_with("CARGO_PKG_") || name == "CARGO_MANIFEST_DIR") {
            command.env_remove(name);
        }
    }
    command
}

/// Builds the server.
pub fn server(layout: &Layout) -> Result<PathBuf> {
    let title = if layout.server().exists() {
        "building the server"
    } else {
        "building the server (the first time this compiles wasmtime and librdkafka, which takes minutes)"
    };
    // `--workspace`: the same features as in the tests, so that nothing is compiled twice.
    build(layout, title, &["build", "--workspace", "--bin", "cofferdam"])?;
    Ok(layout.server())
}

/// Runs a building cargo command behind a progress line. Its errors and warnings are shown if it fails.
pub fn build(layout: &Layout, title: &str, args: &[&str]) -> Result<Vec<Artifact>> {
    let mut step = Step::new(title);
    let mut command = command(layout);
    command.args(args).args(["--message-format=json-render-diagnostics", "--color=never"]);
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot run cargo {}", args.join(" ")))?;
    let stdout = child.stdout.take().context("cargo's output is not piped")?;
    let stderr = child.stderr.take().context("cargo's errors are not piped")?;
    let messages = std::thread::spawn(move || {
        Message::parse_stream(BufReader::new(stdout))
            .filter_map(|message| match message {
                Ok(Message::CompilerArtifact(artifact)) => Some(artifact),
                _ => None,
            })
            .collect::<Vec<_>>()
    });
    let said = follow(&mut step, stderr);
    let artifacts = messages.join().unwrap_or_default();
    let status = child.wait().context("cannot wait for cargo")?;
    if !status.success() {
        step.failed();
        eprint!("{said}");
        bail!("cargo {} failed ({status}); ./x doctor tells what this machine lacks", args.join(" "));
    }
    step.done("done");
    Ok(artifacts)
}

/// Reads cargo's progress into the step; returns all but the plain "Compiling" lines.
fn follow(step: &mut Step, stderr: impl std::io::Read + Send + 'static) -> String {
    let (sender, lines) = mpsc::channel();
    std::thread::spawn(move || {
        for line in BufReader::new(stderr).lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                break;
            }
        }
    });
    let mut said = String::new();
    let (mut units, mut latest) = (0_u32, String::from("starting"));
    loop {
        match lines.recv_timeout(std::time::Duration::from_secs(1)) {
            Ok(line) => match line.trim_start().strip_prefix("Compiling ") {
                Some(package) => {
                    units += 1;
                    latest = format!("{units} crates, now {package}");
                }
                None => {
                    said.push_str(&line);
                    said.push('\n');
                }
            },
            Err(mpsc::RecvTimeoutError::Timeout) => {}
            Err(mpsc::RecvTimeoutError::Disconnected) => return said,
        }
        step.detail(&latest);
    }
}

/// Runs a command with its output shown; an error if it does not succeed.
pub fn shown(command: &mut Command) -> Result<()> {
    let words: Vec<_> = command.get_args().map(|word| word.to_string_lossy().into_owned()).collect();
    let name = format!("{} {}", command.get_program().to_string_lossy(), words.join(" "));
    let status = command.status().with_context(|| format!("cannot run {name}"))?;
    if !status.success() {
        bail!("{name} failed ({status})");
    }
    Ok(())
}
