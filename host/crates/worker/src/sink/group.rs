//! A sink's place in its consumer group. The consumer is served while the plugin works, so that the group does not take it
//! for dead; a rebalance that comes then is kept for after the call, which is told that something waits.

use crate::TaskId;
use crate::control::Control;
use crate::status::StatusWriter;
use crate::task::TaskError;
use cofferdam_data::{TopicOffset, TopicPartition};
use cofferdam_kafka::{BatchConsumer, ConsumerError, ConsumerEvent};
use std::sync::Arc;
use std::time::Duration;

/// How long a single wait for events lasts while nothing is due.
pub(super) const WAIT: Duration = Duration::from_secs(1);

/// The consumer, and what it told while nobody could listen.
pub(super) struct Group {
    id: TaskId,
    pub(super) consumer: BatchConsumer,
    control: Control,
    status: Arc<StatusWriter>,
    /// A rebalance that came while a call ran. There is at most one: the consumer tells of the next when it is finished.
    rebalance: Option<ConsumerEvent>,
    /// The error of a consumer that is of no use any more.
    fatal: Option<ConsumerError>,
    /// Partitions that the group takes away, until that is finished.
    leaving: Vec<TopicPartition>,
    /// Another member may own them already.
    lost: bool,
}

impl Group {
    pub(super) fn new(id: TaskId, consumer: BatchConsumer, control: Control, status: Arc<StatusWriter>) -> Self {
        Self { id, consumer, control, status, rebalance: None, fatal: None, leaving: Vec::new(), lost: false }
    }

    /// As [`BatchConsumer::next`].
    pub(super) async fn next(
        &mut self,
        (max_records, max_bytes): (usize, usize),
        timeout: Duration,
        records: bool,
    ) -> ConsumerEvent {
        let event = self.consumer.next(max_records, max_bytes, timeout, records).await;
        if let ConsumerEvent::Revoked { partitions, lost } = &event {
            (self.leaving, self.lost) = (partitions.clone(), *lost);
        }
        event
    }

    /// Waits for a call into the plugin and serves the consumer meanwhile.
    pub(super) async fn serve<T>(&mut self, call: impl Future<Output = T>) -> T {
        tokio::pin!(call);
        loop {
            tokio::select! {
                biased;
                result = &mut call => return result,
                event = self.next((0, 0), WAIT, false) => self.defer(event),
            }
        }
    }

    fn defer(&mut self, event: ConsumerEvent) {
        match event {
            ConsumerEvent::Idle | ConsumerEvent::Records(_) => {}
            ConsumerEvent::Error(error) => {
                if let Err(fatal) = self.trouble(error) {
                    self.fatal = Some(fatal);
                }
            }
            ConsumerEvent::Revoked { .. } => {
                self.control.interrupt_to_revoke();
                self.rebalance = Some(event);
            }
            ConsumerEvent::Assigned(_) => self.rebalance = Some(event),
        }
    }

    /// What came during a call and is to be dealt with now.
    pub(super) fn deferred(&mut self) -> Option<ConsumerEvent> {
        self.fatal.take().map(ConsumerEvent::Error).or_else(|| self.rebalance.take())
    }

    /// Whether something came during a call.
    pub(super) fn has_deferred(&self) -> bool {
        self.fatal.is_some() || self.rebalance.is_some()
    }

    /// Tells of a trouble. The consumer goes on by itself unless the error comes back: that one is fatal.
    pub(super) fn trouble(&self, error: ConsumerError) -> Result<(), ConsumerError> {
        if error.is_fatal() {
            return Err(error);
        }
        if self.status.trouble(Some(error.to_string())) {
            tracing::warn!(task = %self.id, %error, "consumer has trouble, it goes on trying");
        }
        Ok(())
    }

    /// Whether this partition is about to go.
    pub(super) fn leaves(&self, at: &TopicPartition) -> bool {
        self.leaving.contains(at)
    }

    /// Whether another member may own this partition already.
    pub(super) fn has_lost(&self, at: &TopicPartition) -> bool {
        self.lost && self.leaves(at)
    }

    /// Reads on from these offsets; returns those that it took. Partitions that are about to go are left out: whoever
    /// asks cannot know of that.
    pub(super) fn seek(&mut self, mut offsets: Vec<TopicOffset>) -> Result<Vec<TopicOffset>, TaskError> {
        offsets.retain(|offset| !self.leaves(&offset.at));
        self.consumer.seek(&offsets).map_err(|error| TaskError::Consumer(error.to_string()))?;
        Ok(offsets)
    }

    /// Gives up what [`ConsumerEvent::Revoked`] told of.
    pub(super) async fn finish_revoke(&mut self) -> Result<(), TaskError> {
        self.control.restore_interrupt();
        (self.leaving, self.lost) = (Vec::new(), false);
        self.consumer.finish_revoke().await.map_err(|error| TaskError::Consumer(error.to_string()))
    }
}
