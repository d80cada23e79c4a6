//! Levels change what is logged, while it is logged.

use super::*;
use std::io::{self, Write};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use tracing::subscriber::with_default;
use tracing::{Dispatch, Level, dispatcher};
use tracing_core::field::FieldSet;
use tracing_core::metadata::Kind;

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Lines {
    fn take(&self) -> Vec<String> {
        let bytes = std::mem::take(&mut *self.0.lock().unwrap());
        String::from_utf8(bytes).unwrap().lines().map(str::to_owned).collect()
    }
}

/// A subscriber as [`start`] makes it, that writes into memory.
fn subscriber(rust_log: &str) -> (Dispatch, Arc<Loggers>, Lines) {
    let loggers = Arc::new(Loggers::new(initial_levels(Some(rust_log)).0, apply));
    let lines = Lines::default();
    let writer = lines.clone();
    let layer = fmt::layer().without_time().with_ansi(false).with_writer(move || writer.clone());
    (Dispatch::new(registry().with(Filter { loggers: loggers.clone() }).with(layer)), loggers, lines)
}

/// Writes a line the way the sandbox does (`cofferdam_wasm`, `capability::log`).
fn guest_says(logger: &str, level: Level, text: &str) {
    let fields = FieldSet::new(&[], tracing_core::identify_callsite!(&Nowhere));
    let asked = Metadata::new("line", logger, level, None, None, None, fields, Kind::EVENT);
    if dispatcher::get_default(|subscriber| subscriber.enabled(&asked)) {
        match level {
            Level::DEBUG => tracing::debug!(target: GUEST_TARGET, "{text}"),
            _ => tracing::info!(target: GUEST_TARGET, "{text}"),
        }
    }
}

struct Nowhere;

impl tracing_core::Callsite for Nowhere {
    fn set_interest(&self, _interest: Interest) {}

    fn metadata(&self) -> &Metadata<'_> {
        unreachable!("it is not registered")
    }
}

#[test]
fn a_level_makes_lines_of_the_host_appear_and_disappear() {
    let (dispatch, loggers, lines) = subscriber("info,cofferdam_herder=off,appear::loud=error");
    let say = || {
        tracing::debug!(target: "appear::part", "fine");
        tracing::info!(target: "appear::loud", "known");
    };
    dispatcher::with_default(&dispatch, || {
        say();
        assert!(lines.take().is_empty());
        assert_eq!(loggers.set("appear.part", LogLevel::Debug), ["appear.part"]);
        say();
        assert_eq!(lines.take(), ["DEBUG appear::part: fine"]);
        assert_eq!(loggers.set("appear", LogLevel::Info), ["appear.loud", "appear.part"]);
        say();
        assert_eq!(lines.take(), [" INFO appear::loud: known"]);
        loggers.set("root", LogLevel::Off);
        say();
        assert!(lines.take().is_empty());
    });
    assert!(loggers.get("appear.loud").is_some());
}

#[test]
fn a_level_makes_lines_of_guests_appear_and_disappear() {
    let (dispatch, loggers, lines) = subscriber("info,cofferdam_herder=off");
    let say = || {
        guest_says("guest.orders.0", Level::DEBUG, "first task");
        guest_says("guest.orders.1", Level::DEBUG, "second task");
        guest_says("guest.other", Level::INFO, "other connector");
    };
    dispatcher::with_default(&dispatch, || {
        say();
        assert_eq!(lines.take(), [" INFO guest: other connector"]);
        let known = ["guest.orders.0", "guest.orders.1", "guest.other"];
        assert!(known.iter().all(|name| loggers.get(name).is_some()));
        loggers.set("guest.orders.1", LogLevel::Debug);
        say();
        assert_eq!(lines.take(), ["DEBUG guest: second task", " INFO guest: other connector"]);
        loggers.set("guest.orders", LogLevel::Debug);
        loggers.set("guest.other", LogLevel::Warn);
        say();
        assert_eq!(lines.take(), ["DEBUG guest: first task", "DEBUG guest: second task"]);
        loggers.set("guest", LogLevel::Off);
        say();
        assert!(lines.take().is_empty());
    });
}

/// Counts what the filter inside is asked.
struct Counted(Filter, Arc<AtomicUsize>);

impl<S: Subscriber> Layer<S> for Counted {
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        Layer::<S>::register_callsite(&self.0, metadata)
    }

    fn enabled(&self, metadata: &Metadata<'_>, context: Context<'_, S>) -> bool {
        if metadata.target() == "counted" {
            self.1.fetch_add(1, Ordering::SeqCst);
        }
        self.0.enabled(metadata, context)
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Layer::<S>::max_level_hint(&self.0)
    }
}

#[test]
fn a_line_of_the_host_asks_nobody_whether_it_is_wanted_or_not() {
    let loggers = Arc::new(Loggers::new([(String::new(), LogLevel::Info)], apply));
    let asked = Arc::new(AtomicUsize::new(0));
    let filter = Counted(Filter { loggers: loggers.clone() }, asked.clone());
    with_default(registry().with(filter), || {
        // Another one at this level, so that the level alone does not decide.
        loggers.set("counted.other", LogLevel::Debug);
        for _ in 0..1_000 {
            tracing::debug!(target: "counted", "not wanted");
        }
        assert_eq!(asked.load(Ordering::SeqCst), 0);
    });
}

#[test]
fn rust_log_gives_the_initial_levels() {
    let levels = |text: Option<&str>| {
        let (levels, error) = initial_levels(text);
        let loggers = Loggers::new(levels, |_| {});
        let of = ["x", "cofferdam_wasm.guest", "cofferdam_rest.router"];
        (of.map(|name| LogLevel::from(loggers.filter(name)).as_str()), error.is_some())
    };
    assert_eq!(levels(None), (["INFO", "INFO", "INFO"], false));
    assert_eq!(levels(Some("")), (["INFO", "INFO", "INFO"], false));
    assert_eq!(levels(Some("warn,cofferdam_wasm=debug")), (["WARN", "DEBUG", "WARN"], false));
    assert_eq!(levels(Some("cofferdam=debug,cofferdam_rest::router=off")), (["OFF", "DEBUG", "OFF"], false));
    assert_eq!(levels(Some("info,a=b=c")), (["INFO", "INFO", "INFO"], true));
    assert_eq!(levels(Some("x[span]=debug")), (["INFO", "INFO", "INFO"], true));
}
