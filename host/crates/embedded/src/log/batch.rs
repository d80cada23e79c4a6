//! The header of a record batch (Kafka's format v2) and what is checked before one is stored.
//!
//! Records are never looked at one by one: a batch is stored and handed out as bytes. Only its offset is written into
//! it, which the checksum leaves out for that purpose.

use bytes::Buf;
use kafka_protocol::error::ResponseError;

/// Bytes of the header.
pub(crate) const HEADER: usize = 61;
/// Bytes of the first two fields, which the length does not count.
pub(crate) const LENGTH_PREFIX: usize = 12;
/// Where the checksummed part starts.
pub(crate) const CRC_FROM: usize = 21;
/// No batch longer than this is taken or believed.
pub(crate) const MAX_BATCH: usize = 100 << 20;

const COMPRESSION: i16 = 0x07;
const TRANSACTIONAL: i16 = 0x10;
const CONTROL: i16 = 0x20;
/// none, gzip, snappy, lz4, zstd
const LAST_CODEC: i16 = 4;

/// What the header of a batch says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BatchHeader {
    /// Offset of the first record.
    pub(crate) base_offset: i64,
    /// Bytes of the whole batch, header included.
    pub(crate) len: usize,
    /// Format version.
    pub(crate) magic: i8,
    /// CRC-32C of everything from the attributes on.
    pub(crate) crc: u32,
    /// Compression and flags.
    pub(crate) attributes: i16,
    /// Offset of the last record, relative to the first.
    pub(crate) last_offset_delta: i32,
    /// Timestamp that the records' timestamps are relative to.
    pub(crate) base_timestamp: i64,
    /// Latest timestamp in the batch.
    pub(crate) max_timestamp: i64,
    /// Who wrote it, or -1.
    pub(crate) producer_id: i64,
    /// That producer's epoch.
    pub(crate) producer_epoch: i16,
    /// Sequence number of the first record, or -1.
    pub(crate) base_sequence: i32,
    /// Records in the batch.
    pub(crate) records: i32,
}

impl BatchHeader {
    /// Reads a header; `None` if there are fewer than [`HEADER`] bytes or the length cannot be right.
    pub(crate) fn parse(mut bytes: &[u8]) -> Option<Self> {
        if bytes.len() < HEADER {
            return None;
        }
        let base_offset = bytes.get_i64();
        let len = usize::try_from(bytes.get_i32()).ok()? + LENGTH_PREFIX;
        let _leader_epoch = bytes.get_i32();
        let header = Self {
            base_offset,
            len,
            magic: bytes.get_i8(),
            crc: bytes.get_u32(),
            attributes: bytes.get_i16(),
            last_offset_delta: bytes.get_i32(),
            base_timestamp: bytes.get_i64(),
            max_timestamp: bytes.get_i64(),
            producer_id: bytes.get_i64(),
            producer_epoch: bytes.get_i16(),
            base_sequence: bytes.get_i32(),
            records: bytes.get_i32(),
        };
        ((HEADER..=MAX_BATCH).contains(&len) && header.last_offset_delta >= 0).then_some(header)
    }

    /// Offset of the last record.
    pub(crate) fn last_offset(&self) -> i64 {
        self.base_offset + i64::from(self.last_offset_delta)
    }

    /// Whether the records can be read without a codec.
    pub(crate) fn is_compressed(&self) -> bool {
        self.attributes & COMPRESSION != 0
    }
}

/// Why a batch is not stored: Kafka's code and a text for the client.
#[derive(Debug)]
pub(crate) struct Refused(pub(crate) ResponseError, pub(crate) String);

/// Checks what a producer sent for one partition: exactly one whole, intact batch of data of at most `max` bytes.
pub(crate) fn validate(bytes: &[u8], max: usize) -> Result<BatchHeader, Refused> {
    let invalid = |why: &str| Refused(ResponseError::InvalidRecord, why.to_owned());
    if bytes.len() > max {
        let why = format!("a batch of {} bytes is larger than max.message.bytes ({max})", bytes.len());
        return Err(Refused(ResponseError::MessageTooLarge, why));
    }
    // The format version sits at the same place in every format.
    match bytes.get(16) {
        None => return Err(Refused(ResponseError::CorruptMessage, "no record batch in the request".into())),
        Some(2) => {}
        Some(v) => {
            let why = format!("record format v{v} is not supported, only v2");
            return Err(Refused(ResponseError::UnsupportedForMessageFormat, why));
        }
    }
    let corrupt = |why: &str| Refused(ResponseError::CorruptMessage, why.to_owned());
    let header = BatchHeader::parse(bytes).ok_or_else(|| corrupt("the batch's header makes no sense"))?;
    if header.len > bytes.len() {
        return Err(corrupt("the batch is cut off"));
    }
    if header.len < bytes.len() {
        return Err(invalid("more than one batch for a partition in one request"));
    }
    if bytes.get(CRC_FROM..).map(crc32c::crc32c) != Some(header.crc) {
        return Err(corrupt("the batch's checksum is wrong"));
    }
    if header.attributes & COMPRESSION > LAST_CODEC {
        return Err(Refused(ResponseError::UnsupportedCompressionType, "unknown compression codec".into()));
    }
    if header.attributes & CONTROL != 0 {
        return Err(invalid("clients may not write control batches"));
    }
    if header.attributes & TRANSACTIONAL != 0 {
        return Err(invalid("transactions are not supported by the embedded stream yet"));
    }
    if header.records < 1 || header.records - 1 != header.last_offset_delta {
        return Err(invalid("the number of records and the last offset do not agree"));
    }
    if header.producer_id >= 0 && (header.base_sequence < 0 || header.producer_epoch < 0) {
        return Err(invalid("a producer id without sequence number or epoch"));
    }
    Ok(header)
}

/// The first 16 bytes as they are stored: offset given, leader epoch 0.
pub(crate) fn stored_prefix(header: &BatchHeader, base_offset: i64) -> [u8; 16] {
    let mut prefix = [0u8; 16];
    let (offset, rest) = prefix.split_at_mut(8);
    offset.copy_from_slice(&base_offset.to_be_bytes());
    let length = u32::try_from(header.len - LENGTH_PREFIX).unwrap_or(0);
    if let Some(place) = rest.get_mut(..4) {
        place.copy_from_slice(&length.to_be_bytes());
    }
    prefix
}

#[cfg(test)]
pub(crate) mod testing {
    //! Batches for tests.

    use bytes::{BufMut, Bytes, BytesMut};

    use super::{CRC_FROM, LENGTH_PREFIX};

    /// A batch of `records` one-byte values, `stamp` ms apart from `from`, by producer `(id, epoch, sequence)`.
    pub(crate) fn batch(records: i32, producer: (i64, i16, i32), from: i64, stamp: i64) -> Bytes {
        let mut body = BytesMut::new();
        for i in 0..records {
            let mut record = BytesMut::new();
            record.put_u8(0);
            varint(&mut record, i64::from(i) * stamp);
            varint(&mut record, i64::from(i));
            record.put_slice(&[1, 2, b'v', 0]); // no key, a value of 1 byte, no headers
            varint(&mut body, record.len() as i64);
            body.put_slice(&record);
        }
        let mut b = BytesMut::new();
        b.put_i64(0);
        b.put_i32(0);
        b.put_i32(-1);
        b.put_i8(2);
        b.put_u32(0);
        b.put_i16(0);
        b.put_i32(records - 1);
        b.put_i64(from);
        b.put_i64(from + i64::from(records - 1) * stamp);
        b.put_i64(producer.0);
        b.put_i16(producer.1);
        b.put_i32(producer.2);
        b.put_i32(records);
        b.put_slice(&body);
        let len = (b.len() - LENGTH_PREFIX) as i32;
        b[8..12].copy_from_slice(&len.to_be_bytes());
        let crc = crc32c::crc32c(&b[CRC_FROM..]);
        b[17..21].copy_from_slice(&crc.to_be_bytes());
        b.freeze()
    }

    fn varint(into: &mut BytesMut, value: i64) {
        let mut z = ((value << 1) ^ (value >> 63)) as u64;
        while z >= 0x80 {
            into.put_u8(z as u8 | 0x80);
            z >>= 7;
        }
        into.put_u8(z as u8);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sound_batch_passes_and_each_fault_has_its_code() {
        let good = testing::batch(3, (7, 0, 5), 1000, 1);
        let header = validate(&good, 1000).unwrap();
        assert_eq!((header.records, header.producer_id, header.base_sequence, header.max_timestamp), (3, 7, 5, 1002));
        let code = |bytes: &[u8], max| validate(bytes, max).unwrap_err().0;
        assert_eq!(code(&good, 10), ResponseError::MessageTooLarge);
        assert_eq!(code(&good[..good.len() - 1], 1000), ResponseError::CorruptMessage);
        assert_eq!(code(&[], 1000), ResponseError::CorruptMessage);
        let twice = [&good[..], &good[..]].concat();
        assert_eq!(code(&twice, 1000), ResponseError::InvalidRecord);
        let changed = |at: usize, value: u8, fix: bool| {
            let mut b = good.to_vec();
            b[at] = value;
            if fix {
                let crc = crc32c::crc32c(&b[CRC_FROM..]);
                b[17..21].copy_from_slice(&crc.to_be_bytes());
            }
            code(&b, 1000)
        };
        assert_eq!(changed(70, 99, false), ResponseError::CorruptMessage);
        assert_eq!(changed(16, 1, false), ResponseError::UnsupportedForMessageFormat);
        assert_eq!(changed(22, 7, true), ResponseError::UnsupportedCompressionType);
        assert_eq!(changed(22, 0x10, true), ResponseError::InvalidRecord);
        assert_eq!(changed(22, 0x20, true), ResponseError::InvalidRecord);
        assert_eq!(changed(26, 9, true), ResponseError::InvalidRecord);
    }

    #[test]
    fn what_is_stored_differs_only_in_offset_and_epoch() {
        let batch = testing::batch(1, (-1, -1, -1), 0, 0);
        let header = validate(&batch, 1000).unwrap();
        let stored = [&stored_prefix(&header, 42)[..], &batch[16..]].concat();
        let read = BatchHeader::parse(&stored).unwrap();
        assert_eq!(read, BatchHeader { base_offset: 42, ..header });
    }
}
