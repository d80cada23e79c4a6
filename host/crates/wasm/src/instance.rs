//! One instance of a component in a store of its own.
//!
//! A call moves the store onto the guests' runtime and back. Whoever drops the call's future thereby drops the store:
//! there is no state in which a call was given up but its instance can still be called.

use crate::bindings::{connector, plugin, sink_task, source_task, types};
use crate::capability::fs::Outstanding;
use crate::error::{Circumstances, broken};
use crate::guard::{self, Budget, HostCalls};
use crate::guest::Guest;
use crate::package::Package;
use cofferdam_config::SandboxConfig;
use cofferdam_plugin::PluginError;
use futures::future::BoxFuture;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::task::JoinHandle;
use wasmtime::Store;

/// Handles that component code may hold in tables that the host does not see.
const COMPONENT_HANDLES: usize = 10_000;

/// The exports of an instance.
pub(crate) struct Exports {
    pub(crate) plugin: plugin::Guest,
    pub(crate) connector: connector::Guest,
    pub(crate) task: Task,
}

/// What makes the worlds different.
pub(crate) enum Task {
    Source(source_task::Guest),
    Sink(sink_task::Guest),
}

/// A store with its instance.
pub(crate) struct Live {
    pub(crate) store: Store<Guest>,
    pub(crate) exports: Exports,
}

/// An instance that may have been lost.
pub(crate) struct Instance {
    package: Arc<Package>,
    sandbox: SandboxConfig,
    live: Option<Box<Live>>,
    /// Why it was lost.
    lost: Option<String>,
    outstanding: Outstanding,
}

/// A spawned call that ends with its handle.
struct AbortOnDrop<T>(JoinHandle<T>);

impl<T> Drop for AbortOnDrop<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl<T> Future for AbortOnDrop<T> {
    type Output = Result<T, tokio::task::JoinError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(cx)
    }
}

impl Instance {
    pub(crate) async fn new(package: Arc<Package>, guest: Guest, sandbox: SandboxConfig) -> Result<Self, PluginError> {
        let outstanding = guest.fs.outstanding();
        let store = store(&package, guest, &sandbox);
        let budget = Budget::call(&sandbox, "instantiation");
        let batch_max = sandbox.batch_max_bytes;
        let made = package.clone();
        let live = on_guest_runtime(&package, async move {
            let mut store = store;
            let clock = store.data().clock.clone();
            let exports = guard::run(clock, budget, made.pre.instantiate(&mut store)).await;
            match exports.map_err(wasmtime::Error::new).flatten() {
                Ok(exports) => Ok(Box::new(Live { store, exports })),
                Err(error) => Err(broken(&error, &circumstances(store.data(), budget.call, batch_max))),
            }
        });
        let live = live.await?;
        Ok(Self { package, sandbox, live: Some(live), lost: None, outstanding })
    }

    /// The limits that it was made with.
    pub(crate) fn sandbox(&self) -> &SandboxConfig {
        &self.sandbox
    }

    /// The data of its store, unless it is lost.
    pub(crate) fn guest(&self) -> Option<&Guest> {
        self.live.as_ref().map(|live| live.store.data())
    }

    /// As [`Self::guest`].
    pub(crate) fn guest_mut(&mut self) -> Option<&mut Guest> {
        self.live.as_mut().map(|live| live.store.data_mut())
    }

    /// A guest's own error, with what the system said if the guest could only see that something failed: C libraries make
    /// one "I/O error" of a full disk and a broken one.
    pub(crate) fn with_cause(&self, mut error: types::Error) -> types::Error {
        if let Some(cause) = self.guest().and_then(|guest| guest.fs.take_failure()) {
            let (types::Error::Failed(message) | types::Error::Retriable(types::Retry { message, .. })) = &mut error;
            message.push_str("; the system says: ");
            message.push_str(&cause);
        }
        error
    }

    /// Its `start` has succeeded.
    pub(crate) fn started(&mut self) {
        if let Some(guest) = self.guest_mut() {
            guest.limits.started();
        }
    }

    /// What file work it has under way.
    pub(crate) fn outstanding(&self) -> &Outstanding {
        &self.outstanding
    }

    /// Whether it has grown so much that it should be replaced.
    pub(crate) fn wants_recycling(&self) -> bool {
        self.guest().is_some_and(|guest| guest.limits.nearly_full())
    }

    /// Makes a call. A trap, a missed deadline and a dropped future lose the instance.
    pub(crate) async fn call<T, F>(&mut self, budget: Budget, call: F) -> Result<T, PluginError>
    where
        T: Send + 'static,
        F: for<'a> FnOnce(&'a mut Live) -> BoxFuture<'a, wasmtime::Result<T>> + Send + 'static,
    {
        let Some(mut live) = self.live.take() else {
            return Err(PluginError::Broken(match &self.lost {
                Some(cause) => format!("the instance is gone since: {cause}"),
                None => "the instance is gone: an earlier call was given up".to_owned(),
            }));
        };
        let batch_max = self.sandbox.batch_max_bytes;
        let called = on_guest_runtime(&self.package, async move {
            let guest = live.store.data_mut();
            guest.begin_call();
            let clock = guest.clock.clone();
            live.store.set_epoch_deadline(1);
            let result = guard::run(clock, budget, call(&mut live)).await;
            match result.map_err(wasmtime::Error::new).flatten() {
                Ok(answer) => Ok((live, answer)),
                // The store goes here, before anybody hears of the failure.
                Err(error) => Err(broken(&error, &circumstances(live.store.data(), budget.call, batch_max))),
            }
        });
        match called.await {
            Ok((live, answer)) => {
                self.live = Some(live);
                Ok(answer)
            }
            Err(error) => Err(self.lose(error)),
        }
    }

    /// Gives the instance up because of what it answered.
    pub(crate) fn contradicts_itself(&mut self, what: String) -> PluginError {
        self.lose(PluginError::Broken(what))
    }

    fn lose(&mut self, error: PluginError) -> PluginError {
        self.live = None;
        let text = error.to_string();
        self.lost = Some(text.lines().next().unwrap_or_default().to_owned());
        error
    }
}

/// A store with all limits set.
fn store(package: &Package, guest: Guest, sandbox: &SandboxConfig) -> Store<Guest> {
    let clock = guest.clock.clone();
    let mut store = Store::new(package.sandbox.engine(), guest);
    store.limiter(|guest| &mut guest.limits);
    store.set_hostcall_fuel(fuel(sandbox));
    store.set_max_component_handles(COMPONENT_HANDLES);
    store.set_epoch_deadline(1);
    store.call_hook_async(HostCalls(clock.clone()));
    store.epoch_deadline_callback(move |_| clock.tick());
    store
}

/// What a guest may hand over in one call. More than `sandbox.batch.max.bytes`, which counts cells and strings only and
/// whose excess is to be told with its size: also the ends, kinds and offsets beside them, and some excess.
fn fuel(sandbox: &SandboxConfig) -> usize {
    const PER_RECORD: u64 = 256;
    let records = u64::from(sandbox.batch_max_records).saturating_mul(PER_RECORD);
    usize::try_from(sandbox.batch_max_bytes.saturating_mul(2).saturating_add(records)).unwrap_or(usize::MAX)
}

fn circumstances(guest: &Guest, call: &'static str, batch_max: u64) -> Circumstances {
    Circumstances { call, refused: guest.limits.refused(), batch_max, last_words: guest.last_words() }
}

/// Runs a guest where guests run, in its turn. Dropping the future ends it there.
async fn on_guest_runtime<T, F>(package: &Package, run: F) -> Result<T, PluginError>
where
    T: Send + 'static,
    F: Future<Output = Result<T, PluginError>> + Send + 'static,
{
    let gone = || PluginError::Broken("the worker's sandbox has been shut down".to_owned());
    let permit = package.sandbox.permit().await.ok_or_else(gone)?;
    let handle = package.sandbox.runtime().ok_or_else(gone)?.spawn(async move {
        let result = run.await;
        drop(permit);
        result
    });
    match AbortOnDrop(handle).await {
        Ok(result) => result,
        Err(error) if error.is_cancelled() => Err(gone()),
        Err(error) => Err(PluginError::Broken(format!("the host failed while it ran the plugin: {error}"))),
    }
}
