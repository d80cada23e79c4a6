//! Numbers for idempotent producers, never given twice, reserved in blocks so that giving one out costs no write.

use std::io;
use std::path::Path;
use std::sync::Arc;

use parking_lot::Mutex;

use crate::EmbeddedError;
use crate::journal::{Journal, Tail};
use crate::record::{Reader, Writer};

/// Numbers per entry in the journal, Kafka's.
const BLOCK: i64 = 1000;
const RESERVED: u8 = 1;

/// Gives out producer ids.
#[derive(Debug)]
pub(crate) struct ProducerIds {
    state: Mutex<State>,
    tail: Arc<Tail>,
}

#[derive(Debug)]
struct State {
    journal: Journal,
    next: i64,
    reserved: i64,
}

impl ProducerIds {
    /// Goes on after the last block that was reserved.
    pub(crate) fn open(data_dir: &Path) -> Result<Self, EmbeddedError> {
        let mut next = 1;
        let journal = Journal::open(data_dir, "producer-ids", |bytes| {
            let mut r = Reader(bytes);
            match r.u8()? {
                RESERVED => next = next.max(r.i64()?),
                other => return Err(format!("unknown kind {other}")),
            }
            Ok(())
        })?;
        let tail = journal.tail();
        Ok(Self { state: Mutex::new(State { journal, next, reserved: next }), tail })
    }

    /// The next one. A reservation is always synced: were it lost with the power, another producer would get the same
    /// number, and its records would be taken for repeats.
    pub(crate) async fn next(&self) -> io::Result<i64> {
        let (id, position) = {
            let mut state = self.state.lock();
            if state.next == state.reserved {
                let reserved = state.reserved + BLOCK;
                state.journal.append(&[Writer::new(RESERVED).i64(reserved).finish()])?;
                state.reserved = reserved;
            }
            let id = state.next;
            state.next += 1;
            (id, state.journal.position())
        };
        self.tail.sync_to(position, || Ok(())).await?;
        Ok(id)
    }

    /// Syncs the reservations. Blocks.
    pub(crate) fn flush(&self) -> io::Result<()> {
        self.tail.sync_now()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn none_is_given_twice_over_a_restart() {
        let dir = tempfile::tempdir().unwrap();
        let ids = ProducerIds::open(dir.path()).unwrap();
        for expected in 1..=1001 {
            assert_eq!(ids.next().await.unwrap(), expected);
        }
        drop(ids);
        let ids = ProducerIds::open(dir.path()).unwrap();
        assert_eq!(ids.next().await.unwrap(), 2001);
    }
}
