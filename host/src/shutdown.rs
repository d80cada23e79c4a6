//! From a signal to the end: the first drains in order, once the worker is made; a second ends the process at once.

use crate::cli::Failure;
use tokio::sync::watch;

/// How the process ends on a second signal.
const IMPATIENT: i32 = 130;

/// SIGTERM and SIGINT, counted from the moment of listening.
pub struct Signals {
    count: watch::Receiver<u32>,
}

impl Signals {
    /// Starts to listen.
    pub fn listen() -> Result<Self, Failure> {
        use tokio::signal::unix::{SignalKind, signal};
        let failure = |error| Failure::Start(format!("cannot listen for SIGTERM and SIGINT: {error}"));
        let mut terminate = signal(SignalKind::terminate()).map_err(failure)?;
        let mut interrupt = signal(SignalKind::interrupt()).map_err(failure)?;
        let (sender, count) = watch::channel(0);
        tokio::spawn(async move {
            loop {
                let name = tokio::select! {
                    _ = terminate.recv() => "SIGTERM",
                    _ = interrupt.recv() => "SIGINT",
                };
                tracing::info!(signal = name, "signal received");
                sender.send_modify(|count| *count += 1);
            }
        });
        Ok(Self { count })
    }

    /// Waits for the first signal.
    pub async fn first(&self) {
        self.at_least(1).await;
    }

    /// From now on a second signal ends the process, whatever it is doing.
    pub fn exit_on_next(&self) {
        let signals = Self { count: self.count.clone() };
        tokio::spawn(async move {
            signals.at_least(2).await;
            tracing::warn!("second signal: ending without waiting for tasks");
            std::process::exit(IMPATIENT);
        });
    }

    async fn at_least(&self, wanted: u32) {
        let mut count = self.count.clone();
        // The sender lives as long as the runtime.
        if count.wait_for(|count| *count >= wanted).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
