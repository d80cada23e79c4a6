//! Notices that Kafka takes no records, finds out why, and lets the status tell (as a sink's does of its consumer).
//!
//! Kafka's own worker waits in silence, for ever, for a topic that nobody creates. This one waits as long, but says so.
//! It ends nothing: what cannot be delivered at all, librdkafka says in an acknowledgement.

use crate::TaskId;
use crate::status::StatusWriter;
use cofferdam_kafka::TaskProducer;
use std::time::Duration;
use tokio::sync::oneshot::{Receiver, error::TryRecvError};
use tokio::time::Instant;

/// For so long nothing has to be acknowledged before anything is asked.
const PATIENCE: Duration = Duration::from_secs(3);

/// Watches the acknowledgements of one task.
pub(crate) struct Stall {
    /// When something was acknowledged last, or nothing was in flight, or an answer came.
    since: Instant,
    asked: Option<Receiver<Option<String>>>,
    /// Whether the status tells of it.
    told: bool,
}

impl Stall {
    pub(crate) fn new() -> Self {
        Self { since: Instant::now(), asked: None, told: false }
    }

    /// Records are being acknowledged, or there are none: whatever it was is over.
    pub(crate) fn progress(&mut self, status: &StatusWriter) {
        self.since = Instant::now();
        self.asked = None;
        if std::mem::take(&mut self.told) {
            status.trouble(None);
        }
    }

    /// Records wait for their acknowledgement: after a while, asks Kafka about their topics, and tells what it says.
    pub(crate) fn waiting(&mut self, id: &TaskId, producer: &TaskProducer, status: &StatusWriter) {
        match self.asked.as_mut().map(Receiver::try_recv) {
            None if self.since.elapsed() >= PATIENCE => self.asked = Some(producer.ask_for_trouble()),
            None | Some(Err(TryRecvError::Empty)) => {}
            Some(answer) => {
                (self.asked, self.since) = (None, Instant::now());
                if let Ok(Some(trouble)) = answer {
                    self.told = true;
                    if status.trouble(Some(format!("records wait for Kafka: {trouble}"))) {
                        tracing::warn!(task = %id, trouble, "records wait for Kafka, the task goes on trying");
                    }
                }
            }
        }
    }
}
