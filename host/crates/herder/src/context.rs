//! What a herder is made of, and its making.

use crate::actor::Herder;
use crate::model::ServerInfo;
use crate::validate::Validator;
use crate::{ConnectorKind, HerderHandle, Loggers};
use cofferdam_config::WorkerConfig;
use cofferdam_plugin::{Catalog, ConfigMap};
use cofferdam_storage::{ConfigBackingStore, StatusBackingStore};
use cofferdam_worker::Worker;
use std::sync::Arc;
use tokio::sync::watch;

/// The version of Kafka Connect whose interface is served.
pub(crate) const KAFKA_VERSION: &str = "4.3.1";

/// What a herder is made of.
pub struct HerderContext {
    /// Runs connectors and tasks. It must share `catalog`, `statuses` and `config`.
    pub worker: Arc<Worker>,
    /// The plugins that can be run.
    pub catalog: Arc<Catalog>,
    /// Connectors as they are wanted. Only the herder writes to it.
    pub configs: Arc<dyn ConfigBackingStore>,
    /// Connectors and tasks as they are.
    pub statuses: Arc<dyn StatusBackingStore>,
    /// The worker's configuration.
    pub config: Arc<WorkerConfig>,
    /// 16 hex digits: what this worker was built from.
    pub commit: String,
    /// The id of the Kafka cluster, once known. The sender may be dropped.
    pub kafka_cluster_id: watch::Receiver<Option<String>>,
    /// Levels of this process's loggers.
    pub loggers: Arc<Loggers>,
}

impl HerderContext {
    pub(crate) fn server_info(&self) -> ServerInfo {
        ServerInfo {
            version: KAFKA_VERSION.to_owned(),
            commit: self.commit.clone(),
            kafka_cluster_id: self.kafka_cluster_id.borrow().clone(),
        }
    }

    pub(crate) fn validator(&self) -> Validator {
        Validator { catalog: self.catalog.clone(), config: self.config.clone() }
    }

    /// The kind of the connector of this configuration.
    pub(crate) fn kind(&self, config: &ConfigMap) -> ConnectorKind {
        match self.catalog.connector_of(config) {
            Ok(plugin) => plugin.desc().plugin_type.into(),
            Err(_) => ConnectorKind::Unknown,
        }
    }
}

/// Starts the herder of a worker that is on its own: connectors live in memory, nobody is asked (runtime.md §11). It
/// runs until [`HerderHandle::shutdown`], or until all handles are gone. Must be called within a tokio runtime.
pub fn standalone(context: HerderContext) -> HerderHandle {
    Herder::spawn(Arc::new(context))
}
