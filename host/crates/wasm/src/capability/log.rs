//! `log`: a guest's lines in the worker's log, with the connector and task that they come from.
//!
//! A guest can write faster than any log can take, and longer than anybody reads: lines are cut, and beyond a rate
//! dropped; how many is told as soon as a line gets through again.

use crate::bindings::log;
use crate::guest::Guest;
use parking_lot::Mutex;
use std::collections::VecDeque;
use std::time::Instant;

/// Bytes of one line.
pub(crate) const MAX_LINE: usize = 8 << 10;
/// A burst may hold as many lines as this many seconds.
const BURST_SECONDS: f64 = 5.0;
/// Lines of standard error that are kept for a trace.
const LAST_WORDS: usize = 10;

/// The log of one instance. Shared by its `log` import and its standard streams.
#[derive(Debug)]
pub(crate) struct GuestLog {
    connector: String,
    task: Option<u32>,
    plugin: String,
    bucket: Mutex<Bucket>,
    last_words: Mutex<VecDeque<String>>,
}

/// Lines that may be written now: filled at a rate up to a burst.
#[derive(Debug)]
struct Bucket {
    per_second: f64,
    lines: f64,
    filled: Instant,
    dropped: u64,
}

impl Bucket {
    fn new(per_second: f64, now: Instant) -> Self {
        Self { per_second, lines: per_second * BURST_SECONDS, filled: now, dropped: 0 }
    }

    /// Whether a line may pass; if so, how many were dropped since the last one that could.
    fn take(&mut self, now: Instant) -> Option<u64> {
        let more = now.saturating_duration_since(self.filled).as_secs_f64() * self.per_second;
        self.lines = (self.lines + more).min(self.per_second * BURST_SECONDS);
        self.filled = now;
        if self.lines >= 1.0 {
            self.lines -= 1.0;
            Some(std::mem::take(&mut self.dropped))
        } else {
            self.dropped += 1;
            None
        }
    }
}

impl GuestLog {
    /// A log of at most `per_second` lines (`sandbox.log.lines.per.second`).
    pub(crate) fn new(connector: &str, task: Option<u32>, plugin: &str, per_second: u32) -> Self {
        let bucket = Bucket::new(per_second.into(), Instant::now());
        let (connector, plugin) = (connector.to_owned(), plugin.to_owned());
        Self { connector, task, plugin, bucket: Mutex::new(bucket), last_words: Mutex::default() }
    }

    /// Writes one line, or counts it as dropped.
    pub(crate) fn line(&self, level: log::Level, message: &str) {
        match self.bucket.lock().take(Instant::now()) {
            None => {}
            Some(0) => self.emit(level, message),
            Some(dropped) => {
                self.host_warning(&dropped_lines(dropped));
                self.emit(level, message);
            }
        }
    }

    /// A line of the standard error: also kept for the trace of this call.
    pub(crate) fn error_line(&self, message: &str) {
        let mut words = self.last_words.lock();
        if words.len() == LAST_WORDS {
            words.pop_front();
        }
        words.push_back(cut(message).0.to_owned());
        drop(words);
        self.line(log::Level::Warn, message);
    }

    /// What was written to the standard error since this was last asked.
    pub(crate) fn take_last_words(&self) -> String {
        self.last_words.lock().drain(..).collect::<Vec<_>>().join("\n")
    }

    /// What the host has to say about this instance: not limited, so callers say it once.
    pub(crate) fn host_warning(&self, message: &str) {
        self.emit(log::Level::Warn, message);
    }

    fn emit(&self, level: log::Level, message: &str) {
        let (line, more) = cut(message);
        // One line each: a guest cannot write lines that look like the worker's.
        let line = line.replace('\n', "\\n").replace('\r', "\\r");
        let line = if more == 0 { line } else { format!("{line}… ({more} bytes more)") };
        let Self { connector, task, plugin, .. } = self;
        macro_rules! event {
            ($level:ident) => {
                tracing::event!(target: "guest", tracing::Level::$level, connector, task, plugin, "{line}")
            };
        }
        match level {
            log::Level::Trace => event!(TRACE),
            log::Level::Debug => event!(DEBUG),
            log::Level::Info => event!(INFO),
            log::Level::Warn => event!(WARN),
            log::Level::Error => event!(ERROR),
        }
    }
}

impl Drop for GuestLog {
    fn drop(&mut self) {
        let dropped = self.bucket.get_mut().dropped;
        if dropped > 0 {
            self.host_warning(&dropped_lines(dropped));
        }
    }
}

fn dropped_lines(dropped: u64) -> String {
    format!("{dropped} lines of this plugin were dropped (sandbox.log.lines.per.second)")
}

/// The part of a message that fits a line, and how many bytes do not.
fn cut(message: &str) -> (&str, usize) {
    let end = message.floor_char_boundary(MAX_LINE);
    let (line, rest) = message.split_at(end);
    (line, rest.len())
}

impl log::Host for Guest {
    fn write(&mut self, level: log::Level, message: String) -> wasmtime::Result<()> {
        self.log.line(level, &message);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_burst_passes_then_the_rate() {
        let start = Instant::now();
        let mut bucket = Bucket::new(200.0, start);
        assert_eq!((0..2_000).filter(|_| bucket.take(start).is_some()).count(), 1_000);
        assert_eq!(bucket.take(start), None);
        // Told with the next line that passes, once.
        let later = start + Duration::from_secs(1);
        assert_eq!(bucket.take(later), Some(1_001));
        assert_eq!(bucket.take(later), Some(0));
        assert_eq!((0..2_000).filter(|_| bucket.take(later).is_some()).count(), 198);
        // However long it was silent, no more than a burst.
        let late = later + Duration::from_secs(3_600);
        assert_eq!((0..2_000).filter(|_| bucket.take(late).is_some()).count(), 1_000);
    }

    #[test]
    fn lines_are_cut_at_a_character() {
        let long = "é".repeat(MAX_LINE);
        let (line, more) = cut(&long);
        assert_eq!((line.len(), more), (MAX_LINE, MAX_LINE));
        let odd = format!("x{long}");
        assert_eq!(cut(&odd).0.len(), MAX_LINE - 1);
        assert_eq!(cut("short"), ("short", 0));
    }

    #[test]
    fn only_the_last_words_are_kept() {
        let log = GuestLog::new("c", Some(0), "org.example.P", 0);
        for n in 0..LAST_WORDS + 5 {
            log.error_line(&format!("line {n}"));
        }
        let words = log.take_last_words();
        assert_eq!((words.lines().count(), words.lines().next()), (LAST_WORDS, Some("line 5")));
        assert_eq!(log.take_last_words(), "");
    }
}
