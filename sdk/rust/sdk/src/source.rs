//! Source connectors and their tasks: what an author implements to bring records into Kafka.

use crate::{
    Batch, Class, Config, Observation, OffsetChange, Result, SourceConnectorContext, SourceContext, Support, Verdict,
};

/// A class of source connector.
///
/// An instance splits the work into configurations of tasks, which run in instances of their own; it reads no data
/// itself. Everything but [`class`](Self::class) and [`start`](Self::start) has a default.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a source connector",
    label = "`SourceConnector` is not implemented for it",
    note = "implement `cofferdam_sdk::SourceConnector` for `{Self}`, or export a sink with `export_sink!`"
)]
pub trait SourceConnector: Sized + 'static {
    /// What reads.
    type Task: SourceTask;

    /// What the class says about itself. Asked at any time, so it must depend on nothing but the code.
    fn class() -> Class;

    /// What the class's options cannot say about a configuration, which may lack required options and hold values that
    /// do not parse. Called without a started connector; must need no network and no files.
    fn validate(config: &Config) -> Vec<Verdict> {
        let _ = config;
        Vec::new()
    }

    /// What the source can promise with this configuration. Called without a started connector.
    ///
    /// Not called by this version of the worker.
    fn supports(config: &Config) -> Support {
        let _ = config;
        Support::default()
    }

    /// Checks source offsets that an operator wants to set. `Ok(true)`: nothing else is to be done by hand in the
    /// external system. Called without a started connector.
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
    fn start(context: &SourceConnectorContext) -> Result<Self>;

    /// Configurations for at most `max_tasks` tasks. By default one, with the connector's own configuration.
    ///
    /// # Errors
    ///
    /// Retriable: asked again later. Failed: the connector goes to FAILED.
    fn task_configs(&mut self, max_tasks: u32, context: &SourceConnectorContext) -> Result<Vec<Config>> {
        let _ = max_tasks;
        Ok(vec![context.config().clone()])
    }

    /// Looks whether the external system has changed, in place of a thread of one's own. By default never.
    ///
    /// # Errors
    ///
    /// Retriable: asked again later. Failed: the connector goes to FAILED.
    fn watch(&mut self, context: &SourceConnectorContext) -> Result<Observation> {
        let _ = context;
        Ok(Observation::never())
    }

    /// Stops the connector.
    fn stop(&mut self) {}
}

/// What a poll is asked for. Both maxima are targets, which one record may overshoot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PollRequest {
    /// Never repeats within an instance, and grows.
    pub number: u64,
    /// How many records at most.
    pub max_records: usize,
    /// How many bytes of keys, values and headers at most.
    pub max_bytes: usize,
}

/// Where a record went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Acknowledged {
    /// Partition.
    pub partition: i32,
    /// Offset.
    pub offset: i64,
}

/// A task that reads.
pub trait SourceTask: Sized + 'static {
    /// Starts a task, which must resume after its stored offsets ([`SourceContext::offset`]).
    ///
    /// # Errors
    ///
    /// The task goes to FAILED, whatever kind the error is of.
    fn start(config: &Config, context: &mut SourceContext) -> Result<Self>;

    /// The next records. Must not wait for long: return what there is, or [`Batch::idle`].
    ///
    /// # Errors
    ///
    /// Retriable: asked again later. Failed: the task goes to FAILED. Either way nothing of this poll counts, so its
    /// records must come again.
    fn poll(&mut self, request: &PollRequest, context: &mut SourceContext) -> Result<Batch>;

    /// All records of the polls up to `number` are in Kafka and their positions are stored. Only now may an external
    /// system be told to forget them.
    ///
    /// # Errors
    ///
    /// Logged, and that is all, whatever kind the error is of: it is not called again for the same poll, but the next call
    /// covers that poll too.
    fn committed(&mut self, number: u64, context: &mut SourceContext) -> Result<()> {
        let _ = (number, context);
        Ok(())
    }

    /// Where each record of poll `number` went, in order; `None`: it was filtered or skipped. Called only if the class
    /// [wants it](Class::wants_acknowledgements).
    ///
    /// # Errors
    ///
    /// Logged, and that is all.
    fn acknowledged(
        &mut self,
        number: u64,
        records: &[Option<Acknowledged>],
        context: &mut SourceContext,
    ) -> Result<()> {
        let _ = (number, records, context);
        Ok(())
    }

    /// Stops the task.
    fn stop(&mut self) {}
}
