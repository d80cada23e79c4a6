//! A running source task.

use super::class::{Seed, present};
use crate::bindings::{source_task, types};
use crate::check;
use crate::error::{guest, guest_in_start};
use crate::guard::Budget;
use crate::instance::{Instance, Live, Task};
use crate::lower;
use async_trait::async_trait;
use cofferdam_data::SourceBatch;
use cofferdam_plugin::{ConfigMap, PluginError, PollRequest, SourceTask};
use futures::future::BoxFuture;
use wasmtime::Store;

use crate::guest::Guest;

pub(super) struct WasmSourceTask {
    seed: Seed,
    config: ConfigMap,
    instance: Option<Instance>,
}

/// The task's exports and the store to call them in.
fn exports(live: &mut Live) -> wasmtime::Result<(&source_task::Guest, &mut Store<Guest>)> {
    match &live.exports.task {
        Task::Source(task) => Ok((task, &mut live.store)),
        Task::Sink(_) => Err(wasmtime::format_err!("a sink has no source tasks")),
    }
}

type Answer<T> = wasmtime::Result<Result<T, types::Error>>;

impl WasmSourceTask {
    pub(super) async fn new(seed: Seed, config: ConfigMap) -> Result<Self, PluginError> {
        let instance = Some(seed.instance().await?);
        Ok(Self { seed, config, instance })
    }

    async fn call<T, F>(&mut self, name: &'static str, call: F) -> Result<T, PluginError>
    where
        T: Send + 'static,
        F: for<'a> FnOnce(&'a mut Live) -> BoxFuture<'a, Answer<T>> + Send + 'static,
    {
        let instance = present(&mut self.instance)?;
        let answer = instance.call(Budget::call(instance.sandbox(), name), call).await?;
        answer.map_err(|error| guest(instance.with_cause(error)))
    }

    /// The batch in the worker's types, or the end of an instance that breaks the interface's rules.
    fn checked(&mut self, batch: source_task::Batch) -> Result<SourceBatch, PluginError> {
        let instance = present(&mut self.instance)?;
        let schemas = instance.guest().map_or(0, |guest| guest.schemas.len());
        let boundaries = check::boundaries(&batch.boundaries);
        let batch = SourceBatch::from(batch);
        match boundaries.and_then(|()| check::batch(&batch, instance.sandbox(), schemas)) {
            Ok(()) => Ok(batch),
            Err(error) => Err(instance.contradicts_itself(format!("poll gave what it may not: {error}"))),
        }
    }
}

#[async_trait]
impl SourceTask for WasmSourceTask {
    async fn start(&mut self) -> Result<(), PluginError> {
        let (class, config) = (self.seed.class_name(), lower::config(&self.config));
        let instance = present(&mut self.instance)?;
        let started = instance.call(Budget::start(instance.sandbox()), move |live| {
            Box::pin(async move {
                let (task, store) = exports(live)?;
                task.call_start(store, &class, &config).await
            })
        });
        started.await?.map_err(|error| guest_in_start(instance.with_cause(error)))?;
        instance.started();
        Ok(())
    }

    async fn poll(&mut self, request: PollRequest) -> Result<SourceBatch, PluginError> {
        let PollRequest { number, max_records, max_bytes } = request;
        let request = source_task::Request { number, max_records, max_bytes };
        let batch = self.call("poll", move |live| {
            Box::pin(async move {
                let (task, store) = exports(live)?;
                task.call_poll(store, request).await
            })
        });
        let batch = batch.await?;
        self.checked(batch)
    }

    async fn committed(&mut self, number: u64) -> Result<(), PluginError> {
        let committed = self.call("committed", move |live| {
            Box::pin(async move {
                let (task, store) = exports(live)?;
                task.call_committed(store, number).await
            })
        });
        committed.await
    }

    async fn acknowledged(&mut self, number: u64, partitions: &[i32], offsets: &[i64]) -> Result<(), PluginError> {
        let (partitions, offsets) = (partitions.to_vec(), offsets.to_vec());
        let acknowledged = self.call("acknowledged", move |live| {
            Box::pin(async move {
                let (task, store) = exports(live)?;
                task.call_acknowledged(store, number, &partitions, &offsets).await
            })
        });
        acknowledged.await
    }

    async fn stop(&mut self) -> Result<(), PluginError> {
        let stopped = self.call("stop", |live| {
            Box::pin(async {
                let (task, store) = exports(live)?;
                Ok(Ok(task.call_stop(store).await?))
            })
        });
        stopped.await
    }

    fn wants_recycling(&self) -> bool {
        self.instance.as_ref().is_some_and(Instance::wants_recycling)
    }

    async fn recycle(&mut self) -> Result<(), PluginError> {
        self.instance = Some(self.seed.replace(&mut self.instance).await?);
        Ok(())
    }
}
