//! What source and sink connectors have in common.

use serde_json::{Map, Value};
use std::time::Duration;

/// What a look at the external system brought.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Observation {
    pub(crate) reconfigure: bool,
    pub(crate) again: Duration,
}

impl Observation {
    /// Nothing has changed, and nothing will.
    pub fn never() -> Self {
        Self::default()
    }

    /// Look again after `wait`; under a millisecond is never.
    pub fn again(wait: Duration) -> Self {
        Self { reconfigure: false, again: wait }
    }

    /// Something has changed: task configurations are to be made anew, and the tasks whose configurations changed
    /// restarted.
    #[must_use]
    pub fn reconfigure(mut self) -> Self {
        self.reconfigure = true;
        self
    }
}

/// Whether a source can take part in exactly-once delivery.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ExactlyOnce {
    /// It cannot.
    Unsupported,
    /// Its offsets alone say where to resume.
    Supported,
    /// It does not say.
    #[default]
    Unknown,
}

/// What a source can promise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Support {
    /// With regard to exactly-once delivery.
    pub exactly_once: ExactlyOnce,
    /// Whether it can define transaction boundaries of its own ([`Batch::boundary`](crate::Batch::boundary), which this version
    /// of the worker does not take).
    pub own_transaction_boundaries: bool,
}

/// An offset that an operator wants to set.
#[derive(Clone, Debug, PartialEq)]
pub struct OffsetChange {
    /// The fields of the partition.
    pub partition: Map<String, Value>,
    /// The fields of the offset; `None`: it is reset.
    pub offset: Option<Map<String, Value>>,
}
