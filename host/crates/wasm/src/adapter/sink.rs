//! A running sink task.

use super::class::{Seed, present};
use crate::bindings::{sink_task, types};
use crate::error::{guest, guest_in_start};
use crate::guard::Budget;
use crate::guest::Guest;
use crate::instance::{Instance, Live, Task};
use crate::lower;
use async_trait::async_trait;
use cofferdam_config::SandboxConfig;
use cofferdam_data::{Column, SinkRun, TopicOffset, TopicPartition};
use cofferdam_plugin::{Committable, ConfigMap, PluginError, SinkRequest, SinkTask, Taken};
use futures::future::BoxFuture;
use std::sync::Arc;
use wasmtime::Store;

pub(super) struct WasmSinkTask {
    seed: Seed,
    config: ConfigMap,
    instance: Option<Instance>,
}

/// The task's exports and the store to call them in.
fn exports(live: &mut Live) -> wasmtime::Result<(&sink_task::Guest, &mut Store<Guest>)> {
    match &live.exports.task {
        Task::Sink(task) => Ok((task, &mut live.store)),
        Task::Source(_) => Err(wasmtime::format_err!("a source has no sink tasks")),
    }
}

type Answer<T> = wasmtime::Result<Result<T, types::Error>>;

impl WasmSinkTask {
    pub(super) async fn new(seed: Seed, config: ConfigMap) -> Result<Self, PluginError> {
        let instance = Some(seed.instance().await?);
        Ok(Self { seed, config, instance })
    }

    /// Makes a call; what it asked of `sink-control` counts only if it succeeds.
    async fn call<T, F>(&mut self, budget: Budget, call: F) -> Result<Result<T, types::Error>, PluginError>
    where
        T: Send + 'static,
        F: for<'a> FnOnce(&'a mut Live) -> BoxFuture<'a, Answer<T>> + Send + 'static,
    {
        let instance = present(&mut self.instance)?;
        let answer = instance.call(budget, call).await?;
        if let Some(guest) = instance.guest_mut() {
            guest.sink.end_call(answer.is_ok());
        }
        Ok(answer.map_err(|error| instance.with_cause(error)))
    }

    fn budget(&self, call: &'static str) -> Budget {
        Budget::call(self.seed.sandbox(), call)
    }

    async fn lowered(&mut self, runs: &Arc<Vec<types::SinkRun>>) -> Result<Taken, PluginError> {
        let runs = runs.clone();
        let taken = self.call(self.budget("put"), move |live| {
            Box::pin(async move {
                let (task, store) = exports(live)?;
                task.call_put(store, &runs).await
            })
        });
        taken.await?.map(Into::into).map_err(guest)
    }
}

/// Why a batch cannot be handed over: cells of kinds that the plugin does not read, or too much at once. The instance
/// has seen nothing of it.
fn unfit(runs: &[SinkRun], reads: &[u8], sandbox: &SandboxConfig) -> Result<(), PluginError> {
    let (bytes, max) = (runs.iter().map(SinkRun::bytes).sum::<usize>(), sandbox.batch_max_bytes);
    if bytes as u64 > max {
        return Err(PluginError::Failed(format!("batch of {bytes} bytes exceeds sandbox.batch.max.bytes ({max})")));
    }
    let (records, max) = (runs.iter().map(SinkRun::len).sum::<usize>(), sandbox.batch_max_records);
    if records as u64 > u64::from(max) {
        let what = format!("batch of {records} records exceeds sandbox.batch.max.records ({max})");
        return Err(PluginError::Failed(what));
    }
    if reads.is_empty() {
        return Ok(());
    }
    for run in runs {
        for (what, column) in [("keys", &run.keys), ("values", &run.values), ("headers", &run.headers.values)] {
            if let Some(kind) = unreadable(column, reads) {
                let origin = &run.origin;
                return Err(PluginError::Failed(format!(
                    "{what} of {origin} hold cells of kind {kind}, but the connector reads only the kinds {reads:?}; \
                     configure another converter"
                )));
            }
        }
    }
    Ok(())
}

fn unreadable(column: &Column, reads: &[u8]) -> Option<u8> {
    column.kinds.iter().copied().find(|kind| !reads.contains(kind))
}

#[async_trait]
impl SinkTask for WasmSinkTask {
    async fn start(&mut self) -> Result<(), PluginError> {
        let (class, config) = (self.seed.class_name(), lower::config(&self.config));
        let started = self.call(Budget::start(self.seed.sandbox()), move |live| {
            Box::pin(async move {
                let (task, store) = exports(live)?;
                task.call_start(store, &class, &config).await
            })
        });
        started.await?.map_err(guest_in_start)?;
        present(&mut self.instance)?.started();
        Ok(())
    }

    async fn open(&mut self, partitions: &[TopicPartition]) -> Result<(), PluginError> {
        if let Some(guest) = present(&mut self.instance)?.guest_mut() {
            guest.sink.assign(partitions);
        }
        let partitions = partitions.iter().cloned().map(Into::into).collect::<Vec<_>>();
        let opened = self.call(self.budget("open"), move |live| {
            Box::pin(async move {
                let (task, store) = exports(live)?;
                task.call_open(store, &partitions).await
            })
        });
        opened.await?.map_err(guest)
    }

    async fn put(&mut self, runs: Vec<SinkRun>) -> (Vec<SinkRun>, Result<Taken, PluginError>) {
        let reads = &self.seed.class.described.reads;
        if let Err(error) = unfit(&runs, reads, self.seed.sandbox()) {
            return (runs, Err(error));
        }
        let runs = Arc::new(runs.into_iter().map(types::SinkRun::from).collect::<Vec<_>>());
        let taken = self.lowered(&runs).await;
        // The call is over and with it the guest's view of the runs: they are moved back, not copied.
        let runs = Arc::try_unwrap(runs).unwrap_or_else(|shared| shared.to_vec());
        (runs.into_iter().map(Into::into).collect(), taken)
    }

    async fn pre_commit(&mut self, offsets: &[TopicOffset]) -> Result<Committable, PluginError> {
        let offsets = offsets.iter().cloned().map(Into::into).collect::<Vec<_>>();
        let committable = self.call(self.budget("pre-commit"), move |live| {
            Box::pin(async move {
                let (task, store) = exports(live)?;
                task.call_pre_commit(store, &offsets).await
            })
        });
        committable.await?.map(Into::into).map_err(guest)
    }

    async fn close(&mut self, partitions: &[TopicPartition]) -> Result<(), PluginError> {
        let closing = partitions.iter().cloned().map(Into::into).collect::<Vec<_>>();
        let closed = self.call(self.budget("close"), move |live| {
            Box::pin(async move {
                let (task, store) = exports(live)?;
                task.call_close(store, &closing).await
            })
        });
        let closed = closed.await?.map_err(guest);
        if let Some(guest) = present(&mut self.instance)?.guest_mut() {
            guest.sink.revoke(partitions);
        }
        closed
    }

    async fn stop(&mut self) -> Result<(), PluginError> {
        let stopped = self.call(self.budget("stop"), |live| {
            Box::pin(async {
                let (task, store) = exports(live)?;
                Ok(Ok(task.call_stop(store).await?))
            })
        });
        stopped.await?.map_err(guest)
    }

    fn take_requests(&mut self) -> Vec<SinkRequest> {
        let guest = self.instance.as_mut().and_then(Instance::guest_mut);
        guest.map(|guest| guest.sink.take()).unwrap_or_default()
    }

    fn wants_recycling(&self) -> bool {
        self.instance.as_ref().is_some_and(Instance::wants_recycling)
    }

    async fn recycle(&mut self) -> Result<(), PluginError> {
        self.instance = Some(self.seed.replace(&mut self.instance).await?);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cofferdam_data::{Headers, TimestampType};

    fn run(kinds: Vec<u8>, records: usize) -> SinkRun {
        SinkRun {
            origin: TopicPartition { topic: "t".into(), partition: 2 },
            topics: vec!["t".into()],
            topic_of: vec![0],
            partitions: vec![2],
            timestamp_type: TimestampType::None,
            offsets: (0..).take(records).collect(),
            timestamps: vec![],
            keys: Column::default(),
            values: Column { data: vec![b'x'; 8], ends: vec![8; records], kinds, schemas: vec![] },
            headers: Headers::default(),
        }
    }

    #[test]
    fn what_a_plugin_does_not_read_is_not_handed_over() {
        let sandbox = SandboxConfig::default();
        assert!(unfit(&[run(vec![3], 1)], &[], &sandbox).is_ok());
        assert!(unfit(&[run(vec![3], 1)], &[0, 3], &sandbox).is_ok());
        let error = unfit(&[run(vec![3], 1), run(vec![1], 1)], &[0, 3], &sandbox).unwrap_err().to_string();
        assert!(error.starts_with("values of t-2 hold cells of kind 1, but the connector reads only the kinds [0, 3]"));
    }

    #[test]
    fn batches_are_bounded() {
        let sandbox = SandboxConfig { batch_max_bytes: 10, batch_max_records: 2, ..SandboxConfig::default() };
        let told = |runs: &[SinkRun]| unfit(runs, &[], &sandbox).unwrap_err().to_string();
        assert_eq!(told(&[run(vec![1], 1), run(vec![1], 1)]), "batch of 18 bytes exceeds sandbox.batch.max.bytes (10)");
        assert_eq!(told(&[run(vec![1], 3)]), "batch of 3 records exceeds sandbox.batch.max.records (2)");
    }
}
