//! The worker as a child process.

use super::settings::State;
use crate::child::tied;
use anyhow::{Context, Result, bail};
use std::fs::File;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

/// How long the worker may take to stop.
const STOP: Duration = Duration::from_secs(15);

/// A running worker; killed if dropped before it was stopped.
pub struct Worker {
    child: Child,
    log: PathBuf,
}

impl Worker {
    /// Starts the server, standalone, in the state directory, its output going to the log.
    pub fn start(server: &Path, state: &State) -> Result<Self> {
        let log = state.log();
        let file = File::create(&log).with_context(|| format!("cannot create {}", log.display()))?;
        let errors = file.try_clone().with_context(|| format!("cannot share {}", log.display()))?;
        let child = tied(server, "TERM")
            .arg("standalone")
            .arg(state.properties())
            .current_dir(&state.directory)
            .stdin(Stdio::null())
            .stdout(file)
            .stderr(errors)
            // A group of its own: Ctrl-C reaches the demo, which stops the worker in good order.
            .process_group(0)
            .spawn()
            .with_context(|| format!("cannot start {}", server.display()))?;
        Ok(Self { child, log })
    }

    /// An error if the worker has ended.
    pub fn must_run(&mut self) -> Result<()> {
        match self.child.try_wait().context("cannot tell whether the worker runs")? {
            None => Ok(()),
            Some(status) => bail!("the worker ended ({status}); {}", self.log()),
        }
    }

    /// The last lines of the log, and where the rest is.
    pub fn log(&self) -> String {
        let text = std::fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<_> = text.lines().collect();
        let last = lines.get(lines.len().saturating_sub(8)..).unwrap_or_default().join("\n  ");
        format!("its log {} ends with\n  {last}", self.log.display())
    }

    /// Asks the worker to stop and waits. An error if it does not end well within 15 s.
    pub fn stop(mut self) -> Result<()> {
        self.must_run()?;
        rustix::process::kill_process(rustix::process::Pid::from_child(&self.child), rustix::process::Signal::TERM)
            .context("cannot stop the worker")?;
        let deadline = Instant::now() + STOP;
        loop {
            match self.child.try_wait().context("cannot wait for the worker")? {
                Some(status) if status.success() => return Ok(()),
                Some(status) => bail!("the worker did not stop well ({status}); {}", self.log()),
                None if Instant::now() > deadline => {
                    bail!("the worker did not stop within {} s; {}", STOP.as_secs(), self.log())
                }
                None => std::thread::sleep(Duration::from_millis(10)),
            }
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}
