//! Values in the place of placeholders, off the threads that move records: a provider reads files, which may take its
//! time.

use cofferdam_config::{ProviderError, ResolvedConfig, WorkerConfig};
use cofferdam_plugin::ConfigMap;
use std::error::Error as _;

/// The configuration of a connector, or of one of its tasks, with values in the place of placeholders, and all that must
/// not be shown for it, the worker's own secrets included. What a provider did not look at is logged. An error's text is
/// Kafka's, its cause goes into the log: nobody but the operator is told what a file is like.
pub async fn resolve(
    worker: &WorkerConfig,
    connector: &str,
    given: &ConfigMap,
) -> Result<ResolvedConfig, ProviderError> {
    if !worker.providers.applies_to(given) {
        let secrets = worker.secrets.clone();
        return Ok(ResolvedConfig { config: given.clone(), secrets, ..ResolvedConfig::default() });
    }
    let (providers, config) = (worker.providers.clone(), given.clone());
    let resolved = match tokio::task::spawn_blocking(move || providers.transform(&config)).await {
        Ok(resolved) => resolved,
        Err(error) => match error.try_into_panic() {
            // As if it had happened here.
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(_) => Err(ProviderError::ShuttingDown),
        },
    };
    let mut resolved = resolved.inspect_err(|error| {
        if let Some(cause) = error.source() {
            tracing::warn!(connector, %error, cause, "a config provider failed");
        }
    })?;
    for warning in &resolved.warnings {
        tracing::warn!(connector, warning, "a placeholder stands as it is written");
    }
    resolved.secrets = resolved.secrets.and(&worker.secrets);
    Ok(resolved)
}
