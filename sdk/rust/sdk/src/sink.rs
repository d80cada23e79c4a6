//! Sink connectors and their tasks: what an author implements to take records from Kafka elsewhere.

use crate::{
    Class, Config, ConnectorContext, Observation, OffsetChange, Records, Result, SinkContext, TopicOffset,
    TopicPartition, Verdict,
};

/// A class of sink connector.
///
/// An instance splits the work into configurations of tasks, which run in instances of their own; it writes no data
/// itself. Everything but [`class`](Self::class) and [`start`](Self::start) has a default.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a sink connector",
    label = "`SinkConnector` is not implemented for it",
    note = "implement `cofferdam_sdk::SinkConnector` for `{Self}`, or export a source with `export_source!`"
)]
pub trait SinkConnector: Sized + 'static {
    /// What writes.
    type Task: SinkTask;

    /// What the class says about itself. Asked at any time, so it must depend on nothing but the code.
    fn class() -> Class;

    /// What the class's options cannot say about a configuration, which may lack required options and hold values that
    /// do not parse. Called without a started connector; must need no network and no files.
    fn validate(config: &Config) -> Vec<Verdict> {
        let _ = config;
        Vec::new()
    }

    /// Checks offsets that an operator wants to set: partitions are `{"kafka_topic":…,"kafka_partition":…}`, offsets
    /// `{"kafka_offset":…}`. `Ok(true)`: nothing else is to be done by hand in the external system. Called without a
    /// started connector.
    ///
    /// Not called by this version of the worker.
    ///
    /// # Errors
    ///
    /// Refuses the change; the text is the operator's answer.
    fn alter_offsets(config: &Config, changes: &[OffsetChange]) -> Result<bool> {
        let _ = (config, changes);
        Ok(false)
    }

    /// Starts a connector.
    ///
    /// # Errors
    ///
    /// The connector goes to FAILED, whatever kind the error is of.
    fn start(context: &ConnectorContext) -> Result<Self>;

    /// Configurations for at most `max_tasks` tasks. By default as many as allowed, each with the connector's own
    /// configuration: Kafka spreads the partitions over them.
    ///
    /// # Errors
    ///
    /// Retriable: asked again later. Failed: the connector goes to FAILED.
    fn task_configs(&mut self, max_tasks: u32, context: &ConnectorContext) -> Result<Vec<Config>> {
        Ok(vec![context.config().clone(); max_tasks as usize])
    }

    /// Looks whether the external system has changed, in place of a thread of one's own. By default never.
    ///
    /// # Errors
    ///
    /// Retriable: asked again later. Failed: the connector goes to FAILED.
    fn watch(&mut self, context: &ConnectorContext) -> Result<Observation> {
        let _ = context;
        Ok(Observation::never())
    }

    /// Stops the connector.
    fn stop(&mut self) {}
}

/// What a sink says may be committed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Committable {
    pub(crate) offsets: Vec<TopicOffset>,
    pub(crate) buffered: bool,
}

impl Committable {
    /// These: the *next* offset to read of each partition. One that is left out does not move.
    pub fn up_to(offsets: impl Into<Vec<TopicOffset>>) -> Self {
        Self { offsets: offsets.into(), buffered: false }
    }

    /// Nothing yet.
    pub fn nothing() -> Self {
        Self::default()
    }

    /// The task still holds records that are not durable, so its instance must not be replaced now.
    #[must_use]
    pub fn buffered(mut self) -> Self {
        self.buffered = true;
        self
    }
}

/// A task that writes.
pub trait SinkTask: Sized + 'static {
    /// Starts a task.
    ///
    /// # Errors
    ///
    /// The task goes to FAILED, whatever kind the error is of.
    fn start(config: &Config, context: &mut SinkContext) -> Result<Self>;

    /// These partitions are the task's from now on, in addition to those that it has.
    ///
    /// # Errors
    ///
    /// Retriable: called again later. Failed: the task goes to FAILED.
    fn open(&mut self, partitions: &[TopicPartition], context: &mut SinkContext) -> Result<()> {
        let _ = (partitions, context);
        Ok(())
    }

    /// Takes records. There may be none, if the task [asked](SinkContext::put_again_within) to be called.
    ///
    /// # Errors
    ///
    /// Retriable: the same records come again later. Failed: the task goes to FAILED. Either way none of them counts as
    /// taken, and neither do rejections of them.
    fn put(&mut self, records: Records<'_>, context: &mut SinkContext) -> Result<()>;

    /// Makes what was put durable. By default there is nothing to do.
    ///
    /// # Errors
    ///
    /// As for [`pre_commit`](Self::pre_commit).
    fn flush(&mut self, context: &mut SinkContext) -> Result<()> {
        let _ = context;
        Ok(())
    }

    /// Says what may be committed, of the next offsets after all that was put. By default all, after a
    /// [`flush`](Self::flush). An offset that is committed is never read again, so what comes before it must be durable.
    ///
    /// # Errors
    ///
    /// The host goes back to the last committed offsets, so records come again. While partitions are given up, it is
    /// only logged.
    fn pre_commit(&mut self, offsets: &[TopicOffset], context: &mut SinkContext) -> Result<Committable> {
        self.flush(context)?;
        Ok(Committable::up_to(offsets))
    }

    /// These partitions are the task's no longer: what it still holds of them must be dropped.
    ///
    /// # Errors
    ///
    /// Logged, and that is all.
    fn close(&mut self, partitions: &[TopicPartition], context: &mut SinkContext) -> Result<()> {
        let _ = (partitions, context);
        Ok(())
    }

    /// Stops the task.
    fn stop(&mut self) {}
}
