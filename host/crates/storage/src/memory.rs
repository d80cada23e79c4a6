//! Source offsets in memory, for tests and for workers without an offsets file.

use crate::key::Entries;
use crate::offset::{OffsetBackingStore, OffsetStoreError};
use async_trait::async_trait;
use parking_lot::RwLock;

/// Source offsets that are gone with the process.
#[derive(Debug, Default)]
pub struct MemoryOffsetStore {
    entries: RwLock<Entries>,
}

impl MemoryOffsetStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }
}

#[async_trait]
impl OffsetBackingStore for MemoryOffsetStore {
    async fn read(&self, connector: &str, partitions: &[String]) -> Result<Vec<Option<String>>, OffsetStoreError> {
        self.entries.read().read(connector, partitions)
    }

    async fn all(&self, connector: &str) -> Result<Vec<(String, String)>, OffsetStoreError> {
        Ok(self.entries.read().all(connector))
    }

    async fn write(&self, connector: &str, offsets: Vec<(String, Option<String>)>) -> Result<(), OffsetStoreError> {
        self.entries.write().write(connector, offsets)
    }
}
