//! One file of a log and the index to it: an entry for the first batch and then one per 4 KiB. In memory that takes at
//! most 1.6 % of the data: 32 bytes an entry, and as much again as a vector keeps to grow into.

use std::sync::Arc;

use super::batch::BatchHeader;
use crate::files::SegmentFile;

/// Bytes of log per index entry, as Kafka's `index.interval.bytes`.
const INDEX_EVERY: u64 = 4096;

/// Where a batch starts, and the latest timestamp from there to the next entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct IndexEntry {
    pub(crate) base_offset: i64,
    pub(crate) position: u64,
    /// Bytes of the batch at `position`.
    pub(crate) len: u32,
    pub(crate) max_timestamp: i64,
}

/// A segment: its file, how much of it is written, and the index.
#[derive(Debug)]
pub(crate) struct Segment {
    pub(crate) file: Arc<SegmentFile>,
    pub(crate) base_offset: i64,
    pub(crate) size: u64,
    index: Vec<IndexEntry>,
}

/// `<partition>-<base offset, 20 digits>.log`
pub(crate) fn segment_file_name(partition: i32, base_offset: i64) -> String {
    format!("{partition}-{base_offset:020}.log")
}

impl Segment {
    /// An empty segment.
    pub(crate) fn new(file: Arc<SegmentFile>, base_offset: i64) -> Self {
        Self { file, base_offset, size: 0, index: Vec::new() }
    }

    /// Notes a batch that was written at the end; `header.base_offset` is the stored one.
    pub(crate) fn note(&mut self, header: &BatchHeader) {
        let position = self.size;
        self.size += header.len as u64;
        match self.index.last_mut() {
            Some(last) if position < last.position + INDEX_EVERY => {
                last.max_timestamp = last.max_timestamp.max(header.max_timestamp);
            }
            _ => self.index.push(IndexEntry {
                base_offset: header.base_offset,
                position,
                len: u32::try_from(header.len).unwrap_or(u32::MAX),
                max_timestamp: header.max_timestamp,
            }),
        }
    }

    /// The last indexed batch at or before `offset`.
    pub(crate) fn locate(&self, offset: i64) -> Option<IndexEntry> {
        let after = self.index.partition_point(|e| e.base_offset <= offset);
        self.index.get(after.checked_sub(1)?).copied()
    }

    /// How many bytes to hand out from `start`, where a batch of `first` bytes begins: whole batches, at most `max`
    /// bytes, but never less than that first batch.
    pub(crate) fn extent(&self, start: u64, first: u64, max: u64) -> u64 {
        if self.size.saturating_sub(start) <= max {
            return self.size.saturating_sub(start);
        }
        let after = self.index.partition_point(|e| e.position <= start + max);
        let boundary = after.checked_sub(1).and_then(|i| self.index.get(i)).map_or(0, |e| e.position);
        boundary.saturating_sub(start).max(first)
    }

    /// The first stretch of the file (from, to) at or after position `from` that holds a timestamp at or after
    /// `timestamp`.
    pub(crate) fn first_stretch_since(&self, timestamp: i64, from: u64) -> Option<(u64, u64)> {
        let before = self.index.partition_point(|e| e.position < from);
        let at = before + self.index.iter().skip(before).position(|e| e.max_timestamp >= timestamp)?;
        let end = self.index.get(at + 1).map_or(self.size, |e| e.position);
        self.index.get(at).map(|e| (e.position, end))
    }
}

#[cfg(test)]
mod tests {
    use super::super::batch::{BatchHeader, testing};
    use super::*;

    fn segment(batches: i64, len: usize) -> Segment {
        let mut segment = Segment::new(SegmentFile::new("unused".into()), 0);
        let like = BatchHeader::parse(&testing::batch(1, (-1, -1, -1), 0, 0)).unwrap();
        for i in 0..batches {
            segment.note(&BatchHeader { base_offset: i, max_timestamp: i * 10, len, ..like });
        }
        segment
    }

    #[test]
    fn small_batches_share_an_entry_and_large_ones_have_their_own() {
        assert_eq!(segment(100, 100).index.len(), 3);
        assert_eq!(segment(10, 5000).index.len(), 10);
        let s = segment(100, 100);
        assert_eq!(s.locate(40).map(|e| (e.base_offset, e.position)), Some((0, 0)));
        assert_eq!(s.locate(41).map(|e| (e.base_offset, e.position)), Some((41, 4100)));
        assert_eq!(s.locate(99).map(|e| e.base_offset), Some(82));
    }

    #[test]
    fn what_is_handed_out_ends_between_batches_and_holds_at_least_one() {
        let s = segment(10, 5000);
        assert_eq!(s.extent(0, 5000, 1), 5000);
        assert_eq!(s.extent(0, 5000, 12_000), 10_000);
        assert_eq!(s.extent(5000, 5000, 1 << 20), 45_000);
        assert_eq!(segment(100, 100).extent(4000, 100, 4200), 4200);
    }

    #[test]
    fn stretches_by_time_skip_what_is_older() {
        let s = segment(100, 100);
        assert_eq!(s.first_stretch_since(0, 0), Some((0, 4100)));
        assert_eq!(s.first_stretch_since(0, 4100), Some((4100, 8200)));
        assert_eq!(s.first_stretch_since(500, 0), Some((4100, 8200)));
        assert_eq!(s.first_stretch_since(500, 8200), Some((8200, 10_000)));
        assert_eq!(s.first_stretch_since(500, 10_000), None);
        assert_eq!(s.first_stretch_since(5000, 0), None);
    }
}
