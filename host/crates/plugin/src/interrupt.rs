//! What waits for a running call to return.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

/// What waits for a running call to return (WIT `call.reason`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum InterruptReason {
    /// Nothing waits.
    #[default]
    None,
    /// The task or connector is to stop.
    Stop,
    /// The task is to pause.
    Pause,
    /// Partitions are to be given up.
    Revoke,
}

/// Tells a running plugin call that something waits for it. Set by the worker's loop, read by the plugin; cloned handles
/// share one value.
#[derive(Clone, Debug, Default)]
pub struct Interrupt(Arc<AtomicU8>);

impl Interrupt {
    /// Says what waits from now on.
    pub fn set(&self, reason: InterruptReason) {
        self.0.store(reason as u8, Ordering::Relaxed);
    }

    /// What waits now.
    pub fn get(&self) -> InterruptReason {
        match self.0.load(Ordering::Relaxed) {
            1 => InterruptReason::Stop,
            2 => InterruptReason::Pause,
            3 => InterruptReason::Revoke,
            _ => InterruptReason::None,
        }
    }
}
