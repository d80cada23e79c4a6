//! The exports of the world `source`.

use super::convert::plugin_and_connector;
use super::{AnyConnector, unknown};
use crate::types;
use crate::{
    Acknowledged, Batch, Boundary, Class, Config, Observation, OffsetChange, PollRequest, Result, SourceConnector,
    SourceConnectorContext, SourceContext, SourceTask, Support, Verdict,
};
use cofferdam_sdk_bindings_source::exports::cofferdam::connect::source_task as wit;
use std::cell::RefCell;

/// The classes of a component of the world `source`; `export_source!` implements it.
pub trait SourceComponent: 'static {
    /// The classes.
    fn classes() -> Vec<SourceClass>;
}

/// A class, with what can be asked of it before there is an instance.
pub struct SourceClass {
    class: Class,
    validate: fn(&Config) -> Vec<Verdict>,
    supports: fn(&Config) -> Support,
    alter_offsets: fn(&Config, &[OffsetChange]) -> Result<bool>,
    start: fn(Config) -> Result<Box<dyn AnyConnector>>,
    start_task: fn(&Config) -> Result<Box<dyn AnySourceTask>>,
}

impl SourceClass {
    /// The class of connectors `C`.
    pub fn of<C: SourceConnector>() -> Self {
        Self {
            class: C::class(),
            validate: C::validate,
            supports: C::supports,
            alter_offsets: C::alter_offsets,
            start: |config| {
                let context = SourceConnectorContext::new(config);
                Ok(Box::new(Started { connector: C::start(&context)?, context }))
            },
            start_task: |config| Ok(Box::new(C::Task::start(config, &mut SourceContext::default())?)),
        }
    }
}

struct Started<C> {
    connector: C,
    context: SourceConnectorContext,
}

impl<C: SourceConnector> AnyConnector for Started<C> {
    fn task_configs(&mut self, max_tasks: u32) -> Result<Vec<Config>> {
        self.connector.task_configs(max_tasks, &self.context)
    }

    fn watch(&mut self) -> Result<Observation> {
        self.connector.watch(&self.context)
    }

    fn stop(&mut self) {
        self.connector.stop();
    }
}

/// A started task of any class.
trait AnySourceTask {
    fn poll(&mut self, request: &PollRequest) -> Result<Batch>;
    fn committed(&mut self, number: u64) -> Result<()>;
    fn acknowledged(&mut self, number: u64, records: &[Option<Acknowledged>]) -> Result<()>;
    fn stop(&mut self);
}

impl<T: SourceTask> AnySourceTask for T {
    fn poll(&mut self, request: &PollRequest) -> Result<Batch> {
        SourceTask::poll(self, request, &mut SourceContext::default())
    }

    fn committed(&mut self, number: u64) -> Result<()> {
        SourceTask::committed(self, number, &mut SourceContext::default())
    }

    fn acknowledged(&mut self, number: u64, records: &[Option<Acknowledged>]) -> Result<()> {
        SourceTask::acknowledged(self, number, records, &mut SourceContext::default())
    }

    fn stop(&mut self) {
        SourceTask::stop(self);
    }
}

/// The class of this name, and its configuration with the defaults filled in.
fn find<C: SourceComponent>(name: &str, config: types::Config) -> Result<(SourceClass, Config)> {
    let class = C::classes().into_iter().find(|class| class.class.name == name).ok_or_else(|| unknown(name))?;
    let config = Config::new(config, &class.class.config);
    Ok((class, config))
}

plugin_and_connector!(cofferdam_sdk_bindings_source, SourceComponent, Source);

thread_local! {
    static TASK: RefCell<Option<Box<dyn AnySourceTask>>> = const { RefCell::new(None) };
}

fn with_task<T>(call: impl FnOnce(&mut dyn AnySourceTask) -> Result<T>) -> Result<T, types::Error> {
    TASK.with_borrow_mut(|task| match task {
        Some(task) => Ok(call(task.as_mut())?),
        None => Err(super::not_started("task")),
    })
}

impl<C: SourceComponent> wit::Guest for super::Glue<C> {
    fn start(name: String, config: types::Config) -> Result<(), types::Error> {
        crate::logging::install();
        let (class, config) = find::<C>(&name, config)?;
        TASK.set(Some((class.start_task)(&config)?));
        Ok(())
    }

    fn poll(request: wit::Request) -> Result<wit::Batch, types::Error> {
        let request = PollRequest {
            number: request.number,
            max_records: request.max_records as usize,
            max_bytes: request.max_bytes as usize,
        };
        with_task(|task| task.poll(&request)).map(wit::Batch::from)
    }

    fn committed(number: u64) -> Result<(), types::Error> {
        with_task(|task| task.committed(number))
    }

    fn acknowledged(number: u64, partitions: Vec<i32>, offsets: Vec<i64>) -> Result<(), types::Error> {
        let records = partitions.into_iter().zip(offsets);
        let records: Vec<_> =
            records.map(|(partition, offset)| (partition >= 0).then_some(Acknowledged { partition, offset })).collect();
        with_task(|task| task.acknowledged(number, &records))
    }

    fn stop() {
        if let Some(mut task) = TASK.take() {
            task.stop();
        }
    }
}

impl From<Batch> for wit::Batch {
    fn from(mut batch: Batch) -> Self {
        let place = |(run, index)| wit::Place { run, index };
        Self {
            runs: batch.take_runs(),
            positions: batch
                .positions
                .into_iter()
                .map(|position| wit::Position {
                    source_partition: position.partition,
                    offset: position.offset,
                    after: position.after.map(place),
                })
                .collect(),
            boundaries: batch
                .boundaries
                .into_iter()
                .map(|(after, boundary)| {
                    let boundary = match boundary {
                        Boundary::Commit => wit::Boundary::Commit,
                        Boundary::Abort => wit::Boundary::Abort,
                    };
                    (after.map(place), boundary)
                })
                .collect(),
            idle_ms: u32::try_from(batch.idle.as_millis()).unwrap_or(u32::MAX),
        }
    }
}
