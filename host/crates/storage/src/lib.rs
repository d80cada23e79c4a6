//! What a worker remembers: source offsets, statuses, and connector configurations.
//!
//! Each kind has a trait, named as in Kafka Connect, and stores that implement it. A standalone worker keeps offsets in
//! a file that Kafka's own standalone workers can read and continue (`FileOffsetStore`), and the rest in memory.
//!
//! Nothing here decides anything: what a status means, or whether a configuration is valid, is the herder's business.

mod config;
mod file;
mod java_map;
mod key;
mod memory;
mod offset;
mod status;

pub use config::{ConfigBackingStore, ConnectorState, MemoryConfigStore};
pub use file::FileOffsetStore;
pub use java_map::JavaMapError;
pub use memory::MemoryOffsetStore;
pub use offset::{OffsetBackingStore, OffsetStoreError};
pub use status::{MemoryStatusStore, State, Status, StatusBackingStore, TopicStatus};
