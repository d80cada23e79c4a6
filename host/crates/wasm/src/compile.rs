//! Compiling components, in a process of its own.
//!
//! Cranelift cannot be cancelled and keeps the memory that it took. A component comes from anybody, so it is compiled by
//! a child of the worker, of the same binary: niced, with an address-space limit, killed when it takes too long, and
//! gone with its memory when it is done. If the worker dies, its end of the child's standard input closes and the child
//! ends, too.
//!
//! The component goes to the child's standard input, behind its length, and its code comes from the child's standard
//! output: nobody else can put anything in its place, and nothing is left behind.

mod child;

pub use child::compile_main;

use crate::engine::{self, Purpose};
use cofferdam_config::SandboxConfig;
use std::io;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use thiserror::Error;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, ChildStdin, Command};

/// What is kept of what a failing child says.
const WORDS_MAX: u64 = 16 << 10;
/// How many times the largest component its code may have: machine code takes more room than WebAssembly.
const CODE_PER_COMPONENT: u64 = 8;
/// What code may have in any case: that of a small component is mostly what every component needs.
const CODE_MIN: u64 = 64 << 20;

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
    #[error("cannot take the code from the compiler: {0}")]
    Pipe(io::Error),
    #[error(
        "its code has more than {limit} bytes, {CODE_PER_COMPONENT} times sandbox.component.max.bytes; raise that, or make \
         the component smaller"
    )]
    TooMuchCode { limit: u64 },
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

impl CompileError {
    /// Whether it says nothing about the component, so that another attempt may come to something else.
    pub(crate) fn passes(&self) -> bool {
        matches!(self, Self::Run { .. } | Self::Pipe(_))
    }
}

/// Compiles components.
#[derive(Debug)]
pub(crate) struct Compiler {
    command: CompilerCommand,
}

impl Compiler {
    pub(crate) fn new(command: CompilerCommand) -> Self {
        Self { command }
    }

    /// The code of a component.
    pub(crate) async fn compile(&self, component: &[u8], sandbox: &SandboxConfig) -> Result<Vec<u8>, CompileError> {
        let mut child = self.spawn(sandbox)?;
        let limit = sandbox.component_max_bytes.saturating_mul(CODE_PER_COMPONENT).max(CODE_MIN);
        match tokio::time::timeout(sandbox.compile_timeout, self.talk(&mut child, component, limit)).await {
            Ok(Ok((code, status, words))) => judge(status, words, sandbox).map(|()| code),
            Ok(Err(error)) => {
                // Whether it was still there to be killed does not matter.
                let _ = child.kill().await;
                Err(error)
            }
            Err(_) => {
                let _ = child.kill().await;
                Err(CompileError::Timeout { millis: sandbox.compile_timeout.as_millis() })
            }
        }
    }

    fn spawn(&self, sandbox: &SandboxConfig) -> Result<Child, CompileError> {
        let CompilerCommand { program, args } = &self.command;
        let mut command = Command::new(program);
        command.args(args).args(child::args(sandbox)).kill_on_drop(true);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().map_err(|source| self.not_run(source))
    }

    fn not_run(&self, source: io::Error) -> CompileError {
        CompileError::Run { program: self.command.program.clone(), source }
    }

    /// Hands over the component and takes the code, how the child ended, and what it said.
    async fn talk(
        &self,
        child: &mut Child,
        component: &[u8],
        limit: u64,
    ) -> Result<(Vec<u8>, ExitStatus, String), CompileError> {
        let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        // Held until the child has ended: its closing tells the child that the worker is gone.
        let (_alive, code, words) = tokio::join!(hand_over(stdin, component), code(stdout, limit), last_words(stderr));
        let code = code?;
        let status = child.wait().await.map_err(|source| self.not_run(source))?;
        Ok((code, status, words))
    }
}

/// Writes the component behind its length. A child that does not take it says itself why.
async fn hand_over(stdin: Option<ChildStdin>, component: &[u8]) -> Option<ChildStdin> {
    let mut stdin = stdin?;
    let written = async {
        stdin.write_all(&(component.len() as u64).to_le_bytes()).await?;
        stdin.write_all(component).await?;
        stdin.flush().await
    };
    if let Err(error) = written.await {
        tracing::debug!(%error, "the compiler does not take the component");
    }
    Some(stdin)
}

/// What the child writes, unless it is too much.
async fn code(stdout: Option<impl AsyncRead + Unpin>, limit: u64) -> Result<Vec<u8>, CompileError> {
    let Some(stdout) = stdout else { return Ok(Vec::new()) };
    let mut code = Vec::new();
    let read = stdout.take(limit.saturating_add(1)).read_to_end(&mut code).await.map_err(CompileError::Pipe)?;
    if read as u64 > limit { Err(CompileError::TooMuchCode { limit }) } else { Ok(code) }
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
