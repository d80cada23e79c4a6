//! Attempts to get in: how many at a time, how fast, and what is told of them.

use super::header::Credentials;
use super::users::{Role, Users};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep};

/// Attempts that are known here, waiting ones included. Beyond it nobody waits.
const MAX_WAITING: usize = 256;
/// Attempts that are under way at a time. Each failure takes [`FAILURE_DELAY`], so these two bound how many passwords can
/// be tried in a second.
const MAX_UNDER_WAY: usize = 32;
/// Hashes that are computed at a time: they are made to take much time and memory.
const MAX_HASHES: usize = 2;
/// How late a failure is answered.
const FAILURE_DELAY: Duration = Duration::from_millis(300);
/// How often failures are told.
const TELL_EVERY: Duration = Duration::from_secs(10);

/// What became of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Granted(Role),
    Refused,
    /// Not looked at.
    TooMany,
}

/// Users, and the attempts to be one of them.
#[derive(Debug)]
pub(super) struct Attempts {
    users: Users,
    waiting: Arc<Semaphore>,
    under_way: Semaphore,
    hashes: Semaphore,
    failures: Mutex<Failures>,
}

#[derive(Debug, Default)]
struct Failures {
    told: Option<Instant>,
    untold: u64,
}

impl Attempts {
    pub(super) fn new(users: Users) -> Self {
        Self {
            users,
            waiting: Arc::new(Semaphore::new(MAX_WAITING)),
            under_way: Semaphore::new(MAX_UNDER_WAY),
            hashes: Semaphore::new(MAX_HASHES),
            failures: Mutex::default(),
        }
    }

    /// Checks a user. Who has been in before is let through at once.
    pub(super) async fn check(self: &Arc<Self>, credentials: Credentials) -> Outcome {
        if let Some(role) = self.users.recognize(&credentials) {
            return Outcome::Granted(role);
        }
        let Ok(place) = Arc::clone(&self.waiting).try_acquire_owned() else { return Outcome::TooMany };
        let attempts = Arc::clone(self);
        // On its own: who hangs up does not make room for the next attempt.
        let attempt = tokio::spawn(async move {
            let outcome = attempts.attempt(credentials).await;
            drop(place);
            outcome
        });
        attempt.await.unwrap_or_else(|error| {
            tracing::error!(%error, "checking a user ended unexpectedly");
            Outcome::Refused
        })
    }

    async fn attempt(self: Arc<Self>, credentials: Credentials) -> Outcome {
        // Semaphores are never closed; were they, nobody would get in.
        let Ok(_under_way) = self.under_way.acquire().await else { return Outcome::Refused };
        let known = self.users.has(&credentials.user);
        match Self::verify(&self, credentials).await {
            Some(role) => Outcome::Granted(role),
            None => {
                self.tell(known);
                sleep(FAILURE_DELAY).await;
                Outcome::Refused
            }
        }
    }

    async fn verify(self: &Arc<Self>, credentials: Credentials) -> Option<Role> {
        let _hash = self.hashes.acquire().await.ok()?;
        // Whoever waited here may have been verified meanwhile.
        if let Some(role) = self.users.recognize(&credentials) {
            return Some(role);
        }
        let attempts = Arc::clone(self);
        match tokio::task::spawn_blocking(move || attempts.users.verify(&credentials)).await {
            Ok(role) => role,
            Err(error) => {
                tracing::error!(%error, "comparing a password ended unexpectedly");
                None
            }
        }
    }

    /// Tells of failures, some in one line. Not who it was: some type their password where the name belongs.
    fn tell(&self, known: bool) {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        failures.untold += 1;
        if failures.told.is_none_or(|told| told.elapsed() >= TELL_EVERY) {
            let count = std::mem::take(&mut failures.untold);
            failures.told = Some(Instant::now());
            drop(failures);
            let last = if known { "wrong password" } else { "unknown user" };
            tracing::warn!(count, last, "REST requests were refused: user or password is wrong");
        }
    }
}

#[cfg(test)]
mod tests;
