//! What every instance of one connector or task is made with: its limits, its grants, its place in the log. Kept, so
//! that an instance can be replaced by one that is like it.

use super::describe::Described;
use crate::capability::fs::{FsGrants, GuestIdentity};
use crate::guest::Equipment;
use crate::instance::Instance;
use crate::limits::Bytes;
use crate::package::Package;
use cofferdam_config::SandboxConfig;
use cofferdam_data::SchemaTable;
use cofferdam_plugin::{ConfigMap, Interrupt, OffsetReader, PluginError, Verdict};
use std::sync::Arc;

/// A class of a component.
pub(crate) struct Class {
    pub(crate) package: Arc<Package>,
    pub(crate) described: Described,
}

/// Whose instance it is to be.
pub(crate) struct Owner {
    /// The connector's name.
    pub(crate) connector: String,
    /// The task's number; `None`: the connector's own instance.
    pub(crate) task: Option<u32>,
    pub(crate) interrupt: Interrupt,
    pub(crate) schemas: Arc<SchemaTable>,
    pub(crate) offsets: Option<Arc<dyn OffsetReader>>,
}

/// See the module.
pub(crate) struct Seed {
    pub(crate) class: Arc<Class>,
    owner: Owner,
    sandbox: SandboxConfig,
    memory: u64,
    grants: FsGrants,
}

impl Class {
    /// The limits of a connector with this configuration; the error has wrong keys with whole messages.
    pub(crate) fn limits(&self, config: &ConfigMap) -> Result<SandboxConfig, Vec<(String, String)>> {
        let sandbox = &self.package.sandbox;
        sandbox.config().for_connector_in(config, sandbox.working_dir())
    }

    /// Files that an instance may reach, and errors on the keys that name others.
    pub(crate) fn grants(&self, config: &ConfigMap, sandbox: &SandboxConfig) -> (FsGrants, Vec<Verdict>) {
        FsGrants::resolve(&self.described.desc, config, &sandbox.fs_allow, self.package.sandbox.working_dir())
    }

    /// An instance to ask about the class itself: default limits, no files, nothing of a running connector.
    pub(crate) async fn bare(&self, connector: &str, sandbox: &SandboxConfig) -> Result<Instance, PluginError> {
        let equipment = Equipment {
            connector: connector.to_owned(),
            task: None,
            class: self.described.desc.class.clone(),
            interrupt: Interrupt::default(),
            schemas: SchemaTable::new(),
            offsets: None,
            fs: FsGrants::default().state(None),
        };
        let memory = memory(&self.described, &ConfigMap::new(), sandbox);
        self.package.instantiate(equipment, sandbox, memory).await
    }
}

/// What an instance may hold: what its connector asks for, else what its plugin says that it needs, else the default.
fn memory(described: &Described, config: &ConfigMap, sandbox: &SandboxConfig) -> u64 {
    let asked = config.contains_key("sandbox.memory.default.bytes");
    let needed = described.memory_needed.filter(|_| !asked);
    needed.unwrap_or(sandbox.memory_default).min(sandbox.memory_max)
}

impl Seed {
    /// Derives limits and grants from the configuration of the connector.
    pub(crate) fn new(class: Arc<Class>, owner: Owner, config: &ConfigMap) -> Result<Self, PluginError> {
        let failed = |messages: Vec<String>| PluginError::Failed(messages.join("\n"));
        let wrong = |errors: Vec<(String, String)>| failed(errors.into_iter().map(|(_, message)| message).collect());
        let sandbox = class.limits(config).map_err(wrong)?;
        let (grants, verdicts) = class.grants(config, &sandbox);
        let errors = verdicts.into_iter().flat_map(|verdict| verdict.errors).collect::<Vec<_>>();
        if !errors.is_empty() {
            return Err(failed(errors));
        }
        let memory = memory(&class.described, config, &sandbox);
        if let Some(needed) = class.described.memory_needed.filter(|needed| *needed > sandbox.memory_max) {
            let (needed, most) = (Bytes(needed), Bytes(sandbox.memory_max));
            return Err(failed(vec![format!(
                "{} says that it needs {needed}, and sandbox.memory.max.bytes is {most}: raise that",
                class.described.desc.class
            )]));
        }
        Ok(Self { class, owner, sandbox, memory, grants })
    }

    /// A fresh instance, made only when nothing that its predecessor in this place began can still happen.
    pub(crate) async fn instance(&self) -> Result<Instance, PluginError> {
        let Owner { connector, task, interrupt, schemas, offsets } = &self.owner;
        let places = self.class.package.sandbox.places();
        places.vacated(connector, *task).await;
        let identity = GuestIdentity { connector: connector.clone(), task: *task };
        let equipment = Equipment {
            connector: connector.clone(),
            task: *task,
            class: self.class.described.desc.class.clone(),
            interrupt: interrupt.clone(),
            schemas: schemas.clone(),
            offsets: offsets.clone(),
            fs: self.grants.state(Some(identity)),
        };
        let instance = self.class.package.instantiate(equipment, &self.sandbox, self.memory).await?;
        places.taken(connector, *task, instance.outstanding().clone());
        Ok(instance)
    }

    /// A fresh instance in the place of `old`.
    pub(crate) async fn replace(&self, old: &mut Option<Instance>) -> Result<Instance, PluginError> {
        if let Some(old) = old.take() {
            let held = old.guest().map_or(0, |guest| guest.limits.used());
            tracing::info!(
                connector = self.owner.connector,
                task = self.owner.task,
                memory = %Bytes(held),
                limit = %Bytes(self.memory),
                "replacing a plugin instance"
            );
            drop(old);
        }
        self.instance().await
    }

    /// The limits of its instances.
    pub(crate) fn sandbox(&self) -> &SandboxConfig {
        &self.sandbox
    }

    pub(crate) fn class_name(&self) -> String {
        self.class.described.desc.class.clone()
    }
}

/// The instance, or why there is none: a replacement that failed.
pub(crate) fn present(instance: &mut Option<Instance>) -> Result<&mut Instance, PluginError> {
    instance.as_mut().ok_or_else(|| PluginError::Broken("the instance could not be replaced".to_owned()))
}
