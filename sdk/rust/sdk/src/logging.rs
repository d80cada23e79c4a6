//! The `log` crate's macros, led to the host.
//!
//! A component's logger is in place before any code of its author runs. What it writes carries connector and task by
//! itself, so a message says only what happened. The host filters by levels that an operator changes at run time, and
//! drops what comes too fast.

use crate::host;
use std::sync::Once;

struct HostLogger;

impl log::Log for HostLogger {
    fn enabled(&self, metadata: &log::Metadata<'_>) -> bool {
        metadata.level() <= log::max_level()
    }

    fn log(&self, record: &log::Record<'_>) {
        match record.args().as_str() {
            Some(text) => host::log(record.level(), text),
            None => host::log(record.level(), &record.args().to_string()),
        }
    }

    fn flush(&self) {}
}

/// Leads log lines, and in a component panics, to the host. Cheap after the first time.
pub(crate) fn install() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // In a native test somebody else may have set a logger: theirs is kept, and a harness then sees no lines.
        if log::set_logger(&HostLogger).is_ok() {
            log::set_max_level(log::LevelFilter::Debug);
        }
        #[cfg(target_family = "wasm")]
        std::panic::set_hook(Box::new(|panic| host::log(log::Level::Error, &panic.to_string())));
    });
}
