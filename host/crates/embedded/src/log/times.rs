//! Finding the first record at or after a timestamp.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use bytes::Buf;

use super::batch::{BatchHeader, HEADER};

/// Looks through the batches between `from` and `to` for the first record stamped at or after `timestamp` and returns
/// its timestamp and offset. Of a compressed batch the first record is returned, which may be earlier than asked for and
/// never later: nothing is skipped.
pub(crate) fn first_since(file: &File, from: u64, to: u64, timestamp: i64) -> io::Result<Option<(i64, i64)>> {
    let mut at = from;
    while at < to {
        let mut head = [0u8; HEADER];
        file.read_exact_at(&mut head, at)?;
        let header = BatchHeader::parse(&head).ok_or_else(|| io::Error::other("no batch where one should be"))?;
        if header.max_timestamp >= timestamp {
            if header.is_compressed() {
                return Ok(Some((header.max_timestamp, header.base_offset)));
            }
            let mut records = vec![0; header.len - HEADER];
            file.read_exact_at(&mut records, at + HEADER as u64)?;
            if let Some(found) = in_records(&records, &header, timestamp) {
                return Ok(Some(found));
            }
        }
        at += header.len as u64;
    }
    Ok(None)
}

fn in_records(mut records: &[u8], header: &BatchHeader, timestamp: i64) -> Option<(i64, i64)> {
    for _ in 0..header.records {
        let len = usize::try_from(varint(&mut records)?).ok()?;
        let (mut record, rest) = records.split_at_checked(len)?;
        records = rest;
        let _attributes = record.try_get_u8().ok()?;
        // Both are the client's choice.
        let stamp = header.base_timestamp.checked_add(varint(&mut record)?)?;
        let offset = header.base_offset.checked_add(varint(&mut record)?)?;
        if stamp >= timestamp {
            return Some((stamp, offset));
        }
    }
    None
}

/// A zigzag varint of at most 10 bytes.
fn varint(bytes: &mut &[u8]) -> Option<i64> {
    let mut value = 0u64;
    for shift in (0..64).step_by(7) {
        let byte = bytes.try_get_u8().ok()?;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some((value >> 1) as i64 ^ -((value & 1) as i64));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::super::batch::testing;
    use super::*;

    #[test]
    fn timestamps_and_offsets_that_no_number_holds_are_not_found() {
        let batch = testing::batch(2, (-1, -1, -1), 0, -1);
        let header = BatchHeader::parse(&batch).unwrap();
        assert_eq!(in_records(&batch[HEADER..], &header, -1), Some((0, 0)));
        let early = BatchHeader { base_timestamp: i64::MIN, ..header };
        assert_eq!(in_records(&batch[HEADER..], &early, 0), None);
        let last = BatchHeader { base_timestamp: -5, base_offset: i64::MAX, ..header };
        assert_eq!(in_records(&batch[HEADER..], &last, 0), None);
    }
}
