//! The herder's actor: takes requests and keeps each connector's operations in order.
//!
//! It never waits for an operation: each connector with something to do has one tokio task that does it, and a queue of
//! what comes next. A panic in an operation ends that operation only.

use crate::context::HerderContext;
use crate::lane::{Operation, Outcome, Reply};
use crate::standalone::Standalone;
use crate::{HerderError, HerderHandle};
use cofferdam_config::TargetState;
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// Requests that may wait for the actor, which never takes long.
const REQUESTS: usize = 256;
/// How long running operations may go on when the herder is shut down.
const DRAIN: Duration = Duration::from_secs(5);
/// How long [`HerderHandle::shutdown`] may take beyond the time that tasks have to stop: operations, then connectors.
pub const SHUTDOWN_TIMEOUT: Duration = DRAIN.saturating_add(cofferdam_worker::CONNECTOR_STOP_TIMEOUT);
/// Waits between attempts to compute task configs (runtime.md §8).
const FIRST_RETRY: Duration = Duration::from_millis(250);
const LAST_RETRY: Duration = Duration::from_secs(60);

/// What the actor is asked.
#[derive(Debug)]
pub(crate) enum Message {
    /// Something to do for a connector.
    Operation(String, Operation),
    /// Pause, resume or stop: written at once, followed in the connector's own time. Only STOPPED is answered after that.
    SetTarget(String, TargetState, Reply<()>),
    /// Answers when it is handled.
    Ping(oneshot::Sender<()>),
    /// Ends everything.
    Shutdown(oneshot::Sender<()>),
}

/// A connector with a running operation.
#[derive(Default)]
struct Lane {
    /// What comes next.
    queue: VecDeque<Operation>,
    /// Cancelled when something in the queue makes the running operation pointless.
    superseded: CancellationToken,
}

impl Lane {
    /// Takes the next operation out of the queue. What is behind it may make it pointless in turn.
    fn next(&mut self) -> Option<Operation> {
        let next = self.queue.pop_front()?;
        self.superseded = CancellationToken::new();
        if self.queue.iter().any(Operation::supersedes) {
            self.superseded.cancel();
        }
        Some(next)
    }
}

/// The actor.
pub(crate) struct Herder {
    standalone: Arc<Standalone>,
    requests: mpsc::Receiver<Message>,
    reconfigure: mpsc::UnboundedReceiver<String>,
    /// Connectors with a running operation.
    lanes: HashMap<String, Lane>,
    running: JoinSet<Outcome>,
    names: HashMap<Id, String>,
    /// How often computing a connector's task configs has failed in a row.
    attempts: HashMap<String, u32>,
}

impl Herder {
    /// Starts the actor.
    pub(crate) fn spawn(context: Arc<HerderContext>) -> HerderHandle {
        let (sender, requests) = mpsc::channel(REQUESTS);
        let (reconfigure_sender, reconfigure) = mpsc::unbounded_channel();
        let standalone = Arc::new(Standalone::new(context.clone(), reconfigure_sender));
        let handle = HerderHandle::new(sender, context, standalone.clone());
        let herder = Self {
            standalone,
            requests,
            reconfigure,
            lanes: HashMap::new(),
            running: JoinSet::new(),
            names: HashMap::new(),
            attempts: HashMap::new(),
        };
        tokio::spawn(herder.run());
        handle
    }

    async fn run(mut self) {
        let finished = loop {
            tokio::select! {
                message = self.requests.recv() => match message {
                    Some(Message::Operation(name, operation)) => self.enqueue(name, operation),
                    Some(Message::SetTarget(name, target, reply)) => self.set_target(name, target, reply),
                    // Whoever asked has stopped waiting: fine.
                    Some(Message::Ping(reply)) => { let _ = reply.send(()); }
                    Some(Message::Shutdown(reply)) => break Some(reply),
                    None => break None,
                },
                Some(name) = self.reconfigure.recv() => self.enqueue(name, Operation::Reconfigure),
                Some(ended) = self.running.join_next_with_id() => self.ended(ended),
            }
        };
        self.shut_down().await;
        if let Some(finished) = finished {
            let _ = finished.send(());
        }
    }

    fn enqueue(&mut self, name: String, operation: Operation) {
        let Some(lane) = self.lanes.get_mut(&name) else {
            self.lanes.insert(name.clone(), Lane::default());
            self.start(name, operation);
            return;
        };
        if lane.queue.back().is_some_and(|last| last.covers(&operation)) {
            return;
        }
        if operation.supersedes() {
            lane.superseded.cancel();
        }
        lane.queue.push_back(operation);
    }

    fn start(&mut self, name: String, operation: Operation) {
        let superseded = self.lanes.get(&name).map(|lane| lane.superseded.clone()).unwrap_or_default();
        let (standalone, connector) = (self.standalone.clone(), name.clone());
        let task = self.running.spawn(async move { standalone.perform(&connector, operation, superseded).await });
        self.names.insert(task.id(), name);
    }

    fn set_target(&mut self, name: String, target: TargetState, reply: Reply<()>) {
        let written = self.standalone.write_target(&name, target);
        match written {
            Ok(()) if target == TargetState::Stopped => self.enqueue(name, Operation::ApplyTarget(Some(reply))),
            Ok(()) => {
                self.enqueue(name.clone(), Operation::ApplyTarget(None));
                reply.answer(&name, Ok(()));
            }
            Err(error) => reply.answer(&name, Err(error)),
        }
    }

    fn ended(&mut self, ended: Result<(Id, Outcome), JoinError>) {
        let (id, outcome) = match ended {
            Ok(ended) => ended,
            Err(error) => {
                let connector = self.names.get(&error.id()).map(String::as_str).unwrap_or_default();
                tracing::error!(connector, %error, "an operation of the herder ended unexpectedly");
                (error.id(), Outcome::Done)
            }
        };
        let Some(name) = self.names.remove(&id) else { return };
        match outcome {
            Outcome::Done => drop(self.attempts.remove(&name)),
            Outcome::RetryReconfigure => self.retry(&name),
        }
        match self.lanes.get_mut(&name).and_then(Lane::next) {
            Some(next) => self.start(name, next),
            None => drop(self.lanes.remove(&name)),
        }
    }

    /// Computes the task configs again later. Whatever has happened by then, the operation looks at what is wanted then.
    fn retry(&mut self, name: &str) {
        let attempts = self.attempts.entry(name.to_owned()).or_default();
        let wait = LAST_RETRY.min(FIRST_RETRY * 2_u32.saturating_pow(*attempts));
        *attempts = attempts.saturating_add(1).min(16);
        let (name, reconfigure) = (name.to_owned(), self.standalone.reconfigure.clone());
        tokio::spawn(async move {
            tokio::time::sleep(wait).await;
            // A herder that is gone needs no retry.
            drop(reconfigure.send(name));
        });
    }

    /// Lets running operations end, bounded, refuses what waits, and stops all that runs.
    async fn shut_down(&mut self) {
        self.requests.close();
        self.lanes.clear();
        let drained = timeout(DRAIN, async { while self.running.join_next().await.is_some() {} }).await;
        if drained.is_err() {
            tracing::warn!(operations = self.running.len(), timeout = ?DRAIN, "operations were given up at shutdown");
            self.running.shutdown().await;
        }
        self.standalone.worker().shutdown().await;
    }
}

/// The error of a request whose reply was dropped.
pub(crate) fn unanswered(actor_is_gone: bool) -> HerderError {
    if actor_is_gone { HerderError::ShuttingDown } else { HerderError::Panicked }
}
