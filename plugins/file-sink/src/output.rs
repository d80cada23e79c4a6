//! The file that is appended to.
//!
//! How much of a failed write reached the file is not told to a component, so it is found out by looking: the file must
//! have grown by a prefix of what was to be written, and by nothing else.

use cofferdam_sdk::{Error, Result, log};
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::time::Duration;

/// How long to wait before what failed is tried again.
pub const RETRY: Duration = Duration::from_secs(5);
/// How much is written at a time, if lines allow: what a component's stream takes at once. Other tasks that append to
/// the same file then come between lines only.
const PIECE: usize = 1 << 20;

/// The file, open for appending.
pub struct Output {
    path: String,
    file: File,
    /// As far as this task knows; others may append too.
    length: u64,
    /// Whether anything was written since the last sync.
    dirty: bool,
    /// Whether a write failed. A component's stream that has failed once fails for good.
    broken: bool,
}

/// How much of a failed write is in the file.
#[derive(Debug, PartialEq, Eq)]
pub enum Written {
    /// So many bytes of it, and nothing else.
    Bytes(usize),
    /// Something else happened to the file meanwhile.
    Unknown,
}

impl Output {
    /// Opens or creates the file.
    pub fn open(path: &str) -> Result<Self> {
        if fs::metadata(path).is_ok_and(|metadata| metadata.is_dir()) {
            return Err(Error::failed(format_args!("{path} is a directory; `file` must name a file")));
        }
        let not_opened = |error| {
            Error::failed(error).context(format_args!("Couldn't find or create file '{path}' for FileStreamSinkTask"))
        };
        let file = File::options().create(true).append(true).open(path).map_err(not_opened)?;
        let length = file.metadata().map_err(not_opened)?.len();
        Ok(Self { path: path.to_owned(), file, length, dirty: false, broken: false })
    }

    /// Whether it must be opened anew before anything can be appended.
    pub fn is_broken(&self) -> bool {
        self.broken
    }

    /// The file's length, unless others append to it.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// Appends whole lines.
    pub fn append(&mut self, mut text: &[u8]) -> Result<()> {
        while !text.is_empty() {
            self.dirty = true;
            match self.file.write(piece(text)) {
                Ok(0) => return Err(self.not_written(ErrorKind::WriteZero.into())),
                Ok(written) => {
                    self.length += written as u64;
                    text = text.get(written..).unwrap_or_default();
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(self.not_written(error)),
            }
        }
        Ok(())
    }

    /// Makes what was appended durable.
    pub fn sync(&mut self) -> Result<()> {
        if self.dirty {
            let Self { path, .. } = self;
            // After a failure the kernel may have forgotten what was not written: the records must come again.
            self.file.sync_data().map_err(|error| {
                Error::retriable(error)
                    .after(RETRY)
                    .context(format_args!("cannot make durable what was written to {path}"))
            })?;
            self.dirty = false;
        }
        Ok(())
    }

    /// How much of `text` was appended since the file was `begin` bytes long.
    pub fn written_since(&self, begin: u64, text: &[u8]) -> Written {
        let look = || -> io::Result<Option<usize>> {
            let mut file = File::open(&self.path)?;
            let more = file.metadata()?.len().checked_sub(begin).and_then(|more| usize::try_from(more).ok());
            let Some(expected) = more.and_then(|more| text.get(..more)) else { return Ok(None) };
            file.seek(SeekFrom::Start(begin))?;
            let mut found = Vec::with_capacity(expected.len());
            file.take(expected.len() as u64).read_to_end(&mut found)?;
            Ok((found == expected).then_some(expected.len()))
        };
        match look() {
            Ok(Some(written)) => Written::Bytes(written),
            Ok(None) => Written::Unknown,
            Err(error) => {
                log::warn!("cannot read {} after a failed write: {error}", self.path);
                Written::Unknown
            }
        }
    }

    /// Ends the last line if it has no end, as one that an earlier task could not finish.
    pub fn end_line(&mut self) -> Result<()> {
        let last = || -> io::Result<Option<u8>> {
            let mut file = File::open(&self.path)?;
            let mut last = *b"\n";
            if file.seek(SeekFrom::End(0))? > 0 {
                file.seek(SeekFrom::End(-1))?;
                file.read_exact(&mut last)?;
            }
            Ok(last.first().copied())
        };
        // A file that may be written but not read stays as it is.
        if last().is_ok_and(|last| last != Some(b'\n')) {
            log::warn!("the last line of {} has no end: ending it", self.path);
            self.append(b"\n")?;
        }
        Ok(())
    }

    /// A component is not told that a disk is full, only that a write failed; the host adds what the system said. Space
    /// may be made, so it is tried again.
    fn not_written(&mut self, error: io::Error) -> Error {
        self.broken = true;
        Error::retriable(error).after(RETRY).context(format_args!("cannot append to {}", self.path))
    }
}

/// As much of `text` as is written at a time: whole lines, if one fits.
fn piece(text: &[u8]) -> &[u8] {
    let Some(piece) = text.get(..PIECE) else { return text };
    let lines = piece.iter().rposition(|byte| *byte == b'\n').and_then(|end| piece.get(..=end));
    lines.unwrap_or(piece)
}

#[cfg(test)]
mod tests;
