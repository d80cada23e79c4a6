//! What source and sink tasks have in common: how they are made, told, stopped, and how they fail.

use crate::active_topics::ActiveTopics;
use crate::clients::{self, Clients};
use crate::control::{self, Control, Controller, Wanted};
use crate::pipeline::{Converters, Tolerance, ToleranceError};
use crate::status::StatusWriter;
use crate::worker::is_source;
use crate::{TaskId, WorkerContext, WorkerError};
use cofferdam_config::{TargetState, WorkerConfig};
use cofferdam_data::SchemaTable;
use cofferdam_kafka::{ClientKind, ClientSettings, prefetch_share};
use cofferdam_plugin::{ConfigMap, ConnectorPlugin, PluginError, TaskContext};
use cofferdam_storage::State;
use futures::FutureExt;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;
use thiserror::Error;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout_at};

/// How long to wait before a call is tried again if the plugin does not say.
const RETRY: Duration = Duration::from_secs(1);
/// No call that waits for the outside world is repeated faster.
pub(crate) const LEAST_PAUSE: Duration = Duration::from_millis(100);

/// Why a task failed: becomes its trace.
#[derive(Debug, Error)]
pub(crate) enum TaskError {
    #[error("{call} failed: {source}")]
    Plugin { call: &'static str, source: PluginError },
    #[error(transparent)]
    Tolerance(#[from] ToleranceError),
    /// Kafka's client gives all of these to the callback: a record that is too large, a topic whose name is not allowed.
    #[error("Unrecoverable exception from producer send callback: {0}")]
    Send(String),
    #[error("{0}")]
    Record(String),
    #[error("the Kafka client of the task could not be made: {0}")]
    Client(String),
    #[error("the consumer failed: {0}")]
    Consumer(String),
    #[error(
        "the task needs more memory than it may have: its instance was replaced twice without any progress in between \
         (raise sandbox.memory.default.bytes for this connector, at most to sandbox.memory.max.bytes)"
    )]
    RecycledInVain,
}

impl TaskError {
    pub(crate) fn plugin(call: &'static str) -> impl FnOnce(PluginError) -> Self {
        move |source| Self::Plugin { call, source }
    }

    /// As the status tells it.
    pub(crate) fn trace(&self) -> String {
        format!("{self}\n")
    }

    /// Whether the plugin's instance can still be told to stop.
    pub(crate) fn instance_is_sound(&self) -> bool {
        match self {
            Self::Plugin { source, .. } => source.instance_is_sound(),
            _ => true,
        }
    }
}

/// A task that runs on this worker.
pub(crate) struct TaskHandle {
    id: TaskId,
    controller: Controller,
    join: JoinHandle<()>,
    status: Arc<StatusWriter>,
}

impl TaskHandle {
    pub(crate) fn set_target(&self, target: TargetState) {
        self.controller.want(target.into());
    }

    pub(crate) fn ask_to_stop(&self) {
        self.controller.want(Wanted::Stop);
    }

    /// Waits for a task that was asked to stop; past the deadline its call is dropped, and with it its instance.
    pub(crate) async fn stopped_by(mut self, deadline: Instant) {
        if timeout_at(deadline, &mut self.join).await.is_err() {
            tracing::warn!(task = %self.id, "graceful stop of task timed out, cancelled");
            self.join.abort();
            self.status.cancel();
        }
    }
}

/// What a task's loop works with, beside its plugin instance.
pub(crate) struct TaskSetup {
    pub(crate) id: TaskId,
    pub(crate) plugin: Arc<dyn ConnectorPlugin>,
    pub(crate) connector_config: ConfigMap,
    pub(crate) task_config: ConfigMap,
    pub(crate) worker_config: Arc<WorkerConfig>,
    pub(crate) bootstrap: String,
    pub(crate) converters: Converters,
    pub(crate) tolerance: Tolerance,
    pub(crate) schemas: Arc<SchemaTable>,
    pub(crate) status: Arc<StatusWriter>,
    pub(crate) topics: ActiveTopics,
    pub(crate) control: Control,
    /// Bound of one batch's bytes; a single record over it cannot be handed over.
    pub(crate) batch_max_bytes: usize,
    pub(crate) batch_max_records: usize,
    /// What a consumer of this task may hold prefetched.
    pub(crate) prefetch_bytes: u64,
}

impl TaskSetup {
    /// What the plugin's instance is given.
    pub(crate) fn context(&self, offsets: Option<Arc<dyn cofferdam_plugin::OffsetReader>>) -> TaskContext {
        TaskContext {
            connector: self.id.connector.clone(),
            task: self.id.task,
            connector_config: self.connector_config.clone(),
            config: self.task_config.clone(),
            interrupt: self.control.interrupt.clone(),
            schemas: self.schemas.clone(),
            offsets,
        }
    }

    /// The settings of one of the task's clients.
    pub(crate) fn client_settings(&self, kind: ClientKind) -> Result<ClientSettings, TaskError> {
        let (id, prefix) = (&self.id, clients::prefix(kind));
        let clients = Clients {
            worker: &self.worker_config,
            bootstrap: &self.bootstrap,
            connector: &id.connector,
            config: &self.connector_config,
        };
        let client = if kind == ClientKind::Admin { "adminclient" } else { prefix };
        let settings = clients.settings(kind, &format!("connector-{client}-{id}"));
        let (settings, warnings) = settings.map_err(|error| TaskError::Client(error.to_string()))?;
        for warning in warnings {
            tracing::warn!(task = %id, warning = self.status.redact(&warning), "{prefix} setting not used");
        }
        Ok(settings)
    }

    /// A task made while its connector is paused is not started before that ends (runtime.md §1.4). `false`: it is not
    /// to be started at all.
    pub(crate) async fn is_to_start(&mut self) -> bool {
        if self.control.wanted() == Wanted::Pause {
            self.status.write(State::Paused);
            self.control.other_than(Wanted::Pause).await;
        }
        self.control.wanted() != Wanted::Stop
    }
}

/// The keys below `prefix`, without it.
pub(crate) fn below(config: &ConfigMap, prefix: &str) -> ConfigMap {
    let below = |(key, value): (&String, &String)| Some((key.strip_prefix(prefix)?.to_owned(), value.clone()));
    config.iter().filter_map(below).collect()
}

/// How long to wait before a call that is to be tried again, `after` being what the plugin asks for: what it says is no
/// reason to spin.
pub(crate) fn retry_pause(after: Option<Duration>) -> Duration {
    after.unwrap_or(RETRY).max(LEAST_PAUSE)
}

/// Makes a task, one of `tasks` on this worker, and lets it run.
pub(crate) fn start(
    id: &TaskId,
    (connector_config, task_config): (ConfigMap, ConfigMap),
    plugin: Arc<dyn ConnectorPlugin>,
    worker: &WorkerContext,
    status: Arc<StatusWriter>,
    target: TargetState,
    tasks: usize,
) -> Result<TaskHandle, WorkerError> {
    let (controller, control) = control::channel(target.into());
    let sandbox =
        worker.config.sandbox.for_connector_in(&connector_config, &worker.config.working_dir).map_err(sandbox_error)?;
    let source = is_source(plugin.desc());
    let setup = TaskSetup {
        id: id.clone(),
        plugin,
        task_config,
        worker_config: worker.config.clone(),
        bootstrap: worker.bootstrap.clone(),
        converters: Converters::configure(&connector_config, &worker.config, &worker.catalog)?,
        tolerance: Tolerance::configure(id, &connector_config, !source)?,
        connector_config,
        schemas: SchemaTable::new(),
        status: status.clone(),
        topics: ActiveTopics::new(id, worker),
        control,
        batch_max_bytes: usize::try_from(sandbox.batch_max_bytes).unwrap_or(usize::MAX),
        batch_max_records: usize::try_from(sandbox.batch_max_records).unwrap_or(usize::MAX),
        prefetch_bytes: prefetch_share(worker.config.consumer_prefetch_total_bytes, tasks),
    };
    let join = if source {
        tokio::spawn(supervise(id.clone(), status.clone(), crate::source::run(setup, worker.offsets.clone())))
    } else {
        tokio::spawn(supervise(id.clone(), status.clone(), crate::sink::run(setup)))
    };
    Ok(TaskHandle { id: id.clone(), controller, join, status })
}

fn sandbox_error(errors: Vec<(String, String)>) -> WorkerError {
    let messages = errors.into_iter().map(|(_, message)| message).collect::<Vec<_>>().join("; ");
    WorkerError::Plugin(PluginError::Failed(messages))
}

/// Tells what became of the task's loop.
async fn supervise(id: TaskId, status: Arc<StatusWriter>, run: impl Future<Output = Result<(), TaskError>>) {
    // A bug of ours in one task must not leave it RUNNING for ever.
    match AssertUnwindSafe(run).catch_unwind().await {
        Err(_panic) => {
            status.failed("the task's loop panicked: a bug in Cofferdam, please report the log\n".to_owned())
        }
        Ok(Ok(())) => status.write(State::Unassigned),
        Ok(Err(error)) => {
            tracing::error!(task = %id, error = status.redact(&error.to_string()), "task failed, it will not recover until it is restarted");
            status.failed(error.trace());
        }
    }
}
