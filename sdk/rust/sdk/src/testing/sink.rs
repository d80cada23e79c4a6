//! A worker's part, for sinks.

use super::{Host, broken, check, first, host_functions, started};
use crate::component::{AnySinkTask, RunningSink};
use crate::context::Rejection;
use crate::host::imp::SinkRequest;
use crate::types::{SinkRun, SourceRun, TimestampType};
use crate::{
    Batch, Config, ConnectorContext, OffsetChange, Result, SinkConnector, SinkContext, SinkTask, SourcePartition,
    SourceRecord, TopicOffset, TopicPartition, Verdict,
};
use std::collections::BTreeMap;
use std::time::Duration;

/// Runs the first task of a sink connector, natively.
///
/// Records are told as [`SourceRecord`]s: topic, partition (0 without), key, value and so on. Each partition counts its
/// offsets from 0; a failed `put` leaves them where they were, so that putting the same records again is what a worker
/// does.
pub struct SinkHarness<C: SinkConnector> {
    host: Host,
    config: Config,
    task: Option<RunningSink<C::Task>>,
    next: BTreeMap<(String, i32), i64>,
    again: Duration,
}

/// What a sink said may be committed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Committed {
    /// The next offset to read, per partition.
    pub offsets: Vec<TopicOffset>,
    /// The task holds records that are not durable.
    pub buffered: bool,
    /// Records of earlier batches that cannot be written.
    pub rejected: Vec<Rejection>,
}

impl<C: SinkConnector> SinkHarness<C> {
    /// With this configuration; nothing is started yet.
    #[track_caller]
    pub fn new<K: Into<String>, V: Into<String>>(config: impl IntoIterator<Item = (K, V)>) -> Self {
        let class = C::class();
        check::class(&class);
        let config = Config::new(config, &class.config);
        Self { host: Host::new(), config, task: None, next: BTreeMap::new(), again: Duration::ZERO }
    }

    host_functions!();

    /// What is wrong with the configuration, as far as the connector says it and not the host.
    pub fn validate(&self) -> Vec<Verdict> {
        let class = C::class();
        self.host.run(|| Verdict::merge(class.config.verdicts(&self.config), C::validate(&self.config)))
    }

    /// What the connector says about an operator's change of offsets.
    ///
    /// # Errors
    ///
    /// The connector's.
    pub fn alter_offsets(&self, changes: &[OffsetChange]) -> Result<bool> {
        self.host.run(|| C::alter_offsets(&self.config, changes))
    }

    /// The configurations that the connector makes for at most `max_tasks` tasks.
    ///
    /// # Errors
    ///
    /// The connector's.
    #[track_caller]
    pub fn task_configs(&self, max_tasks: u32) -> Result<Vec<Config>> {
        let configs = self.host.run(|| {
            let context = ConnectorContext::new(self.config.clone());
            let mut connector = C::start(&context)?;
            let configs = connector.task_configs(max_tasks, &context);
            connector.stop();
            configs
        })?;
        check::task_configs(configs.len(), max_tasks);
        Ok(configs)
    }

    /// Starts the connector's first task.
    ///
    /// # Errors
    ///
    /// The connector's or the task's.
    #[track_caller]
    pub fn start(&mut self) -> Result<()> {
        let config = first(self.task_configs(1)?, &C::class());
        let mut context = SinkContext::default();
        let task = self.host.run(|| C::Task::start(&config, &mut context))?;
        self.task = Some(RunningSink { task, context });
        Ok(())
    }

    /// Gives partitions to the task.
    ///
    /// # Errors
    ///
    /// The task's.
    #[track_caller]
    pub fn open(&mut self, partitions: &[(&str, i32)]) -> Result<()> {
        let partitions = named(partitions);
        self.host.0.borrow_mut().assigned.extend(partitions.iter().cloned());
        let task = started(&mut self.task);
        self.host.run(|| task.open(&partitions))
    }

    /// Puts records, and returns those that the task rejects. Partitions need not be opened for it.
    ///
    /// # Errors
    ///
    /// The task's; put the same records again to see what a retry does.
    #[track_caller]
    pub fn put(&mut self, records: &[SourceRecord<'_>]) -> Result<Vec<Rejection>> {
        let mut next = self.next.clone();
        let runs = runs(records, &mut next);
        let task = started(&mut self.task);
        let (rejected, again) = self.host.run(|| task.put(&runs))?;
        self.next = next;
        self.again = again;
        Ok(rejected)
    }

    /// Within what time the last `put` that succeeded [asked](SinkContext::put_again_within) to be called again; zero: it
    /// did not. Put no records to do what a worker does then.
    pub fn again(&self) -> Duration {
        self.again
    }

    /// Asks the task what may be committed of all that was put.
    ///
    /// # Errors
    ///
    /// The task's.
    #[track_caller]
    pub fn pre_commit(&mut self) -> Result<Committed> {
        let asked = self.next.iter().map(|((topic, partition), offset)| TopicOffset {
            topic: topic.clone(),
            partition: *partition,
            offset: *offset,
        });
        let asked: Vec<_> = asked.collect();
        let task = started(&mut self.task);
        let (committable, rejected) = self.host.run(|| task.pre_commit(&asked))?;
        for TopicOffset { topic, partition, offset } in &committable.offsets {
            let limit = self.next.get(&(topic.clone(), *partition));
            if limit.is_none_or(|limit| offset > limit) {
                broken(format_args!("{topic}-{partition} is to be committed at {offset}, put was up to {limit:?}"));
            }
        }
        Ok(Committed { offsets: committable.offsets, buffered: committable.buffered, rejected })
    }

    /// Takes partitions from the task. Should one of them come back, its offsets count from 0 again, or from where it is
    /// [read on](Self::rewind).
    ///
    /// # Errors
    ///
    /// The task's.
    #[track_caller]
    pub fn close(&mut self, partitions: &[(&str, i32)]) -> Result<()> {
        let partitions = named(partitions);
        self.host.0.borrow_mut().assigned.retain(|assigned| !partitions.contains(assigned));
        let closed =
            |topic: &str, partition| partitions.iter().any(|of| of.topic == topic && of.partition == partition);
        self.next.retain(|(topic, partition), _| !closed(topic, *partition));
        let task = started(&mut self.task);
        self.host.run(|| task.close(&partitions))
    }

    /// Reads a partition on from `offset`, as after a failed commit.
    pub fn rewind(&mut self, topic: &str, partition: i32, offset: i64) {
        self.next.insert((topic.to_owned(), partition), offset);
    }

    /// What the task asked of its consumer since the last call of this function.
    pub fn take_requests(&mut self) -> Vec<SinkRequest> {
        std::mem::take(&mut self.host.0.borrow_mut().requests)
    }

    /// Stops the task.
    pub fn stop(&mut self) {
        if let Some(mut task) = self.task.take() {
            self.host.run(|| AnySinkTask::stop(&mut task));
        }
    }

    /// Stops the task and starts another.
    ///
    /// # Errors
    ///
    /// The connector's or the task's.
    #[track_caller]
    pub fn restart(&mut self) -> Result<()> {
        self.stop();
        self.start()
    }

    /// The running task, to look into it.
    #[track_caller]
    pub fn task(&mut self) -> &mut C::Task {
        &mut started(&mut self.task).task
    }
}

fn named(partitions: &[(&str, i32)]) -> Vec<TopicPartition> {
    let named =
        partitions.iter().map(|(topic, partition)| TopicPartition { topic: (*topic).into(), partition: *partition });
    named.collect()
}

/// Records as a worker hands them over, with offsets from `next` on.
fn runs(records: &[SourceRecord<'_>], next: &mut BTreeMap<(String, i32), i64>) -> Vec<SinkRun> {
    let mut runs = Vec::new();
    let mut origins = Vec::new();
    let mut batch = Batch::new();
    for record in records {
        let (topic, partition) = record.destination();
        let origin = SourcePartition::of("topic", topic).and("partition", partition);
        batch.push(&origin, record);
        if origins.last().is_none_or(|(last, _): &(SourcePartition, _)| !last.same(&origin)) {
            origins.push((origin, TopicPartition { topic: topic.to_owned(), partition }));
        }
    }
    for (run, (_, origin)) in batch.take_runs().into_iter().zip(origins) {
        let first = next.entry((origin.topic.clone(), origin.partition)).or_default();
        let end = *first + i64::try_from(run.values.ends.len()).unwrap_or(i64::MAX);
        runs.push(sink_run(run, origin, (*first..end).collect()));
        *first = end;
    }
    runs
}

fn sink_run(run: SourceRun, origin: TopicPartition, offsets: Vec<i64>) -> SinkRun {
    let timestamp_type = if run.timestamps.is_empty() { TimestampType::None } else { TimestampType::CreateTime };
    let mut keys = run.keys;
    if keys.ends.is_empty() {
        keys.ends = vec![0; offsets.len()];
        keys.kinds = vec![0];
    }
    SinkRun {
        topics: run.topics,
        topic_of: run.topic_of,
        partitions: vec![origin.partition],
        origin,
        timestamp_type,
        offsets,
        timestamps: run.timestamps,
        keys,
        values: run.values,
        headers: run.headers,
    }
}
