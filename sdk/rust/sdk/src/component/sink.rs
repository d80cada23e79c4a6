//! The exports of the world `sink`.

use super::convert::plugin_and_connector;
use super::{AnyConnector, unknown};
use crate::context::Rejection;
use crate::types;
use crate::{
    Class, Committable, Config, ConnectorContext, Observation, OffsetChange, Records, Result, SinkConnector,
    SinkContext, SinkTask, Support, TopicOffset, TopicPartition, Verdict,
};
use cofferdam_sdk_bindings_sink::exports::cofferdam::connect::sink_task as wit;
use std::cell::RefCell;
use std::time::Duration;

/// The classes of a component of the world `sink`; `export_sink!` implements it.
pub trait SinkComponent: 'static {
    /// The classes.
    fn classes() -> Vec<SinkClass>;
}

/// A class, with what can be asked of it before there is an instance.
pub struct SinkClass {
    class: Class,
    validate: fn(&Config) -> Vec<Verdict>,
    supports: fn(&Config) -> Support,
    alter_offsets: fn(&Config, &[OffsetChange]) -> Result<bool>,
    start: fn(Config) -> Result<Box<dyn AnyConnector>>,
    start_task: fn(&Config) -> Result<Box<dyn AnySinkTask>>,
}

impl SinkClass {
    /// The class of connectors `C`.
    pub fn of<C: SinkConnector>() -> Self {
        Self {
            class: C::class(),
            validate: C::validate,
            supports: |_| Support::default(),
            alter_offsets: C::alter_offsets,
            start: |config| {
                let context = ConnectorContext::new(config);
                Ok(Box::new(Started { connector: C::start(&context)?, context }))
            },
            start_task: |config| {
                let mut context = SinkContext::default();
                let task = C::Task::start(config, &mut context)?;
                Ok(Box::new(RunningSink { task, context }))
            },
        }
    }
}

struct Started<C> {
    connector: C,
    context: ConnectorContext,
}

impl<C: SinkConnector> AnyConnector for Started<C> {
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

/// A started task with its context, which collects what is said about records until a call can answer it.
pub(crate) struct RunningSink<T> {
    pub(crate) task: T,
    pub(crate) context: SinkContext,
}

/// A started task of any class.
pub(crate) trait AnySinkTask {
    fn open(&mut self, partitions: &[TopicPartition]) -> Result<()>;
    fn put(&mut self, runs: &[types::SinkRun]) -> Result<(Vec<Rejection>, Duration)>;
    fn pre_commit(&mut self, offsets: &[TopicOffset]) -> Result<(Committable, Vec<Rejection>)>;
    fn close(&mut self, partitions: &[TopicPartition]) -> Result<()>;
    fn stop(&mut self);
}

impl<T: SinkTask> AnySinkTask for RunningSink<T> {
    fn open(&mut self, partitions: &[TopicPartition]) -> Result<()> {
        self.task.open(partitions, &mut self.context)
    }

    fn put(&mut self, runs: &[types::SinkRun]) -> Result<(Vec<Rejection>, Duration)> {
        self.context.again = Duration::ZERO;
        match self.task.put(Records::new(runs), &mut self.context) {
            Ok(()) => Ok((std::mem::take(&mut self.context.rejected), self.context.again)),
            Err(error) => {
                // The records come again, and with them their rejections; those of earlier batches must not get lost.
                self.context.rejected.retain(|rejection| !runs.iter().any(|run| contains(run, &rejection.origin)));
                Err(error)
            }
        }
    }

    fn pre_commit(&mut self, offsets: &[TopicOffset]) -> Result<(Committable, Vec<Rejection>)> {
        let committable = self.task.pre_commit(offsets, &mut self.context);
        // After an error the host reads again from the last commit, and nothing rejected is committed.
        let rejected = std::mem::take(&mut self.context.rejected);
        Ok((committable?, rejected))
    }

    fn close(&mut self, partitions: &[TopicPartition]) -> Result<()> {
        let closed = self.task.close(partitions, &mut self.context);
        self.context.rejected.retain(|rejection| {
            let origin = &rejection.origin;
            !partitions.iter().any(|gone| gone.topic == origin.topic && gone.partition == origin.partition)
        });
        closed
    }

    fn stop(&mut self) {
        self.task.stop();
    }
}

fn contains(run: &types::SinkRun, at: &TopicOffset) -> bool {
    run.origin.partition == at.partition && run.origin.topic == at.topic && run.offsets.contains(&at.offset)
}

/// The class of this name, and its configuration with the defaults filled in.
fn find<C: SinkComponent>(name: &str, config: types::Config) -> Result<(SinkClass, Config)> {
    let class = C::classes().into_iter().find(|class| class.class.name == name).ok_or_else(|| unknown(name))?;
    let config = Config::new(config, &class.class.config);
    Ok((class, config))
}

plugin_and_connector!(cofferdam_sdk_bindings_sink, SinkComponent, Sink);

thread_local! {
    static TASK: RefCell<Option<Box<dyn AnySinkTask>>> = const { RefCell::new(None) };
}

fn with_task<T>(call: impl FnOnce(&mut dyn AnySinkTask) -> Result<T>) -> Result<T, types::Error> {
    TASK.with_borrow_mut(|task| match task {
        Some(task) => Ok(call(task.as_mut())?),
        None => Err(super::not_started("task")),
    })
}

impl<C: SinkComponent> wit::Guest for super::Glue<C> {
    fn start(name: String, config: types::Config) -> Result<(), types::Error> {
        crate::logging::install();
        let (class, config) = find::<C>(&name, config)?;
        TASK.set(Some((class.start_task)(&config)?));
        Ok(())
    }

    fn open(partitions: Vec<TopicPartition>) -> Result<(), types::Error> {
        with_task(|task| task.open(&partitions))
    }

    fn put(runs: Vec<types::SinkRun>) -> Result<wit::Taken, types::Error> {
        let (rejected, again) = with_task(|task| task.put(&runs))?;
        let again_ms = u32::try_from(again.as_millis()).unwrap_or(u32::MAX);
        Ok(wit::Taken { rejected: rejected.into_iter().map(wit::Rejected::from).collect(), again_ms })
    }

    fn pre_commit(offsets: Vec<TopicOffset>) -> Result<wit::Committable, types::Error> {
        let (committable, rejected) = with_task(|task| task.pre_commit(&offsets))?;
        let rejected = rejected.into_iter().map(wit::Rejected::from).collect();
        Ok(wit::Committable { offsets: committable.offsets, buffered: committable.buffered, rejected })
    }

    fn close(partitions: Vec<TopicPartition>) -> Result<(), types::Error> {
        with_task(|task| task.close(&partitions))
    }

    fn stop() {
        if let Some(mut task) = TASK.take() {
            task.stop();
        }
    }
}

impl From<Rejection> for wit::Rejected {
    fn from(rejection: Rejection) -> Self {
        Self { origin: rejection.origin, exception: rejection.exception, reason: rejection.reason }
    }
}
