//! Watching lines arrive in the output file.

use super::CONNECTORS;
use super::client::Client;
use super::settings::State;
use super::worker::Worker;
use anyhow::{Context, Result, bail};
use indicatif::{HumanCount, ProgressBar, ProgressState, ProgressStyle};
use std::fmt::Write;
use std::fs::File;
use std::io::Read;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// After so long without a line the move is given up.
const STALLED: Duration = Duration::from_secs(60);
/// How often the connectors' statuses are looked at.
const LOOK: Duration = Duration::from_millis(500);

/// Shows a progress bar until `lines` lines have arrived. An error if a connector fails, nothing arrives for 60 s, the
/// worker ends, or the demo is stopped.
pub fn follow(state: &State, client: &Client, worker: &mut Worker, lines: u64, stop: &AtomicBool) -> Result<()> {
    let bar = bar(lines);
    let mut output = Output::default();
    let (mut moved, mut looked) = (Instant::now(), Instant::now());
    while output.lines < lines {
        if output.read(state)? {
            moved = Instant::now();
            bar.set_position(output.lines);
        } else {
            std::thread::sleep(Duration::from_millis(5));
        }
        if looked.elapsed() > LOOK {
            looked = Instant::now();
            worker.must_run()?;
            for name in CONNECTORS {
                client.must_not_fail(name)?;
            }
        }
        if stop.load(Ordering::Relaxed) {
            bail!("stopped after {} of {lines} lines", output.lines);
        }
        if moved.elapsed() > STALLED {
            bail!("no line arrived for {} s ({} of {lines}); {}", STALLED.as_secs(), output.lines, worker.log());
        }
    }
    bar.finish_and_clear();
    Ok(())
}

fn bar(lines: u64) -> ProgressBar {
    let bar = ProgressBar::new(lines);
    let template = "  moving     [{bar:30}] {human_pos} of {human_len} lines, {rate} records/s ({elapsed})";
    let rate = |state: &ProgressState, out: &mut dyn Write| {
        // A terminal that is gone is no reason to stop.
        let _ = write!(out, "{}", HumanCount(state.per_sec() as u64));
    };
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style.with_key("rate", rate).progress_chars("=> "));
    }
    bar
}

/// What has arrived so far.
#[derive(Default)]
struct Output {
    file: Option<File>,
    lines: u64,
}

impl Output {
    /// Counts what is new. Whether anything was.
    fn read(&mut self, state: &State) -> Result<bool> {
        let file = match &mut self.file {
            Some(file) => file,
            none => match File::open(&state.output) {
                Ok(file) => none.insert(file),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(false),
                Err(error) => {
                    return Err(error).with_context(|| format!("cannot open {}", state.output.display()));
                }
            },
        };
        let mut buffer = vec![0; 1 << 18];
        let length = file.read(&mut buffer).with_context(|| format!("cannot read {}", state.output.display()))?;
        let new = buffer.iter().take(length).filter(|byte| **byte == b'\n').count();
        self.lines += new as u64;
        Ok(length > 0)
    }
}
