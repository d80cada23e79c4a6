//! Source tasks: poll the plugin, send to Kafka, store source offsets.
//!
//! At least once: an offset is stored only when Kafka has acknowledged every record up to it, in the order in which the
//! plugin gave them; and the plugin is told that it may forget records only when their offset is durable.

mod commit;
mod discovery;
mod flow;
mod inflight;
mod stall;
mod task;

pub(crate) use task::run;

use async_trait::async_trait;
use cofferdam_plugin::OffsetReader;
use cofferdam_storage::OffsetBackingStore;
use std::sync::Arc;

/// Reads one connector's stored offsets.
pub(crate) fn offset_reader(store: &Arc<dyn OffsetBackingStore>, connector: &str) -> Arc<dyn OffsetReader> {
    Arc::new(ConnectorOffsets { store: store.clone(), connector: connector.to_owned() })
}

struct ConnectorOffsets {
    store: Arc<dyn OffsetBackingStore>,
    connector: String,
}

#[async_trait]
impl OffsetReader for ConnectorOffsets {
    async fn read(&self, source_partitions: &[String]) -> Result<Vec<Option<String>>, String> {
        self.store.read(&self.connector, source_partitions).await.map_err(|error| error.to_string())
    }
}
