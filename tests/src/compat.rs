//! Third-party clients of Kafka Connect's REST API, run unmodified against a worker.
//!
//! `tests/compat/CLIENT/` holds a client's pinned dependencies and a *walk*: a program that goes through all that the
//! client can do and prints a line of JSON per *step*. What the steps gave with Apache Kafka Connect 4.3.1 is recorded in
//! `expected.jsonl`. A walk along Cofferdam must give the same but for what `tests.allow` names, with the reason; a walk
//! along the real thing must give the same without exception. Nothing here knows a client: its directory says it all.

mod allow;
mod client;
mod diff;
mod normal;
mod step;

pub use allow::Allowed;
pub use client::Client;
pub use diff::{Difference, differences};
pub use normal::Normal;
pub use step::Step;
