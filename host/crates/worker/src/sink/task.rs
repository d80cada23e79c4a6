//! The loop of a sink task (runtime.md §5).

use super::delivery::Delivery;
use super::partitions::Partitions;
use crate::WorkerError;
use crate::control::{Control, Wanted};
use crate::pipeline::Stage;
use crate::task::{TaskError, TaskSetup};
use cofferdam_data::{Rejected, TopicPartition};
use cofferdam_kafka::{BatchConsumer, ClientKind, ConsumerEvent, client_settings};
use cofferdam_plugin::{InterruptReason, PluginError, SinkRequest, SinkTask, Taken};
use cofferdam_storage::State;
use std::mem::take;
use std::time::Duration;
use tokio::time::Instant;

/// A batch is at most so large, unless the sandbox allows less: larger batches gain nothing (wit.md).
const TARGET_BYTES: usize = 1 << 20;
/// When a batch is put again after a retriable error that does not say when.
const REDELIVERY: Duration = Duration::from_secs(1);
/// A plugin that requests commits gets them no faster than this.
const REQUESTED_COMMITS: Duration = Duration::from_millis(100);
/// How long a single wait for events lasts while nothing is due.
const WAIT: Duration = Duration::from_secs(1);

/// Runs a sink task until it is stopped or fails.
pub(crate) async fn run(mut setup: TaskSetup) -> Result<(), TaskError> {
    // A task made while its connector is paused is not started before that ends (runtime.md §1.4).
    if setup.control.wanted() == Wanted::Pause {
        setup.status.write(State::Paused);
        setup.control.other_than(Wanted::Pause).await;
    }
    if setup.control.wanted() == Wanted::Stop {
        return Ok(());
    }
    let topics = topics(&setup).map_err(|error| TaskError::Client(error.to_string()))?;
    let mut task = setup.plugin.sink_task(setup.context(None)).await.map_err(TaskError::plugin("creating the task"))?;
    task.start().await.map_err(TaskError::plugin("start"))?;
    setup.status.write(State::Running);
    let consumer = consumer(&setup, &topics)?;
    SinkLoop::new(setup, consumer, task).run().await
}

/// The topics to subscribe to. Kafka: `SinkConnectorConfig.parseTopicsList`.
fn topics(setup: &TaskSetup) -> Result<Vec<String>, WorkerError> {
    let refuse = |key: &str, value: &str, reason: &str| WorkerError::Setting {
        key: key.to_owned(),
        value: value.to_owned(),
        reason: reason.to_owned(),
    };
    if let Some(pattern) = setup.connector_config.get("topics.regex").filter(|pattern| !pattern.trim().is_empty()) {
        return Err(refuse("topics.regex", pattern, "not available in this version of Cofferdam"));
    }
    let list = setup.connector_config.get("topics").map(String::as_str).unwrap_or_default();
    let topics: Vec<_> =
        list.split(',').map(|topic| topic.trim().to_owned()).filter(|topic| !topic.is_empty()).collect();
    if topics.is_empty() {
        return Err(refuse("topics", list, "Must configure one of topics or topics.regex"));
    }
    Ok(topics)
}

fn consumer(setup: &TaskSetup, topics: &[String]) -> Result<BatchConsumer, TaskError> {
    let TaskSetup { id, worker_config, bootstrap, .. } = setup;
    let client = &worker_config.client;
    let (client_id, group) = (format!("connector-consumer-{id}"), format!("connect-{}", id.connector));
    let overrides = setup.overrides("consumer.override.");
    let (mut settings, warnings) = client_settings(
        ClientKind::Consumer,
        bootstrap,
        &client.common,
        &client.consumer,
        &overrides,
        &client_id,
        Some(&group),
    )
    .map_err(|error| TaskError::Client(error.to_string()))?;
    for warning in warnings {
        tracing::warn!(task = %id, warning, "consumer setting not used");
    }
    settings.set_prefetch(setup.prefetch_bytes);
    BatchConsumer::subscribe(settings, topics).map_err(|error| TaskError::Client(error.to_string()))
}

/// Whether partitions are being given up: a failed pre-commit then only leaves a remark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Closing {
    No,
    Yes,
}

struct SinkLoop {
    setup: TaskSetup,
    control: Control,
    consumer: BatchConsumer,
    task: Box<dyn SinkTask>,
    partitions: Partitions,
    /// A batch that the plugin wants again, and when.
    retained: Option<(Delivery, Instant)>,
    /// When the plugin wants to be called even if nothing arrives.
    again: Option<Instant>,
    /// A rebalance that came while a call ran.
    deferred: Option<ConsumerEvent>,
    next_commit: Instant,
    last_commit: Instant,
    /// The plugin said that it holds records that are not durable.
    buffered: bool,
    /// Commits that Kafka accepted.
    commits: u64,
    /// `commits` when the instance was last replaced.
    recycled_at: Option<u64>,
    /// When replacing the instance may be tried next.
    next_recycle: Instant,
}

impl SinkLoop {
    fn new(setup: TaskSetup, consumer: BatchConsumer, task: Box<dyn SinkTask>) -> Self {
        let now = Instant::now();
        Self {
            control: setup.control.clone(),
            next_commit: now + setup.worker_config.offset_flush_interval,
            setup,
            consumer,
            task,
            partitions: Partitions::default(),
            retained: None,
            again: None,
            deferred: None,
            last_commit: now,
            buffered: false,
            commits: 0,
            recycled_at: None,
            next_recycle: now,
        }
    }

    async fn run(mut self) -> Result<(), TaskError> {
        let result = self.work().await;
        let stopping = self.control.wanted() == Wanted::Stop;
        let finished = self.finish(result.as_ref().err()).await;
        self.consumer.close().await;
        match result.and(finished) {
            // After a stop was asked for, errors are only told (runtime.md §1.4).
            Err(error) if stopping => {
                tracing::warn!(task = %self.setup.id, %error, "task failed while stopping");
                Ok(())
            }
            result => result,
        }
    }

    async fn work(&mut self) -> Result<(), TaskError> {
        let mut known = Wanted::Run;
        loop {
            let wanted = self.control.wanted();
            if wanted == Wanted::Stop {
                return Ok(());
            }
            if wanted != known {
                known = wanted;
                self.setup.status.write(if wanted == Wanted::Pause { State::Paused } else { State::Running });
                self.next_commit = Instant::now();
            }
            if let Some(event) = self.deferred.take() {
                self.handle(event).await?;
                continue;
            }
            self.do_what_is_due().await?;
            let records = wanted == Wanted::Run && self.retained.is_none();
            let timeout = self.until_next().saturating_duration_since(Instant::now());
            let (max_records, max_bytes) = (self.setup.batch_max_records, self.setup.batch_max_bytes.min(TARGET_BYTES));
            let event = tokio::select! {
                biased;
                _ = self.control.other_than(known) => continue,
                event = self.consumer.next(max_records, max_bytes, timeout, records) => event,
            };
            self.handle(event).await?;
        }
    }

    /// When something is due at the latest, seen from now.
    fn until_next(&self) -> Instant {
        let redelivery = self.retained.as_ref().map(|(_, at)| *at);
        let due = [Some(self.next_commit), redelivery, self.again].into_iter().flatten().min();
        due.unwrap_or(self.next_commit).min(Instant::now() + WAIT)
    }

    async fn do_what_is_due(&mut self) -> Result<(), TaskError> {
        let now = Instant::now();
        if now >= self.next_commit {
            let all = self.partitions.all();
            self.commit(&all, Closing::No).await?;
        }
        if let Some((delivery, _)) = self.retained.take_if(|(_, at)| now >= *at) {
            self.put(delivery).await?;
        }
        if self.again.take_if(|at| now >= *at).is_some() && self.retained.is_none() {
            self.put(Delivery::default()).await?;
        }
        if now >= self.next_recycle && self.task.wants_recycling() {
            self.next_recycle = now + self.setup.worker_config.offset_flush_interval.min(WAIT);
            self.recycle().await?;
        }
        Ok(())
    }

    async fn handle(&mut self, event: ConsumerEvent) -> Result<(), TaskError> {
        match event {
            ConsumerEvent::Records(runs) => {
                self.setup.status.trouble(None);
                self.partitions.arrived(&runs);
                let delivery = Delivery::prepare(&mut self.setup, runs)?;
                if delivery.runs.is_empty() {
                    self.partitions.taken(&delivery.next);
                    return Ok(());
                }
                self.put(delivery).await
            }
            ConsumerEvent::Assigned(partitions) => self.open(&partitions).await,
            ConsumerEvent::Revoked { partitions, lost } => self.revoke(&partitions, lost).await,
            ConsumerEvent::Error(error) => {
                if self.setup.status.trouble(Some(error.to_string())) {
                    tracing::warn!(task = %self.setup.id, %error, "consumer has trouble, it goes on trying");
                }
                if error.is_fatal() { Err(TaskError::Consumer(error.to_string())) } else { Ok(()) }
            }
            ConsumerEvent::Idle => Ok(()),
        }
    }

    async fn put(&mut self, mut delivery: Delivery) -> Result<(), TaskError> {
        let call = self.task.put(take(&mut delivery.runs));
        let (runs, result) = serve(&mut self.consumer, &mut self.deferred, &self.control, call).await;
        match result {
            Ok(Taken { rejected, again }) => {
                self.setup.status.trouble(None);
                self.judge(rejected)?;
                self.partitions.taken(&delivery.next);
                self.again = again.map(|after| Instant::now() + after);
                self.grant_requests()
            }
            Err(PluginError::Retriable { message, after }) => {
                if self.setup.status.trouble(Some(format!("put is tried again: {message}"))) {
                    tracing::warn!(task = %self.setup.id, message, "put is to be tried again");
                }
                delivery.runs = runs;
                self.retained = Some((delivery, Instant::now() + after.unwrap_or(REDELIVERY)));
                Ok(())
            }
            Err(error) => Err(TaskError::Plugin { call: "put", source: error }),
        }
    }

    fn judge(&self, rejected: Vec<Rejected>) -> Result<(), TaskError> {
        for Rejected { origin, exception, reason } in rejected {
            let record =
                format!("topic {}, partition {}, offset {}", origin.at.topic, origin.at.partition, origin.offset);
            let cause = format!("{exception}: {reason}");
            let class = &self.setup.plugin.desc().task_class;
            self.setup.tolerance.judge(Stage::TaskPut, class, record, &cause)?;
        }
        Ok(())
    }

    fn grant_requests(&mut self) -> Result<(), TaskError> {
        for request in self.task.take_requests() {
            match request {
                SinkRequest::Seek(offsets) => {
                    self.consumer.seek(&offsets).map_err(|error| TaskError::Consumer(error.to_string()))?;
                    self.partitions.sought(&offsets);
                }
                SinkRequest::Pause(partitions) => self.consumer.pause(&partitions),
                SinkRequest::Resume(partitions) => self.consumer.resume(&partitions),
                SinkRequest::Commit => {
                    self.next_commit = self.next_commit.min(self.last_commit + REQUESTED_COMMITS);
                }
            }
        }
        Ok(())
    }

    /// Asks the plugin what is durable and commits that (runtime.md §5.3).
    async fn commit(&mut self, of: &[TopicPartition], closing: Closing) -> Result<(), TaskError> {
        self.last_commit = Instant::now();
        self.next_commit = self.last_commit + self.setup.worker_config.offset_flush_interval;
        let candidates = self.partitions.candidates(of);
        if candidates.is_empty() {
            return Ok(());
        }
        let call = self.task.pre_commit(&candidates);
        let committable = match serve(&mut self.consumer, &mut self.deferred, &self.control, call).await {
            Ok(committable) => committable,
            Err(error) if !error.instance_is_sound() => {
                return Err(TaskError::Plugin { call: "pre-commit", source: error });
            }
            Err(error) if closing == Closing::Yes => {
                tracing::warn!(task = %self.setup.id, %error, "pre-commit failed while closing, nothing is committed");
                return Ok(());
            }
            Err(error) => {
                tracing::error!(task = %self.setup.id, %error, "pre-commit failed, reading again from the last commit");
                return self.rewind();
            }
        };
        self.judge(committable.rejected)?;
        self.buffered = committable.buffered;
        let (accepted, remarks) = self.partitions.accept(committable.offsets);
        for remark in remarks {
            tracing::warn!(task = %self.setup.id, remark, "ignored an offset of pre-commit");
        }
        if !accepted.is_empty() {
            // A failed commit never fails the task: the next one covers it (runtime.md §5.3).
            match self.consumer.commit(&accepted, self.setup.worker_config.offset_flush_timeout).await {
                Ok(()) => {
                    self.partitions.committed(&accepted);
                    self.commits += 1;
                }
                Err(error) => tracing::error!(task = %self.setup.id, %error, "failed to commit offsets"),
            }
        }
        self.grant_requests()
    }

    /// Reads again from the last committed offsets. A retained batch comes again with them.
    fn rewind(&mut self) -> Result<(), TaskError> {
        self.retained = None;
        let back = self.partitions.rewind();
        self.consumer.seek(&back).map_err(|error| TaskError::Consumer(error.to_string()))
    }

    async fn open(&mut self, partitions: &[TopicPartition]) -> Result<(), TaskError> {
        self.consumer.finish_assign().await.map_err(|error| TaskError::Consumer(error.to_string()))?;
        self.partitions.open(partitions);
        if !partitions.is_empty() {
            let call = self.task.open(partitions);
            let opened = serve(&mut self.consumer, &mut self.deferred, &self.control, call).await;
            opened.map_err(TaskError::plugin("open"))?;
        }
        self.grant_requests()
    }

    /// Gives partitions up: what was put is committed, the plugin closes them, then Kafka may have them. Partitions that
    /// are already lost are only closed.
    async fn revoke(&mut self, partitions: &[TopicPartition], lost: bool) -> Result<(), TaskError> {
        if !lost {
            self.commit(partitions, Closing::Yes).await?;
        }
        if !partitions.is_empty() {
            let call = self.task.close(partitions);
            let closed = serve(&mut self.consumer, &mut self.deferred, &self.control, call).await;
            closed.map_err(TaskError::plugin("close"))?;
        }
        if let Some((delivery, _)) = &mut self.retained {
            delivery.revoke(partitions);
        }
        self.retained.take_if(|(delivery, _)| delivery.runs.is_empty());
        self.partitions.close(partitions);
        self.control.restore_interrupt();
        self.consumer.finish_revoke().await.map_err(|error| TaskError::Consumer(error.to_string()))
    }

    /// Replaces the instance, which has grown too much, once it holds nothing that is not durable.
    async fn recycle(&mut self) -> Result<(), TaskError> {
        let all = self.partitions.all();
        self.commit(&all, Closing::No).await?;
        if self.buffered || self.retained.is_some() || self.deferred.is_some() {
            return Ok(());
        }
        if self.recycled_at == Some(self.commits) {
            return Err(TaskError::RecycledInVain);
        }
        self.recycled_at = Some(self.commits);
        tracing::info!(task = %self.setup.id, "instance has grown, replaced by a fresh one");
        self.task.close(&all).await.map_err(TaskError::plugin("close"))?;
        self.task.stop().await.map_err(TaskError::plugin("stop"))?;
        self.task.recycle().await.map_err(TaskError::plugin("recycling"))?;
        self.task.start().await.map_err(TaskError::plugin("start"))?;
        self.task.open(&all).await.map_err(TaskError::plugin("open"))?;
        self.again = None;
        self.rewind()
    }

    /// On a stop: commit, close, stop. On a failure nothing is committed: what was put last may not be durable.
    async fn finish(&mut self, failure: Option<&TaskError>) -> Result<(), TaskError> {
        if failure.is_some_and(|error| !error.instance_is_sound()) {
            return Ok(());
        }
        let all = self.partitions.all();
        if failure.is_none() {
            self.commit(&all, Closing::Yes).await?;
        }
        if !all.is_empty() {
            self.task.close(&all).await.map_err(TaskError::plugin("close"))?;
        }
        self.task.stop().await.map_err(TaskError::plugin("stop"))
    }
}

/// Waits for a call into the plugin and serves the consumer meanwhile, so that the group does not take it for dead. A
/// rebalance is kept for after the call, which is told that something waits.
async fn serve<T>(
    consumer: &mut BatchConsumer,
    deferred: &mut Option<ConsumerEvent>,
    control: &Control,
    call: impl Future<Output = T>,
) -> T {
    tokio::pin!(call);
    loop {
        tokio::select! {
            biased;
            result = &mut call => return result,
            event = consumer.next(0, 0, WAIT, false), if deferred.is_none() => match event {
                ConsumerEvent::Idle => {}
                ConsumerEvent::Revoked { .. } => {
                    control.interrupt.set(InterruptReason::Revoke);
                    *deferred = Some(event);
                }
                event => *deferred = Some(event),
            },
        }
    }
}
