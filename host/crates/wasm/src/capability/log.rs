//! `log`: a guest's lines in the worker's log, with the connector and task that they come from.
//!
//! A guest can write faster than any log can take, and longer than anybody reads: lines are cut, and beyond a rate
//! dropped; how many is told as soon as a line gets through again.
//!
//! Each instance has a logger of its own, `guest.CONNECTOR.TASK`. Events cannot carry it, because their targets are
//! part of the program: all have the target `guest`. So the subscriber is asked for the logger's name first, which
//! answers as the level is now, and only then a line is put together and written. A filter has to let the target `guest`
//! pass.

use crate::bindings::log;
use crate::guest::Guest;
use parking_lot::Mutex;
use std::collections::VecDeque;
use std::time::Instant;
use tracing::level_filters::LevelFilter;
use tracing::{Metadata, dispatcher};
use tracing_core::callsite::Callsite;
use tracing_core::field::FieldSet;
use tracing_core::metadata::Kind;
use tracing_core::subscriber::Interest;
use tracing_core::{Level, identify_callsite};

/// The target of all lines that guests write, and the beginning of their loggers' names. The level of an event with this
/// target has been looked at already.
pub const GUEST_TARGET: &str = "guest";

/// Bytes of one line.
pub(crate) const MAX_LINE: usize = 8 << 10;
/// A burst may hold as many lines as this many seconds.
const BURST_SECONDS: f64 = 5.0;
/// Lines of standard error that are kept for a trace.
const LAST_WORDS: usize = 10;

/// The log of one instance. Shared by its `log` import and its standard streams.
#[derive(Debug)]
pub(crate) struct GuestLog {
    /// The name that its level is set under.
    logger: String,
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
        let logger = match task {
            Some(task) => format!("{GUEST_TARGET}.{connector}.{task}"),
            None => format!("{GUEST_TARGET}.{connector}"),
        };
        let (connector, plugin) = (connector.to_owned(), plugin.to_owned());
        let log = Self { logger, connector, task, plugin, bucket: Mutex::new(bucket), last_words: Mutex::default() };
        // So that the logger is known before its first line. The answer may change.
        log.lets_through(log::Level::Error);
        log
    }

    /// Whether a line of this level is wanted now. Where no logger wants the level this is one comparison.
    fn lets_through(&self, level: log::Level) -> bool {
        let level = match level {
            log::Level::Trace => Level::TRACE,
            log::Level::Debug => Level::DEBUG,
            log::Level::Info => Level::INFO,
            log::Level::Warn => Level::WARN,
            log::Level::Error => Level::ERROR,
        };
        level <= LevelFilter::current()
            && dispatcher::get_default(|subscriber| subscriber.enabled(&line_of(&self.logger, level)))
    }

    /// Writes one line if its level is wanted, or counts it as dropped.
    pub(crate) fn line(&self, level: log::Level, message: &str) {
        if !self.lets_through(level) {
            return;
        }
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
        if self.lets_through(log::Level::Warn) {
            self.emit(log::Level::Warn, message);
        }
    }

    fn emit(&self, level: log::Level, message: &str) {
        let (line, more) = cut(message);
        // One line each: a guest cannot write lines that look like the worker's.
        let line = line.replace('\n', "\\n").replace('\r', "\\r");
        let line = if more == 0 { line } else { format!("{line}… ({more} bytes more)") };
        let Self { connector, task, plugin, .. } = self;
        macro_rules! event {
            ($level:ident) => {
                tracing::event!(target: GUEST_TARGET, Level::$level, connector, task, plugin, "{line}")
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

/// What a filter is asked about: a line of this logger.
fn line_of(logger: &str, level: Level) -> Metadata<'_> {
    let fields = FieldSet::new(&[], identify_callsite!(&ANY_LINE));
    Metadata::new("line of a guest", logger, level, None, None, None, fields, Kind::EVENT)
}

/// Stands for the place in the program that [`line_of`] has to name. Nothing is ever logged from there.
struct AnyLine;

static ANY_LINE: AnyLine = AnyLine;

static ANY_LINE_METADATA: Metadata<'static> = Metadata::new(
    "line of a guest",
    GUEST_TARGET,
    Level::ERROR,
    None,
    None,
    None,
    FieldSet::new(&[], identify_callsite!(&ANY_LINE)),
    Kind::EVENT,
);

impl Callsite for AnyLine {
    /// It is not registered, so nobody tells it; answers differ from logger to logger.
    fn set_interest(&self, _interest: Interest) {}

    fn metadata(&self) -> &Metadata<'_> {
        &ANY_LINE_METADATA
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
mod tests;
