//! Waking fetches that wait for data.

use std::sync::{Arc, Weak};

use tokio::sync::Notify;

/// A fetch that waits; it leaves itself with every partition it asked for, and the first append wakes it.
#[derive(Debug, Default)]
pub(crate) struct Waiter(Notify);

impl Waiter {
    /// Returns after the first append since the waiter was left with a partition.
    pub(crate) async fn woken(&self) {
        self.0.notified().await;
    }
}

/// The waiting fetches of one partition. Those that gave up are dropped when others come.
#[derive(Debug, Default)]
pub(crate) struct Waiters {
    list: Vec<Weak<Waiter>>,
    /// Length at which the dead are looked for.
    limit: usize,
}

impl Waiters {
    /// Wakes `waiter` at the next append.
    pub(crate) fn add(&mut self, waiter: &Arc<Waiter>) {
        if self.list.iter().any(|known| std::ptr::eq(known.as_ptr(), Arc::as_ptr(waiter))) {
            return;
        }
        if self.list.len() >= self.limit {
            self.list.retain(|w| w.strong_count() > 0);
            self.limit = self.list.len() * 2 + 8;
        }
        self.list.push(Arc::downgrade(waiter));
    }

    /// Takes all, to be woken after the partition's lock is released.
    pub(crate) fn take(&mut self) -> Woken {
        Woken(std::mem::take(&mut self.list))
    }
}

/// Waiters to be woken.
#[must_use]
#[derive(Debug)]
pub(crate) struct Woken(Vec<Weak<Waiter>>);

impl Woken {
    /// Wakes them.
    pub(crate) fn wake(self) {
        self.0.iter().filter_map(Weak::upgrade).for_each(|w| w.0.notify_one());
    }
}
