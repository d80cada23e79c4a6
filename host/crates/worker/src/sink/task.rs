//! The loop of a sink task (runtime.md §5).

use super::delivery::Delivery;
use super::group::{Group, WAIT};
use super::partitions::Partitions;
use crate::control::{Control, Wanted};
use crate::pipeline::Stage;
use crate::task::{TaskError, TaskSetup, retry_pause};
use cofferdam_data::{Rejected, TopicPartition};
use cofferdam_kafka::{BatchConsumer, ConsumerEvent};
use cofferdam_plugin::{PluginError, SinkRequest, SinkTask, Taken};
use cofferdam_storage::State;
use std::collections::VecDeque;
use std::mem::take;
use std::time::Duration;
use tokio::time::Instant;

/// A batch is at most so large, unless the sandbox allows less: larger batches gain nothing (wit.md).
const TARGET_BYTES: usize = 1 << 20;
/// A plugin that requests commits gets them no faster than this.
const REQUESTED_COMMITS: Duration = Duration::from_millis(100);

/// Whether partitions are being given up: a failed pre-commit then only leaves a remark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Closing {
    No,
    Yes,
}

/// A sink task that has started: its instance, its consumer, and what is between them.
pub(super) struct SinkLoop {
    setup: TaskSetup,
    control: Control,
    group: Group,
    task: Box<dyn SinkTask>,
    partitions: Partitions,
    /// Partitions that the group has given and the plugin has still to open.
    unopened: Vec<TopicPartition>,
    /// When it is asked to, at the earliest.
    open_at: Instant,
    /// A batch that the plugin wants again, and when.
    retained: Option<(Delivery, Instant)>,
    /// What was consumed behind that, or behind what was put last.
    waiting: VecDeque<Delivery>,
    /// When the plugin wants to be called even if nothing arrives.
    again: Option<Instant>,
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
    pub(super) fn new(setup: TaskSetup, consumer: BatchConsumer, task: Box<dyn SinkTask>) -> Self {
        let now = Instant::now();
        let control = setup.control.clone();
        Self {
            group: Group::new(setup.id.clone(), consumer, control.clone(), setup.status.clone()),
            control,
            next_commit: now + setup.worker_config.offset_flush_interval,
            setup,
            task,
            partitions: Partitions::default(),
            unopened: Vec::new(),
            open_at: now,
            retained: None,
            waiting: VecDeque::new(),
            again: None,
            last_commit: now,
            buffered: false,
            commits: 0,
            recycled_at: None,
            next_recycle: now,
        }
    }

    /// Works until the task is stopped or fails.
    pub(super) async fn run(mut self) -> Result<(), TaskError> {
        let result = self.work().await;
        let stopping = self.control.wanted() == Wanted::Stop;
        let finished = self.finish(result.as_ref().err()).await;
        let result = match result.and(finished) {
            // After a stop was asked for, errors are only told (runtime.md §1.4).
            Err(error) if stopping => {
                tracing::warn!(task = %self.setup.id, %error, "task failed while stopping");
                Ok(())
            }
            result => result,
        };
        if let Err(error) = &result {
            // Leaving the group may take its time.
            self.setup.status.failed(error.trace());
        }
        self.group.consumer.close().await;
        result
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
            if let Some(event) = self.group.deferred() {
                self.handle(event).await?;
                continue;
            }
            self.do_what_is_due().await?;
            let records = wanted == Wanted::Run && !self.is_held_up();
            let timeout = self.until_next().saturating_duration_since(Instant::now());
            let most = (self.setup.batch_max_records, self.setup.batch_max_bytes.min(TARGET_BYTES));
            let event = tokio::select! {
                biased;
                _ = self.control.other_than(known) => continue,
                event = self.group.next(most, timeout, records) => event,
            };
            self.handle(event).await?;
        }
    }

    /// Whether something has to be done before more is read.
    fn is_held_up(&self) -> bool {
        self.retained.is_some() || !self.waiting.is_empty() || !self.unopened.is_empty()
    }

    /// When something is due at the latest, seen from now.
    fn until_next(&self) -> Instant {
        let redelivery = self.retained.as_ref().map(|(_, at)| *at);
        // What waits is put as soon as nothing stands in its way.
        let waiting = (self.retained.is_none() && !self.waiting.is_empty()).then(Instant::now);
        let opening = (!self.unopened.is_empty()).then_some(self.open_at);
        let due = [Some(self.next_commit), redelivery, self.again, waiting, opening].into_iter().flatten().min();
        due.unwrap_or(self.next_commit).min(Instant::now() + WAIT)
    }

    async fn do_what_is_due(&mut self) -> Result<(), TaskError> {
        let now = Instant::now();
        if now >= self.next_commit {
            let all = self.opened();
            self.commit(&all, Closing::No).await?;
        }
        self.open_by_plugin().await?;
        if let Some((delivery, _)) = self.retained.take_if(|(_, at)| now >= *at) {
            self.put(delivery).await?;
        }
        self.put_waiting().await?;
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
                self.waiting = Delivery::prepare(&mut self.setup, runs)?;
                self.put_waiting().await
            }
            ConsumerEvent::Assigned(partitions) => self.open(partitions).await,
            ConsumerEvent::Revoked { partitions, lost } => self.revoke(&partitions, lost).await,
            ConsumerEvent::Error(error) => {
                self.group.trouble(error).map_err(|error| TaskError::Consumer(error.to_string()))
            }
            ConsumerEvent::Idle => Ok(()),
        }
    }

    /// Puts what waits, in order, until something else comes first.
    async fn put_waiting(&mut self) -> Result<(), TaskError> {
        while self.retained.is_none()
            && !self.group.has_deferred()
            && self.control.wanted() != Wanted::Stop
            && let Some(delivery) = self.waiting.pop_front()
        {
            if delivery.runs.is_empty() {
                self.partitions.taken(&delivery.next);
            } else {
                self.put(delivery).await?;
            }
        }
        Ok(())
    }

    async fn put(&mut self, mut delivery: Delivery) -> Result<(), TaskError> {
        let (runs, result) = self.group.serve(self.task.put(take(&mut delivery.runs))).await;
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
                self.retained = Some((delivery, Instant::now() + retry_pause(after)));
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
                    let offsets = self.group.seek(offsets)?;
                    self.partitions.sought(&offsets);
                    self.forget(&offsets.into_iter().map(|offset| offset.at).collect::<Vec<_>>());
                }
                SinkRequest::Pause(partitions) => self.group.consumer.pause(&partitions),
                SinkRequest::Resume(partitions) => self.group.consumer.resume(&partitions),
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
        let mut candidates = self.partitions.candidates(of);
        candidates.retain(|offset| !self.group.has_lost(&offset.at));
        if candidates.is_empty() {
            return Ok(());
        }
        let committable = match self.group.serve(self.task.pre_commit(&candidates)).await {
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
        let (mut accepted, remarks) = self.partitions.accept(committable.offsets);
        // They may have gone while the plugin was asked.
        accepted.retain(|offset| !self.group.has_lost(&offset.at));
        for remark in remarks {
            tracing::warn!(task = %self.setup.id, remark, "ignored an offset of pre-commit");
        }
        if !accepted.is_empty() {
            // A failed commit never fails the task: the next one covers it (runtime.md §5.3).
            match self.group.consumer.commit(&accepted, self.setup.worker_config.offset_flush_timeout).await {
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
        self.waiting.clear();
        let back = self.partitions.rewind();
        self.group.seek(back).map(drop)
    }

    /// Forgets what is held of these partitions.
    fn forget(&mut self, partitions: &[TopicPartition]) {
        let retained = self.retained.iter_mut().map(|(delivery, _)| delivery);
        retained.chain(&mut self.waiting).for_each(|delivery| delivery.revoke(partitions));
        self.retained.take_if(|(delivery, _)| delivery.runs.is_empty());
    }

    async fn open(&mut self, partitions: Vec<TopicPartition>) -> Result<(), TaskError> {
        self.group.consumer.finish_assign().await.map_err(|error| TaskError::Consumer(error.to_string()))?;
        self.unopened.extend(partitions);
        self.open_at = Instant::now();
        self.open_by_plugin().await
    }

    /// Has the plugin open what it has not opened yet; again, later, if it says that this may help.
    async fn open_by_plugin(&mut self) -> Result<(), TaskError> {
        if self.unopened.is_empty() || Instant::now() < self.open_at {
            return Ok(());
        }
        match self.group.serve(self.task.open(&self.unopened)).await {
            Ok(()) => {
                self.setup.status.trouble(None);
                self.partitions.open(&take(&mut self.unopened));
                self.grant_requests()
            }
            Err(PluginError::Retriable { message, after }) => {
                if self.setup.status.trouble(Some(format!("open is tried again: {message}"))) {
                    tracing::warn!(task = %self.setup.id, message, "open is to be tried again");
                }
                self.open_at = Instant::now() + retry_pause(after);
                Ok(())
            }
            Err(error) => Err(TaskError::Plugin { call: "open", source: error }),
        }
    }

    /// The partitions that the plugin knows of.
    fn opened(&self) -> Vec<TopicPartition> {
        let mut opened = self.partitions.all();
        opened.retain(|at| !self.unopened.contains(at));
        opened
    }

    /// Gives partitions up: what was put is committed, the plugin closes them, then Kafka may have them. Partitions that
    /// are already lost are only closed.
    async fn revoke(&mut self, partitions: &[TopicPartition], lost: bool) -> Result<(), TaskError> {
        let mut opened = self.opened();
        opened.retain(|at| partitions.contains(at));
        if !lost {
            self.commit(&opened, Closing::Yes).await?;
        }
        self.close(&opened).await?;
        self.forget(partitions);
        self.unopened.retain(|at| !partitions.contains(at));
        self.partitions.close(partitions);
        self.group.finish_revoke().await
    }

    async fn close(&mut self, partitions: &[TopicPartition]) -> Result<(), TaskError> {
        if partitions.is_empty() {
            return Ok(());
        }
        match self.group.serve(self.task.close(partitions)).await {
            // They go in any case: there is no later at which it could be tried again.
            Err(error @ PluginError::Retriable { .. }) => {
                tracing::warn!(task = %self.setup.id, %error, "the plugin could not close its partitions");
                Ok(())
            }
            closed => closed.map_err(TaskError::plugin("close")),
        }
    }

    /// Replaces the instance, which has grown too much, once it holds nothing that is not durable.
    async fn recycle(&mut self) -> Result<(), TaskError> {
        let all = self.opened();
        self.commit(&all, Closing::No).await?;
        if self.buffered || self.is_held_up() || self.group.has_deferred() {
            return Ok(());
        }
        if self.recycled_at == Some(self.commits) {
            return Err(TaskError::RecycledInVain);
        }
        self.recycled_at = Some(self.commits);
        tracing::info!(task = %self.setup.id, "instance has grown, replaced by a fresh one");
        self.close(&all).await?;
        self.group.serve(self.task.stop()).await.map_err(TaskError::plugin("stop"))?;
        // What the old one asked for at its end is of no use to the new one, nor are its pauses.
        drop(self.task.take_requests());
        self.group.consumer.resume(&all);
        self.again = None;
        self.group.serve(self.task.recycle()).await.map_err(TaskError::plugin("recycling"))?;
        self.group.serve(self.task.start()).await.map_err(TaskError::plugin("start"))?;
        // In this order: if the new instance says where it wants to read from, that counts.
        self.rewind()?;
        self.unopened = self.partitions.all();
        self.open_at = Instant::now();
        self.open_by_plugin().await
    }

    /// On a stop: commit, close, stop. On a failure nothing is committed: what was put last may not be durable. An error
    /// of one of them does not keep the next from being done, unless the instance is gone.
    async fn finish(&mut self, failure: Option<&TaskError>) -> Result<(), TaskError> {
        if failure.is_some_and(|error| !error.instance_is_sound()) {
            return Ok(());
        }
        let all = self.opened();
        let mut result = Ok(());
        if failure.is_none() {
            result = self.commit(&all, Closing::Yes).await;
        }
        if sound(&result) {
            let closed = self.close(&all).await;
            result = also(result, closed);
        }
        if sound(&result) {
            let stopped = self.group.serve(self.task.stop()).await.map_err(TaskError::plugin("stop"));
            result = also(result, stopped);
        }
        result
    }
}

/// Whether the instance can still be called.
fn sound(result: &Result<(), TaskError>) -> bool {
    result.as_ref().err().is_none_or(TaskError::instance_is_sound)
}

/// The first error, unless a later one says that the instance is gone.
fn also(first: Result<(), TaskError>, second: Result<(), TaskError>) -> Result<(), TaskError> {
    if sound(&second) { first.and(second) } else { second }
}
