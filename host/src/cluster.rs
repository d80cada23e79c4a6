//! Finds out which Kafka cluster the worker works with. Kafka need not be there when the worker starts: this goes on
//! until it has answered, and says once that it has not.

use cofferdam_config::WorkerConfig;
use cofferdam_kafka::{Admin, AdminError, ClientKind, SettingsError, client_settings};
use std::collections::BTreeMap;
use std::time::Duration;
use thiserror::Error;
use tokio::sync::watch;
use tokio_util::task::AbortOnDropHandle;

/// How long one attempt waits.
const ATTEMPT: Duration = Duration::from_secs(5);
/// Time between the first attempts; it doubles …
const PAUSE: Duration = Duration::from_secs(1);
/// … up to this. Nothing waits for the answer, and librdkafka logs each failure.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// Why Kafka cannot be asked at all.
#[derive(Debug, Error)]
enum ClusterError {
    #[error(transparent)]
    Settings(#[from] SettingsError),
    #[error(transparent)]
    Admin(#[from] AdminError),
}

/// Asks Kafka in the background until it has told its cluster's id; ends when the handle is dropped.
pub fn find(config: &WorkerConfig) -> (watch::Receiver<Option<String>>, AbortOnDropHandle<()>) {
    let (sender, receiver) = watch::channel(None);
    let (bootstrap, client) = (config.bootstrap_servers.clone(), config.client.clone());
    let asking = tokio::spawn(async move {
        let none = BTreeMap::new();
        let settings =
            client_settings(ClientKind::Admin, &bootstrap, &client.common, &client.admin, &none, "cofferdam", None);
        let admin = settings
            .map_err(ClusterError::from)
            // Settings without a counterpart are told where connectors use them.
            .and_then(|(settings, _)| Admin::new(settings).map_err(ClusterError::from));
        match admin {
            Ok(admin) => drop(sender.send(Some(ask(&admin, &bootstrap).await))),
            Err(error) => tracing::error!(%error, "cannot make an admin client; GET / will tell no cluster id"),
        }
    });
    (receiver, AbortOnDropHandle::new(asking))
}

async fn ask(admin: &Admin, bootstrap: &str) -> String {
    let (mut told, mut pause) = (false, PAUSE);
    loop {
        match admin.cluster_id(ATTEMPT).await {
            Ok(Some(id)) => {
                tracing::info!(bootstrap, cluster = id, "Kafka answers");
                return id;
            }
            Ok(None) if !told => tracing::info!(bootstrap, "Kafka answers, but its cluster has no id"),
            Err(error) if !told => {
                tracing::warn!(
                    bootstrap, %error, "Kafka does not answer; connectors go on trying. Is bootstrap.servers right?"
                );
            }
            _ => {}
        }
        told = true;
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}
