//! From exported functions to traits.
//!
//! A component may hold several classes, so connectors and tasks are kept as trait objects, made by the class that the
//! host names. One instance of a component is one connector or one task, and the host makes one call at a time: the
//! instance's state is a thread-local without contention. The macros name the classes; everything else is here.

mod convert;
mod sink;
mod source;

pub use convert::Glue;
#[cfg(not(target_family = "wasm"))]
pub(crate) use sink::{AnySinkTask, RunningSink};
pub use sink::{SinkClass, SinkComponent};
pub use source::{SourceClass, SourceComponent};

use crate::types;
use crate::{Config, Error, Observation, OffsetChange, Result};

/// A started connector of either kind.
trait AnyConnector {
    fn task_configs(&mut self, max_tasks: u32) -> Result<Vec<Config>>;
    fn watch(&mut self) -> Result<Observation>;
    fn stop(&mut self);
}

fn unknown(class: &str) -> Error {
    Error::failed(format_args!("this component has no class {class}"))
}

fn not_started(what: &str) -> types::Error {
    types::Error::Failed(format!("this {what} is not started"))
}

/// Offsets that an operator wants to set, from the host's JSON text.
fn changes(offsets: Vec<(String, Option<String>)>) -> Result<Vec<OffsetChange>> {
    let changes = offsets.into_iter().map(|(partition, offset)| {
        let offset = offset.map(|text| serde_json::from_str(&text)).transpose()?;
        Ok(OffsetChange { partition: serde_json::from_str(&partition)?, offset })
    });
    changes.collect()
}
