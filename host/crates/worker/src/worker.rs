//! What runs here: starts and stops connectors and tasks, and holds the handles of those that run.

use crate::connector::ConnectorHandle;
use crate::offsets::{self, OffsetsChange, OffsetsError};
use crate::status::{StatusWriter, Subject};
use crate::task::{self, TaskHandle};
use crate::{TaskId, WorkerError, providers};
use cofferdam_config::{ProviderError, ResolvedConfig, Secrets, TargetState, WorkerConfig};
use cofferdam_plugin::{Catalog, ConfigMap, ConnectorPlugin, PluginDesc, PluginType, redacted};
use cofferdam_storage::{OffsetBackingStore, StatusBackingStore};
use futures::future::join_all;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Mutex, mpsc};
use tokio::time::Instant;

/// What a worker is built from.
pub struct WorkerContext {
    /// The worker's configuration.
    pub config: Arc<WorkerConfig>,
    /// Where Kafka is (the embedded stream's address if that is used).
    pub bootstrap: String,
    /// `host:port` of the REST listener: who wrote a status.
    pub worker_id: String,
    /// The plugins that can be run.
    pub catalog: Arc<Catalog>,
    /// Where source offsets are stored.
    pub offsets: Arc<dyn OffsetBackingStore>,
    /// Where statuses are written.
    pub statuses: Arc<dyn StatusBackingStore>,
}

/// Runs connectors and tasks. All methods may be called at any time; those about one connector are expected one after
/// the other (the herder is a single actor).
pub struct Worker {
    context: WorkerContext,
    connectors: Mutex<HashMap<String, Arc<ConnectorHandle>>>,
    tasks: Mutex<HashMap<TaskId, TaskHandle>>,
}

impl Worker {
    /// A worker that runs nothing yet.
    pub fn new(context: WorkerContext) -> Arc<Self> {
        Arc::new(Self { context, connectors: Mutex::default(), tasks: Mutex::default() })
    }

    /// Makes a connector's instance and, if the target state is STARTED, starts it. Its placeholders are resolved here.
    /// Its name is sent to `reconfigure` whenever it wants its task configs computed anew. A failure has been written as
    /// FAILED when this returns.
    pub async fn start_connector(
        &self,
        name: &str,
        config: &ConfigMap,
        target: TargetState,
        reconfigure: mpsc::UnboundedSender<String>,
    ) -> Result<(), WorkerError> {
        if self.connectors.lock().await.contains_key(name) {
            return Err(WorkerError::AlreadyRunning(name.to_owned()));
        }
        let resolved = providers::resolve(&self.context.config, name, config).await.inspect_err(|error| {
            self.connector_status(name, None, &Secrets::default()).failed(format!("{error}\n"));
        })?;
        let plugin = self.plugin(&resolved, &resolved.secrets).inspect_err(|error| {
            self.connector_status(name, None, &resolved.secrets).failed(format!("{error}\n"));
        })?;
        let status = self.connector_status(name, Some(plugin.desc()), &resolved.secrets);
        let configs = (config, resolved.config);
        let handle = ConnectorHandle::create(name, configs, plugin, &self.context, status, reconfigure).await?;
        let handle = Arc::new(handle);
        // An instance that fails to start stays: it can be stopped and asked about.
        self.connectors.lock().await.insert(name.to_owned(), handle.clone());
        handle.set_target(target).await
    }

    /// The configurations of the tasks that the connector wants, ready for [`start_task`](Self::start_task): with
    /// `task.class` and, for sinks, the topics; placeholders of the connector's own keys stand in them. Too many are an error, and the connector is FAILED (runtime.md §8).
    pub async fn task_configs(&self, name: &str) -> Result<Vec<ConfigMap>, WorkerError> {
        self.connector(name).await?.task_configs().await
    }

    /// Stops a connector's instance, bounded; its tasks are not touched. Nothing if it does not run.
    pub async fn stop_connector(&self, name: &str) {
        let handle = self.connectors.lock().await.remove(name);
        if let Some(handle) = handle {
            handle.stop().await;
        }
    }

    /// Starts a task. Placeholders in both configurations are resolved here. It goes on in the background: what becomes
    /// of it is told by its status. `false` if it could not even be made, which has been written as FAILED.
    pub async fn start_task(
        &self,
        id: TaskId,
        connector_config: &ConfigMap,
        task_config: ConfigMap,
        target: TargetState,
    ) -> bool {
        let (connector, task) = match self.resolve_both(&id, connector_config, &task_config).await {
            Ok(both) => both,
            Err(error) => {
                self.task_status(&id, None, &Secrets::default()).failed(format!("{error}\n"));
                return false;
            }
        };
        let secrets = connector.secrets.and(&task.secrets);
        let mut tasks = self.tasks.lock().await;
        if tasks.contains_key(&id) {
            self.task_status(&id, None, &secrets).failed(format!("Task already exists in this worker: {id}\n"));
            return false;
        }
        let plugin = match self.plugin(&connector, &secrets) {
            Ok(plugin) => plugin,
            Err(error) => {
                self.task_status(&id, None, &secrets).failed(format!("{error}\n"));
                return false;
            }
        };
        let status = self.task_status(&id, Some(plugin.desc()), &secrets);
        let running = tasks.len() + 1;
        let configs = (connector.config, task.config);
        match task::start(&id, configs, plugin, &self.context, status.clone(), target, running) {
            Ok(handle) => {
                tasks.insert(id, handle);
                true
            }
            Err(error) => {
                status.failed(format!("{error}\n"));
                false
            }
        }
    }

    async fn resolve_both(
        &self,
        id: &TaskId,
        connector: &ConfigMap,
        task: &ConfigMap,
    ) -> Result<(ResolvedConfig, ResolvedConfig), ProviderError> {
        let connector = providers::resolve(&self.context.config, &id.connector, connector).await?;
        Ok((connector, providers::resolve(&self.context.config, &id.connector, task).await?))
    }

    /// The plugin of a connector's configuration, which does not say these secrets.
    fn plugin(&self, connector: &ResolvedConfig, secrets: &Secrets) -> Result<Arc<dyn ConnectorPlugin>, WorkerError> {
        match self.context.catalog.connector_of(&connector.config) {
            Ok(plugin) => Ok(redacted(plugin, secrets)),
            Err(error) => Err(error.redacted(secrets).into()),
        }
    }

    /// Asks these tasks to stop and waits for all of them together, at most `task.shutdown.graceful.timeout.ms`; those
    /// that are late are cancelled: their calls are dropped, nothing more is committed for them (runtime.md §1.4).
    pub async fn stop_tasks(&self, ids: &[TaskId]) {
        let handles: Vec<_> = {
            let mut tasks = self.tasks.lock().await;
            ids.iter().filter_map(|id| tasks.remove(id)).collect()
        };
        let deadline = Instant::now() + self.context.config.task_shutdown_graceful_timeout;
        for handle in &handles {
            handle.ask_to_stop();
        }
        join_all(handles.into_iter().map(|handle| handle.stopped_by(deadline))).await;
    }

    /// Tells a connector and its tasks what is wanted. The tasks follow in their own time.
    pub async fn set_target_state(&self, name: &str, target: TargetState) -> Result<(), WorkerError> {
        for (id, handle) in self.tasks.lock().await.iter() {
            if id.connector == name {
                handle.set_target(target);
            }
        }
        self.connector(name).await?.set_target(target).await
    }

    /// The partitions of a connector, and the offset of each, as JSON objects: source offsets as they are stored, or those
    /// of a sink's consumer group. The connector need not run.
    pub async fn offsets(
        &self,
        name: &str,
        config: &ConfigMap,
        timeout: Duration,
    ) -> Result<Vec<(String, String)>, OffsetsError> {
        offsets::read(&self.context, name, config, timeout).await
    }

    /// Changes a connector's offsets, after the connector itself has agreed. Nothing of it may be running. `true`: nothing
    /// else is to be done by hand in the external system.
    pub async fn modify_offsets(
        &self,
        name: &str,
        config: &ConfigMap,
        change: OffsetsChange,
        timeout: Duration,
    ) -> Result<bool, OffsetsError> {
        offsets::modify(&self.context, name, config, change, timeout).await
    }

    /// Stops everything: connectors, then tasks, each bounded. Tasks are told at the beginning: a connector that takes
    /// its time takes none of theirs.
    pub async fn shutdown(&self) {
        self.tasks.lock().await.values().for_each(TaskHandle::ask_to_stop);
        let connectors: Vec<_> = self.connectors.lock().await.drain().map(|(_, handle)| handle).collect();
        join_all(connectors.iter().map(|handle| handle.stop())).await;
        let ids: Vec<_> = self.tasks.lock().await.keys().cloned().collect();
        self.stop_tasks(&ids).await;
    }

    /// The lock is given back at once: a call into one connector must not hold up the others.
    async fn connector(&self, name: &str) -> Result<Arc<ConnectorHandle>, WorkerError> {
        let connectors = self.connectors.lock().await;
        connectors.get(name).cloned().ok_or_else(|| WorkerError::NotRunning(name.to_owned()))
    }

    fn connector_status(&self, name: &str, desc: Option<&PluginDesc>, secrets: &Secrets) -> Arc<StatusWriter> {
        self.status(Subject::Connector(name.to_owned()), desc, secrets)
    }

    fn task_status(&self, id: &TaskId, desc: Option<&PluginDesc>, secrets: &Secrets) -> Arc<StatusWriter> {
        self.status(Subject::Task(id.connector.clone(), id.task), desc, secrets)
    }

    fn status(&self, subject: Subject, desc: Option<&PluginDesc>, secrets: &Secrets) -> Arc<StatusWriter> {
        let version = desc.map(|desc| desc.version.clone());
        let (store, worker_id) = (self.context.statuses.clone(), self.context.worker_id.clone());
        StatusWriter::new(subject, store, worker_id, version, secrets.clone())
    }
}

/// Whether a class is a source; the only other kind of connector is a sink.
pub(crate) fn is_source(desc: &PluginDesc) -> bool {
    desc.plugin_type == PluginType::Source
}
