//! One line per long step: a spinner on a terminal, plain lines elsewhere, so that a log of CI reads well.

use indicatif::{ProgressBar, ProgressStyle};
use std::io::IsTerminal;
use std::time::{Duration, Instant};

/// How often a step says, where there is no terminal, that it is still at work.
const REMINDER: Duration = Duration::from_secs(30);

/// A step under way.
pub struct Step {
    title: String,
    started: Instant,
    said: Instant,
    bar: Option<ProgressBar>,
}

impl Step {
    /// Starts a step and shows its title.
    pub fn new(title: impl Into<String>) -> Self {
        let title = title.into();
        let bar = std::io::stderr().is_terminal().then(|| spinner(&title));
        if bar.is_none() {
            eprintln!("==> {title}");
        }
        Self { title, started: Instant::now(), said: Instant::now(), bar }
    }

    /// Shows what the step is doing now.
    pub fn detail(&mut self, detail: &str) {
        match &self.bar {
            Some(bar) => bar.set_message(format!("{}: {detail}", self.title)),
            None if self.said.elapsed() >= REMINDER => {
                self.said = Instant::now();
                eprintln!("    {} s: {detail}", self.started.elapsed().as_secs());
            }
            None => {}
        }
    }

    /// Ends the step: its line stays, with how long it took and `result`.
    pub fn done(self, result: &str) {
        let took = self.started.elapsed().as_secs_f64();
        let line = format!("{}: {result} ({took:.1} s)", self.title);
        match self.bar {
            Some(bar) => {
                bar.finish_and_clear();
                eprintln!("  ✓ {line}");
            }
            None => eprintln!("    {result} ({took:.1} s)"),
        }
    }

    /// Ends the step without a word: the error that follows says it.
    pub fn failed(self) {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
        eprintln!("  ✗ {}", self.title);
    }
}

fn spinner(title: &str) -> ProgressBar {
    let bar = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("  {spinner} {wide_msg} {elapsed}") {
        bar.set_style(style);
    }
    bar.set_message(title.to_owned());
    bar.enable_steady_tick(Duration::from_millis(120));
    bar
}
