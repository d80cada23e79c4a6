//! Compiling components, in a process of its own.
//!
//! Cranelift cannot be cancelled and keeps the memory that it took. A component comes from anybody, so it is compiled by
//! a child of the worker, of the same binary: niced, with an address-space limit, killed when it takes too long, and
//! gone with its memory when it is done. If the worker dies, its end of the child's standard input closes and the child
//! ends, too.

mod child;

pub use child::compile_main;

use crate::engine::{self, Purpose};
use cofferdam_config::SandboxConfig;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use thiserror::Error;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::Command;
use tokio::sync::Semaphore;

/// What is kept of what a failing child says.
const WORDS_MAX: u64 = 16 << 10;

/// How to run the compiler: this program, with these arguments before those of the compilation.
#[derive(Clone, Debug)]
pub struct CompilerCommand {
    /// The program: as a rule the running one.
    pub program: PathBuf,
    /// What makes it call [`compile_main`].
    pub args: Vec<String>,
}

/// Why a component was not compiled.
#[derive(Debug, Error)]
pub(crate) enum CompileError {
    #[error("cannot run the compiler {program}: {source}", program = program.display())]
    Run { program: PathBuf, source: io::Error },
    #[error("cannot hand the component to the compiler: {0}")]
    Files(io::Error),
    #[error("it does not compile: {0}")]
    Refused(String),
    #[error(
        "compiling it took longer than sandbox.compile.timeout.ms={millis}; raise it, or make the component smaller"
    )]
    Timeout { millis: u128 },
    #[error(
        "compiling it takes more memory than sandbox.compile.memory.bytes={bytes}; raise it, or make the component smaller"
    )]
    Memory { bytes: u64 },
    #[error("the compiler ended with {status}: {words}")]
    Crashed { status: ExitStatus, words: String },
}

/// Compiles components one after the other, or as many at once as the machine has pairs of cores.
#[derive(Debug)]
pub(crate) struct Compiler {
    command: CompilerCommand,
    turns: Semaphore,
}

impl Compiler {
    pub(crate) fn new(command: CompilerCommand) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self { command, turns: Semaphore::new((cores / 2).max(1)) }
    }

    /// The code of a component. `scratch`: a directory that only the worker's user can use.
    pub(crate) async fn compile(
        &self,
        component: &[u8],
        sandbox: &SandboxConfig,
        scratch: &Path,
    ) -> Result<Vec<u8>, CompileError> {
        let Ok(_turn) = self.turns.acquire().await else {
            return Err(CompileError::Files(io::Error::other("the compiler is closed")));
        };
        let files = tempfile::Builder::new().prefix(".compile-").tempdir_in(scratch).map_err(CompileError::Files)?;
        let (input, output) = (files.path().join("in.wasm"), files.path().join("out"));
        tokio::fs::write(&input, component).await.map_err(CompileError::Files)?;
        self.run(&input, &output, sandbox).await?;
        tokio::fs::read(&output).await.map_err(CompileError::Files)
    }

    async fn run(&self, input: &Path, output: &Path, sandbox: &SandboxConfig) -> Result<(), CompileError> {
        let CompilerCommand { program, args } = &self.command;
        let not_run = |source| CompileError::Run { program: program.clone(), source };
        let mut child = Command::new(program)
            .args(args)
            .args(child::args(sandbox))
            .args([input, output])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(not_run)?;
        // Held until the child has ended: its closing tells the child that the worker is gone.
        let _alive = child.stdin.take();
        let stderr = child.stderr.take();
        let ended = async {
            let words = last_words(stderr).await;
            (child.wait().await, words)
        };
        let ended = tokio::time::timeout(sandbox.compile_timeout, ended).await;
        let Ok((status, words)) = ended else {
            // Whether it was still there to be killed does not matter.
            let _ = child.kill().await;
            return Err(CompileError::Timeout { millis: sandbox.compile_timeout.as_millis() });
        };
        judge(status.map_err(not_run)?, words, sandbox)
    }
}

fn judge(status: ExitStatus, words: String, sandbox: &SandboxConfig) -> Result<(), CompileError> {
    match status.code() {
        Some(0) => Ok(()),
        Some(child::REFUSED) => Err(CompileError::Refused(words)),
        _ if out_of_memory(&words) => Err(CompileError::Memory { bytes: sandbox.compile_memory }),
        _ => Err(CompileError::Crashed { status, words }),
    }
}

/// What a Rust program says when an allocation fails: the allocator's abort, or a thread or mapping refused.
fn out_of_memory(words: &str) -> bool {
    let words = words.to_ascii_lowercase();
    ["memory allocation of", "out of memory", "cannot allocate memory", "resource temporarily unavailable"]
        .iter()
        .any(|sign| words.contains(sign))
}

/// What the child says, at most so much of it; the rest is read and thrown away, so that it is not blocked.
async fn last_words(stderr: Option<impl AsyncRead + Unpin>) -> String {
    let Some(mut stderr) = stderr else { return String::new() };
    let mut words = Vec::new();
    let kept = (&mut stderr).take(WORDS_MAX).read_to_end(&mut words).await;
    let rest = tokio::io::copy(&mut stderr, &mut tokio::io::sink()).await;
    if let Err(error) = kept.and(rest.map(|_| 0)) {
        tracing::debug!(%error, "cannot read what the compiler says");
    }
    String::from_utf8_lossy(&words).trim().to_owned()
}

/// Compiles within this process.
fn compile_here(component: &[u8], sandbox: &SandboxConfig) -> wasmtime::Result<Vec<u8>> {
    wasmtime::Engine::new(&engine::config(sandbox, Purpose::Compile))?.precompile_component(component)
}

#[cfg(test)]
pub(crate) mod tests;
