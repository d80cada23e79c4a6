//! The table alone; that levels change what is logged is tested where the filter is.

use super::*;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

fn loggers(initial: &[(&str, LogLevel)]) -> Loggers {
    Loggers::new(initial.iter().map(|(name, level)| ((*name).to_owned(), *level)), |_| {})
}

fn level(loggers: &Loggers, name: &str) -> Option<LogLevel> {
    loggers.get(name).map(|logger| logger.level)
}

#[test]
fn levels_are_read_as_log4j_reads_them() {
    assert_eq!("debug".parse(), Ok(LogLevel::Debug));
    assert_eq!(" Info ".parse(), Ok(LogLevel::Info));
    assert_eq!("ALL".parse(), Ok(LogLevel::All));
    let error = |text: &str| text.parse::<LogLevel>().unwrap_err().to_string();
    assert_eq!(error("BOGUS"), "invalid log level 'BOGUS'.");
    assert_eq!(error("  "), "invalid log level '  '.");
    assert_eq!(error(""), "Illegal null or empty Level name.");
    for level in LogLevel::EVERY {
        assert_eq!(level.as_str().parse(), Ok(level));
    }
    assert_eq!(LogLevel::from(LevelFilter::OFF), LogLevel::Off);
    assert_eq!(LogLevel::from(LevelFilter::TRACE), LogLevel::Trace);
}

#[test]
fn initial_levels_are_for_names_that_begin_so() {
    let loggers = loggers(&[("", LogLevel::Info), ("cofferdam", LogLevel::Debug), ("cofferdam_rest", LogLevel::Off)]);
    assert_eq!(loggers.filter("other"), LevelFilter::INFO);
    assert_eq!(loggers.filter("cofferdam_herder.actor"), LevelFilter::DEBUG);
    assert_eq!(loggers.filter("cofferdam_rest.router"), LevelFilter::OFF);
    assert_eq!(loggers.most_verbose(), LevelFilter::DEBUG);
    // Without any, nothing is let through.
    assert_eq!(self::loggers(&[]).filter("x"), LevelFilter::OFF);
}

#[test]
fn a_level_is_for_the_name_and_all_below_it_now_and_later() {
    let loggers = loggers(&[("", LogLevel::Info), ("a.b", LogLevel::Trace)]);
    for name in ["a.x", "ab", "a.b.c", "a"] {
        loggers.filter(name);
    }
    assert_eq!(loggers.set("a", LogLevel::Debug), ["a", "a.b", "a.b.c", "a.x"]);
    assert_eq!(loggers.filter("a.later"), LevelFilter::DEBUG);
    assert_eq!(loggers.filter("a.b.c"), LevelFilter::DEBUG);
    assert_eq!(loggers.filter("ab"), LevelFilter::INFO);
    assert_eq!(loggers.set("a.B$C", LogLevel::Warn), ["a.B$C"]);
    assert_eq!(loggers.set("a.B", LogLevel::Error), ["a.B", "a.B$C"]);
    assert_eq!(loggers.set("a", LogLevel::Debug), ["a.B", "a.B$C"]);
}

#[test]
fn only_what_changes_is_told_and_gets_a_time() {
    let loggers = loggers(&[("", LogLevel::Info)]);
    assert_eq!(level(&loggers, "zz"), None);
    // A new name that has this level already is known from now on, and has not changed.
    assert!(loggers.set("zz", LogLevel::Info).is_empty());
    assert_eq!(loggers.get("zz"), Some(LoggerLevel { level: LogLevel::Info, last_modified: None }));
    assert_eq!(loggers.set("zz.y", LogLevel::Debug), ["zz.y"]);
    assert_eq!(loggers.set("zz", LogLevel::Trace), ["zz", "zz.y"]);
    assert!(loggers.get("zz").unwrap().last_modified.unwrap() > 1_700_000_000_000);
    assert!(loggers.set("zz", LogLevel::Trace).is_empty());
    assert_eq!(level(&loggers, "root"), Some(LogLevel::Info));
    assert_eq!(loggers.get("ROOT").unwrap().last_modified, None);
}

#[test]
fn the_root_is_above_all() {
    let loggers = loggers(&[("", LogLevel::Info), ("a", LogLevel::Trace)]);
    assert_eq!(loggers.set("b.c", LogLevel::Debug), ["b.c"]);
    assert_eq!(loggers.set("Root", LogLevel::Warn), ["a", "b.c", "root"]);
    assert_eq!(loggers.most_verbose(), LevelFilter::WARN);
    assert_eq!(loggers.all().into_keys().collect::<Vec<_>>(), ["a", "b.c", "root"]);
    assert!(loggers.all().values().all(|logger| logger.level == LogLevel::Warn));
}

#[test]
fn a_logger_that_is_off_is_not_listed_and_always_counts_as_changed() {
    let loggers = loggers(&[("", LogLevel::Info)]);
    assert_eq!(loggers.set("a", LogLevel::Off), ["a"]);
    assert_eq!(loggers.set("a", LogLevel::Off), ["a"]);
    assert_eq!(loggers.all().into_keys().collect::<Vec<_>>(), ["root"]);
    assert_eq!(level(&loggers, "a"), Some(LogLevel::Off));
    assert_eq!(loggers.set("a", LogLevel::Fatal), ["a"]);
    assert_eq!(loggers.filter("a"), LevelFilter::OFF);
}

#[test]
fn each_change_is_told_with_the_most_verbose_level() {
    let told = Arc::new(AtomicUsize::new(0));
    let verbose = told.clone();
    let loggers = Loggers::new([(String::new(), LogLevel::Info)], move |most| {
        verbose.store(usize::from(most == LevelFilter::DEBUG), Ordering::SeqCst);
    });
    loggers.set("a", LogLevel::Debug);
    assert_eq!(told.load(Ordering::SeqCst), 1);
    loggers.set("a", LogLevel::Info);
    assert_eq!(told.load(Ordering::SeqCst), 0);
}

#[test]
fn names_that_appear_by_themselves_are_remembered_up_to_a_limit() {
    let loggers = loggers(&[("", LogLevel::Info)]);
    for n in 0..MAX_SEEN + 10 {
        loggers.filter(&format!("guest.connector-{n}"));
    }
    assert_eq!(loggers.all().len(), MAX_SEEN);
    // Set by name it is known all the same.
    assert_eq!(loggers.set("guest.late", LogLevel::Debug), ["guest.late"]);
    assert_eq!(level(&loggers, "guest.late"), Some(LogLevel::Debug));
}
