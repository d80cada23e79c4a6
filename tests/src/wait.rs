//! Waiting for a state, with a deadline.

use std::fmt::Debug;
use std::time::{Duration, Instant};

/// How long a test waits for something that should happen soon. Generous: a busy machine is no failure.
pub const DEADLINE: Duration = Duration::from_secs(60);

/// Asks until there is an answer; panics with the last remark after [`DEADLINE`].
pub fn wait_for<T, E: Debug>(what: &str, ask: impl FnMut() -> Result<T, E>) -> T {
    wait_for_within(DEADLINE, what, ask)
}

/// Asks until there is an answer; panics with the last remark after `limit`.
pub fn wait_for_within<T, E: Debug>(limit: Duration, what: &str, mut ask: impl FnMut() -> Result<T, E>) -> T {
    let deadline = Instant::now() + limit;
    loop {
        match ask() {
            Ok(answer) => return answer,
            Err(remark) if Instant::now() > deadline => panic!("waited {limit:?} for {what}: {remark:?}"),
            // The pause between two questions, not a wait for something to have happened.
            Err(_) => std::thread::park_timeout(Duration::from_millis(10)),
        }
    }
}
