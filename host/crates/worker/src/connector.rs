//! Runs one connector instance: starts and stops it, asks it for task configs, lets it watch its external system.
//!
//! The instance belongs to one tokio task, its actor; the handle sends it commands. The transitions are those of Kafka
//! Connect (runtime.md §1.3).

use crate::control::{self, Control, Controller, Wanted};
use crate::status::StatusWriter;
use crate::task::{LEAST_PAUSE, retry_pause};
use crate::worker::is_source;
use crate::{WorkerContext, WorkerError};
use cofferdam_config::{TargetState, keep_placeholders};
use cofferdam_plugin::{ConfigMap, Connector, ConnectorContext, ConnectorPlugin, PluginDesc, PluginError};
use cofferdam_storage::State;
use futures::FutureExt;
use parking_lot::Mutex;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};

/// How long a connector may take to stop before it is given up. Kafka: `Worker.CONNECTOR_GRACEFUL_SHUTDOWN_TIMEOUT_MS`.
pub const STOP_TIMEOUT: Duration = Duration::from_secs(5);

enum Command {
    SetTarget(TargetState, oneshot::Sender<Result<(), WorkerError>>),
    TaskConfigs { max: u32, enforce: bool, reply: oneshot::Sender<Result<Vec<ConfigMap>, WorkerError>> },
}

/// A connector that runs on this worker.
pub(crate) struct ConnectorHandle {
    name: String,
    /// As it was given, with placeholders.
    raw: ConfigMap,
    /// As it is used.
    config: ConfigMap,
    desc: PluginDesc,
    commands: mpsc::Sender<Command>,
    controller: Controller,
    actor: Mutex<Option<JoinHandle<()>>>,
    status: Arc<StatusWriter>,
}

impl ConnectorHandle {
    /// Makes the instance, not started, of its configuration with placeholders and with values. A failure has been
    /// written as FAILED.
    pub(crate) async fn create(
        name: &str,
        (raw, config): (&ConfigMap, ConfigMap),
        plugin: Arc<dyn ConnectorPlugin>,
        worker: &WorkerContext,
        status: Arc<StatusWriter>,
        reconfigure: mpsc::UnboundedSender<String>,
    ) -> Result<Self, WorkerError> {
        let desc = plugin.desc().clone();
        let (controller, control) = control::channel(Wanted::Run);
        let offsets = is_source(&desc).then(|| crate::source::offset_reader(&worker.offsets, name));
        let interrupt = control.interrupt.clone();
        let context = ConnectorContext { name: name.to_owned(), config: config.clone(), interrupt, offsets };
        let instance = plugin.connector(context).await.inspect_err(|error| status.failed(format!("{error}\n")))?;
        let (commands, receiver) = mpsc::channel(16);
        let actor = Actor {
            name: name.to_owned(),
            instance,
            state: ConnectorState::Init,
            status: status.clone(),
            reconfigure,
            next_watch: None,
        };
        let actor = Mutex::new(Some(tokio::spawn(supervise(status.clone(), actor.run(control, receiver)))));
        Ok(Self { name: name.to_owned(), raw: raw.clone(), config, desc, commands, controller, actor, status })
    }

    /// Brings the connector to this state; returns when it is there or has failed.
    pub(crate) async fn set_target(&self, target: TargetState) -> Result<(), WorkerError> {
        self.ask(|reply| Command::SetTarget(target, reply)).await?
    }

    /// See [`crate::Worker::task_configs`].
    pub(crate) async fn task_configs(&self) -> Result<Vec<ConfigMap>, WorkerError> {
        let max = self.config.get("tasks.max").and_then(|max| max.trim().parse().ok()).unwrap_or(1);
        let enforce =
            self.config.get("tasks.max.enforce").is_none_or(|value| !value.trim().eq_ignore_ascii_case("false"));
        let mut configs = self.ask(|reply| Command::TaskConfigs { max, enforce, reply }).await??;
        for config in &mut configs {
            config.insert("task.class".to_owned(), self.desc.task_class.clone());
            if !is_source(&self.desc) {
                for key in ["topics", "topics.regex"] {
                    if let Some(topics) = self.config.get(key) {
                        config.insert(key.to_owned(), topics.clone());
                    }
                }
            }
            keep_placeholders(&self.raw, config);
        }
        Ok(configs)
    }

    /// Stops the instance; one that takes too long is dropped and never writes a status again.
    pub(crate) async fn stop(&self) {
        self.controller.want(Wanted::Stop);
        let Some(mut actor) = self.actor.lock().take() else { return };
        if timeout(STOP_TIMEOUT, &mut actor).await.is_err() {
            tracing::warn!(connector = self.name, timeout = ?STOP_TIMEOUT, "connector did not stop in time, cancelled");
            actor.abort();
            self.status.cancel();
        }
    }

    async fn ask<T>(&self, command: impl FnOnce(oneshot::Sender<T>) -> Command) -> Result<T, WorkerError> {
        let (reply, answer) = oneshot::channel();
        let gone = || WorkerError::NotRunning(self.name.clone());
        self.commands.send(command(reply)).await.map_err(|_| gone())?;
        answer.await.map_err(|_| gone())
    }
}

/// A bug of ours in one connector must not leave it RUNNING for ever.
async fn supervise(status: Arc<StatusWriter>, run: impl Future<Output = ()>) {
    if AssertUnwindSafe(run).catch_unwind().await.is_err() {
        status.failed("the connector's loop panicked: a bug in Cofferdam, please report the log\n".to_owned());
    }
}

/// Where the instance is (runtime.md §1.1, layer 2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ConnectorState {
    Init,
    Started,
    Paused,
    Stopped,
    Failed,
}

struct Actor {
    name: String,
    instance: Box<dyn Connector>,
    state: ConnectorState,
    status: Arc<StatusWriter>,
    reconfigure: mpsc::UnboundedSender<String>,
    /// When to call `watch` next; only while started.
    next_watch: Option<Instant>,
}

impl Actor {
    async fn run(mut self, mut control: Control, mut commands: mpsc::Receiver<Command>) {
        loop {
            let watch = async {
                match self.next_watch {
                    Some(at) => tokio::time::sleep_until(at).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                _ = control.other_than(Wanted::Run) => break,
                command = commands.recv() => match command {
                    Some(command) => self.obey(command).await,
                    None => break,
                },
                () = watch => self.watch().await,
            }
        }
        self.shut_down().await;
    }

    async fn obey(&mut self, command: Command) {
        // Whoever asked may have given up waiting; what was done stays done.
        match command {
            Command::SetTarget(target, reply) => drop(reply.send(self.transition(target).await)),
            Command::TaskConfigs { max, enforce, reply } => drop(reply.send(self.task_configs(max, enforce).await)),
        }
    }

    async fn transition(&mut self, target: TargetState) -> Result<(), WorkerError> {
        use ConnectorState::{Failed, Init, Paused, Started, Stopped};
        match (self.state, target) {
            (Failed, TargetState::Stopped) => self.arrive(Stopped, State::Stopped),
            (Failed, _) => return Err(WorkerError::HasFailed { name: self.name.clone(), target }),
            (Started, TargetState::Started) | (Paused, TargetState::Paused) | (Stopped, TargetState::Stopped) => {}
            (Init | Paused | Stopped, TargetState::Started) => self.start().await?,
            (Started, TargetState::Paused) => {
                self.instance.stop().await.map_err(|error| self.fail(error))?;
                self.arrive(Paused, State::Paused);
            }
            (Started, TargetState::Stopped) => {
                if let Err(error) = self.instance.stop().await {
                    tracing::warn!(connector = self.name, %error, "connector failed while stopping");
                }
                self.arrive(Stopped, State::Stopped);
            }
            (Init | Stopped, TargetState::Paused) => self.arrive(Paused, State::Paused),
            (Init | Paused, TargetState::Stopped) => self.arrive(Stopped, State::Stopped),
        }
        Ok(())
    }

    fn arrive(&mut self, state: ConnectorState, status: State) {
        self.state = state;
        self.next_watch = None;
        self.status.write(status);
    }

    async fn start(&mut self) -> Result<(), WorkerError> {
        self.instance.start().await.map_err(|error| self.fail(error))?;
        self.arrive(ConnectorState::Started, State::Running);
        self.next_watch = Some(Instant::now());
        Ok(())
    }

    fn fail(&mut self, error: impl Into<WorkerError>) -> WorkerError {
        let error = error.into();
        self.state = ConnectorState::Failed;
        self.next_watch = None;
        self.status.failed(format!("{error}\n"));
        error
    }

    /// At most `max` if that is enforced; more are a bug of the connector's, which is FAILED then (runtime.md §8).
    async fn task_configs(&mut self, max: u32, enforce: bool) -> Result<Vec<ConfigMap>, WorkerError> {
        if self.state != ConnectorState::Started {
            return Err(WorkerError::NotRunning(self.name.clone()));
        }
        match self.instance.task_configs(max).await {
            Ok(configs) if configs.len() > max as usize && enforce => {
                let (name, generated) = (self.name.clone(), configs.len());
                Err(self.fail(WorkerError::TooManyTasks { name, generated, max }))
            }
            Ok(configs) => Ok(configs),
            Err(error @ PluginError::Broken(_)) => Err(self.fail(error)),
            Err(error) => Err(error.into()),
        }
    }

    async fn watch(&mut self) {
        match self.instance.watch().await {
            Ok(seen) => {
                self.next_watch = seen.again.map(|after| Instant::now() + after.max(LEAST_PAUSE));
                if seen.reconfigure && self.reconfigure.send(self.name.clone()).is_err() {
                    tracing::debug!(connector = self.name, "nobody is left to reconfigure tasks");
                }
            }
            Err(PluginError::Retriable { message, after }) => {
                tracing::warn!(connector = self.name, message, "watch is to be tried again");
                self.next_watch = Some(Instant::now() + retry_pause(after));
            }
            Err(error) => self.fail_alone(error),
        }
    }

    /// Fails where nobody asked for anything.
    fn fail_alone(&mut self, error: PluginError) {
        let error = self.fail(error);
        tracing::error!(connector = self.name, %error, "connector failed, it will not recover until it is restarted");
    }

    async fn shut_down(mut self) {
        if self.state == ConnectorState::Started
            && let Err(error) = self.instance.stop().await
        {
            self.fail_alone(error);
        }
        if self.state != ConnectorState::Failed {
            self.status.write(State::Unassigned);
        }
    }
}
