//! What the topic journal says: one entry per change.

use std::collections::BTreeMap;

use crate::record::{Reader, Writer};

const CREATED: u8 = 1;
const GROWN: u8 = 2;
const CONFIGURED: u8 = 3;
const DELETED: u8 = 4;

/// A topic as the journal knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Known {
    pub(super) id: i64,
    pub(super) partitions: i32,
    pub(super) configs: BTreeMap<String, String>,
}

/// A change.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Entry {
    Created { name: String, known: Known },
    Grown { name: String, partitions: i32 },
    Configured { name: String, configs: BTreeMap<String, String> },
    Deleted { name: String },
}

impl Entry {
    pub(super) fn encode(&self) -> Vec<u8> {
        match self {
            Self::Created { name, known } => {
                let w = Writer::new(CREATED).str(name).i64(known.id).i32(known.partitions);
                put_configs(w, &known.configs)
            }
            Self::Grown { name, partitions } => Writer::new(GROWN).str(name).i32(*partitions),
            Self::Configured { name, configs } => put_configs(Writer::new(CONFIGURED).str(name), configs),
            Self::Deleted { name } => Writer::new(DELETED).str(name),
        }
        .finish()
    }

    pub(super) fn decode(bytes: &[u8]) -> Result<Self, String> {
        let mut r = Reader(bytes);
        let (kind, name) = (r.u8()?, r.str()?);
        Ok(match kind {
            CREATED => {
                let (id, partitions) = (r.i64()?, r.i32()?);
                Self::Created { name, known: Known { id, partitions, configs: configs(&mut r)? } }
            }
            GROWN => Self::Grown { name, partitions: r.i32()? },
            CONFIGURED => Self::Configured { name, configs: configs(&mut r)? },
            DELETED => Self::Deleted { name },
            other => return Err(format!("unknown kind {other}")),
        })
    }

    /// Applies the change and returns the least number that the next topic may have.
    pub(super) fn replay(self, topics: &mut BTreeMap<String, Known>) -> i64 {
        match self {
            Self::Created { name, known } => {
                let next = known.id + 1;
                topics.insert(name, known);
                return next;
            }
            Self::Grown { name, partitions } => {
                topics.entry(name).and_modify(|t| t.partitions = partitions);
            }
            Self::Configured { name, configs } => {
                topics.entry(name).and_modify(|t| t.configs = configs);
            }
            Self::Deleted { name } => {
                topics.remove(&name);
            }
        }
        0
    }
}

fn put_configs(w: Writer, configs: &BTreeMap<String, String>) -> Writer {
    let w = w.i32(i32::try_from(configs.len()).unwrap_or(0));
    configs.iter().fold(w, |w, (k, v)| w.str(k).str(v))
}

fn configs(r: &mut Reader<'_>) -> Result<BTreeMap<String, String>, String> {
    (0..r.i32()?).map(|_| Ok((r.str()?, r.str()?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_reads_back_and_replays() {
        let configs = BTreeMap::from([("segment.bytes".to_owned(), "2000000".to_owned())]);
        let known = Known { id: 7, partitions: 2, configs: configs.clone() };
        let entries = [
            Entry::Created { name: "a".into(), known: Known { configs: BTreeMap::new(), ..known.clone() } },
            Entry::Created { name: "b".into(), known: Known { id: 8, ..known.clone() } },
            Entry::Grown { name: "a".into(), partitions: 5 },
            Entry::Configured { name: "a".into(), configs },
            Entry::Deleted { name: "b".into() },
        ];
        let mut topics = BTreeMap::new();
        let mut next = 0;
        for entry in entries {
            let read = Entry::decode(&entry.encode()).unwrap();
            assert_eq!(read, entry);
            next = next.max(read.replay(&mut topics));
        }
        assert_eq!(next, 9);
        assert_eq!(topics, BTreeMap::from([("a".to_owned(), Known { partitions: 5, ..known })]));
        assert!(Entry::decode(&[9, 0, 0, 0, 0]).is_err());
        assert!(Entry::decode(&[1, 0]).is_err());
    }
}
