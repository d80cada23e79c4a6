//! A component that is ready to be instantiated, and what its instances are made with.

use crate::bindings::{connector, plugin, sink_task, source_task};
use crate::guest::{Equipment, Guest};
use crate::instance::{Exports, Instance, Task};
use crate::limits::Limits;
use crate::sandbox::{Sandbox, World};
use cofferdam_config::SandboxConfig;
use cofferdam_plugin::PluginError;
use std::path::Path;
use std::sync::Arc;
use wasmtime::Store;
use wasmtime::component::{Component, InstancePre};

/// One version of a component. Instantiating it resolves nothing any more.
pub(crate) struct Package {
    pub(crate) sandbox: Arc<Sandbox>,
    pub(crate) world: World,
    /// The file, for people.
    pub(crate) location: String,
    pub(crate) pre: Pre,
}

/// A component whose imports are resolved and whose exports are found.
pub(crate) struct Pre {
    instance: InstancePre<Guest>,
    plugin: plugin::GuestIndices,
    connector: connector::GuestIndices,
    task: TaskPre,
}

enum TaskPre {
    Source(source_task::GuestIndices),
    Sink(sink_task::GuestIndices),
}

impl Pre {
    fn new(instance: InstancePre<Guest>, world: World) -> wasmtime::Result<Self> {
        Ok(Self {
            plugin: plugin::GuestIndices::new(&instance)?,
            connector: connector::GuestIndices::new(&instance)?,
            task: match world {
                World::Source => TaskPre::Source(source_task::GuestIndices::new(&instance)?),
                World::Sink => TaskPre::Sink(sink_task::GuestIndices::new(&instance)?),
            },
            instance,
        })
    }

    /// A fresh instance in `store`; runs what the component does at start.
    pub(crate) async fn instantiate(&self, store: &mut Store<Guest>) -> wasmtime::Result<Exports> {
        let instance = self.instance.instantiate_async(&mut *store).await?;
        Ok(Exports {
            plugin: self.plugin.load(&mut *store, &instance)?,
            connector: self.connector.load(&mut *store, &instance)?,
            task: match &self.task {
                TaskPre::Source(task) => Task::Source(task.load(&mut *store, &instance)?),
                TaskPre::Sink(task) => Task::Sink(task.load(&mut *store, &instance)?),
            },
        })
    }
}

impl Package {
    pub(crate) fn new(
        sandbox: Arc<Sandbox>,
        component: &Component,
        world: World,
        location: &Path,
    ) -> Result<Arc<Self>, PluginError> {
        let unfit = |error: wasmtime::Error| {
            PluginError::Failed(format!("not a component of the world `{}` of this worker: {error:#}", world.as_str()))
        };
        let pre = sandbox.linker().instantiate_pre(component).map_err(unfit)?;
        let pre = Pre::new(pre, world).map_err(unfit)?;
        Ok(Arc::new(Self { sandbox, world, location: location.display().to_string(), pre }))
    }

    /// A fresh instance with at most `memory` bytes.
    pub(crate) async fn instantiate(
        self: &Arc<Self>,
        equipment: Equipment,
        sandbox: &SandboxConfig,
        memory: u64,
    ) -> Result<Instance, PluginError> {
        let limits = Limits::admit(self.sandbox.totals(), memory);
        let limits = limits.map_err(|error| PluginError::Failed(error.to_string()))?;
        let guest = Guest::new(equipment, sandbox, limits);
        self.sandbox.metrics().add(&guest.metrics);
        Instance::new(self.clone(), guest, sandbox.clone()).await
    }
}
