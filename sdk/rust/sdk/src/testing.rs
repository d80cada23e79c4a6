//! Runs a connector as ordinary Rust, with a test in the host's place: `cargo test`, no component, no Kafka.
//!
//! A harness does what a worker would: it validates, starts connector and task, polls or puts, stores positions, and
//! can stop and start again at any point to see whether nothing is lost. It also holds the class and what comes back
//! against the interface, and panics with the reason where a worker would refuse the component or fail the task: what
//! passes here is not refused there. Left to the worker is what it says about a configuration by itself (options that
//! are required, types, allowed values), and whether a rejected record may still be rejected.
//!
//! ```
//! # use cofferdam_sdk::{Batch, Class, Config, PollRequest, Result, SourceConnector, SourceConnectorContext, SourceContext};
//! # use cofferdam_sdk::{SourceOffset, SourcePartition, SourceRecord, SourceTask, testing::SourceHarness};
//! # struct Ticker;
//! # impl SourceConnector for Ticker {
//! #     type Task = TickerTask;
//! #     fn class() -> Class { Class::new("org.example.Ticker", "1.0") }
//! #     fn start(_: &SourceConnectorContext) -> Result<Self> { Ok(Self) }
//! # }
//! # struct TickerTask(i64);
//! # impl SourceTask for TickerTask {
//! #     fn start(_: &Config, context: &mut SourceContext) -> Result<Self> {
//! #         let stored = context.offset(&SourcePartition::of("tick", 1))?;
//! #         Ok(Self(stored.map_or(Ok(None), |offset| offset.integer("at"))?.unwrap_or(0)))
//! #     }
//! #     fn poll(&mut self, _: &PollRequest, _: &mut SourceContext) -> Result<Batch> {
//! #         self.0 += 1;
//! #         let mut batch = Batch::new();
//! #         batch.push(&SourcePartition::of("tick", 1), &SourceRecord::new("ticks").value(format!("tick {}", self.0).as_str()));
//! #         batch.position(&SourcePartition::of("tick", 1), &SourceOffset::of("at", self.0));
//! #         Ok(batch)
//! #     }
//! # }
//! # fn main() -> Result<()> {
//! let mut harness = SourceHarness::<Ticker>::new([("topic", "ticks")]);
//! harness.start()?;
//! assert_eq!(harness.poll()?.texts(), ["tick 1"]);
//! harness.commit()?;
//! assert_eq!(harness.poll()?.texts(), ["tick 2"]);
//! harness.restart()?; // tick 2 was not committed
//! assert_eq!(harness.poll()?.texts(), ["tick 2"]);
//! # Ok(())
//! # }
//! ```
#![expect(clippy::panic, reason = "a broken contract fails the test")]

mod check;
mod polled;
mod sink;
mod source;

pub use crate::context::Rejection;
pub use crate::host::imp::SinkRequest;
pub use polled::{OwnedValue, Polled, PolledRecord};
pub use sink::{Committed, SinkHarness};
pub use source::SourceHarness;

use crate::host::imp::NativeHost;
use crate::{Class, Config, Interrupt};
use log::Level;
use std::cell::RefCell;
use std::rc::Rc;

/// What both harnesses can see and set of the host.
macro_rules! host_functions {
    () => {
        /// Log lines so far, oldest first.
        pub fn logs(&self) -> Vec<(log::Level, String)> {
            self.host.logs()
        }

        /// Whether a line of this level holds this text.
        pub fn logged(&self, level: log::Level, text: &str) -> bool {
            self.host.logs().iter().any(|(of, line)| *of == level && line.contains(text))
        }

        /// A counter of the connector's own, if it was added to.
        pub fn counter(&self, name: &str) -> Option<f64> {
            self.host.0.borrow().counters.get(name).copied()
        }

        /// A gauge of the connector's own, if it was set.
        pub fn gauge(&self, name: &str) -> Option<f64> {
            self.host.0.borrow().gauges.get(name).copied()
        }

        /// What the connector is told waits for its call.
        pub fn interrupt(&mut self, interrupt: Option<crate::Interrupt>) {
            self.host.interrupt(interrupt);
        }
    };
}
pub(crate) use host_functions;

/// A host of one harness.
#[derive(Clone, Debug, Default)]
struct Host(Rc<RefCell<NativeHost>>);

impl Host {
    fn new() -> Self {
        crate::logging::install();
        Self::default()
    }

    fn run<T>(&self, call: impl FnOnce() -> T) -> T {
        crate::host::imp::within(&self.0, call)
    }

    fn logs(&self) -> Vec<(Level, String)> {
        self.0.borrow().logs.clone()
    }

    fn interrupt(&self, interrupt: Option<Interrupt>) {
        self.0.borrow_mut().interrupt = interrupt;
    }
}

/// Fails a test because the connector broke the contract.
#[track_caller]
fn broken(what: impl std::fmt::Display) -> ! {
    panic!("the connector breaks the contract, and a worker would refuse it: {what}")
}

/// The configuration of the first of a connector's tasks, as it is after the way through the host: the pairs that are
/// set, with the class's defaults filled in anew.
#[track_caller]
fn first(configs: Vec<Config>, class: &Class) -> Config {
    match configs.into_iter().next() {
        Some(config) => Config::new(config.into_pairs(), class.definition()),
        None => broken("it has no configuration for a task"),
    }
}

/// The running task.
#[track_caller]
fn started<T>(task: &mut Option<T>) -> &mut T {
    match task {
        Some(task) => task,
        None => panic!("the task is not started: call `start` first"),
    }
}
