//! What each request looks like, walked through before it is decoded.
//!
//! The codec makes room for as many elements as an array claims to have before it reads one: a claim of two thousand
//! million ends the process. So every request is first checked against this table, which is also the list of what the
//! embedded stream speaks. What is not in it is not advertised.

use bytes::Buf;
use kafka_protocol::messages::ApiKey;

/// More array elements and tagged fields than this in one request are taken for an attack or a mistake.
const MAX_ELEMENTS: usize = 200_000;

/// Part of a request.
#[derive(Debug)]
pub(crate) enum Kind {
    /// That many bytes.
    Fixed(usize),
    /// A string or bytes with a short length before it (16 bits).
    Text,
    /// Bytes with a long length before them (32 bits).
    Blob,
    /// Elements that are structures.
    Structs(&'static [Field]),
    /// Elements that are integers of that many bytes.
    Numbers(usize),
    /// Elements that are strings.
    Texts,
}

/// A field and the versions that have it.
#[derive(Debug)]
pub(crate) struct Field(i16, i16, Kind);

/// A request that is spoken, and how.
#[derive(Debug)]
pub(crate) struct Api {
    pub(crate) key: ApiKey,
    pub(crate) min: i16,
    pub(crate) max: i16,
    /// First version with compact lengths and tagged fields.
    flexible: i16,
    fields: &'static [Field],
}

const END: i16 = i16::MAX;

const fn all(kind: Kind) -> Field {
    Field(0, END, kind)
}

const fn since(version: i16, kind: Kind) -> Field {
    Field(version, END, kind)
}

const fn api(key: ApiKey, min: i16, max: i16, flexible: i16, fields: &'static [Field]) -> Api {
    Api { key, min, max, flexible, fields }
}

use Kind::{Blob, Fixed, Numbers, Structs, Text, Texts};

/// Everything that is spoken.
pub(crate) const APIS: [Api; 23] = [
    api(
        ApiKey::Produce,
        3,
        9,
        9,
        &[
            all(Text),
            all(Fixed(2)),
            all(Fixed(4)),
            all(Structs(&[all(Text), all(Structs(&[all(Fixed(4)), all(Blob)]))])),
        ],
    ),
    api(
        ApiKey::Fetch,
        4,
        11,
        12,
        &[
            all(Fixed(4 + 4 + 4 + 4 + 1)),
            since(7, Fixed(4 + 4)),
            all(Structs(&[
                all(Text),
                all(Structs(&[all(Fixed(4)), since(9, Fixed(4)), all(Fixed(8)), since(5, Fixed(8)), all(Fixed(4))])),
            ])),
            since(7, Structs(&[all(Text), all(Numbers(4))])),
            since(11, Text),
        ],
    ),
    api(
        ApiKey::ListOffsets,
        1,
        6,
        6,
        &[
            all(Fixed(4)),
            since(2, Fixed(1)),
            all(Structs(&[all(Text), all(Structs(&[all(Fixed(4)), since(4, Fixed(4)), all(Fixed(8))]))])),
        ],
    ),
    api(ApiKey::Metadata, 1, 9, 9, &[all(Structs(&[all(Text)])), since(4, Fixed(1)), since(8, Fixed(1 + 1))]),
    api(
        ApiKey::OffsetCommit,
        2,
        8,
        8,
        &[
            all(Text),
            all(Fixed(4)),
            all(Text),
            since(7, Text),
            Field(2, 4, Fixed(8)),
            all(Structs(&[all(Text), all(Structs(&[all(Fixed(4)), all(Fixed(8)), since(6, Fixed(4)), all(Text)]))])),
        ],
    ),
    api(ApiKey::OffsetFetch, 1, 7, 6, &[all(Text), all(Structs(&[all(Text), all(Numbers(4))])), since(7, Fixed(1))]),
    api(ApiKey::FindCoordinator, 0, 3, 3, &[all(Text), since(1, Fixed(1))]),
    api(
        ApiKey::JoinGroup,
        2,
        7,
        6,
        &[all(Text), all(Fixed(4 + 4)), all(Text), since(5, Text), all(Text), all(Structs(&[all(Text), all(Blob)]))],
    ),
    api(ApiKey::Heartbeat, 0, 4, 4, &[all(Text), all(Fixed(4)), all(Text), since(3, Text)]),
    api(ApiKey::LeaveGroup, 0, 4, 4, &[all(Text), Field(0, 2, Text), since(3, Structs(&[all(Text), all(Text)]))]),
    api(
        ApiKey::SyncGroup,
        0,
        5,
        4,
        &[
            all(Text),
            all(Fixed(4)),
            all(Text),
            since(3, Text),
            since(5, Text),
            since(5, Text),
            all(Structs(&[all(Text), all(Blob)])),
        ],
    ),
    api(ApiKey::DescribeGroups, 0, 5, 5, &[all(Texts), since(3, Fixed(1))]),
    api(ApiKey::ListGroups, 0, 4, 3, &[since(4, Texts)]),
    api(ApiKey::ApiVersions, 0, 3, 3, &[since(3, Text), since(3, Text)]),
    api(
        ApiKey::CreateTopics,
        2,
        6,
        5,
        &[
            all(Structs(&[
                all(Text),
                all(Fixed(4 + 2)),
                all(Structs(&[all(Fixed(4)), all(Numbers(4))])),
                all(Structs(&[all(Text), all(Text)])),
            ])),
            all(Fixed(4 + 1)),
        ],
    ),
    api(ApiKey::DeleteTopics, 1, 5, 4, &[all(Texts), all(Fixed(4))]),
    api(ApiKey::InitProducerId, 0, 4, 2, &[all(Text), all(Fixed(4)), since(3, Fixed(8 + 2))]),
    api(
        ApiKey::DescribeConfigs,
        1,
        4,
        4,
        &[all(Structs(&[all(Fixed(1)), all(Text), all(Texts)])), all(Fixed(1)), since(3, Fixed(1))],
    ),
    api(
        ApiKey::CreatePartitions,
        0,
        3,
        2,
        &[all(Structs(&[all(Text), all(Fixed(4)), all(Structs(&[all(Numbers(4))]))])), all(Fixed(4 + 1))],
    ),
    api(ApiKey::DeleteGroups, 0, 2, 2, &[all(Texts)]),
    api(
        ApiKey::IncrementalAlterConfigs,
        0,
        1,
        1,
        &[
            all(Structs(&[all(Fixed(1)), all(Text), all(Structs(&[all(Text), all(Fixed(1)), all(Text)]))])),
            all(Fixed(1)),
        ],
    ),
    api(ApiKey::OffsetDelete, 0, 0, END, &[all(Text), all(Structs(&[all(Text), all(Structs(&[all(Fixed(4))]))]))]),
    api(ApiKey::DescribeCluster, 0, 0, 0, &[all(Fixed(1))]),
];

/// A request that is not what its header says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Malformed {
    #[error("it ends in the middle of a field")]
    Short,
    #[error("a length is negative or too large")]
    Length,
    #[error("it has more than {MAX_ELEMENTS} array elements and tagged fields")]
    Elements,
}

/// Whether `body`, a request of that kind and version without its header, has the shape it must have. Bytes after the last
/// field are let pass, as Kafka does: librdkafka sends three when it asks for all topics (Metadata v9).
pub(crate) fn check(api: &Api, version: i16, body: &[u8]) -> Result<(), Malformed> {
    let mut walk = Walk { rest: body, version, flexible: version >= api.flexible, elements: MAX_ELEMENTS };
    walk.structure(api.fields)
}

/// Whether a frame begins with a header of that version. The codec keeps every tagged field that it does not know.
pub(crate) fn check_header(version: i16, frame: &[u8]) -> Result<(), Malformed> {
    // The client's id has an old length in every version: a broker must be able to read it before it knows.
    let mut walk = Walk { rest: frame, version, flexible: false, elements: MAX_ELEMENTS };
    walk.skip(2 + 2 + 4)?;
    if version >= 1 {
        walk.sized(2)?;
    }
    walk.flexible = version >= 2;
    walk.structure(&[])
}

struct Walk<'a> {
    rest: &'a [u8],
    version: i16,
    flexible: bool,
    elements: usize,
}

impl Walk<'_> {
    fn structure(&mut self, fields: &[Field]) -> Result<(), Malformed> {
        for Field(from, to, kind) in fields {
            if (*from..=*to).contains(&self.version) {
                self.field(kind)?;
            }
        }
        if self.flexible { self.tags() } else { Ok(()) }
    }

    fn field(&mut self, kind: &Kind) -> Result<(), Malformed> {
        match kind {
            Kind::Fixed(n) => self.skip(*n),
            Kind::Text => self.sized(2),
            Kind::Blob => self.sized(4),
            Kind::Structs(fields) => (0..self.count()?).try_for_each(|_| self.structure(fields)),
            Kind::Numbers(n) => {
                let count = self.count()?;
                self.skip(count * n)
            }
            Kind::Texts => (0..self.count()?).try_for_each(|_| self.sized(2)),
        }
    }

    fn sized(&mut self, width: usize) -> Result<(), Malformed> {
        let n = self.length(width)?;
        self.skip(n)
    }

    fn count(&mut self) -> Result<usize, Malformed> {
        let n = self.length(4)?;
        self.elements = self.elements.checked_sub(n).ok_or(Malformed::Elements)?;
        Ok(n)
    }

    /// A length; that of nothing at all (null) counts as 0.
    fn length(&mut self, width: usize) -> Result<usize, Malformed> {
        if self.flexible {
            return Ok(self.varint()?.saturating_sub(1));
        }
        let n = match width {
            2 => i32::from(self.rest.try_get_i16().map_err(|_| Malformed::Short)?),
            _ => self.rest.try_get_i32().map_err(|_| Malformed::Short)?,
        };
        if n == -1 { Ok(0) } else { usize::try_from(n).map_err(|_| Malformed::Length) }
    }

    fn tags(&mut self) -> Result<(), Malformed> {
        let count = self.varint()?;
        self.elements = self.elements.checked_sub(count).ok_or(Malformed::Elements)?;
        for _ in 0..count {
            self.varint()?;
            let n = self.varint()?;
            self.skip(n)?;
        }
        Ok(())
    }

    fn varint(&mut self) -> Result<usize, Malformed> {
        let mut value = 0usize;
        for shift in [0, 7, 14, 21, 28] {
            let byte = self.rest.try_get_u8().map_err(|_| Malformed::Short)?;
            value |= usize::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return if value <= i32::MAX as usize { Ok(value) } else { Err(Malformed::Length) };
            }
        }
        Err(Malformed::Length)
    }

    fn skip(&mut self, n: usize) -> Result<(), Malformed> {
        self.rest = self.rest.get(n..).ok_or(Malformed::Short)?;
        Ok(())
    }
}

#[cfg(test)]
#[path = "shape_tests.rs"]
mod tests;
