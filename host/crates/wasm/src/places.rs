//! Who works where: at most one instance for a connector, and for each of its tasks, touches files at a time.
//!
//! An instance that is dropped may leave work behind that a thread is in the middle of. Whoever takes its place, after a
//! restart or a recycling, waits until that is over, so that no late write or truncation lands behind it.

use crate::capability::fs::Outstanding;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::time::Duration;

/// How long a successor waits.
const DRAIN: Duration = Duration::from_secs(10);

type Place = (String, Option<u32>);

/// The last instance of each connector (`None`) and task.
#[derive(Debug, Default)]
pub(crate) struct Places(Mutex<HashMap<Place, Outstanding>>);

impl Places {
    /// Waits, for a bounded time, until nothing of the predecessor goes on.
    pub(crate) async fn vacated(&self, connector: &str, task: Option<u32>) {
        let before = self.0.lock().remove(&(connector.to_owned(), task));
        if let Some(before) = before
            && !before.drained(DRAIN).await
        {
            let seconds = DRAIN.as_secs();
            tracing::warn!(connector, task, seconds, "file work of the instance before this one is still under way");
        }
    }

    /// Notes who works there now.
    pub(crate) fn taken(&self, connector: &str, task: Option<u32>, outstanding: Outstanding) {
        let mut places = self.0.lock();
        places.retain(|_, outstanding| !outstanding.is_over());
        places.insert((connector.to_owned(), task), outstanding);
    }
}
