//! Rebalances, errors, and topics that are not there yet.

use super::{BatchConsumer, ConsumerEvent};
use crate::context::{Happened, to_native};
use crate::error::{ConsumerError, listed, reason};
use crate::queue::{Message, is_member};
use cofferdam_data::TopicPartition;
use rdkafka::consumer::{Consumer, RebalanceProtocol};
use rdkafka::error::KafkaError;
use rdkafka::types::RDKafkaErrorCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::time::Instant;

/// A rebalance that was handed out and waits to be finished.
#[derive(Debug)]
pub(super) enum Rebalance {
    /// Each with the offset sought since.
    Assign(Vec<(TopicPartition, Option<i64>)>),
    Revoke(Vec<TopicPartition>),
}

/// At most so many events are served before records are looked at.
const EVENTS_AT_ONCE: usize = 64;

impl BatchConsumer {
    /// Serves librdkafka's queue of the consumer; what is to be told of it, oldest first.
    pub(super) fn serve_events(&mut self) -> Option<ConsumerEvent> {
        let client = self.client.clone();
        for _ in 0..EVENTS_AT_ONCE {
            match client.poll(Duration::ZERO) {
                Some(Ok(message)) => {
                    if let Some(message) = Message::from_wrapper(&message) {
                        self.keep_stray(&message);
                    }
                }
                // Recorded, with its text, when the event was read.
                Some(Err(KafkaError::MessageConsumptionFatal(code))) => {
                    let reason = self.client.client().fatal_error().map_or_else(|| code.to_string(), |(_, text)| text);
                    self.errors.push_back(ConsumerError::Client { reason, fatal: true });
                }
                Some(Err(_)) | None => {}
            }
            if self.events.len() == 0 {
                break;
            }
        }
        if self.rebalance.is_none()
            && let Some(event) = self.next_happened()
        {
            return Some(event);
        }
        self.errors.pop_front().map(ConsumerEvent::Error)
    }

    fn next_happened(&mut self) -> Option<ConsumerEvent> {
        while let Some(happened) = self.client.context().take() {
            match happened {
                Happened::Assigned(partitions) => {
                    let all = partitions.iter().map(|at| (at.clone(), None)).collect();
                    if !partitions.is_empty() {
                        self.rebalance = Some(Rebalance::Assign(all));
                        return Some(ConsumerEvent::Assigned(partitions));
                    }
                    self.now(|this| this.assign(all));
                }
                Happened::Revoked { partitions, lost } => {
                    self.forget_records(&partitions);
                    if !partitions.is_empty() {
                        self.rebalance = Some(Rebalance::Revoke(partitions.clone()));
                        // librdkafka says "lost" only of what it had not asked back already.
                        let lost = lost || !is_member(&self.owner);
                        return Some(ConsumerEvent::Revoked { partitions, lost });
                    }
                    self.now(|this| this.unassign(&partitions));
                }
                Happened::Error { code, reason } => {
                    self.missing.note(code);
                    let fatal = code == Some(RDKafkaErrorCode::Fatal);
                    return Some(ConsumerEvent::Error(ConsumerError::Client { reason, fatal }));
                }
            }
        }
        None
    }

    /// Finishes a rebalance that nobody needs to be told of.
    fn now(&mut self, finish: impl FnOnce(&mut Self) -> Result<(), ConsumerError>) {
        if let Err(error) = finish(self) {
            self.errors.push_back(error);
        }
    }

    /// Drops what was taken of partitions that are about to go.
    fn forget_records(&mut self, gone: &[TopicPartition]) {
        for at in gone {
            if let Some(state) = self.partitions.find_mut(&at.topic, at.partition) {
                state.revoked = true;
                state.seek = None;
            }
        }
        let partitions = &self.partitions;
        let stays = |message: &Message<'_>| partitions.find_message(message).is_some_and(|state| !state.revoked);
        self.pending.retain(stays);
        self.held.retain(stays);
        self.strays.retain(|run| !gone.contains(&run.origin));
    }

    pub(super) fn assign(&mut self, partitions: Vec<(TopicPartition, Option<i64>)>) -> Result<(), ConsumerError> {
        let all: Vec<TopicPartition> = partitions.iter().map(|(at, _)| at.clone()).collect();
        let failed = |reason| ConsumerError::Assign { what: "assign", partitions: listed(&all), reason };
        for at in &all {
            if !self.records.forward_partition(&at.topic, at.partition) {
                return Err(failed(format!("librdkafka has no queue for {at}")));
            }
        }
        let mut list = to_native(partitions.iter().filter(|(_, start)| start.is_none()).map(|(at, _)| at));
        for (at, start) in &partitions {
            if let Some(offset) = start {
                let start = rdkafka::Offset::Offset(*offset);
                list.add_partition_offset(&at.topic, at.partition, start).map_err(|error| failed(reason(&error)))?;
            }
        }
        let done = match self.client.rebalance_protocol() {
            RebalanceProtocol::Cooperative => self.client.incremental_assign(&list),
            _ => {
                self.partitions.clear();
                self.client.assign(&list)
            }
        };
        done.map_err(|error| failed(reason(&error)))?;
        for (at, start) in partitions {
            self.partitions.add(at, start);
        }
        Ok(())
    }

    /// Whether a partition is given up with `partitions`: an eager group gives up all.
    fn goes(&self, at: &TopicPartition, partitions: &[TopicPartition]) -> bool {
        !matches!(self.client.rebalance_protocol(), RebalanceProtocol::Cooperative) || partitions.contains(at)
    }

    pub(super) fn unassign(&mut self, partitions: &[TopicPartition]) -> Result<(), ConsumerError> {
        // librdkafka would remember the pause, and keep a partition paused that comes back.
        let paused: Vec<TopicPartition> =
            self.partitions.iter_mut().filter(|(_, state)| state.paused).map(|(at, _)| at.clone()).collect();
        let paused: Vec<&TopicPartition> = paused.iter().filter(|at| self.goes(at, partitions)).collect();
        if let Err(error) = self.client.resume(&to_native(paused)) {
            self.errors.push_back(ConsumerError::Client { reason: reason(&error), fatal: false });
        }
        let failed = |reason| ConsumerError::Assign { what: "unassign", partitions: listed(partitions), reason };
        match self.client.rebalance_protocol() {
            RebalanceProtocol::Cooperative => {
                self.partitions.remove(partitions);
                self.client.incremental_unassign(&to_native(partitions))
            }
            _ => {
                self.partitions.clear();
                self.client.unassign()
            }
        }
        .map_err(|error| failed(reason(&error)))
    }
}

impl Rebalance {
    /// The partitions, for giving them up unread.
    pub(super) fn into_partitions(self) -> Vec<TopicPartition> {
        match self {
            Rebalance::Assign(partitions) => partitions.into_iter().map(|(at, _)| at).collect(),
            Rebalance::Revoke(partitions) => partitions,
        }
    }
}

/// Looks for subscribed topics that do not exist. librdkafka would do so every five minutes
/// (`topic.metadata.refresh.interval.ms`); Java's consumer asks again at once.
#[derive(Debug, Default)]
pub(super) struct Missing {
    /// When to ask again, and how long to wait after that.
    again: Option<(Instant, Duration)>,
    /// A thread that asks; it is done when nobody else holds this. Whether it found all topics.
    asking: Option<Arc<AtomicBool>>,
}

impl Missing {
    const FIRST: Duration = Duration::from_millis(500);
    /// A request lists all topics of the cluster: not too often.
    const MOST: Duration = Duration::from_secs(10);

    pub(super) fn again(&self) -> Option<Instant> {
        self.asking.is_none().then_some(self.again).flatten().map(|(at, _)| at)
    }

    fn note(&mut self, code: Option<RDKafkaErrorCode>) {
        if code == Some(RDKafkaErrorCode::UnknownTopicOrPartition) && self.again.is_none() {
            self.again = Some((Instant::now() + Self::FIRST, 2 * Self::FIRST));
        }
    }
}

impl BatchConsumer {
    /// Asks for the topics again if some are missing and it is time.
    pub(super) fn look_for_missing(&mut self) {
        if let Some(asked) = self.missing.asking.take() {
            match Arc::try_unwrap(asked) {
                Err(running) => {
                    self.missing.asking = Some(running);
                    return;
                }
                Ok(found) if found.load(Ordering::SeqCst) => self.missing.again = None,
                Ok(_) => {}
            }
        }
        let now = Instant::now();
        let Some((at, wait)) = self.missing.again else { return };
        if now < at {
            return;
        }
        self.missing.again = Some((now + wait, (2 * wait).min(Missing::MOST)));
        let found = Arc::new(AtomicBool::new(false));
        self.missing.asking = Some(found.clone());
        let (client, topics, wake) = (self.client.clone(), self.topics.clone(), self.wake.clone());
        tokio::task::spawn_blocking(move || {
            // librdkafka looks at its subscriptions when it gets a list of all topics.
            if let Ok(metadata) = client.fetch_metadata(None, wait) {
                let there = |topic: &String| {
                    metadata.topics().iter().any(|known| known.name() == topic && known.error().is_none())
                };
                found.store(topics.iter().all(there), Ordering::SeqCst);
            }
            drop((found, client));
            wake.notify_one();
        });
    }
}
