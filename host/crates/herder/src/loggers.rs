//! Loggers and their levels, as `/admin/loggers` shows and changes them (rest.md §10). Kafka: `Loggers`.
//!
//! Only the table is here: who filters log lines asks it, and is told after each change, so that nobody has to ask for
//! every line. What a filter is made of, and where lines go, is not known here. Names have dots: `a.b` is below `a`, and
//! everything is below `root`. A name may belong to nobody (`org.apache.kafka.connect.runtime`, as tools ask for it): it
//! is kept and shown, and changes nothing.

use parking_lot::RwLock;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;
use thiserror::Error;
use tracing::level_filters::LevelFilter;

/// What the root logger is called, in any case.
const ROOT: &str = "root";
/// How many names are remembered of those that appear by themselves: a guest's carries its connector's name. What comes
/// after is filtered as well, but not listed.
const MAX_SEEN: usize = 10_000;

/// How much a logger lets through. The names are log4j's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogLevel {
    /// Nothing.
    Off,
    /// Less than errors: nothing, as no line is that grave.
    Fatal,
    /// Errors.
    Error,
    /// Warnings, too.
    Warn,
    /// What an operator likes to know, too.
    Info,
    /// What a developer looks for, too.
    Debug,
    /// Every step, too.
    Trace,
    /// Everything.
    All,
}

impl LogLevel {
    const EVERY: [Self; 8] =
        [Self::Off, Self::Fatal, Self::Error, Self::Warn, Self::Info, Self::Debug, Self::Trace, Self::All];

    /// log4j's name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Off => "OFF",
            Self::Fatal => "FATAL",
            Self::Error => "ERROR",
            Self::Warn => "WARN",
            Self::Info => "INFO",
            Self::Debug => "DEBUG",
            Self::Trace => "TRACE",
            Self::All => "ALL",
        }
    }

    /// What it lets through.
    pub fn filter(self) -> LevelFilter {
        match self {
            Self::Off | Self::Fatal => LevelFilter::OFF,
            Self::Error => LevelFilter::ERROR,
            Self::Warn => LevelFilter::WARN,
            Self::Info => LevelFilter::INFO,
            Self::Debug => LevelFilter::DEBUG,
            Self::Trace | Self::All => LevelFilter::TRACE,
        }
    }
}

impl From<LevelFilter> for LogLevel {
    fn from(filter: LevelFilter) -> Self {
        // The most verbose one is called TRACE here: ALL is a name that only users give.
        Self::EVERY.into_iter().find(|level| level.filter() == filter).unwrap_or(Self::Off)
    }
}

impl fmt::Display for LogLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text names no level. The messages are Kafka Connect's, or log4j's.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum UnknownLogLevel {
    /// It names nothing that log4j knows.
    #[error("invalid log level '{0}'.")]
    Unknown(String),
    /// It is empty.
    #[error("Illegal null or empty Level name.")]
    Empty,
}

impl FromStr for LogLevel {
    type Err = UnknownLogLevel;

    /// In any case, white space around it ignored.
    fn from_str(text: &str) -> Result<Self, UnknownLogLevel> {
        if text.is_empty() {
            return Err(UnknownLogLevel::Empty);
        }
        let named = |level: &Self| text.trim().eq_ignore_ascii_case(level.as_str());
        Self::EVERY.into_iter().find(named).ok_or_else(|| UnknownLogLevel::Unknown(text.to_owned()))
    }
}

/// A logger's level, and since when. Kafka: `LoggerLevel`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoggerLevel {
    /// The level in force.
    pub level: LogLevel,
    /// When a request changed it, in milliseconds since 1970; `None`: none did.
    pub last_modified: Option<i64>,
}

/// All loggers of this process.
pub struct Loggers {
    table: RwLock<Table>,
    /// Told the most verbose level that there is, after each change.
    changed: Box<dyn Fn(LevelFilter) + Send + Sync>,
}

#[derive(Default)]
struct Table {
    /// Levels from before the first request, the longest beginning of a name first.
    initial: Vec<(String, LogLevel)>,
    /// Levels that requests have set, for a name and all below it; the root's name is empty.
    set: BTreeMap<String, LogLevel>,
    /// Names that a logger is known under, and when a request changed its level.
    known: BTreeMap<String, Option<i64>>,
}

impl Loggers {
    /// Loggers with these levels to begin with, each for all names that begin so; the empty one is for all others. The
    /// function is told the most verbose level that there is whenever a level has changed.
    pub fn new(
        initial: impl IntoIterator<Item = (String, LogLevel)>,
        changed: impl Fn(LevelFilter) + Send + Sync + 'static,
    ) -> Self {
        let mut initial: Vec<_> = initial.into_iter().collect();
        initial.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
        let mut known: BTreeMap<_, _> = initial.iter().map(|(name, _)| (name.clone(), None)).collect();
        known.insert(String::new(), None);
        let table = Table { initial, known, ..Table::default() };
        Self { table: RwLock::new(table), changed: Box::new(changed) }
    }

    /// What a logger lets through. One that is not known yet is from now on.
    pub fn filter(&self, name: &str) -> LevelFilter {
        let table = self.table.read();
        let (level, listed) = (table.level(name), table.known.contains_key(name) || table.known.len() >= MAX_SEEN);
        drop(table);
        if !listed {
            self.table.write().known.entry(name.to_owned()).or_default();
        }
        level.filter()
    }

    /// The most verbose level that any logger may let through.
    pub fn most_verbose(&self) -> LevelFilter {
        self.table.read().most_verbose()
    }

    /// All loggers that are known and let anything through, by name.
    pub fn all(&self) -> BTreeMap<String, LoggerLevel> {
        let table = self.table.read();
        let every = table.known.keys().filter_map(|name| Some((shown(name), table.logger(name)?)));
        every.filter(|(_, logger)| logger.level != LogLevel::Off).collect()
    }

    /// One logger, if it is known.
    pub fn get(&self, name: &str) -> Option<LoggerLevel> {
        self.table.read().logger(stored(name))
    }

    /// Sets the level of a logger and of all below it; the names of those whose level was another one before, in order.
    pub fn set(&self, name: &str, level: LogLevel) -> Vec<String> {
        let name = stored(name);
        tracing::info!(namespace = shown(name), %level, "setting the level of loggers");
        let mut table = self.table.write();
        let changed = table.set(name, level, jiff::Timestamp::now().as_millisecond());
        let most_verbose = table.most_verbose();
        drop(table);
        (self.changed)(most_verbose);
        changed.into_iter().collect()
    }
}

impl fmt::Debug for Loggers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Loggers").field("set", &self.table.read().set).finish_non_exhaustive()
    }
}

impl Table {
    fn level(&self, name: &str) -> LogLevel {
        let set = ancestors(name).find_map(|name| self.set.get(name));
        let initial = || self.initial.iter().find(|(start, _)| name.starts_with(start)).map(|(_, level)| level);
        set.or_else(initial).copied().unwrap_or(LogLevel::Off)
    }

    fn logger(&self, name: &str) -> Option<LoggerLevel> {
        let last_modified = *self.known.get(name)?;
        Some(LoggerLevel { level: self.level(name), last_modified })
    }

    fn set(&mut self, name: &str, level: LogLevel, now: i64) -> BTreeSet<String> {
        self.known.entry(name.to_owned()).or_default();
        let concerned = |other: &&String| ancestors(other).any(|ancestor| ancestor == name);
        // What is off counts as changed whatever it becomes, as in Kafka Connect.
        let changes = |name: &&String| match self.level(name) {
            LogLevel::Off => true,
            before => before != level,
        };
        let changed: Vec<String> = self.known.keys().filter(concerned).filter(changes).cloned().collect();
        self.set.retain(|other, _| !ancestors(other).any(|ancestor| ancestor == name));
        self.set.insert(name.to_owned(), level);
        for name in &changed {
            self.known.insert(name.clone(), Some(now));
        }
        changed.iter().map(|name| shown(name)).collect()
    }

    fn most_verbose(&self) -> LevelFilter {
        // The root's level hides the initial ones.
        let initial = self.initial.iter().filter(|_| !self.set.contains_key(""));
        let levels = initial.map(|(_, level)| level).chain(self.set.values());
        levels.map(|level| level.filter()).max().unwrap_or(LevelFilter::OFF)
    }
}

/// The name and those that it is below, itself first and the root's, which is empty, last. A class within a class
/// (`a.B$C`) is below it.
fn ancestors(name: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(name), |name| parent(name))
}

fn parent(name: &str) -> Option<&str> {
    match name.rfind(['.', '$']) {
        Some(end) => name.get(..end),
        None => (!name.is_empty()).then_some(""),
    }
}

fn stored(name: &str) -> &str {
    if name.eq_ignore_ascii_case(ROOT) { "" } else { name }
}

fn shown(name: &str) -> String {
    if name.is_empty() { ROOT.to_owned() } else { name.to_owned() }
}

#[cfg(test)]
mod tests;
