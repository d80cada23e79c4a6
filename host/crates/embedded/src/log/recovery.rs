//! Reading a log back: every batch is checked, and what does not hold is cut off.
//!
//! A process that dies while it writes leaves part of a batch at the end. Nothing of it was acknowledged, so cutting it
//! loses nothing that was promised. The whole log is read, because the producers' states are rebuilt from it and because
//! a wrong checksum must not reach a consumer.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

use super::batch::{BatchHeader, CRC_FROM, HEADER};
use super::segment::Segment;
use crate::EmbeddedError;
use crate::files::{SegmentFile, set_aside};
use crate::producers::Producers;

/// Bytes read at once.
const READ_BUFFER: usize = 256 << 10;

/// A segment file found in the data directory.
#[derive(Debug)]
pub(crate) struct RecoveredSegment {
    /// Offset of its first record, from its name.
    pub(crate) base_offset: i64,
    /// Where it is.
    pub(crate) path: PathBuf,
}

/// What a log held.
#[derive(Debug, Default)]
pub(crate) struct Recovered {
    pub(crate) segments: Vec<Segment>,
    pub(crate) end: i64,
    pub(crate) producers: Producers,
}

/// Reads the segments of one partition. From the first batch that does not hold, the rest of that file is cut off and
/// later files are set aside under the name `*.damaged`, as offsets must not have holes.
pub(crate) fn recover(mut found: Vec<RecoveredSegment>) -> Result<Recovered, EmbeddedError> {
    found.sort_by_key(|s| s.base_offset);
    let mut log = Recovered { end: found.first().map_or(0, |s| s.base_offset), ..Recovered::default() };
    let mut damaged = false;
    for RecoveredSegment { base_offset, path } in found {
        if damaged || base_offset != log.end {
            damaged = true;
            let aside = set_aside(&path, "damaged").map_err(EmbeddedError::io("set aside", &path))?;
            tracing::error!(file = %path.display(), aside = %aside.display(), "set a segment aside: the log before it is damaged");
            continue;
        }
        let mut segment = Segment::new(SegmentFile::new(path.clone()), base_offset);
        let cut = scan(&path, &mut segment, &mut log).map_err(EmbeddedError::io("read", &path))?;
        if let Some(cut) = cut {
            damaged = true;
            cut_tail(&path, segment.size, &cut)?;
        }
        log.segments.push(segment);
    }
    Ok(log)
}

/// Why and how much is cut.
#[derive(Debug)]
struct Cut {
    bytes: u64,
    reason: &'static str,
}

fn cut_tail(path: &Path, keep: u64, cut: &Cut) -> Result<(), EmbeddedError> {
    tracing::warn!(file = %path.display(), kept = keep, cut = cut.bytes, reason = cut.reason, "cut the end off a segment");
    let file = File::options().write(true).open(path).map_err(EmbeddedError::io("open", path))?;
    file.set_len(keep).map_err(EmbeddedError::io("cut", path))
}

fn scan(path: &Path, segment: &mut Segment, log: &mut Recovered) -> io::Result<Option<Cut>> {
    let file = File::open(path)?;
    let total = file.metadata()?.len();
    let mut reader = BufReader::with_capacity(READ_BUFFER, file);
    let cut = |segment: &Segment, reason| Ok(Some(Cut { bytes: total - segment.size, reason }));
    let mut head = [0u8; HEADER];
    let mut scratch = vec![0u8; 64 << 10];
    while segment.size < total {
        let left = total - segment.size;
        if left < HEADER as u64 {
            return cut(segment, "torn header");
        }
        reader.read_exact(&mut head)?;
        let Some(header) = BatchHeader::parse(&head) else { return cut(segment, "header makes no sense") };
        if header.len as u64 > left {
            return cut(segment, "torn batch");
        }
        let crc = head.get(CRC_FROM..).map_or(0, crc32c::crc32c);
        if checksum_rest(&mut reader, header.len - HEADER, crc, &mut scratch)? != header.crc {
            return cut(segment, "wrong checksum");
        }
        if header.magic != 2 || header.base_offset != log.end {
            return cut(segment, "wrong offset");
        }
        segment.note(&header);
        log.producers.note(&header);
        log.end = header.last_offset() + 1;
    }
    Ok(None)
}

fn checksum_rest(reader: &mut impl Read, mut left: usize, mut crc: u32, scratch: &mut [u8]) -> io::Result<u32> {
    while left > 0 {
        let n = left.min(scratch.len());
        let Some(piece) = scratch.get_mut(..n) else { break };
        reader.read_exact(piece)?;
        crc = crc32c::crc32c_append(crc, piece);
        left -= n;
    }
    Ok(crc)
}
