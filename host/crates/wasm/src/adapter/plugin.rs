//! Connector classes of a component.

use super::class::{Class, Owner, Seed};
use super::connector::WasmConnector;
use super::describe::{Described, classes};
use super::sink::WasmSinkTask;
use super::source::WasmSourceTask;
use crate::bindings::plugin;
use crate::capability::fs::FsGrants;
use crate::capability::refusals;
use crate::error::readable;
use crate::guard::Budget;
use crate::guest::Equipment;
use crate::lower;
use crate::package::Package;
use crate::sandbox::World;
use async_trait::async_trait;
use cofferdam_data::SchemaTable;
use cofferdam_plugin::{
    ConfigMap, Connector, ConnectorContext, ConnectorPlugin, Grant, Interrupt, PluginDesc, PluginError, SinkTask,
    SourceTask, TaskContext, Verdict,
};
use std::sync::Arc;

/// What the log calls an instance that only describes itself.
const DESCRIBING: &str = "plugin.path";

/// Asks a component for its classes.
pub(crate) async fn plugins(package: Arc<Package>) -> Result<Vec<Arc<dyn ConnectorPlugin>>, PluginError> {
    let sandbox = package.sandbox.config();
    let equipment = Equipment {
        connector: DESCRIBING.to_owned(),
        task: None,
        class: package.location.clone(),
        interrupt: Interrupt::default(),
        schemas: SchemaTable::new(),
        offsets: None,
        fs: FsGrants::default().state(None),
    };
    // What it needs is what it is about to be asked.
    let mut instance = package.instantiate(equipment, sandbox, sandbox.memory_max).await?;
    let descriptions = instance.call(Budget::call(sandbox, "describe"), |live| {
        Box::pin(async { live.exports.plugin.call_describe(&mut live.store).await })
    });
    let described = classes(descriptions.await?, package.world, &package.location);
    let described = described.map_err(|error| PluginError::Broken(error.to_string()))?;
    Ok(described.into_iter().map(|described| class(&package, described)).collect())
}

fn class(package: &Arc<Package>, described: Described) -> Arc<dyn ConnectorPlugin> {
    Arc::new(WasmPlugin(Arc::new(Class { package: package.clone(), described })))
}

/// One class.
struct WasmPlugin(Arc<Class>);

impl WasmPlugin {
    fn seed(&self, context: &TaskContext) -> Result<Seed, PluginError> {
        let owner = Owner {
            connector: context.connector.clone(),
            task: Some(context.task),
            interrupt: context.interrupt.clone(),
            schemas: context.schemas.clone(),
            offsets: context.offsets.clone(),
        };
        Seed::new(self.0.clone(), owner, &context.connector_config)
    }

    fn of_world(&self, world: World) -> Result<(), PluginError> {
        let has = self.0.package.world;
        if has == world {
            return Ok(());
        }
        let (class, has, asked) = (&self.0.described.desc.class, has.as_str(), world.as_str());
        Err(PluginError::Failed(format!("{class} is a {has} connector and has no {asked} tasks")))
    }

    async fn ask(&self, config: &ConfigMap) -> Result<Vec<plugin::Verdict>, PluginError> {
        let connector = config.get("name").map_or(DESCRIBING, String::as_str);
        let mut instance = self.0.bare(connector, self.0.package.sandbox.config()).await?;
        let (class, config) = (self.0.described.desc.class.clone(), lower::config(config));
        let budget = Budget::call(instance.sandbox(), "validate");
        let verdicts = instance.call(budget, move |live| {
            Box::pin(async move { live.exports.plugin.call_validate(&mut live.store, &class, &config).await })
        });
        verdicts.await
    }
}

#[async_trait]
impl ConnectorPlugin for WasmPlugin {
    fn desc(&self) -> &PluginDesc {
        &self.0.described.desc
    }

    async fn validate(&self, config: &ConfigMap) -> Result<Vec<Verdict>, PluginError> {
        let own = self.ask(config).await?.into_iter();
        let mut all = own
            .map(|plugin::Verdict { name, errors, recommended, visible }| Verdict {
                name,
                errors: errors.into_iter().map(readable).collect(),
                recommended,
                visible,
            })
            .collect::<Vec<_>>();
        match self.0.limits(config) {
            Ok(sandbox) => {
                merge(&mut all, self.0.grants(config, &sandbox).1);
                merge(&mut all, refusals(self.desc(), config, &sandbox));
            }
            Err(errors) => merge(&mut all, errors.into_iter().map(|(name, message)| error(name, message))),
        }
        Ok(all)
    }

    fn grants(&self, config: &ConfigMap) -> Vec<Grant> {
        let Ok(sandbox) = self.0.limits(config) else { return Vec::new() };
        FsGrants::list(self.desc(), config, &sandbox.fs_allow, self.0.package.sandbox.working_dir())
    }

    async fn connector(&self, context: ConnectorContext) -> Result<Box<dyn Connector>, PluginError> {
        let ConnectorContext { name, config, interrupt, offsets } = context;
        let owner = Owner { connector: name, task: None, interrupt, schemas: SchemaTable::new(), offsets };
        let seed = Seed::new(self.0.clone(), owner, &config)?;
        Ok(Box::new(WasmConnector::new(seed, config).await?))
    }

    async fn source_task(&self, context: TaskContext) -> Result<Box<dyn SourceTask>, PluginError> {
        self.of_world(World::Source)?;
        Ok(Box::new(WasmSourceTask::new(self.seed(&context)?, context.config).await?))
    }

    async fn sink_task(&self, context: TaskContext) -> Result<Box<dyn SinkTask>, PluginError> {
        self.of_world(World::Sink)?;
        Ok(Box::new(WasmSinkTask::new(self.seed(&context)?, context.config).await?))
    }
}

fn error(name: String, message: String) -> Verdict {
    Verdict { name, errors: vec![message], recommended: Vec::new(), visible: true }
}

/// Adds errors to what is known of their keys.
fn merge(all: &mut Vec<Verdict>, more: impl IntoIterator<Item = Verdict>) {
    for verdict in more {
        match all.iter_mut().find(|known| known.name == verdict.name) {
            Some(known) => known.errors.extend(verdict.errors),
            None => all.push(verdict),
        }
    }
}
