//! The loop of a source task (runtime.md §2).

use super::flow::Flow;
use super::offset_reader;
use crate::control::{Control, Wanted};
use crate::task::{LEAST_PAUSE, TaskError, TaskSetup, retry_pause};
use cofferdam_data::SourceBatch;
use cofferdam_plugin::{PluginError, PollRequest, SourceTask};
use cofferdam_storage::{OffsetBackingStore, State};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// What `poll` is asked for at most, unless the sandbox allows less: larger batches gain nothing (wit.md).
const TARGET_BYTES: usize = 1 << 20;
/// How long to wait after an empty poll: doubled from the first to the second, whatever the plugin says.
const EMPTY_BACKOFF: (Duration, Duration) = (Duration::from_millis(1), Duration::from_millis(100));

/// Runs a source task until it is stopped or fails.
pub(crate) async fn run(mut setup: TaskSetup, store: Arc<dyn OffsetBackingStore>) -> Result<(), TaskError> {
    if !setup.is_to_start().await {
        return Ok(());
    }
    let control = setup.control.clone();
    let context = setup.context(Some(offset_reader(&store, &setup.id.connector)));
    let task = setup.plugin.source_task(context).await.map_err(TaskError::plugin("creating the task"))?;
    let flow = Flow::new(setup, store);
    SourceLoop { control, task, flow, number: 0, recycled_at: None, troubled: false }.run().await
}

struct SourceLoop {
    control: Control,
    task: Box<dyn SourceTask>,
    flow: Flow,
    /// Of the last poll.
    number: u64,
    /// How often offsets had been stored when the instance was last replaced.
    recycled_at: Option<u64>,
    /// Whether the last poll is to be tried again, which the status tells.
    troubled: bool,
}

impl SourceLoop {
    async fn run(mut self) -> Result<(), TaskError> {
        let mut result = self.task.start().await.map_err(TaskError::plugin("start"));
        if result.is_ok() {
            self.flow.setup.status.write(State::Running);
            result = self.work().await;
        }
        let stopping = self.control.wanted() == Wanted::Stop;
        let finished = self.finish(result.as_ref().err()).await;
        match result.and(finished) {
            // After a stop was asked for, errors are only told (runtime.md §1.4).
            Err(error) if stopping => {
                tracing::warn!(task = %self.flow.setup.id, %error, "task failed while stopping");
                Ok(())
            }
            result => result,
        }
    }

    async fn work(&mut self) -> Result<(), TaskError> {
        let mut backoff = EMPTY_BACKOFF.0;
        loop {
            match self.control.wanted() {
                Wanted::Stop => return Ok(()),
                Wanted::Pause => {
                    self.pause().await?;
                    continue;
                }
                Wanted::Run => {}
            }
            if self.flow.is_full() {
                self.wait(Wanted::Run, LEAST_PAUSE).await?;
                continue;
            }
            if self.task.wants_recycling() {
                self.recycle().await?;
            }
            let mut idle = Duration::ZERO;
            match self.poll().await {
                Ok(batch) => {
                    if std::mem::take(&mut self.troubled) {
                        self.flow.setup.status.trouble(None);
                    }
                    idle = idle.max(Duration::from_millis(batch.idle_ms.into()));
                    if batch.is_empty() {
                        idle = idle.max(backoff);
                        backoff = (backoff * 2).min(EMPTY_BACKOFF.1);
                    } else {
                        backoff = EMPTY_BACKOFF.0;
                    }
                    self.flow.send(self.number, batch).await?;
                }
                // "No records" (runtime.md §2), but with the pause that the plugin asks for, and never none.
                Err(TaskError::Plugin { source: PluginError::Retriable { message, after }, .. }) => {
                    self.troubled = true;
                    if self.flow.setup.status.trouble(Some(format!("poll is tried again: {message}"))) {
                        tracing::warn!(task = %self.flow.setup.id, message, "poll is to be tried again");
                    }
                    idle = retry_pause(after);
                }
                Err(error) => return Err(error),
            }
            self.flow.tick().await?;
            self.tell_committed().await?;
            if !idle.is_zero() {
                self.wait(Wanted::Run, idle).await?;
            }
        }
    }

    async fn poll(&mut self) -> Result<SourceBatch, TaskError> {
        self.number += 1;
        let setup = &self.flow.setup;
        let request = PollRequest {
            number: self.number,
            max_records: u32::try_from(setup.batch_max_records).unwrap_or(u32::MAX),
            max_bytes: u32::try_from(setup.batch_max_bytes.min(TARGET_BYTES)).unwrap_or(u32::MAX),
        };
        let mut poll = self.task.poll(request);
        tokio::select! {
            biased;
            batch = &mut poll => batch.map_err(TaskError::plugin("poll")),
            error = self.flow.attend() => {
                // The instance is in the middle of a call: let it finish, so that it can be told to stop.
                let _unused_batch = poll.await;
                Err(error)
            }
        }
    }

    /// Waits, but not longer than until something else is wanted than `known`. What is committed meanwhile is told to the
    /// plugin.
    async fn wait(&mut self, known: Wanted, duration: Duration) -> Result<(), TaskError> {
        let deadline = Instant::now() + duration;
        while Instant::now() < deadline {
            let until = deadline.min(Instant::now() + self.flow.setup.worker_config.offset_flush_interval);
            tokio::select! {
                biased;
                _ = self.control.other_than(known) => return Ok(()),
                () = sleep_until(until) => self.tell_committed().await?,
                error = self.flow.attend() => return Err(error),
            }
        }
        Ok(())
    }

    async fn pause(&mut self) -> Result<(), TaskError> {
        let status = self.flow.setup.status.clone();
        status.write(State::Paused);
        while self.control.wanted() == Wanted::Pause {
            self.tell_committed().await?;
            // What was in flight when the pause began is committed meanwhile, and the plugin waits to hear of it.
            self.wait(Wanted::Pause, self.flow.setup.worker_config.offset_flush_interval).await?;
        }
        if self.control.wanted() == Wanted::Run {
            status.write(State::Running);
        }
        Ok(())
    }

    /// Tells the plugin what is acknowledged and stored. Its failures are told, not fatal (runtime.md §2.6), unless the
    /// instance is gone.
    async fn tell_committed(&mut self) -> Result<(), TaskError> {
        let untold = std::mem::take(&mut self.flow.commit.untold);
        let Some((last, _)) = untold.last() else { return Ok(()) };
        let last = *last;
        if self.flow.setup.plugin.desc().wants_acknowledgements {
            for (number, placements) in &untold {
                let told = self.task.acknowledged(*number, &placements.partitions, &placements.offsets).await;
                self.survive("acknowledged", told)?;
            }
        }
        let told = self.task.committed(last).await;
        self.survive("committed", told)
    }

    fn survive(&self, call: &'static str, told: Result<(), PluginError>) -> Result<(), TaskError> {
        match told {
            Err(error) if error.instance_is_sound() => {
                tracing::error!(task = %self.flow.setup.id, call, %error, "the plugin did not accept a commit");
                Ok(())
            }
            told => told.map_err(TaskError::plugin(call)),
        }
    }

    /// Replaces the instance, which has grown too much, once nothing depends on it any more.
    async fn recycle(&mut self) -> Result<(), TaskError> {
        if !self.flow.drain().await? {
            return Ok(());
        }
        self.tell_committed().await?;
        if self.recycled_at == Some(self.flow.commit.stored) {
            return Err(TaskError::RecycledInVain);
        }
        self.recycled_at = Some(self.flow.commit.stored);
        tracing::info!(task = %self.flow.setup.id, "instance has grown, replaced by a fresh one");
        self.task.stop().await.map_err(TaskError::plugin("stop"))?;
        self.task.recycle().await.map_err(TaskError::plugin("recycling"))?;
        self.task.start().await.map_err(TaskError::plugin("start"))
    }

    /// What is sent is waited for and committed, then the plugin is told to stop: on a failure too (runtime.md §2.1).
    async fn finish(&mut self, failure: Option<&TaskError>) -> Result<(), TaskError> {
        let mut sound = failure.is_none_or(TaskError::instance_is_sound);
        let drained = self.flow.drain().await;
        if !matches!(drained, Ok(true)) {
            let id = &self.flow.setup.id;
            tracing::warn!(task = %id, "not all records were acknowledged and committed, they will be read again");
            self.flow.purge();
        }
        let mut result = drained.map(|_| ());
        if sound {
            let told = self.tell_committed().await;
            sound = told.as_ref().err().is_none_or(TaskError::instance_is_sound);
            result = result.and(told);
        }
        if sound {
            let stopped = self.task.stop().await.map_err(TaskError::plugin("stop"));
            result = result.and(stopped);
        }
        result
    }
}
