//! A worker's part, for sources.

use super::{Host, Polled, broken, check, first, host_functions, started};
use crate::batch::Position;
use crate::position::canonical;
use crate::{
    Acknowledged, Config, OffsetChange, PollRequest, Result, SourceConnector, SourceConnectorContext, SourceContext,
    SourceOffset, SourcePartition, SourceTask, Support, Verdict,
};

/// Runs the first task of a source connector, natively.
pub struct SourceHarness<C: SourceConnector> {
    host: Host,
    config: Config,
    task: Option<C::Task>,
    polls: u64,
    uncommitted: Vec<Position>,
}

impl<C: SourceConnector> SourceHarness<C> {
    /// With this configuration; nothing is started yet.
    #[track_caller]
    pub fn new<K: Into<String>, V: Into<String>>(config: impl IntoIterator<Item = (K, V)>) -> Self {
        let class = C::class();
        check::class(&class);
        let config = Config::new(config, &class.config);
        Self { host: Host::new(), config, task: None, polls: 0, uncommitted: Vec::new() }
    }

    host_functions!();

    /// What is wrong with the configuration, as far as the connector says it and not the host.
    pub fn validate(&self) -> Vec<Verdict> {
        let class = C::class();
        self.host.run(|| Verdict::merge(class.config.verdicts(&self.config), C::validate(&self.config)))
    }

    /// What the source promises.
    pub fn supports(&self) -> Support {
        self.host.run(|| C::supports(&self.config))
    }

    /// What the connector says about an operator's change of offsets: JSON objects, `None` to reset.
    ///
    /// # Errors
    ///
    /// The connector's.
    pub fn alter_offsets(&self, changes: &[(serde_json::Value, Option<serde_json::Value>)]) -> Result<bool> {
        let fields = |value: &serde_json::Value| match value {
            serde_json::Value::Object(fields) => fields.clone(),
            other => broken(format_args!("{other} is not a JSON object (this one is the test's fault)")),
        };
        let change = |(partition, offset): &(serde_json::Value, Option<serde_json::Value>)| OffsetChange {
            partition: fields(partition),
            offset: offset.as_ref().map(fields),
        };
        let changes: Vec<_> = changes.iter().map(change).collect();
        self.host.run(|| C::alter_offsets(&self.config, &changes))
    }

    /// The configurations that the connector makes for at most `max_tasks` tasks.
    ///
    /// # Errors
    ///
    /// The connector's.
    #[track_caller]
    pub fn task_configs(&self, max_tasks: u32) -> Result<Vec<Config>> {
        let configs = self.host.run(|| {
            let context = SourceConnectorContext::new(self.config.clone());
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
        self.task = Some(self.host.run(|| C::Task::start(&config, &mut SourceContext::default()))?);
        Ok(())
    }

    /// Polls as a worker does by default.
    ///
    /// # Errors
    ///
    /// The task's.
    #[track_caller]
    pub fn poll(&mut self) -> Result<Polled> {
        self.poll_at_most(2_000, 1 << 20)
    }

    /// Polls.
    ///
    /// # Errors
    ///
    /// The task's.
    #[track_caller]
    pub fn poll_at_most(&mut self, max_records: usize, max_bytes: usize) -> Result<Polled> {
        self.polls += 1;
        let request = PollRequest { number: self.polls, max_records, max_bytes };
        let task = started(&mut self.task);
        let mut batch = self.host.run(|| task.poll(&request, &mut SourceContext::default()))?;
        let runs = batch.take_runs();
        check::batch(&runs, &batch.positions);
        check::boundaries(&batch.boundaries);
        self.uncommitted.append(&mut batch.positions);
        Ok(self.host.run(|| Polled::new(self.polls, &runs, batch.idle)))
    }

    /// All records so far are in Kafka: stores their positions and tells the task.
    ///
    /// # Errors
    ///
    /// The task's.
    #[track_caller]
    pub fn commit(&mut self) -> Result<()> {
        for position in self.uncommitted.drain(..) {
            let key = canonical(&position.partition)?;
            let offsets = &mut self.host.0.borrow_mut().offsets;
            match position.offset {
                Some(offset) => offsets.insert(key, offset),
                None => offsets.remove(&key),
            };
        }
        let (task, number) = (started(&mut self.task), self.polls);
        self.host.run(|| task.committed(number, &mut SourceContext::default()))
    }

    /// Tells the task where the records of a poll went, which a worker does only if the class
    /// [wants it](crate::Class::wants_acknowledgements).
    ///
    /// # Errors
    ///
    /// The task's.
    #[track_caller]
    pub fn acknowledge(&mut self, number: u64, records: &[Option<Acknowledged>]) -> Result<()> {
        if !C::class().wants_acknowledgements {
            broken("`acknowledged` is never called, because the class does not say `wants_acknowledgements`");
        }
        let task = started(&mut self.task);
        self.host.run(|| task.acknowledged(number, records, &mut SourceContext::default()))
    }

    /// Stops the task. What is not committed will have to come again.
    pub fn stop(&mut self) {
        self.uncommitted.clear();
        if let Some(mut task) = self.task.take() {
            self.host.run(|| task.stop());
        }
    }

    /// Stops the task and starts another, which sees the committed offsets only.
    ///
    /// # Errors
    ///
    /// The connector's or the task's.
    #[track_caller]
    pub fn restart(&mut self) -> Result<()> {
        self.stop();
        self.start()
    }

    /// Stores an offset, as if an earlier task had left it.
    ///
    /// # Errors
    ///
    /// A source partition with values that are not primitive.
    pub fn store(&mut self, partition: &SourcePartition, offset: &SourceOffset) -> Result<()> {
        self.host.0.borrow_mut().offsets.insert(canonical(partition.as_json())?, offset.to_json());
        Ok(())
    }

    /// The stored offset of a source partition.
    pub fn stored(&self, partition: &SourcePartition) -> Option<SourceOffset> {
        let key = canonical(partition.as_json()).ok()?;
        SourceOffset::from_json(self.host.0.borrow().offsets.get(&key)?).ok()
    }

    /// Makes every reading of stored offsets fail with this message, or succeed again.
    pub fn fail_offsets(&mut self, message: Option<&str>) {
        self.host.0.borrow_mut().offsets_fail = message.map(str::to_owned);
    }

    /// The running task, to look into it.
    #[track_caller]
    pub fn task(&mut self) -> &mut C::Task {
        started(&mut self.task)
    }
}
