//! Log lines: for people, or one JSON object each. They go to standard error; standard output is for answers.
//!
//! Levels are kept by the herder's [`Loggers`], which `/admin/loggers` shows and changes. The filter here asks them once
//! for each place in the program that logs, and once more after each change; the answer is kept at that place. So a line
//! that is not wanted costs no more than reading it, and takes no lock. Guests' lines and those of the `log` crate have
//! names that are not known before, and ask each time.

use crate::cli::LogFormat;
use cofferdam_herder::{LogLevel, Loggers};
use cofferdam_wasm::GUEST_TARGET;
use std::borrow::Cow;
use std::io::IsTerminal;
use std::str::FromStr as _;
use std::sync::{Arc, LazyLock};
use tracing::level_filters::LevelFilter;
use tracing::subscriber::Interest;
use tracing::{Metadata, Subscriber};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::{Context, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{Layer, fmt, registry};

/// Says what is logged to begin with, as `info,cofferdam_wasm=debug`: a level for all, and levels for names that begin so.
const VARIABLE: &str = "RUST_LOG";
/// What is logged unless it says otherwise.
const DEFAULT: LogLevel = LogLevel::Info;

/// Loggers that are listed from the beginning. The others are as soon as a line of theirs might be wanted.
const LISTED: &[&str] = &[
    "cofferdam",
    "cofferdam_embedded",
    "cofferdam_herder",
    "cofferdam_kafka",
    "cofferdam_plugin",
    "cofferdam_rest",
    "cofferdam_wasm",
    "cofferdam_worker",
    GUEST_TARGET,
    "librdkafka",
];

/// The loggers of this process. There is one set, as there is one place that log lines go to.
static LOGGERS: LazyLock<Arc<Loggers>> = LazyLock::new(|| {
    let (levels, _told_at_start) = initial_levels(std::env::var(VARIABLE).ok().as_deref());
    let loggers = Loggers::new(levels, apply);
    for name in LISTED {
        loggers.filter(name);
    }
    Arc::new(loggers)
});

/// The loggers of this process. Their levels have an effect once logging has been started.
pub fn loggers() -> Arc<Loggers> {
    Arc::clone(&LOGGERS)
}

/// Starts logging, once per process. A `RUST_LOG` that cannot be read is told and ignored.
pub fn start(format: LogFormat) {
    let lines = fmt::layer().with_writer(std::io::stderr);
    let subscriber = registry().with(Filter { loggers: loggers() });
    let started = match format {
        LogFormat::Text => subscriber.with(lines.with_ansi(std::io::stderr().is_terminal())).try_init(),
        LogFormat::Json => subscriber.with(lines.json()).try_init(),
    };
    if started.is_err() {
        tracing::debug!("logging was started before");
    }
    if let (_, Some(error)) = initial_levels(std::env::var(VARIABLE).ok().as_deref()) {
        tracing::warn!(error, "RUST_LOG is not understood and ignored: a filter looks like info,cofferdam_wasm=debug");
    }
}

/// The levels that `RUST_LOG` asks for, and why it is not understood.
fn initial_levels(wanted: Option<&str>) -> (Vec<(String, LogLevel)>, Option<String>) {
    let default = |error| (vec![(String::new(), DEFAULT)], error);
    let Some(wanted) = wanted.filter(|wanted| !wanted.is_empty()) else { return default(None) };
    if wanted.contains('[') {
        return default(Some("filters by spans and fields are not supported".to_owned()));
    }
    match Targets::from_str(wanted) {
        Ok(targets) => {
            let root = targets.default_level().unwrap_or(LevelFilter::OFF);
            let named = targets.into_iter().map(|(target, level)| (dotted(&target).into_owned(), level.into()));
            (named.chain([(String::new(), root.into())]).collect(), None)
        }
        Err(error) => default(Some(error.to_string())),
    }
}

/// Has all places that log ask anew.
fn apply(most_verbose: LevelFilter) {
    tracing_core::callsite::rebuild_interest_cache();
    log::set_max_level(match most_verbose {
        LevelFilter::OFF => log::LevelFilter::Off,
        LevelFilter::ERROR => log::LevelFilter::Error,
        LevelFilter::WARN => log::LevelFilter::Warn,
        LevelFilter::INFO => log::LevelFilter::Info,
        LevelFilter::DEBUG => log::LevelFilter::Debug,
        LevelFilter::TRACE => log::LevelFilter::Trace,
    });
}

/// The logger's name for a module: `cofferdam_herder.actor` for `cofferdam_herder::actor`.
fn dotted(target: &str) -> Cow<'_, str> {
    if target.contains("::") { Cow::Owned(target.replace("::", ".")) } else { Cow::Borrowed(target) }
}

/// Lets through what the loggers let through.
struct Filter {
    loggers: Arc<Loggers>,
}

impl Filter {
    fn lets_through(&self, metadata: &Metadata<'_>) -> bool {
        // A guest's line has been let through under its own name (`guest.CONNECTOR.TASK`).
        metadata.target() == GUEST_TARGET || *metadata.level() <= self.loggers.filter(&dotted(metadata.target()))
    }
}

impl<S: Subscriber> Layer<S> for Filter {
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        if self.lets_through(metadata) { Interest::always() } else { Interest::never() }
    }

    /// Asked only where the target is not known before, or where another subscriber of this process disagrees.
    fn enabled(&self, metadata: &Metadata<'_>, _context: Context<'_, S>) -> bool {
        self.lets_through(metadata)
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(self.loggers.most_verbose())
    }
}

#[cfg(test)]
mod tests;
