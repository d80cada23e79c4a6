//! Going to an offset.
//!
//! librdkafka seeks only where it fetches already, and says so only to who waits for it. So a seek is noted, records of
//! the partition are dropped from then on, and a thread that may block asks until librdkafka has done it. While it asks
//! nothing is read: what comes then may be the first records from the new place. What was queued before librdkafka
//! itself drops, by version, as soon as it is asked.

use super::partitions::Target;
use super::{BatchConsumer, Rebalance, with_offsets};
use crate::error::{ConsumerError, code, reason};
use cofferdam_data::{TopicOffset, TopicPartition};
use rdkafka::consumer::Consumer;
use rdkafka::error::KafkaError;
use rdkafka::types::RDKafkaErrorCode;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::Instant;

/// What became of one seek: its partition, its number, librdkafka's error.
type Outcome = (TopicPartition, Target, Option<KafkaError>);

/// Seeks under way.
#[derive(Debug, Default)]
pub(super) struct Seeks {
    number: u64,
    running: Option<oneshot::Receiver<Vec<Outcome>>>,
    again: Option<Instant>,
}

/// How soon to ask again for a partition whose fetching has not started.
const AGAIN: Duration = Duration::from_millis(20);
/// librdkafka answers from its own thread, not from the network.
const ANSWER: Duration = Duration::from_secs(5);

impl Seeks {
    /// Whether librdkafka is being asked just now.
    pub(super) fn is_running(&self) -> bool {
        self.running.is_some()
    }

    pub(super) fn again(&self) -> Option<Instant> {
        self.running.is_none().then_some(self.again).flatten()
    }
}

impl BatchConsumer {
    /// Goes on at these offsets: the next record of each partition is the first one at its offset or after it, whatever
    /// was fetched ahead. Between [`ConsumerEvent::Assigned`](super::ConsumerEvent::Assigned) and
    /// [`BatchConsumer::finish_assign`] it sets where reading starts. Does not wait for librdkafka.
    ///
    /// A negative offset, or a partition that is not assigned, is an error; the others are sought all the same.
    pub fn seek(&mut self, offsets: &[TopicOffset]) -> Result<(), ConsumerError> {
        let mut refused = None;
        for TopicOffset { at, offset } in offsets {
            if let Err(why) = self.seek_one(at, *offset) {
                let (at, offset, reason) = (at.clone(), *offset, why.to_owned());
                refused.get_or_insert(ConsumerError::Seek { at, offset, reason });
            }
        }
        self.seeks.again = Some(Instant::now());
        let partitions = &self.partitions;
        let stays = |message: &crate::queue::Message<'_>| {
            partitions.find_message(message).is_some_and(|state| state.seek.is_none())
        };
        self.pending.retain(stays);
        self.held.retain(stays);
        self.strays.retain(|run| {
            partitions.find(&run.origin.topic, run.origin.partition).is_some_and(|state| state.seek.is_none())
        });
        refused.map_or(Ok(()), Err)
    }

    fn seek_one(&mut self, at: &TopicPartition, offset: i64) -> Result<(), &'static str> {
        if offset < 0 {
            return Err("seek offset must not be a negative number");
        }
        if let Some(Rebalance::Assign(partitions)) = &mut self.rebalance
            && let Some((_, start)) = partitions.iter_mut().find(|(assigned, _)| assigned == at)
        {
            *start = Some(offset);
            return Ok(());
        }
        self.seeks.number += 1;
        let number = self.seeks.number;
        match self.partitions.find_mut(&at.topic, at.partition) {
            Some(state) if !state.revoked => {
                state.seek_to(Target { offset, number });
                Ok(())
            }
            _ => Err("the partition is not assigned"),
        }
    }

    /// Moves the seeks under way forward.
    pub(super) fn drive_seeks(&mut self) {
        if let Some(mut running) = self.seeks.running.take() {
            match running.try_recv() {
                Ok(outcomes) => outcomes.into_iter().for_each(|outcome| self.sought(outcome)),
                Err(oneshot::error::TryRecvError::Empty) => {
                    self.seeks.running = Some(running);
                    return;
                }
                // The thread is gone without an answer, as when the runtime shuts down.
                Err(oneshot::error::TryRecvError::Closed) => {}
            }
        }
        let now = Instant::now();
        if self.seeks.again.is_none_or(|again| now < again) {
            return;
        }
        let wanted = self.partitions.iter_mut().filter_map(|(at, state)| state.seek.map(|target| (at.clone(), target)));
        let wanted: Vec<(TopicPartition, Target)> = wanted.collect();
        self.seeks.again = (!wanted.is_empty()).then_some(now + AGAIN);
        if wanted.is_empty() {
            return;
        }
        let (tell, told) = oneshot::channel();
        self.seeks.running = Some(told);
        let (client, wake) = (self.client.clone(), self.wake.clone());
        tokio::task::spawn_blocking(move || {
            let offsets: Vec<TopicOffset> =
                wanted.iter().map(|(at, target)| TopicOffset { at: at.clone(), offset: target.offset }).collect();
            let answer =
                with_offsets(&offsets).map_err(KafkaError::Seek).and_then(|list| client.seek_partitions(list, ANSWER));
            let outcomes = wanted.into_iter().map(|(at, target)| {
                let error = match &answer {
                    Err(error) => Some(error.clone()),
                    Ok(list) => match list.find_partition(&at.topic, at.partition) {
                        Some(element) => element.error().err(),
                        None => Some(KafkaError::Seek("no answer".to_owned())),
                    },
                };
                (at, target, error)
            });
            let _ = tell.send(outcomes.collect());
            drop(client);
            Arc::clone(&wake).notify_one();
        });
    }

    fn sought(&mut self, (at, target, error): Outcome) {
        let Some(state) = self.partitions.find_mut(&at.topic, at.partition) else { return };
        if state.seek != Some(target) {
            return;
        }
        match error {
            None => state.seek = None,
            // Fetching has not started yet, or stops just now.
            Some(error)
                if matches!(
                    code(&error),
                    Some(RDKafkaErrorCode::State | RDKafkaErrorCode::PreviousInProgress | RDKafkaErrorCode::InProgress)
                ) => {}
            Some(error) => {
                let reason = reason(&error);
                self.seeks.again = Some(Instant::now() + 25 * AGAIN);
                self.errors.push_back(ConsumerError::Seek { at, offset: target.offset, reason });
            }
        }
    }
}

#[cfg(test)]
mod tests;
