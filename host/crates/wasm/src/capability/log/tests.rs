//! Levels, rates and lengths.

use super::*;
use std::fmt::{Debug, Write as _};
use std::sync::Arc;
use std::time::Duration;
use tracing::field::{Field, Visit};
use tracing::subscriber::with_default;
use tracing::{Event, Subscriber, span};

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

/// Lets through what is below one name, and keeps it.
#[derive(Default)]
struct Recorder {
    wanted: Mutex<(String, Option<Level>)>,
    asked: Mutex<Vec<String>>,
    lines: Mutex<Vec<String>>,
}

impl Recorder {
    fn wants(&self, start: &str, level: Option<Level>) {
        *self.wanted.lock() = (start.to_owned(), level);
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.lines.lock())
    }
}

impl Subscriber for Recorder {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        if metadata.target() == GUEST_TARGET {
            return true;
        }
        // Lines of other tests, in other threads, are asked about as well.
        if metadata.target().starts_with("guest.") {
            self.asked.lock().push(metadata.target().to_owned());
        }
        let (start, level) = self.wanted.lock().clone();
        metadata.target().starts_with(&start) && level.is_some_and(|level| *metadata.level() <= level)
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &Event<'_>) {
        if event.metadata().target() == GUEST_TARGET {
            let mut line = Line(event.metadata().level().to_string());
            event.record(&mut line);
            self.lines.lock().push(line.0);
        }
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        write!(self.0, " {field}={value:?}").unwrap();
    }
}

#[test]
fn a_level_reaches_an_instance_that_runs_already() {
    let recorder = Arc::new(Recorder::default());
    with_default(recorder.clone(), || {
        let log = GuestLog::new("orders", Some(1), "org.example.P", 100);
        assert_eq!(*recorder.asked.lock(), ["guest.orders.1"]);
        log.line(log::Level::Info, "nobody wants it");
        assert!(recorder.take().is_empty());
        recorder.wants("guest.orders", Some(Level::DEBUG));
        log.line(log::Level::Debug, "a\nline");
        log.line(log::Level::Trace, "too fine");
        log.host_warning("careful");
        let fields = "connector=\"orders\" task=1 plugin=\"org.example.P\"";
        assert_eq!(
            recorder.take(),
            [format!("DEBUG message=a\\nline {fields}"), format!("WARN message=careful {fields}")]
        );
        recorder.wants("guest.other", Some(Level::TRACE));
        log.line(log::Level::Error, "closed again");
        log.host_warning("closed for the host as well");
        assert!(recorder.take().is_empty());
    });
}

#[test]
fn lines_that_nobody_wants_do_not_use_up_the_rate() {
    let recorder = Arc::new(Recorder::default());
    recorder.wants("guest.c", Some(Level::INFO));
    with_default(recorder.clone(), || {
        let log = GuestLog::new("c", None, "org.example.P", 2);
        for _ in 0..1_000 {
            log.line(log::Level::Debug, "fine");
        }
        log.line(log::Level::Info, "seen");
        assert_eq!(recorder.take().len(), 1);
    });
}
