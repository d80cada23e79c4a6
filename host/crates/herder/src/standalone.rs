//! What each operation does in a worker that is on its own (runtime.md §11): the store is written, the worker follows,
//! and the requester is answered when it has followed.

use crate::context::HerderContext;
use crate::lane::{NewConfig, Operation, Outcome, Put, Reply};
use crate::reconcile::TaskChanges;
use crate::restart::RestartPlan;
use crate::stage::{Stage, StageCell, StageGuard};
use crate::{ConnectorInfo, ConnectorStateInfo, HerderError, RestartRequest};
use cofferdam_config::TargetState;
use cofferdam_plugin::ConfigMap;
use cofferdam_storage::{ConnectorState, State};
use cofferdam_worker::{TaskId, Worker, WorkerError};
use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// How long a call into a connector may go on when a later request waits for it. Kafka:
/// `Worker.CONNECTOR_GRACEFUL_SHUTDOWN_TIMEOUT_MS`.
const GRACE: Duration = Duration::from_secs(5);

type Result<T> = std::result::Result<T, HerderError>;

/// Does operations. Those on one connector must not overlap.
pub(crate) struct Standalone {
    pub(crate) context: Arc<HerderContext>,
    /// Asks for an operation [`Operation::Reconfigure`] on the connector of that name.
    pub(crate) reconfigure: mpsc::UnboundedSender<String>,
    /// The connector configurations that the present tasks were made with.
    applied: Mutex<HashMap<String, ConfigMap>>,
    stages: Mutex<HashMap<String, StageCell>>,
    /// For each connector with a running operation: whether a later one waits that makes this one pointless.
    superseded: Mutex<HashMap<String, CancellationToken>>,
}

impl Standalone {
    pub(crate) fn new(context: Arc<HerderContext>, reconfigure: mpsc::UnboundedSender<String>) -> Self {
        let (applied, stages, superseded) = Default::default();
        Self { context, reconfigure, applied, stages, superseded }
    }

    pub(crate) fn worker(&self) -> &Worker {
        &self.context.worker
    }

    /// What is going on with a connector, if anything ever was.
    pub(crate) fn stage(&self, connector: &str) -> Option<Stage> {
        self.stages.lock().get(connector).and_then(StageCell::current)
    }

    /// What has been going on for the longest time.
    pub(crate) fn slowest_stage(&self) -> Option<Stage> {
        let stages = self.stages.lock();
        stages.values().filter_map(StageCell::current).filter(|stage| !stage.is_completed()).min_by_key(Stage::began)
    }

    pub(crate) fn begin(&self, connector: &str, description: impl Into<String>) -> StageGuard {
        self.stages.lock().entry(connector.to_owned()).or_default().begin(description)
    }

    /// Does one operation and answers it. When `superseded` is cancelled, it no longer waits for the plugin forever.
    pub(crate) async fn perform(&self, name: &str, operation: Operation, superseded: CancellationToken) -> Outcome {
        self.superseded.lock().insert(name.to_owned(), superseded);
        let outcome = self.dispatch(name, operation).await;
        self.superseded.lock().remove(name);
        outcome
    }

    async fn dispatch(&self, name: &str, operation: Operation) -> Outcome {
        match operation {
            Operation::Create(config, target, reply) => {
                let result = self.create(name, config, target).await;
                return self.answer_and_retry(name, reply, result);
            }
            Operation::Put(new, reply) => {
                let result = self.put(name, new).await;
                return self.answer_and_retry(name, reply, result);
            }
            Operation::Delete(reply) => reply.answer(name, self.delete(name).await),
            Operation::RestartConnector(reply) => {
                let result = self.restart_connector(name).await;
                return self.answer_and_retry(name, reply, result);
            }
            Operation::Restart(request, reply) => reply.answer(name, self.restart(name, request).await),
            Operation::RestartTask(task, reply) => reply.answer(name, self.restart_task(name, task).await),
            Operation::ApplyTarget(reply) => return self.apply_target(name, reply).await,
            Operation::Reconfigure => return self.reconfigure_or_retry(name).await,
            Operation::ModifyOffsets(change, reply) => reply.answer(name, self.modify_offsets(name, change).await),
        }
        Outcome::Done
    }

    /// Answers an operation that ends with computing task configs. If it is that which failed, it is tried again by
    /// itself (runtime.md §8): the connector is there, and runs.
    fn answer_and_retry<T>(&self, name: &str, reply: Reply<T>, result: Result<T>) -> Outcome {
        let retry = match &result {
            Err(error @ HerderError::Connector(_)) => !self.is_moot(name, error),
            _ => false,
        };
        reply.answer(name, result);
        if retry { Outcome::RetryReconfigure } else { Outcome::Done }
    }

    /// Whether computing task configs again would be pointless after this error.
    fn is_moot(&self, name: &str, error: &HerderError) -> bool {
        let failed = self.context.statuses.connector(name).is_none_or(|status| status.state == State::Failed);
        failed || matches!(error, HerderError::Superseded(_) | HerderError::Connector(WorkerError::NotRunning(_)))
    }

    /// Writes a target state, which the running parts are to follow later.
    pub(crate) fn write_target(&self, name: &str, target: TargetState) -> Result<()> {
        if self.context.configs.get(name).is_none() {
            return Err(HerderError::UnknownConnector(name.to_owned()));
        }
        self.context.configs.put_target(name, target);
        Ok(())
    }

    /// The connector as it is configured.
    pub(crate) fn info(&self, name: &str) -> Result<ConnectorInfo> {
        let state = self.configured(name)?;
        let tasks = u32::try_from(state.tasks.len()).unwrap_or(u32::MAX);
        let kind = self.context.kind(&state.config);
        Ok(ConnectorInfo { name: name.to_owned(), config: state.config, tasks, kind })
    }

    pub(crate) fn configured(&self, name: &str) -> Result<ConnectorState> {
        self.context.configs.get(name).ok_or_else(|| HerderError::ConnectorNotFound(name.to_owned()))
    }

    fn to_restart(&self, name: &str) -> Result<ConnectorState> {
        self.context.configs.get(name).ok_or_else(|| HerderError::UnknownToRestart(name.to_owned()))
    }

    async fn create(&self, name: &str, config: ConfigMap, target: TargetState) -> Result<ConnectorInfo> {
        if self.context.configs.get(name).is_some() {
            return Err(HerderError::AlreadyExists(name.to_owned()));
        }
        tracing::info!(connector = name, %target, "creating connector");
        self.context.configs.put_connector(name, config, Some(target));
        // A connector that does not start stays, so that its configuration can be mended (rest.md §4.2).
        self.start_connector(name).await?;
        self.recompute_tasks(name).await?;
        self.info(name)
    }

    async fn put(&self, name: &str, new: NewConfig) -> Result<Put> {
        let existing = self.context.configs.get(name);
        if new.derived_from.is_some() && new.derived_from.as_ref() != existing.as_ref().map(|state| &state.config) {
            return Ok(Put::Stale);
        }
        if existing.is_none() {
            return Ok(Put::Created(self.create(name, new.config, TargetState::Started).await?));
        }
        tracing::info!(connector = name, "updating connector");
        self.stop_connector(name).await;
        self.context.configs.put_connector(name, new.config, None);
        self.start_connector(name).await?;
        self.recompute_tasks(name).await?;
        Ok(Put::Updated(self.info(name)?))
    }

    async fn delete(&self, name: &str) -> Result<()> {
        let state = self.configured(name)?;
        tracing::info!(connector = name, "deleting connector");
        self.stop_tasks(name, &numbers(&state.tasks)).await;
        self.stop_connector(name).await;
        self.context.configs.remove(name);
        self.context.statuses.remove_connector(name);
        self.applied.lock().remove(name);
        self.stages.lock().remove(name);
        Ok(())
    }

    async fn apply_target(&self, name: &str, reply: Option<Reply<()>>) -> Outcome {
        self.follow_target(name).await;
        if let Some(reply) = reply {
            reply.answer(name, Ok(()));
        }
        // Started again: there may be tasks to make, or a configuration that came while they were paused.
        self.reconfigure_or_retry(name).await
    }

    /// Makes what runs follow the target state as it is written now.
    async fn follow_target(&self, name: &str) {
        let Some(ConnectorState { target, tasks, .. }) = self.context.configs.get(name) else { return };
        if target == TargetState::Stopped {
            // A stopped connector has no tasks; the next start makes them anew.
            self.stop_tasks(name, &numbers(&tasks)).await;
            for task in numbers(&tasks) {
                self.context.statuses.remove_task(name, task);
            }
            self.context.configs.put_tasks(name, Vec::new());
        }
        let _stage = self.begin(name, format!("changing connector {name} to target state {target}"));
        if let Err(error) = self.unless_superseded(name, self.worker().set_target_state(name, target)).await {
            tracing::warn!(connector = name, %target, %error, "connector did not follow its target state");
        }
    }

    async fn restart_connector(&self, name: &str) -> Result<()> {
        self.to_restart(name)?;
        self.mark_connector_restarting(name);
        self.stop_connector(name).await;
        self.start_connector(name).await?;
        self.recompute_tasks(name).await
    }

    async fn restart(&self, name: &str, request: RestartRequest) -> Result<ConnectorStateInfo> {
        let state = self.to_restart(name)?;
        let status = self.context.statuses.connector(name);
        let status = status.ok_or_else(|| HerderError::NoStatusToRestart(name.to_owned()))?;
        let statuses = self.context.statuses.tasks(name);
        let plan = RestartPlan::new(name, request, status, statuses, self.context.kind(&state.config));
        tracing::info!(connector = name, restart_connector = plan.connector, tasks = ?plan.tasks, "restarting");
        if plan.connector {
            self.mark_connector_restarting(name);
            self.stop_connector(name).await;
        }
        self.stop_tasks(name, &plan.tasks).await;
        for task in &plan.tasks {
            self.mark_task_restarting(name, *task);
        }
        if plan.connector
            && let Err(error) = self.start_connector(name).await
        {
            // The answer is the plan; the status tells how it went (rest.md §6.3).
            tracing::error!(connector = name, %error, "connector failed to restart");
        }
        for task in &plan.tasks {
            self.start_task(name, &state, *task).await;
        }
        if plan.connector && self.reconfigure_or_retry(name).await == Outcome::RetryReconfigure {
            drop(self.reconfigure.send(name.to_owned()));
        }
        Ok(plan.answer)
    }

    async fn restart_task(&self, name: &str, task: u32) -> Result<()> {
        let state = self.to_restart(name)?;
        let id = TaskId { connector: name.to_owned(), task };
        if state.tasks.get(task as usize).is_none() {
            return Err(HerderError::TaskNotFound(id.to_string()));
        }
        let _stage = self.begin(name, format!("restarting task {id}"));
        self.stop_tasks(name, &[task]).await;
        self.mark_task_restarting(name, task);
        if self.start_task(name, &state, task).await { Ok(()) } else { Err(HerderError::TaskStart(id.to_string())) }
    }

    /// As [`recompute_tasks`](Self::recompute_tasks), for callers that nobody waits for.
    async fn reconfigure_or_retry(&self, name: &str) -> Outcome {
        let error = match self.recompute_tasks(name).await {
            Ok(()) => return Outcome::Done,
            Err(error) => error,
        };
        let moot = self.is_moot(name, &error);
        tracing::warn!(connector = name, %error, retry = !moot, "task configs could not be computed");
        if moot { Outcome::Done } else { Outcome::RetryReconfigure }
    }

    /// Asks the connector for its task configs and makes the running tasks be those. Nothing if it is not to be running.
    async fn recompute_tasks(&self, name: &str) -> Result<()> {
        let Some(state) = self.context.configs.get(name) else { return Ok(()) };
        if state.target != TargetState::Started {
            return Ok(());
        }
        let stage = self.begin(name, format!("generating task configs for connector {name}"));
        let wanted = self.unless_superseded(name, self.worker().task_configs(name)).await?;
        drop(stage);
        let same_config = self.applied.lock().get(name) == Some(&state.config);
        let changes = TaskChanges::between(&state.tasks, &wanted, same_config);
        if changes.is_empty() {
            return Ok(());
        }
        tracing::info!(connector = name, stop = ?changes.stop, start = ?changes.start, "task configs have changed");
        self.stop_tasks(name, &changes.stop).await;
        for task in &changes.forget {
            self.context.statuses.remove_task(name, *task);
        }
        self.context.configs.put_tasks(name, wanted);
        self.applied.lock().insert(name.to_owned(), state.config);
        let state = self.configured(name)?;
        for task in &changes.start {
            self.start_task(name, &state, *task).await;
        }
        Ok(())
    }

    async fn start_connector(&self, name: &str) -> Result<()> {
        let state = self.configured(name)?;
        let _stage = self.begin(name, "starting the connector");
        let reconfigure = self.reconfigure.clone();
        let start = self.worker().start_connector(name, &state.config, state.target, reconfigure);
        self.unless_superseded(name, start).await
    }

    /// Waits for a call into the connector, which may hang; but not for long once a later request waits that will stop
    /// the connector anyway. So a connector whose `start` never returns can be changed and deleted.
    pub(crate) async fn unless_superseded<T, E>(
        &self,
        name: &str,
        call: impl Future<Output = std::result::Result<T, E>>,
    ) -> Result<T>
    where
        HerderError: From<E>,
    {
        let superseded = self.superseded.lock().get(name).cloned().unwrap_or_default();
        let given_up = async {
            superseded.cancelled().await;
            tokio::time::sleep(GRACE).await;
        };
        tokio::select! {
            result = call => Ok(result?),
            () = given_up => {
                self.stop_connector(name).await;
                Err(HerderError::Superseded(name.to_owned()))
            }
        }
    }

    async fn stop_connector(&self, name: &str) {
        let _stage = self.begin(name, format!("stopping connector {name}"));
        self.context.worker.stop_connector(name).await;
    }

    async fn start_task(&self, name: &str, state: &ConnectorState, task: u32) -> bool {
        let Some(config) = state.tasks.get(task as usize) else { return false };
        let id = TaskId { connector: name.to_owned(), task };
        self.context.worker.start_task(id, &state.config, config.clone(), state.target).await
    }

    async fn stop_tasks(&self, name: &str, tasks: &[u32]) {
        if tasks.is_empty() {
            return;
        }
        let _stage = self.begin(name, format!("stopping {} tasks of connector {name}", tasks.len()));
        let ids: Vec<_> = tasks.iter().map(|task| TaskId { connector: name.to_owned(), task: *task }).collect();
        self.context.worker.stop_tasks(&ids).await;
    }

    fn mark_connector_restarting(&self, name: &str) {
        if let Some(mut status) = self.context.statuses.connector(name) {
            (status.state, status.trace) = (State::Restarting, None);
            self.context.statuses.put_connector(name, status);
        }
    }

    fn mark_task_restarting(&self, name: &str, task: u32) {
        if let Some(mut status) = self.context.statuses.task(name, task) {
            (status.state, status.trace) = (State::Restarting, None);
            self.context.statuses.put_task(name, task, status);
        }
    }
}

/// The numbers of a connector's tasks.
fn numbers(tasks: &[ConfigMap]) -> Vec<u32> {
    (0..).zip(tasks).map(|(number, _)| number).collect()
}
