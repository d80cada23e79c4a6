//! What a caller decides about an embedded stream. Everything else is fixed, so that there is little to get wrong.

use std::path::PathBuf;

/// When data reaches the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Fsync {
    /// Left to the operating system, like Kafka's default: a killed process loses nothing, a power cut may.
    #[default]
    None,
    /// Before a produce, an offset commit or a topic change is acknowledged.
    Commit,
}

/// Settings of an [`EmbeddedStream`](crate::EmbeddedStream).
#[derive(Debug, Clone)]
pub struct EmbeddedConfig {
    /// Where topics and offsets are kept; made if missing. One process at a time can hold it.
    pub data_dir: PathBuf,
    /// TCP port on 127.0.0.1; 0 picks a free one ([`bootstrap`](crate::EmbeddedStream::bootstrap) tells which).
    pub port: u16,
    /// When data reaches the disk.
    pub fsync: Fsync,
    /// Whether a client that asks for a topic's metadata, and allows it, makes the topic (`auto.create.topics.enable`).
    pub auto_create_topics: bool,
    /// Partitions of a topic made without a count (`num.partitions`); 1 to 10,000.
    pub default_partitions: i32,
}

impl EmbeddedConfig {
    /// Kafka's defaults (topics made on demand, one partition, no fsync, a free port) in `data_dir`.
    pub fn new(data_dir: impl Into<PathBuf>) -> Self {
        Self { data_dir: data_dir.into(), port: 0, fsync: Fsync::None, auto_create_topics: true, default_partitions: 1 }
    }
}
