//! The Kafka side of a source task: sends batches, takes acknowledgements, keeps the commit clock.
//!
//! Kept apart from the plugin's instance, so that both can be worked with at once: acknowledgements are taken and
//! offsets stored while the plugin's `poll` runs.

use super::commit::OffsetCommit;
use super::discovery::Discovery;
use super::inflight::Inflight;
use super::stall::Stall;
use crate::pipeline::Stage;
use crate::task::{TaskError, TaskSetup};
use cofferdam_data::{SourceBatch, SourceRun};
use cofferdam_kafka::{Ack, ClientKind, SendError, TaskProducer};
use cofferdam_storage::OffsetBackingStore;
use std::mem::take;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep_until, timeout};

/// How long a single wait for acknowledgements lasts; they wake it, so this only bounds a missed wake-up.
const ACK_WAIT: Duration = Duration::from_secs(1);
/// A producer that has had nothing to do for so long is closed: it costs three threads.
const PRODUCER_IDLE: Duration = Duration::from_secs(300);

/// Records, acknowledged or not, that may wait for the first of them: beyond, nothing is polled.
const MOST_IN_FLIGHT: usize = 1_000_000;

/// What a source task owns beside its plugin instance.
pub(crate) struct Flow {
    pub(crate) setup: TaskSetup,
    /// Made at the first record.
    producer: Option<TaskProducer>,
    last_sent: Instant,
    inflight: Inflight,
    pub(crate) commit: OffsetCommit,
    next_commit: Instant,
    acks: Vec<Ack>,
    discovery: Discovery,
    stall: Stall,
    /// What [`Flow::is_full`] said last.
    full: bool,
}

impl Flow {
    pub(crate) fn new(setup: TaskSetup, store: Arc<dyn OffsetBackingStore>) -> Self {
        let config = &setup.worker_config;
        let commit = OffsetCommit::new(setup.id.clone(), store, config.offset_flush_timeout);
        let now = Instant::now();
        Self {
            next_commit: now + config.offset_flush_interval,
            inflight: Inflight::new(setup.plugin.desc().wants_acknowledgements),
            producer: None,
            last_sent: now,
            commit,
            acks: Vec::new(),
            discovery: Discovery::default(),
            stall: Stall::new(),
            full: false,
            setup,
        }
    }

    /// Takes what has been acknowledged so far and commits if it is time.
    pub(crate) async fn tick(&mut self) -> Result<(), TaskError> {
        self.take_acks()?;
        if Instant::now() >= self.next_commit {
            self.commit().await;
        }
        Ok(())
    }

    /// Does what [`tick`](Self::tick) does, for ever. Returns only with an error; may be dropped at any await.
    pub(crate) async fn attend(&mut self) -> TaskError {
        loop {
            if let Err(error) = self.tick().await {
                return error;
            }
            let next_commit = self.next_commit;
            tokio::select! {
                () = sleep_until(next_commit) => {}
                () = self.acknowledged() => {}
            }
        }
    }

    /// Returns when there may be new acknowledgements.
    async fn acknowledged(&mut self) {
        match &mut self.producer {
            Some(producer) if producer.in_flight() > 0 => producer.wait_ack(ACK_WAIT).await,
            _ => std::future::pending().await,
        }
    }

    /// Stores the offsets that the acknowledgements taken so far release. `false` if storing failed.
    ///
    /// Where this is dropped half-way, as when a poll returns, the next one is due at once: it goes on where this ended.
    pub(crate) async fn commit(&mut self) -> bool {
        self.commit.add(self.inflight.release());
        if self.inflight.len() == 0 && self.last_sent.elapsed() > PRODUCER_IDLE {
            self.producer = None;
        }
        let stored = self.commit.commit().await;
        self.next_commit = Instant::now() + self.setup.worker_config.offset_flush_interval;
        stored
    }

    /// Waits until all is acknowledged and stored, at most `offset.flush.timeout.ms`. `false` if it is not.
    ///
    /// What is acknowledged already is stored first: if Kafka is stuck, the waiting takes all the time that there is.
    pub(crate) async fn drain(&mut self) -> Result<bool, TaskError> {
        let mut taken = self.take_acks();
        self.commit().await;
        if taken.is_ok() {
            let limit = self.setup.worker_config.offset_flush_timeout;
            // That time is up is seen by what is left.
            taken = timeout(limit, self.all_acknowledged()).await.unwrap_or(Ok(()));
        }
        let stored = self.commit().await;
        taken?;
        Ok(stored && self.inflight.len() == 0 && self.commit.is_clean())
    }

    async fn all_acknowledged(&mut self) -> Result<(), TaskError> {
        loop {
            self.take_acks()?;
            // Without a producer, or with one that holds nothing, no more acknowledgements come.
            if self.inflight.len() == 0 || self.producer.as_ref().is_none_or(|producer| producer.in_flight() == 0) {
                return Ok(());
            }
            self.acknowledged().await;
        }
    }

    /// Whether so much is in flight that no more may be polled: one partition may take no records while others do, and
    /// all that comes behind its first one is kept. The status tells of it.
    pub(crate) fn is_full(&mut self) -> bool {
        let full = self.inflight.len() >= MOST_IN_FLIGHT;
        if full && !self.full {
            let text =
                format!("nothing is polled: {} records wait for Kafka, or behind one that does", self.inflight.len());
            tracing::warn!(task = %self.setup.id, trouble = text, "too many records are in flight");
            self.setup.status.trouble(Some(text));
        } else if self.full && !full {
            self.setup.status.trouble(None);
        }
        self.full = full;
        full
    }

    /// Converts and sends a batch. Returns when the producer has taken all of it.
    pub(crate) async fn send(&mut self, number: u64, mut batch: SourceBatch) -> Result<(), TaskError> {
        let registered = self.inflight.register(number, &batch).map_err(TaskError::plugin("poll"))?;
        let mut first = registered;
        for run in &mut batch.runs {
            check_timestamps(run)?;
            let dropped = self.setup.converters.encode(run, &self.setup.schemas, &self.setup.tolerance)?;
            self.discovery.sent(&self.setup.topics, run, first);
            let mut from = 0;
            for index in dropped.iter().copied() {
                self.send_range(run, from, index, first).await?;
                self.inflight.acknowledge(first + index as u64, -1, -1);
                from = index + 1;
            }
            self.send_range(run, from, run.len(), first).await?;
            first += run.len() as u64;
        }
        Ok(())
    }

    /// Sends the records `from..to` of a run whose record 0 has the sequence number `first`.
    async fn send_range(&mut self, run: &SourceRun, mut from: usize, to: usize, first: u64) -> Result<(), TaskError> {
        while from < to {
            let producer = self.producer()?;
            let (taken, error) = producer.send_run(run, from, to, first + from as u64);
            from += taken;
            match error {
                // Told at once here, but to Kafka's client it is a failure like that of an acknowledgement.
                Some(SendError::Failed(cause)) => {
                    self.failed(first + from as u64, cause)?;
                    from += 1;
                }
                // A full queue is how Kafka slows a source down. Stopping does not interrupt it: what was polled is
                // sent as a whole, so that a clean stop doubles nothing; the graceful timeout bounds the wait.
                Some(SendError::QueueFull) => {
                    self.acknowledged().await;
                    self.tick().await?;
                }
                None => {}
            }
        }
        self.last_sent = Instant::now();
        Ok(())
    }

    fn producer(&mut self) -> Result<&mut TaskProducer, TaskError> {
        let producer = match self.producer.take() {
            Some(producer) => producer,
            None => self.new_producer()?,
        };
        Ok(self.producer.insert(producer))
    }

    fn new_producer(&self) -> Result<TaskProducer, TaskError> {
        let settings = self.setup.client_settings(ClientKind::Producer)?;
        TaskProducer::new(settings).map_err(|error| TaskError::Client(error.to_string()))
    }

    fn take_acks(&mut self) -> Result<(), TaskError> {
        let Some(producer) = &mut self.producer else { return Ok(()) };
        let mut acks = take(&mut self.acks);
        producer.take_acks(&mut acks);
        match acks.is_empty() && producer.in_flight() > 0 {
            true => self.stall.waiting(&self.setup.id, producer, &self.setup.status),
            false => self.stall.progress(&self.setup.status),
        }
        let mut result = Ok(());
        let discovering = !self.discovery.is_empty();
        for ack in acks.drain(..) {
            if discovering && ack.error.is_none() {
                self.discovery.acknowledged(&self.setup.topics, ack.sequence);
            }
            match ack.error {
                None => self.inflight.acknowledge(ack.sequence, ack.partition, ack.offset),
                // The others are taken in all the same: what they release is still committed.
                Some(cause) => result = result.and(self.failed(ack.sequence, cause)),
            }
        }
        self.acks = acks;
        if discovering {
            self.discovery.settle(&self.setup.topics, self.inflight.base());
        }
        result
    }

    /// A record that Kafka did not take: skipped where that is tolerated.
    fn failed(&mut self, sequence: u64, cause: String) -> Result<(), TaskError> {
        let record = format!("record {sequence} of this task");
        let class = "org.apache.kafka.clients.producer.KafkaProducer";
        let judged = self.setup.tolerance.judge(Stage::KafkaProduce, class, record, &cause);
        judged.map_err(|_| TaskError::Send(cause))?;
        self.inflight.acknowledge(sequence, -1, -1);
        Ok(())
    }

    /// Forgets what Kafka has not acknowledged: the task has failed or was late.
    pub(crate) fn purge(&mut self) {
        if let Some(producer) = &mut self.producer {
            producer.purge();
        }
    }
}

/// Kafka: `ConnectUtils.checkAndConvertTimestamp`.
fn check_timestamps(run: &SourceRun) -> Result<(), TaskError> {
    match run.timestamps.iter().find(|timestamp| **timestamp < -1) {
        Some(timestamp) => Err(TaskError::Record(format!("Invalid record timestamp {timestamp}"))),
        None => Ok(()),
    }
}
