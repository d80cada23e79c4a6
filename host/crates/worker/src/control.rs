//! How the rest of the worker tells a running connector or task what is wanted of it.

use cofferdam_config::TargetState;
use cofferdam_plugin::{Interrupt, InterruptReason};
use tokio::sync::watch;

/// What is wanted of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// Move records.
    Run,
    /// Keep what is held, move none.
    Pause,
    /// End, with a commit of what is finished.
    Stop,
}

impl From<TargetState> for Wanted {
    /// A stopped connector has no tasks; one that is still here is on its way out.
    fn from(target: TargetState) -> Self {
        match target {
            TargetState::Started => Self::Run,
            TargetState::Paused => Self::Pause,
            TargetState::Stopped => Self::Stop,
        }
    }
}

impl From<Wanted> for InterruptReason {
    /// What a running call is told.
    fn from(wanted: Wanted) -> Self {
        match wanted {
            Wanted::Run => Self::None,
            Wanted::Pause => Self::Pause,
            Wanted::Stop => Self::Stop,
        }
    }
}

/// The commanding end, held by the worker.
#[derive(Clone, Debug)]
pub(crate) struct Controller {
    wanted: watch::Sender<Wanted>,
    interrupt: Interrupt,
}

/// The obeying end, owned by the task's loop.
#[derive(Clone, Debug)]
pub(crate) struct Control {
    wanted: watch::Receiver<Wanted>,
    /// Seen by the guest while a call runs.
    pub(crate) interrupt: Interrupt,
}

/// Both ends.
pub(crate) fn channel(wanted: Wanted) -> (Controller, Control) {
    let (sender, receiver) = watch::channel(wanted);
    let interrupt = Interrupt::default();
    (Controller { wanted: sender, interrupt: interrupt.clone() }, Control { wanted: receiver, interrupt })
}

impl Controller {
    /// Says what is wanted from now on. Stop is final.
    pub(crate) fn want(&self, wanted: Wanted) {
        self.wanted.send_if_modified(|now| {
            let change = *now != Wanted::Stop && *now != wanted;
            if change {
                *now = wanted;
            }
            change
        });
        self.interrupt.set((*self.wanted.borrow()).into());
    }
}

impl Control {
    /// What is wanted now.
    pub(crate) fn wanted(&self) -> Wanted {
        *self.wanted.borrow()
    }

    /// Returns when something else is wanted than `known`; at once if that is so already. A worker that is gone wants a
    /// stop.
    pub(crate) async fn other_than(&mut self, known: Wanted) -> Wanted {
        match self.wanted.wait_for(|wanted| *wanted != known).await {
            Ok(wanted) => *wanted,
            Err(_) => Wanted::Stop,
        }
    }

    /// Tells a running call that partitions are to be given up, unless a pause or a stop waits for it.
    pub(crate) fn interrupt_to_revoke(&self) {
        if self.wanted() == Wanted::Run {
            self.interrupt.set(InterruptReason::Revoke);
        }
        // What is wanted may have changed in between.
        if self.wanted() != Wanted::Run {
            self.restore_interrupt();
        }
    }

    /// Puts the interrupt back to what is wanted, after the loop itself had set another reason.
    pub(crate) fn restore_interrupt(&self) {
        self.interrupt.set(self.wanted().into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stop_is_not_hidden_by_a_rebalance() {
        let (controller, control) = channel(Wanted::Run);
        control.interrupt_to_revoke();
        assert_eq!(control.interrupt.get(), InterruptReason::Revoke);
        controller.want(Wanted::Stop);
        control.interrupt_to_revoke();
        assert_eq!(control.interrupt.get(), InterruptReason::Stop);
    }
}
