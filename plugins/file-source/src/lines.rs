//! Lines out of blocks of bytes.
//!
//! A line ends with `\n`, `\r\n` or `\r`, as for Java's `BufferedReader`; what follows the last end is not a line yet.
//! Blocks are read into one buffer and lines are copied out of it once, into the column that becomes the batch. Only a
//! line that is longer than [`LONG`] is not copied: the buffer itself is handed over, because two copies of it might not
//! fit the memory of an instance.

use cofferdam_sdk::{ColumnBuilder, Schema};
use memchr::memchr2;
use std::collections::TryReserveError;
use std::io::{self, Read};

/// How much is read at a time.
const BLOCK: usize = 256 << 10;
/// From what length on a line is not copied.
const LONG: usize = 1 << 20;

/// Why no more could be read.
#[derive(Debug)]
pub enum ReadError {
    /// The file.
    Io(io::Error),
    /// A line that does not fit the memory of this instance; so much of it did.
    TooLong { bytes: usize },
}

/// What came of taking lines.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// How many bytes of the file they are, line ends included.
    pub bytes: usize,
    /// Something in them was not UTF-8 and has been replaced by U+FFFD.
    pub malformed: bool,
    /// It is one line, and not a short one ([`LONG`]).
    pub long: bool,
    /// The batch is complete; there may be more lines for the next one.
    pub left: bool,
}

/// What is read of a file and not handed over.
#[derive(Debug, Default)]
pub struct Lines {
    buffer: Vec<u8>,
    /// The unfinished rest begins here …
    start: usize,
    /// … is searched up to here …
    searched: usize,
    /// … and ends here. What the buffer holds beyond is of no meaning.
    filled: usize,
}

impl Lines {
    /// Reads one block. `Ok(0)`: the end of the file.
    pub fn read(&mut self, file: &mut impl Read) -> Result<usize, ReadError> {
        self.make_room().map_err(|_| ReadError::TooLong { bytes: self.rest() })?;
        let room = self.buffer.get_mut(self.filled..).unwrap_or_default();
        let read = loop {
            match file.read(room) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                other => break other.map_err(ReadError::Io)?,
            }
        };
        self.filled += read;
        Ok(read)
    }

    /// Bytes that are read but not part of a line handed over.
    pub fn rest(&self) -> usize {
        self.filled - self.start
    }

    /// Appends lines to `column` until it has `max_records` or at least `max_bytes`, or there is no further line. A line
    /// that is handed over whole comes alone.
    pub fn take(&mut self, column: &mut ColumnBuilder, schema: Schema, max_records: usize, max_bytes: usize) -> Taken {
        let begin = self.start;
        let mut taken = Taken::default();
        while let Some((end, next)) = self.find_end() {
            let long = end - self.start >= LONG;
            if column.len() >= max_records || column.bytes() >= max_bytes || (long && !column.is_empty()) {
                taken.left = true;
                break;
            }
            if long {
                return self.hand_over(end, next, column, schema);
            }
            let line = self.buffer.get(self.start..end).unwrap_or_default();
            match std::str::from_utf8(line) {
                Ok(line) => column.push(line, Some(schema)),
                Err(_) => {
                    taken.malformed = true;
                    column.push(&*String::from_utf8_lossy(line), Some(schema));
                }
            }
            (self.start, self.searched) = (next, next);
        }
        taken.bytes = self.start - begin;
        taken
    }

    /// Where the first line ends, and where the next one begins.
    fn find_end(&mut self) -> Option<(usize, usize)> {
        let unsearched = self.buffer.get(self.searched..self.filled)?;
        let Some(found) = memchr2(b'\n', b'\r', unsearched) else {
            self.searched = self.filled;
            return None;
        };
        let end = self.searched + found;
        // Not searched again, should the line not be taken now.
        self.searched = end;
        if self.buffer.get(end) == Some(&b'\n') {
            return Some((end, end + 1));
        }
        match self.buffer.get(end + 1..self.filled)?.first() {
            Some(b'\n') => Some((end, end + 2)),
            Some(_) => Some((end, end + 1)),
            // The `\n` that belongs to it may be the next byte of the file.
            None => None,
        }
    }

    /// The first line as a column, in the buffer's own memory. What follows is copied into a new one.
    fn hand_over(&mut self, end: usize, next: usize, column: &mut ColumnBuilder, schema: Schema) -> Taken {
        let bytes = next - self.start;
        let rest = self.buffer.get(next..self.filled).unwrap_or_default().to_vec();
        let mut line = std::mem::take(&mut self.buffer);
        line.truncate(end);
        line.drain(..self.start);
        (self.start, self.searched, self.filled) = (0, 0, rest.len());
        self.buffer = rest;
        let (line, malformed) = match String::from_utf8(line) {
            Ok(line) => (line, false),
            Err(error) => (String::from_utf8_lossy(error.as_bytes()).into_owned(), true),
        };
        column.push_owned(line, Some(schema));
        Taken { bytes, malformed, long: true, left: true }
    }

    /// Makes room for a block: moves the rest to the front, and doubles the buffer when it is the rest that fills it.
    fn make_room(&mut self) -> Result<(), TryReserveError> {
        if self.start > 0 && self.buffer.len() - self.filled < BLOCK {
            self.buffer.copy_within(self.start..self.filled, 0);
            self.filled -= self.start;
            self.searched -= self.start;
            self.start = 0;
        }
        if self.buffer.len() - self.filled < BLOCK {
            let more = BLOCK.max(self.filled);
            // A host that refuses memory is no reason to die: half as much may do.
            if self.buffer.try_reserve_exact(more).is_err() {
                self.buffer.try_reserve_exact(BLOCK)?;
            }
            self.buffer.resize(self.buffer.capacity(), 0);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
