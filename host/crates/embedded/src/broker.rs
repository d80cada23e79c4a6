//! What all connections share: who this broker is, and the owners of topics, groups and offsets.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::groups::{Groups, OffsetStore};
use crate::lock::DirLock;
use crate::producer_ids::ProducerIds;
use crate::topics::Topics;
use crate::{EmbeddedConfig, EmbeddedError};

/// The only node there is.
pub(crate) const NODE_ID: i32 = 1;
/// Where it listens.
pub(crate) const HOST: &str = "127.0.0.1";

/// The broker.
#[derive(Debug)]
pub(crate) struct Broker {
    pub(crate) config: EmbeddedConfig,
    /// The port that was had, also where any was asked for.
    pub(crate) port: u16,
    pub(crate) cluster_id: String,
    pub(crate) topics: Topics,
    pub(crate) groups: Groups,
    pub(crate) offsets: OffsetStore,
    pub(crate) producer_ids: ProducerIds,
    /// Last, so that it is given up last.
    _lock: DirLock,
}

impl Broker {
    /// Reads back what the data directory has. Blocks for as long as that takes: about a second per gigabyte.
    pub(crate) fn open(config: EmbeddedConfig, lock: DirLock, port: u16) -> Result<Self, EmbeddedError> {
        let dir = config.data_dir.as_path();
        let cluster_id = cluster_id(dir)?;
        let topics = Topics::open(dir, config.fsync)?;
        let offsets = OffsetStore::open(dir, config.fsync, |topic| topics.get(topic).is_some())?;
        let producer_ids = ProducerIds::open(dir)?;
        let groups = Groups::new(rand::random());
        Ok(Self { port, cluster_id, topics, groups, offsets, producer_ids, config, _lock: lock })
    }

    /// Syncs everything to disk, also when a part of it fails; returns the first error. Blocks.
    pub(crate) fn flush(&self) -> io::Result<()> {
        self.topics.flush().and(self.offsets.flush()).and(self.producer_ids.flush())
    }
}

/// The id this data directory was given when it was made; clients tell clusters apart by it.
fn cluster_id(dir: &Path) -> Result<String, EmbeddedError> {
    let path: PathBuf = dir.join("cluster.id");
    match std::fs::read_to_string(&path) {
        Ok(id) if !id.trim().is_empty() => return Ok(id.trim().to_owned()),
        Ok(_) => {}
        Err(e) if e.kind() == io::ErrorKind::NotFound => {}
        Err(e) => return Err(EmbeddedError::io("read", path)(e)),
    }
    let id = new_cluster_id();
    let temporary = dir.join("cluster.id.new");
    let written = std::fs::File::create(&temporary).and_then(|mut file| {
        writeln!(file, "{id}")?;
        file.sync_all()?;
        std::fs::rename(&temporary, &path)
    });
    written.map_err(EmbeddedError::io("write", &path))?;
    Ok(id)
}

/// 22 letters and digits, as Kafka's ids are.
fn new_cluster_id() -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let random: [u8; 22] = rand::random();
    random.iter().map(|b| ALPHABET.get(usize::from(b & 63)).map_or('A', |c| char::from(*c))).collect()
}
