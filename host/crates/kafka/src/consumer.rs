//! A sink task's consumer: records by the batch, everything else by the event.
//!
//! One queue of our own per consumer receives what is fetched of all its partitions; librdkafka's queue of the consumer
//! keeps the rest: rebalances, errors, log lines. Reading the first in batches is several times cheaper than polling
//! the second record by record, and is safe because partitions are sent there before they are assigned.
//!
//! The consumer answers rebalances when its owner says so, never by itself, so that a sink is asked for its offsets and
//! closed first. Reading can be left out (`records: false`) without pausing anything: pausing would throw away what was
//! fetched ahead.

mod columns;
mod events;
mod partitions;
mod seek;

use crate::close::LastField;
use crate::context::{Recorder, to_native};
use crate::error::{ConsumerError, listed, reason};
use crate::queue::{Messages, Owner, Queue};
use crate::settings::ClientSettings;
use cofferdam_data::{SinkRun, TopicOffset, TopicPartition};
use events::{Missing, Rebalance};
use partitions::Partitions;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::{Offset, TopicPartitionList};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::Instant;

/// What [`BatchConsumer::next`] has to tell.
#[derive(Debug)]
pub enum ConsumerEvent {
    /// Records, at least one, in runs of consecutive records of one partition.
    Records(Vec<SinkRun>),
    /// The group gave these partitions, at least one. They are read after [`BatchConsumer::finish_assign`].
    Assigned(Vec<TopicPartition>),
    /// The group takes these partitions away, at least one. No more of their records are handed out. They are given up
    /// with [`BatchConsumer::finish_revoke`].
    Revoked {
        /// Which. With an eager assignor: all.
        partitions: Vec<TopicPartition>,
        /// Another member may own them already: do not commit.
        lost: bool,
    },
    /// A trouble. The consumer goes on unless the error is fatal.
    Error(ConsumerError),
    /// Nothing happened for as long as was asked.
    Idle,
}

/// How long a group may take to be left when the consumer is closed.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(10);

/// A consumer with one owner. It has no thread of its own beside librdkafka's, and no method blocks on the network.
///
/// Dropped without [`BatchConsumer::close`], it leaves its group all the same, later.
pub struct BatchConsumer {
    partitions: Partitions,
    rebalance: Option<Rebalance>,
    seeks: seek::Seeks,
    missing: Missing,
    topics: Vec<String>,
    /// What is to be handed out before anything else.
    strays: VecDeque<SinkRun>,
    errors: VecDeque<ConsumerError>,
    /// How large a record of this consumer is, roughly.
    record_bytes: usize,
    wake: Arc<Notify>,
    /// Taken from `records`, not handed out yet.
    pending: Messages,
    /// As `pending`, of paused partitions.
    held: Messages,
    records: Queue,
    events: Queue,
    owner: Owner,
    client: Arc<BaseConsumer<Recorder>>,
    last: LastField,
}

impl BatchConsumer {
    /// A consumer that asks to join its group. Does not wait for any broker: what comes of it are events.
    pub fn subscribe(settings: ClientSettings, topics: &[String]) -> Result<Self, ConsumerError> {
        let create = |reason: String| ConsumerError::Create { reason };
        let config = settings.native();
        if settings.get("group.id").is_none_or(str::is_empty) {
            return Err(create("group.id is not set".to_owned()));
        }
        let client: BaseConsumer<Recorder> =
            config.create_with_context(Recorder::default()).map_err(|error| create(reason(&error)))?;
        let client = Arc::new(client);
        let owner: Owner = client.clone();
        let wake = Arc::new(Notify::new());
        let no_queue = || create("librdkafka gave no queue".to_owned());
        let records = Queue::new(&owner).ok_or_else(no_queue)?.waking(&wake);
        let events = Queue::consumer(&owner).ok_or_else(no_queue)?.waking(&wake);
        let names: Vec<&str> = topics.iter().map(String::as_str).collect();
        client
            .subscribe(&names)
            .map_err(|error| ConsumerError::Subscribe { topics: topics.join(", "), reason: reason(&error) })?;
        Ok(Self {
            partitions: Partitions::default(),
            rebalance: None,
            seeks: seek::Seeks::default(),
            missing: Missing::default(),
            topics: topics.to_vec(),
            strays: VecDeque::new(),
            errors: VecDeque::new(),
            record_bytes: 1024,
            wake,
            pending: Messages::new(&owner),
            held: Messages::new(&owner),
            records,
            events,
            owner,
            client,
            last: LastField::new(),
        })
    }

    /// What happens next; [`ConsumerEvent::Idle`] if nothing does within `timeout`.
    ///
    /// Records come as soon as there are any, at most `max_records` of at most `max_bytes` altogether (keys, values,
    /// headers); a record that is larger comes alone. With `records` false none come, and those that were fetched ahead
    /// stay where they are.
    ///
    /// Call it again within `max.poll.interval.ms`, or the group takes the partitions away. Safe to drop half-way.
    pub async fn next(
        &mut self,
        max_records: usize,
        max_bytes: usize,
        timeout: Duration,
        records: bool,
    ) -> ConsumerEvent {
        let deadline = deadline(timeout);
        loop {
            self.drive_seeks();
            self.look_for_missing();
            if let Some(event) = self.serve_events() {
                return event;
            }
            // While librdkafka goes to an offset, records from there may be in the queue already, and nothing tells them
            // from those before: they wait until it has said that it is there. It drops the older ones itself.
            if records
                && !self.seeks.is_running()
                && let Some(runs) = self.take_records(max_records, max_bytes)
            {
                return ConsumerEvent::Records(runs);
            }
            if let Some(error) = self.errors.pop_front() {
                return ConsumerEvent::Error(error);
            }
            let now = Instant::now();
            if now >= deadline {
                return ConsumerEvent::Idle;
            }
            let again = [self.seeks.again(), self.missing.again()].into_iter().flatten().min();
            // A wake-up that came since we looked was kept; that none came in time is not an error.
            let _ = tokio::time::timeout_at(deadline.min(again.unwrap_or(deadline)), self.wake.notified()).await;
        }
    }

    /// Takes the partitions that [`ConsumerEvent::Assigned`] told of and starts reading them: at the offsets given to
    /// [`BatchConsumer::seek`] since then, otherwise where the group's committed offsets say, otherwise by
    /// `auto.offset.reset`. Without such an event it does nothing.
    pub async fn finish_assign(&mut self) -> Result<(), ConsumerError> {
        match self.rebalance.take() {
            Some(Rebalance::Assign(partitions)) => self.assign(partitions),
            other => {
                self.rebalance = other;
                Ok(())
            }
        }
    }

    /// Gives up the partitions that [`ConsumerEvent::Revoked`] told of. Without such an event it does nothing.
    pub async fn finish_revoke(&mut self) -> Result<(), ConsumerError> {
        match self.rebalance.take() {
            Some(Rebalance::Revoke(partitions)) => self.unassign(&partitions),
            other => {
                self.rebalance = other;
                Ok(())
            }
        }
    }

    /// Commits offsets of this group: the next one to read of each partition. Waits for the coordinator's answer.
    pub async fn commit(&mut self, offsets: &[TopicOffset], timeout: Duration) -> Result<(), ConsumerError> {
        if offsets.is_empty() {
            return Ok(());
        }
        let refused = |reason| ConsumerError::Commit { reason };
        let wake = Arc::new(Notify::new());
        let answers =
            Queue::new(&self.owner).ok_or_else(|| refused("librdkafka gave no queue".to_owned()))?.waking(&wake);
        answers.commit(&with_offsets(offsets).map_err(refused)?).map_err(refused)?;
        let deadline = deadline(timeout);
        loop {
            if let Some(answer) = answers.committed() {
                return answer.map_err(refused);
            }
            if tokio::time::timeout_at(deadline, wake.notified()).await.is_err() {
                return answers
                    .committed()
                    .map_or(Err(ConsumerError::CommitTimeout { timeout }), |answer| answer.map_err(refused));
            }
        }
    }

    /// The group's committed offsets of these partitions; those that have none are left out.
    pub async fn committed(
        &mut self,
        partitions: &[TopicPartition],
        timeout: Duration,
    ) -> Result<Vec<TopicOffset>, ConsumerError> {
        if partitions.is_empty() {
            return Ok(Vec::new());
        }
        let failed = |reason| ConsumerError::Committed { partitions: listed(partitions), reason };
        let (client, asked) = (self.client.clone(), to_native(partitions));
        let answer = tokio::task::spawn_blocking(move || client.committed_offsets(asked, timeout)).await;
        let list = answer.map_err(|error| failed(error.to_string()))?.map_err(|error| failed(reason(&error)))?;
        let mut offsets = Vec::new();
        for element in list.elements() {
            element.error().map_err(|error| failed(reason(&error)))?;
            if let Offset::Offset(offset) = element.offset() {
                let at = TopicPartition { topic: element.topic().to_owned(), partition: element.partition() };
                offsets.push(TopicOffset { at, offset });
            }
        }
        Ok(offsets)
    }

    /// Stops handing out records of these partitions. What was fetched of them ahead is fetched again later.
    pub fn pause(&mut self, partitions: &[TopicPartition]) {
        let mine = self.partitions.set_paused(partitions, true);
        if let Err(error) = self.client.pause(&to_native(&mine)) {
            self.errors.push_back(ConsumerError::Client { reason: reason(&error), fatal: false });
        }
        let all = &self.partitions;
        let paused = self.pending.take_where(|message| all.find_message(message).is_some_and(|state| state.paused));
        self.held.append(paused);
    }

    /// Goes on handing out records of these partitions, from where they were paused.
    pub fn resume(&mut self, partitions: &[TopicPartition]) {
        let mine = self.partitions.set_paused(partitions, false);
        let all = &self.partitions;
        let ready = self.held.take_where(|message| all.find_message(message).is_none_or(|state| !state.paused));
        self.pending.prepend(ready);
        if let Err(error) = self.client.resume(&to_native(&mine)) {
            self.errors.push_back(ConsumerError::Client { reason: reason(&error), fatal: false });
        }
    }

    /// The partitions that are assigned: taken with `finish_assign`, not yet given up with `finish_revoke`.
    pub fn assignment(&self) -> &[TopicPartition] {
        self.partitions.list()
    }

    /// The offset after the last record that was handed out of a partition, or that was sought; `None` before the first.
    pub fn position(&self, at: &TopicPartition) -> Option<i64> {
        self.partitions.find(&at.topic, at.partition).and_then(|state| state.position())
    }

    /// Leaves the group, at once if the coordinator can be reached. Returns after ten seconds at the latest; what is
    /// left to do then goes on by itself.
    pub async fn close(mut self) {
        let closed = self.begin_close();
        drop(self);
        if tokio::time::timeout(CLOSE_TIMEOUT, closed).await.is_err() {
            tracing::warn!("the consumer has not left its group within {} s", CLOSE_TIMEOUT.as_secs());
        }
    }

    fn begin_close(&mut self) -> tokio::sync::oneshot::Receiver<()> {
        self.client.context().close();
        // A rebalance that nobody finished would hold up the leaving.
        if let Some(unfinished) = self.rebalance.take()
            && let Err(error) = self.unassign(&unfinished.into_partitions())
        {
            tracing::debug!(%error, "while closing a consumer");
        }
        self.last.destroy_elsewhere(self.client.clone())
    }
}

impl Drop for BatchConsumer {
    fn drop(&mut self) {
        if !self.last.is_set() {
            drop(self.begin_close());
        }
    }
}

/// `timeout` from now; a year at most.
fn deadline(timeout: Duration) -> Instant {
    Instant::now() + timeout.min(Duration::from_secs(365 * 24 * 3600))
}

/// Offsets as librdkafka's list.
fn with_offsets(offsets: &[TopicOffset]) -> Result<TopicPartitionList, String> {
    let mut list = TopicPartitionList::with_capacity(offsets.len());
    for TopicOffset { at, offset } in offsets {
        list.add_partition_offset(&at.topic, at.partition, Offset::Offset(*offset)).map_err(|error| reason(&error))?;
    }
    Ok(list)
}
