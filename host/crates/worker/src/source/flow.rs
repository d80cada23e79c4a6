//! The Kafka side of a source task: sends batches, takes acknowledgements, keeps the commit clock.
//!
//! Kept apart from the plugin's instance, so that both can be worked with at once: acknowledgements are taken and
//! offsets stored while the plugin's `poll` runs.

use super::commit::OffsetCommit;
use super::inflight::Inflight;
use super::stall::Stall;
use crate::pipeline::Stage;
use crate::task::{TaskError, TaskSetup};
use cofferdam_data::{SourceBatch, SourceRun};
use cofferdam_kafka::{Ack, ClientKind, SendError, TaskProducer, client_settings};
use cofferdam_storage::OffsetBackingStore;
use std::mem::take;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep_until, timeout};

/// How long a single wait for acknowledgements lasts; they wake it, so this only bounds a missed wake-up.
const ACK_WAIT: Duration = Duration::from_secs(1);
/// A producer that has had nothing to do for so long is closed: it costs three threads.
const PRODUCER_IDLE: Duration = Duration::from_secs(300);

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
    stall: Stall,
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
            stall: Stall::new(),
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

    /// Takes what has been acknowledged so far and stores the offsets that this releases. `false` if storing failed.
    pub(crate) async fn commit(&mut self) -> bool {
        self.next_commit = Instant::now() + self.setup.worker_config.offset_flush_interval;
        self.commit.add(self.inflight.release());
        if self.inflight.len() == 0 && self.last_sent.elapsed() > PRODUCER_IDLE {
            self.producer = None;
        }
        self.commit.commit().await
    }

    /// Waits until all is acknowledged and stored, at most `offset.flush.timeout.ms`. `false` if it is not.
    pub(crate) async fn drain(&mut self) -> Result<bool, TaskError> {
        let limit = self.setup.worker_config.offset_flush_timeout;
        let acknowledged = timeout(limit, async {
            loop {
                self.take_acks()?;
                if self.inflight.len() == 0 {
                    return Ok::<(), TaskError>(());
                }
                self.acknowledged().await;
            }
        });
        let all = match acknowledged.await {
            Ok(taken) => taken.map(|()| true)?,
            Err(_) => false,
        };
        Ok(self.commit().await && all && self.commit.is_clean())
    }

    /// Converts and sends a batch. Returns when the producer has taken all of it.
    pub(crate) async fn send(&mut self, number: u64, mut batch: SourceBatch) -> Result<(), TaskError> {
        let registered = self.inflight.register(number, &batch).map_err(TaskError::plugin("poll"))?;
        let mut first = registered;
        for run in &mut batch.runs {
            check_timestamps(run)?;
            let dropped = self.setup.converters.encode(run, &self.setup.schemas, &self.setup.tolerance)?;
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
                Some(SendError::Failed(cause)) => return Err(TaskError::Send(cause)),
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
        let TaskSetup { id, worker_config, bootstrap, .. } = &self.setup;
        let client = &worker_config.client;
        let overrides = self.setup.overrides("producer.override.");
        let client_id = format!("connector-producer-{id}");
        let (settings, warnings) = client_settings(
            ClientKind::Producer,
            bootstrap,
            &client.common,
            &client.producer,
            &overrides,
            &client_id,
            None,
        )
        .map_err(|error| TaskError::Client(error.to_string()))?;
        for warning in warnings {
            tracing::warn!(task = %id, warning, "producer setting not used");
        }
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
        for ack in acks.drain(..) {
            if let Some(cause) = ack.error {
                let record = format!("record {} of this task", ack.sequence);
                let judged = self.setup.tolerance.judge(
                    Stage::KafkaProduce,
                    "org.apache.kafka.clients.producer.KafkaProducer",
                    record,
                    &cause,
                );
                judged.map_err(|_| TaskError::Send(cause))?;
                self.inflight.acknowledge(ack.sequence, -1, -1);
            } else {
                self.inflight.acknowledge(ack.sequence, ack.partition, ack.offset);
            }
        }
        self.acks = acks;
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
        Some(timestamp) => Err(TaskError::Send(format!("Invalid record timestamp {timestamp}"))),
        None => Ok(()),
    }
}
