//! What went wrong in a guest, told as a cause.
//!
//! A trap is only how a guest ended. Why it did is often known better here: a limit that it ran into, a deadline, an
//! `exit` in its own code. The text built here becomes a task's trace, so the cause comes first and the guest's
//! backtrace last.

use crate::bindings::types;
use crate::engine::WASM_STACK;
use crate::guard::Overdue;
use crate::limits::{Bytes, Refused};
use cofferdam_plugin::PluginError;
use std::fmt::Write;
use std::time::Duration;
use wasmtime::component::ResourceTableError;
use wasmtime::{FrameInfo, PoolConcurrencyLimitError, Trap, WasmBacktrace};
use wasmtime_wasi::I32Exit;

/// How wasmtime says that an answer is larger than the store's `hostcall_fuel`.
const FUEL_EXHAUSTED: &str = "fuel allocated for hostcalls has been exhausted";

/// Bytes of a guest's own message, of which one may be in each line of the log, in a status and in REST answers.
const MAX_TEXT: usize = 8 << 10;
/// Bytes of one name in a backtrace.
const MAX_NAME: usize = 200;

/// What is known about a call besides the error that ended it.
pub(crate) struct Circumstances {
    /// The function.
    pub(crate) call: &'static str,
    /// The last growth that was refused during the call.
    pub(crate) refused: Option<Refused>,
    /// `sandbox.batch.max.bytes`.
    pub(crate) batch_max: u64,
    /// What the guest wrote to its standard error last.
    pub(crate) last_words: String,
}

/// The trace of a call that broke its instance.
pub(crate) fn broken(error: &wasmtime::Error, circumstances: &Circumstances) -> PluginError {
    let mut text = cause(error, circumstances);
    let words = circumstances.last_words.trim_end();
    if !words.is_empty() {
        let _infallible = write!(text, "\nlast lines on its standard error:\n{words}");
    }
    if let Some(frames) = error.downcast_ref::<WasmBacktrace>().map(backtrace).filter(|frames| !frames.is_empty()) {
        let _infallible = write!(text, "\nbacktrace of the guest:\n{frames}");
    }
    PluginError::Broken(text)
}

fn cause(error: &wasmtime::Error, Circumstances { call, refused, batch_max, .. }: &Circumstances) -> String {
    if let Some(overdue) = error.downcast_ref::<Overdue>() {
        return overdue.to_string();
    }
    let ending = ending(error, call);
    if let Some(refused) = refused {
        return format!("{refused}; then: {ending}");
    }
    if error.root_cause().to_string().contains(FUEL_EXHAUSTED) {
        let max = *batch_max;
        return format!(
            "{call} gave far more to the worker at once than sandbox.batch.max.bytes ({max}) allows: an answer, or what \
             it passed to a host function"
        );
    }
    ending
}

fn ending(error: &wasmtime::Error, call: &str) -> String {
    if let Some(I32Exit(code)) = error.downcast_ref::<I32Exit>() {
        return format!("guest called exit({code}) in {call}");
    }
    match error.downcast_ref::<Trap>() {
        Some(Trap::StackOverflow) => {
            format!("guest trapped: call stack of {} exhausted in {call}", Bytes(WASM_STACK as u64))
        }
        Some(trap) => {
            let trap = trap.to_string();
            format!("guest trapped: {} in {call}", trap.strip_prefix("wasm trap: ").unwrap_or(&trap))
        }
        None => other(error, call),
    }
}

fn other(error: &wasmtime::Error, call: &str) -> String {
    let cause = error.root_cause();
    if let Some(full) = error.downcast_ref::<PoolConcurrencyLimitError>() {
        return format!(
            "no room for another plugin instance ({full}) in {call}; raise sandbox.instances.max or spread the tasks"
        );
    }
    if matches!(error.downcast_ref(), Some(ResourceTableError::Full)) {
        return format!("the plugin holds as many handles as sandbox.handles.max allows ({cause}) in {call}");
    }
    format!("{cause} in {call}")
}

/// The frames, one a line. Not as wasmtime prints them: names are the guest's own, and to demangle one can take for
/// ever or fill the memory. Rust's rules have bounds; other names stay as they are.
fn backtrace(backtrace: &WasmBacktrace) -> String {
    let line = |(number, frame): (usize, &FrameInfo)| {
        let module = frame.module().name().map_or_else(|| "<unknown>".to_owned(), printable);
        let offset = frame.module_offset().map_or_else(String::new, |offset| format!("{offset:#8x} - "));
        let function = match frame.func_name() {
            Some(name) => printable(&format!("{:#}", rustc_demangle::demangle(cut(name, 2 * MAX_NAME)))),
            None => format!("<wasm function {}>", frame.func_index()),
        };
        format!("  {number:>3}: {offset}{module}!{function}")
    };
    backtrace.frames().iter().enumerate().map(line).collect::<Vec<_>>().join("\n")
}

/// A name on one line, and not too long for it.
fn printable(name: &str) -> String {
    cut(name, MAX_NAME).chars().map(|c| if c.is_control() { '?' } else { c }).collect()
}

fn cut(text: &str, most: usize) -> &str {
    text.get(..text.floor_char_boundary(most)).unwrap_or(text)
}

/// A guest's text, cut to what people may read of it.
pub(crate) fn readable(mut text: String) -> String {
    if text.len() > MAX_TEXT {
        let more = text.len() - cut(&text, MAX_TEXT).len();
        text.truncate(text.len() - more);
        text.shrink_to_fit();
        let _infallible = write!(text, "… ({more} bytes more)");
    }
    text
}

/// A guest's own error.
pub(crate) fn guest(error: types::Error) -> PluginError {
    match error {
        types::Error::Retriable(types::Retry { message, after_ms }) => PluginError::Retriable {
            message: readable(message),
            after: after_ms.map(|ms| Duration::from_millis(ms.into())),
        },
        types::Error::Failed(message) => PluginError::Failed(readable(message)),
    }
}

/// A guest's own error in `start`, where it cannot be retried (WIT `types.error`).
pub(crate) fn guest_in_start(error: types::Error) -> PluginError {
    match guest(error) {
        PluginError::Retriable { message, .. } => PluginError::Failed(message),
        other => other,
    }
}

/// `240 s`, `0.25 s`.
pub(crate) fn seconds(duration: Duration) -> String {
    format!("{} s", duration.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(error: wasmtime::Error, refused: Option<Refused>) -> String {
        let circumstances = Circumstances { call: "put", refused, batch_max: 16, last_words: String::new() };
        broken(&error, &circumstances).to_string()
    }

    #[test]
    fn causes_come_before_symptoms() {
        let unreachable = || wasmtime::Error::from(Trap::UnreachableCodeReached);
        assert_eq!(told(unreachable(), None), "guest trapped: wasm `unreachable` instruction executed in put");
        let refused = Refused::Instance { limit: 64 << 20, wanted: 65 << 20 };
        assert_eq!(
            told(unreachable(), Some(refused)),
            "memory limit of 64 MiB exceeded while growing to 65 MiB; then: guest trapped: wasm `unreachable` \
             instruction executed in put"
        );
        assert_eq!(told(Trap::StackOverflow.into(), None), "guest trapped: call stack of 512 KiB exhausted in put");
        assert_eq!(told(I32Exit(3).into(), None), "guest called exit(3) in put");
    }

    #[test]
    fn retriable_in_start_means_failed() {
        let retry = || types::Error::Retriable(types::Retry { message: "busy".into(), after_ms: Some(5) });
        assert!(matches!(guest(retry()), PluginError::Retriable { after: Some(after), .. } if after.as_millis() == 5));
        assert!(matches!(guest_in_start(retry()), PluginError::Failed(message) if message == "busy"));
    }

    #[test]
    fn texts_of_a_guest_are_cut() {
        let long = readable("é".repeat(MAX_TEXT));
        assert!(long.len() < MAX_TEXT + 40 && long.ends_with("… (8192 bytes more)"), "{}", &long[MAX_TEXT..]);
        assert_eq!(readable("short".to_owned()), "short");
        assert_eq!(printable("_Z\n\u{1b}[2Jx"), "_Z??[2Jx");
    }
}
