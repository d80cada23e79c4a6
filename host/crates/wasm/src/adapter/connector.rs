//! A running connector.

use super::class::{Seed, present};
use crate::error::{guest, guest_in_start};
use crate::guard::Budget;
use crate::instance::Instance;
use crate::lower;
use async_trait::async_trait;
use cofferdam_plugin::{ConfigMap, Connector, Observation, OffsetChange, PluginError};

pub(super) struct WasmConnector {
    seed: Seed,
    config: ConfigMap,
    instance: Option<Instance>,
    stopped: bool,
}

impl WasmConnector {
    pub(super) async fn new(seed: Seed, config: ConfigMap) -> Result<Self, PluginError> {
        let instance = Some(seed.instance().await?);
        Ok(Self { seed, config, instance, stopped: false })
    }
}

#[async_trait]
impl Connector for WasmConnector {
    /// After `stop`, with a fresh instance: a plugin need not know how to begin again.
    async fn start(&mut self) -> Result<(), PluginError> {
        if std::mem::take(&mut self.stopped) {
            self.instance = Some(self.seed.replace(&mut self.instance).await?);
        }
        let (class, config) = (self.seed.class_name(), lower::config(&self.config));
        let instance = present(&mut self.instance)?;
        let started = instance.call(Budget::start(instance.sandbox()), move |live| {
            Box::pin(async move { live.exports.connector.call_start(&mut live.store, &class, &config).await })
        });
        started.await?.map_err(|error| guest_in_start(instance.with_cause(error)))?;
        instance.started();
        Ok(())
    }

    async fn task_configs(&mut self, max: u32) -> Result<Vec<ConfigMap>, PluginError> {
        let instance = present(&mut self.instance)?;
        let configs = instance.call(Budget::call(instance.sandbox(), "task-configs"), move |live| {
            Box::pin(async move { live.exports.connector.call_task_configs(&mut live.store, max).await })
        });
        let configs = configs.await?.map_err(|error| guest(instance.with_cause(error)))?;
        Ok(configs.into_iter().map(|config| config.into_iter().collect()).collect())
    }

    async fn watch(&mut self) -> Result<Observation, PluginError> {
        let instance = present(&mut self.instance)?;
        let observation = instance.call(Budget::call(instance.sandbox(), "watch"), |live| {
            Box::pin(async { live.exports.connector.call_watch(&mut live.store).await })
        });
        observation.await?.map(Into::into).map_err(|error| guest(instance.with_cause(error)))
    }

    async fn stop(&mut self) -> Result<(), PluginError> {
        self.stopped = true;
        let instance = present(&mut self.instance)?;
        let stopped = instance.call(Budget::call(instance.sandbox(), "stop"), |live| {
            Box::pin(async { live.exports.connector.call_stop(&mut live.store).await })
        });
        stopped.await
    }

    async fn alter_offsets(&mut self, changes: &[OffsetChange]) -> Result<bool, PluginError> {
        let (class, config, changes) = (self.seed.class_name(), lower::config(&self.config), changes.to_vec());
        let instance = present(&mut self.instance)?;
        let altered = instance.call(Budget::call(instance.sandbox(), "alter-offsets"), move |live| {
            Box::pin(async move {
                live.exports.connector.call_alter_offsets(&mut live.store, &class, &config, &changes).await
            })
        });
        altered.await?.map_err(|error| guest(instance.with_cause(error)))
    }
}
