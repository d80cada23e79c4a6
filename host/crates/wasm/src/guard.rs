//! The time of one call into a guest.
//!
//! Two clocks run, because two things go wrong. A guest that *computes* for ever is stopped by the first: the time
//! spent inside of `poll`, checked at every tick of the engine's epoch. A guest that *waits* for ever (a lock, a peer
//! that is silent) is stopped by the second: computing plus waiting. What counts on neither is queueing, so that a busy
//! machine fails nobody: a future that gave way at a tick is ready at once and merely stands in line, and so is one
//! whose wait is over but which has not been polled yet.

use crate::capability::log::GuestLog;
use crate::engine::TICK;
use crate::error::seconds;
use crate::guest::Guest;
use async_trait::async_trait;
use cofferdam_config::SandboxConfig;
use parking_lot::Mutex;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};
use tokio::time::Sleep;
use wasmtime::{CallHook, CallHookHandler, StoreHookState, UpdateDeadline};

/// A call that takes longer than this is told in the log; it may be legitimate (a bulk load, a lock).
const WARN_AFTER: Duration = Duration::from_secs(60);

/// How long one call may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Budget {
    /// The function, as WIT names it.
    pub(crate) call: &'static str,
    /// Computing.
    pub(crate) cpu: Duration,
    /// Computing and waiting.
    pub(crate) wall: Duration,
    /// The setting that `wall` comes from.
    pub(crate) wall_key: &'static str,
}

impl Budget {
    /// For every call but `start`.
    pub(crate) fn call(sandbox: &SandboxConfig, call: &'static str) -> Self {
        Self { call, cpu: sandbox.call_cpu, wall: sandbox.call_timeout, wall_key: "sandbox.call.timeout.ms" }
    }

    /// For `start`, which opens connections.
    pub(crate) fn start(sandbox: &SandboxConfig) -> Self {
        let (cpu, wall) = (sandbox.call_cpu, sandbox.start_timeout);
        Self { call: "start", cpu, wall, wall_key: "sandbox.start.timeout.ms" }
    }
}

/// A call that did not come back in time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Overdue {
    /// It computed too long.
    #[error("{call} did not return within {} of computing (sandbox.call.cpu.ms)", seconds(*.limit))]
    Computing { call: &'static str, limit: Duration },
    /// It took too long altogether.
    #[error("{call} did not return within {} ({key})", seconds(*.limit))]
    Waiting { call: &'static str, limit: Duration, key: &'static str },
}

/// The clock of a store, shared by the store's epoch callback and the guard of the call under way.
#[derive(Debug)]
pub(crate) struct Clock {
    base: Instant,
    /// Microseconds since `base` when the current poll began.
    entered: AtomicU64,
    /// Microseconds computed by earlier polls of the call.
    computed: AtomicU64,
    /// Microseconds that the call may compute.
    limit: AtomicU64,
    /// The last poll ended because the epoch's callback gave way.
    yielded: AtomicBool,
    call: Mutex<&'static str>,
    /// Where a call that takes long is told.
    log: Option<Arc<GuestLog>>,
}

impl Clock {
    pub(crate) fn new(log: Option<Arc<GuestLog>>) -> Arc<Self> {
        Arc::new(Self {
            base: Instant::now(),
            entered: AtomicU64::new(0),
            computed: AtomicU64::new(0),
            limit: AtomicU64::new(u64::MAX),
            yielded: AtomicBool::new(false),
            call: Mutex::new(""),
            log,
        })
    }

    fn now(&self) -> u64 {
        micros(self.base.elapsed())
    }

    fn begin(&self, budget: &Budget) {
        self.computed.store(0, Ordering::Relaxed);
        self.limit.store(micros(budget.cpu), Ordering::Relaxed);
        self.yielded.store(false, Ordering::Relaxed);
        *self.call.lock() = budget.call;
    }

    fn enter(&self) {
        self.entered.store(self.now(), Ordering::Relaxed);
    }

    /// Microseconds computed so far, the current poll included.
    fn computing(&self) -> u64 {
        let current = self.now().saturating_sub(self.entered.load(Ordering::Relaxed));
        self.computed.load(Ordering::Relaxed).saturating_add(current)
    }

    fn leave(&self) -> u64 {
        let computed = self.computing();
        self.computed.store(computed, Ordering::Relaxed);
        computed
    }

    fn overdue(&self) -> Overdue {
        let limit = Duration::from_micros(self.limit.load(Ordering::Relaxed));
        Overdue::Computing { call: *self.call.lock(), limit }
    }

    /// What the epoch's callback answers at a tick: give way, or, past the budget, an error of ours as the trap.
    pub(crate) fn tick(&self) -> wasmtime::Result<UpdateDeadline> {
        if self.computing() > self.limit.load(Ordering::Relaxed) {
            return Err(wasmtime::Error::new(self.overdue()));
        }
        self.yielded.store(true, Ordering::Relaxed);
        Ok(UpdateDeadline::Yield(1))
    }

    /// The same after a host function has returned, since ticks are not looked at there. `true`: give way.
    fn host_returned(&self) -> wasmtime::Result<bool> {
        let now = self.now();
        let since = self.entered.load(Ordering::Relaxed);
        if now.saturating_sub(since) < micros(TICK) {
            return Ok(false);
        }
        match self.tick()? {
            UpdateDeadline::Yield(_) => Ok(true),
            _ => Ok(false),
        }
    }
}

/// Looks at the clock whenever a host function returns: a guest that does nothing but call them meets no tick.
pub(crate) struct HostCalls(pub(crate) Arc<Clock>);

#[async_trait]
impl CallHookHandler<Guest> for HostCalls {
    async fn handle_call_event(&self, _: StoreHookState<'_, Guest>, event: CallHook) -> wasmtime::Result<()> {
        if matches!(event, CallHook::ReturningFromHost) && self.0.host_returned()? {
            tokio::task::yield_now().await;
        }
        Ok(())
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

/// Notes when a wait was over, and passes it on.
struct Woken {
    clock: Arc<Clock>,
    /// Microseconds on the clock, 0 = not yet.
    at: AtomicU64,
    inner: Mutex<Waker>,
}

impl Woken {
    fn new(clock: &Arc<Clock>) -> Arc<Self> {
        Arc::new(Self { clock: clock.clone(), at: AtomicU64::new(0), inner: Mutex::new(Waker::noop().clone()) })
    }
}

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let now = self.clock.now().max(1);
        // The first wake-up ends the wait; later ones come while standing in line.
        let _later = self.at.compare_exchange(0, now, Ordering::Relaxed, Ordering::Relaxed);
        let waker = self.inner.lock().clone();
        waker.wake();
    }
}

/// The state of a guarded call between two polls.
struct Guard {
    clock: Arc<Clock>,
    budget: Budget,
    woken: Arc<Woken>,
    /// Since when it waits, on the clock.
    since: Option<u64>,
    waited: u64,
    warned: bool,
    alarm: Option<Pin<Box<Sleep>>>,
}

impl Guard {
    /// Adds what the wait that has just ended took.
    fn end_wait(&mut self) {
        if let Some(since) = self.since.take() {
            let until = match self.woken.at.load(Ordering::Relaxed) {
                0 => self.clock.now(),
                at => at,
            };
            self.waited = self.waited.saturating_add(until.saturating_sub(since));
        }
    }

    fn check(&mut self, computed: u64) -> Result<(), Overdue> {
        if computed > micros(self.budget.cpu) {
            return Err(self.clock.overdue());
        }
        let total = computed.saturating_add(self.waited);
        if total >= micros(self.budget.wall) {
            let Budget { call, wall, wall_key, .. } = self.budget;
            return Err(Overdue::Waiting { call, limit: wall, key: wall_key });
        }
        if total >= micros(WARN_AFTER) && !self.warned {
            self.warned = true;
            let Budget { call, wall, wall_key, .. } = self.budget;
            if let Some(log) = &self.clock.log {
                let (so_far, limit) = (seconds(WARN_AFTER), seconds(wall));
                log.host_warning(&format!("{call} has not returned for {so_far}; it fails at {limit} ({wall_key})"));
            }
        }
        Ok(())
    }

    /// Begins to wait, with an alarm at the next moment that matters.
    fn begin_wait(&mut self, computed: u64, cx: &mut Context<'_>) {
        self.since = Some(self.clock.now());
        let total = Duration::from_micros(computed.saturating_add(self.waited));
        let next = if self.warned { self.budget.wall } else { self.budget.wall.min(WARN_AFTER) };
        let at = tokio::time::Instant::now() + next.saturating_sub(total);
        let alarm = self.alarm.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(at)));
        alarm.as_mut().reset(at);
        // Registers the waker; an alarm that is due at once has woken it already.
        if alarm.as_mut().poll(cx).is_ready() {
            cx.waker().wake_by_ref();
        }
    }

    fn poll<F: Future>(&mut self, future: Pin<&mut F>, cx: &mut Context<'_>) -> Poll<Result<F::Output, Overdue>> {
        self.end_wait();
        self.woken.at.store(0, Ordering::Relaxed);
        self.woken.inner.lock().clone_from(cx.waker());
        let waker = Waker::from(self.woken.clone());
        let mut inner = Context::from_waker(&waker);
        self.clock.enter();
        let polled = future.poll(&mut inner);
        let computed = self.clock.leave();
        if let Poll::Ready(output) = polled {
            return Poll::Ready(Ok(output));
        }
        if let Err(overdue) = self.check(computed) {
            return Poll::Ready(Err(overdue));
        }
        if !self.clock.yielded.swap(false, Ordering::Relaxed) {
            self.begin_wait(computed, &mut inner);
        }
        Poll::Pending
    }
}

/// Runs a call into a guest within its budget. The store's epoch callback must be [`Clock::tick`] of this clock.
/// After an error the store is unusable: the call was dropped in the middle.
pub(crate) async fn run<F: Future>(clock: Arc<Clock>, budget: Budget, call: F) -> Result<F::Output, Overdue> {
    clock.begin(&budget);
    let woken = Woken::new(&clock);
    let mut guard = Guard { clock, budget, woken, since: None, waited: 0, warned: false, alarm: None };
    let mut call = pin!(call);
    poll_fn(|cx| guard.poll(call.as_mut(), cx)).await
}

#[cfg(test)]
mod tests;
