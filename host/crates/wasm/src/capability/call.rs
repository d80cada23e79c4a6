//! `call`: what waits for the running call to return.

use crate::bindings::{call, types};
use crate::guest::Guest;
use cofferdam_plugin::InterruptReason;

impl types::Host for Guest {}

impl call::Host for Guest {
    fn interrupted(&mut self) -> wasmtime::Result<call::Reason> {
        Ok(match self.interrupt.get() {
            InterruptReason::None => call::Reason::None,
            InterruptReason::Stop => call::Reason::Stop,
            InterruptReason::Pause => call::Reason::Pause,
            InterruptReason::Revoke => call::Reason::Revoke,
        })
    }
}
