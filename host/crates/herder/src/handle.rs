//! What the rest of the program holds of the herder: one function per request.

use crate::actor::{Message, unanswered};
use crate::context::HerderContext;
use crate::lane::{NewConfig, Operation, Put, Reply};
use crate::model::{ConnectorInfo, ConnectorStateInfo, Health, RequestedConfig, ServerInfo, StateInfo, TaskInfo};
use crate::stage::StageCell;
use crate::standalone::Standalone;
use crate::validate::refuse_chain;
use crate::{ConfigReport, HerderError, LogLevel, LoggerLevel, PluginFiles, PluginInfo, RestartRequest};
use crate::{grants, plugins};
use cofferdam_config::{ConfigKey, TargetState};
use cofferdam_plugin::{ConfigMap, Grant};
use cofferdam_worker::{OffsetsChange, RequestedOffset};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, timeout_at};
use tokio_util::task::AbortOnDropHandle;

/// How long a request may take. Kafka: `ConnectResource.DEFAULT_REST_REQUEST_TIMEOUT_MS`.
pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(90);
/// How long a health check may take. Kafka: `DEFAULT_HEALTH_CHECK_TIMEOUT_MS`.
pub const HEALTH_TIMEOUT: Duration = Duration::from_secs(10);
/// How often a patch is applied anew because the configuration changed meanwhile.
const PATCH_ATTEMPTS: usize = 5;

type Result<T> = std::result::Result<T, HerderError>;

/// Asks the herder. Clones ask the same herder. Every function that changes something returns within the request
/// timeout; a request that timed out, or whose caller went away, may still be carried out.
#[derive(Clone)]
pub struct HerderHandle {
    requests: mpsc::Sender<Message>,
    context: Arc<HerderContext>,
    standalone: Arc<Standalone>,
    ready: watch::Sender<bool>,
    request_timeout: Duration,
    health_timeout: Duration,
}

impl HerderHandle {
    pub(crate) fn new(
        requests: mpsc::Sender<Message>,
        context: Arc<HerderContext>,
        standalone: Arc<Standalone>,
    ) -> Self {
        let ready = watch::Sender::new(false);
        let (request_timeout, health_timeout) = (REQUEST_TIMEOUT, HEALTH_TIMEOUT);
        Self { requests, context, standalone, ready, request_timeout, health_timeout }
    }

    /// The same herder, asked with other time limits than Kafka Connect's. For tests.
    #[must_use]
    pub fn with_timeouts(mut self, request: Duration, health: Duration) -> Self {
        (self.request_timeout, self.health_timeout) = (request, health);
        self
    }

    /// Says that the connectors given at start have been created: from now on [`health`](Self::health) is about the
    /// herder itself.
    pub fn set_ready(&self) {
        self.ready.send_replace(true);
    }

    /// What this worker is.
    pub fn server_info(&self) -> ServerInfo {
        self.context.server_info()
    }

    /// Whether the worker can do its work; answers within the health timeout.
    pub async fn health(&self) -> Result<Health> {
        let deadline = Instant::now() + self.health_timeout;
        let mut ready = self.ready.subscribe();
        let is_ready = matches!(timeout_at(deadline, ready.wait_for(|ready| *ready)).await, Ok(Ok(_)));
        if !is_ready {
            return Ok(Health::Starting(self.standalone.slowest_stage()));
        }
        let (reply, answer) = oneshot::channel();
        let answered = timeout_at(deadline, async {
            self.requests.send(Message::Ping(reply)).await.map_err(|_| HerderError::ShuttingDown)?;
            answer.await.map_err(|_| HerderError::ShuttingDown)
        });
        match answered.await {
            Ok(answer) => answer.map(|()| Health::Healthy),
            Err(_) => Ok(Health::Unhealthy(self.standalone.slowest_stage())),
        }
    }

    /// Grows with every change of what [`connectors`](Self::connectors), [`connector_info`](Self::connector_info) and
    /// [`connector_status`](Self::connector_status) tell: what was asked after a revision was read holds as long as it
    /// is the same.
    pub fn revision(&self) -> u64 {
        let HerderContext { configs, statuses, catalog, .. } = &*self.context;
        configs.revision().wrapping_add(statuses.revision()).wrapping_add(catalog.revision())
    }

    /// The names of all connectors.
    pub async fn connectors(&self) -> Vec<String> {
        self.context.configs.names()
    }

    /// The connector as it is configured.
    pub async fn connector_info(&self, name: &str) -> Result<ConnectorInfo> {
        self.standalone.info(name)
    }

    /// The connector's configuration as it was given.
    pub async fn connector_config(&self, name: &str) -> Result<ConfigMap> {
        Ok(self.connector_info(name).await?.config)
    }

    /// What the connector may reach, as it is configured; nothing if its class is not installed any more. What a
    /// placeholder names is told by the placeholder.
    pub async fn grants(&self, name: &str) -> Result<Vec<Grant>> {
        let config = self.connector_config(name).await?;
        let resolved = cofferdam_worker::resolve(&self.context.config, name, &config).await?;
        let plugin = self.context.catalog.connector_of(&resolved.config);
        Ok(plugin.map(|plugin| grants::shown(plugin.as_ref(), &config, &resolved)).unwrap_or_default())
    }

    /// What is observed of the connector and its tasks.
    pub async fn connector_status(&self, name: &str) -> Result<ConnectorStateInfo> {
        let status = self.context.statuses.connector(name).ok_or_else(|| HerderError::NoStatus(name.to_owned()))?;
        let mut tasks = self.context.statuses.tasks(name);
        tasks.sort_by_key(|(task, _)| *task);
        let config = self.context.configs.get(name).map(|state| state.config).unwrap_or_default();
        Ok(ConnectorStateInfo {
            name: name.to_owned(),
            connector: status.into(),
            tasks: tasks.into_iter().map(|(task, status)| (task, status.into())).collect(),
            kind: self.context.kind(&config),
        })
    }

    /// The configurations of the connector's tasks, by number.
    pub async fn tasks(&self, name: &str) -> Result<Vec<TaskInfo>> {
        let state = self.context.configs.get(name).ok_or_else(|| HerderError::ConnectorNotFound(name.to_owned()))?;
        let task = |(task, config)| TaskInfo { connector: name.to_owned(), task, config };
        Ok((0..).zip(state.tasks).map(task).collect())
    }

    /// What is observed of a task. Any number may be asked for.
    pub async fn task_status(&self, name: &str, task: i32) -> Result<StateInfo> {
        let status = u32::try_from(task).ok().and_then(|task| self.context.statuses.task(name, task));
        status.map(StateInfo::from).ok_or_else(|| HerderError::NoTaskStatus(format!("{name}-{task}")))
    }

    /// Creates and starts a connector; with an initial target state other than STARTED it has no tasks yet. A connector
    /// that fails to start is an error, and stays.
    pub async fn create(&self, name: &str, config: RequestedConfig, initial: TargetState) -> Result<ConnectorInfo> {
        let deadline = self.deadline();
        let config = self.checked(with_name(name, config)?, deadline).await?;
        self.ask(name, deadline, |reply| Operation::Create(config, initial, reply)).await
    }

    /// Creates a connector, or gives it a new configuration and restarts it; its target state stays. `true`: created.
    pub async fn put_config(&self, name: &str, config: RequestedConfig) -> Result<(ConnectorInfo, bool)> {
        let deadline = self.deadline();
        let config = self.checked(with_name(name, config)?, deadline).await?;
        match self.put(name, deadline, NewConfig { config, derived_from: None }).await? {
            Put::Created(info) => Ok((info, true)),
            Put::Updated(info) => Ok((info, false)),
            Put::Stale => Err(HerderError::PatchConflict(name.to_owned())),
        }
    }

    /// Sets the keys that have a value and removes those that are null; then as [`put_config`](Self::put_config).
    pub async fn patch_config(&self, name: &str, patch: RequestedConfig) -> Result<ConnectorInfo> {
        let deadline = self.deadline();
        for _ in 0..PATCH_ATTEMPTS {
            let current = self.connector_config(name).await?;
            let patched = patched(&current, &patch);
            let config = self.checked(patched, deadline).await?;
            match self.put(name, deadline, NewConfig { config, derived_from: Some(current) }).await? {
                Put::Created(info) | Put::Updated(info) => return Ok(info),
                Put::Stale => {}
            }
        }
        Err(HerderError::PatchConflict(name.to_owned()))
    }

    /// Stops a connector and its tasks and forgets it; its source offsets and consumer group stay.
    pub async fn delete(&self, name: &str) -> Result<()> {
        self.ask(name, self.deadline(), Operation::Delete).await
    }

    /// Pauses a connector and its tasks. Done in its own time.
    pub async fn pause(&self, name: &str) -> Result<()> {
        self.set_target(name, TargetState::Paused).await
    }

    /// Undoes pause and stop. Done in its own time.
    pub async fn resume(&self, name: &str) -> Result<()> {
        self.set_target(name, TargetState::Started).await
    }

    /// Stops a connector and gives up its tasks. They have ended when this returns.
    pub async fn stop(&self, name: &str) -> Result<()> {
        self.set_target(name, TargetState::Stopped).await
    }

    /// Takes the task configs that another worker's connector has made. A worker that is on its own refuses it.
    pub async fn put_task_configs(&self, _name: &str, _configs: Vec<RequestedConfig>) -> Result<()> {
        Err(HerderError::NoTaskConfigs)
    }

    /// Keeps former tasks of a source from writing. A worker that is on its own refuses it.
    pub async fn fence_zombies(&self, _name: &str) -> Result<()> {
        Err(HerderError::NoFencing)
    }

    /// Restarts the connector instance alone; returns when it is started.
    pub async fn restart_connector(&self, name: &str) -> Result<()> {
        self.ask(name, self.deadline(), Operation::RestartConnector).await
    }

    /// Restarts the parts that the request names and tells which.
    pub async fn restart(&self, name: &str, request: RestartRequest) -> Result<ConnectorStateInfo> {
        self.ask(name, self.deadline(), |reply| Operation::Restart(request, reply)).await
    }

    /// Restarts a task. Any number may be asked for.
    pub async fn restart_task(&self, name: &str, task: i32) -> Result<()> {
        match u32::try_from(task) {
            Ok(task) => self.ask(name, self.deadline(), |reply| Operation::RestartTask(task, reply)).await,
            Err(_) if self.context.configs.get(name).is_some() => {
                Err(HerderError::TaskNotFound(format!("{name}-{task}")))
            }
            Err(_) => Err(HerderError::UnknownToRestart(name.to_owned())),
        }
    }

    /// The partitions of a connector, and the offset of each, as JSON objects.
    pub async fn offsets(&self, name: &str) -> Result<Vec<(String, String)>> {
        let offsets = timeout_at(self.deadline(), self.standalone.offsets(name)).await;
        offsets.unwrap_or(Err(HerderError::Timeout(None)))
    }

    /// Sets these offsets of a connector, or forgets them. It must be stopped. What was done, in words.
    pub async fn alter_offsets(&self, name: &str, offsets: Vec<RequestedOffset>) -> Result<String> {
        if offsets.is_empty() {
            return Err(HerderError::NoOffsets);
        }
        self.modify_offsets(name, OffsetsChange::Alter(offsets)).await
    }

    /// Forgets all offsets of a connector. It must be stopped. What was done, in words.
    pub async fn reset_offsets(&self, name: &str) -> Result<String> {
        self.modify_offsets(name, OffsetsChange::Reset).await
    }

    /// The topics that a connector has used since it was created, or since they were reset. None of an unknown one.
    pub async fn active_topics(&self, name: &str) -> Result<Vec<String>> {
        if !self.context.config.topic_tracking_enable {
            return Err(HerderError::TopicTracking);
        }
        Ok(self.context.statuses.topics(name).into_iter().map(|status| status.topic).collect())
    }

    /// Forgets the topics that a connector has used.
    pub async fn reset_active_topics(&self, name: &str) -> Result<()> {
        let topics = self.active_topics(name).await?;
        if !self.context.config.topic_tracking_allow_reset {
            return Err(HerderError::TopicTrackingReset);
        }
        topics.iter().for_each(|topic| self.context.statuses.remove_topic(name, topic));
        Ok(())
    }

    /// The installed classes: sinks, sources and, unless only connectors are wanted, converters and header converters;
    /// each group by class name.
    pub async fn plugins(&self, connectors_only: bool) -> Vec<PluginInfo> {
        plugins::list(&self.context.catalog, connectors_only)
    }

    /// The options of a class, for connectors with those of the framework. The version is `latest`, one version, or a
    /// range.
    pub async fn plugin_config(&self, class_or_alias: &str, version: Option<&str>) -> Result<Vec<ConfigKey>> {
        plugins::config(&self.context.catalog, class_or_alias, version)
    }

    /// Everything that was found in `plugin.path`, usable or not.
    pub async fn plugin_files(&self) -> PluginFiles {
        plugins::files(&self.context.catalog)
    }

    /// Says what is wrong with a connector's configuration, key by key; creates nothing. `requested` is the class that
    /// the request is about, which may be any end of the configuration's class.
    pub async fn validate(&self, requested: &str, config: RequestedConfig) -> Result<ConfigReport> {
        if let Some(Some(included)) = config.get("connector.class")
            && !plugins::normalized(included).ends_with(plugins::normalized(requested))
        {
            let (included, requested) = (included.clone(), requested.to_owned());
            return Err(HerderError::TypeMismatch { included, requested });
        }
        self.report(config, self.deadline()).await
    }

    /// The levels of all loggers that let anything through, by name.
    pub fn all_logger_levels(&self) -> BTreeMap<String, LoggerLevel> {
        self.context.loggers.all()
    }

    /// The level of a logger, if it is known.
    pub fn logger_level(&self, name: &str) -> Option<LoggerLevel> {
        self.context.loggers.get(name)
    }

    /// Sets the level of a logger and of all below it, on this worker; the names of those that had another one.
    pub fn set_worker_logger_level(&self, name: &str, level: LogLevel) -> Vec<String> {
        self.context.loggers.set(name, level)
    }

    /// Sets the level of a logger and of all below it, on every worker: on its own, this is all of them.
    pub async fn set_cluster_logger_level(&self, name: &str, level: LogLevel) -> Result<()> {
        self.context.loggers.set(name, level);
        Ok(())
    }

    /// Ends everything: no request is taken any more, running operations and then connectors and tasks are stopped, each
    /// bounded. Returns when that is done.
    pub async fn shutdown(&self) {
        let (reply, done) = oneshot::channel();
        if self.requests.send(Message::Shutdown(reply)).await.is_ok() {
            // An error means that the actor is gone already: so is all that it ran.
            drop(done.await);
        }
    }

    fn deadline(&self) -> Instant {
        Instant::now() + self.request_timeout
    }

    async fn put(&self, name: &str, deadline: Instant, new: NewConfig) -> Result<Put> {
        self.ask(name, deadline, |reply| Operation::Put(new, reply)).await
    }

    async fn modify_offsets(&self, name: &str, change: OffsetsChange) -> Result<String> {
        self.ask(name, self.deadline(), |reply| Operation::ModifyOffsets(change, reply)).await
    }

    async fn set_target(&self, name: &str, target: TargetState) -> Result<()> {
        self.send(name, self.deadline(), |reply| Message::SetTarget(name.to_owned(), target, reply)).await
    }

    async fn ask<T>(&self, name: &str, deadline: Instant, operation: impl FnOnce(Reply<T>) -> Operation) -> Result<T> {
        self.send(name, deadline, |reply| Message::Operation(name.to_owned(), operation(reply))).await
    }

    async fn send<T>(&self, name: &str, deadline: Instant, message: impl FnOnce(Reply<T>) -> Message) -> Result<T> {
        let (reply, answer) = Reply::channel();
        let asked = timeout_at(deadline, async {
            self.requests.send(message(reply)).await.map_err(|_| HerderError::ShuttingDown)?;
            answer.await.map_err(|_| unanswered(self.requests.is_closed()))?
        });
        asked.await.unwrap_or_else(|_| Err(HerderError::Timeout(self.standalone.stage(name))))
    }

    /// The configuration without nulls, if there is nothing wrong with it.
    async fn checked(&self, config: RequestedConfig, deadline: Instant) -> Result<ConfigMap> {
        let report = self.report(config.clone(), deadline).await?;
        match report.refusal() {
            Some(text) => Err(HerderError::InvalidConfig(text)),
            None => {
                let config = config.into_iter().filter_map(|(key, value)| Some((key, value?))).collect();
                refuse_chain(&config)?;
                Ok(config)
            }
        }
    }

    /// Runs a validation, which calls into plugins, in a tokio task of its own.
    async fn report(&self, config: RequestedConfig, deadline: Instant) -> Result<ConfigReport> {
        let (validator, stage) = (self.context.validator(), StageCell::default());
        let written = stage.clone();
        let task = tokio::spawn(async move { validator.validate(&config, &written).await });
        match timeout_at(deadline, AbortOnDropHandle::new(task)).await {
            Ok(Ok(report)) => report,
            Ok(Err(error)) => {
                tracing::error!(%error, "a validation ended unexpectedly");
                Err(HerderError::Panicked)
            }
            Err(_) => Err(HerderError::Timeout(stage.current())),
        }
    }
}

/// The configuration with its name in it; another name is refused (rest.md §4.2).
fn with_name(name: &str, mut config: RequestedConfig) -> Result<RequestedConfig> {
    match config.get("name") {
        Some(Some(configured)) if configured != name => {
            Err(HerderError::NameMismatch { configured: configured.clone(), name: name.to_owned() })
        }
        Some(Some(_)) => Ok(config),
        Some(None) | None => {
            config.insert("name".to_owned(), Some(name.to_owned()));
            Ok(config)
        }
    }
}

fn patched(current: &ConfigMap, patch: &RequestedConfig) -> RequestedConfig {
    let mut config: RequestedConfig = current.iter().map(|(key, value)| (key.clone(), Some(value.clone()))).collect();
    for (key, value) in patch {
        match value {
            Some(_) => drop(config.insert(key.clone(), value.clone())),
            None => drop(config.remove(key)),
        }
    }
    config
}
