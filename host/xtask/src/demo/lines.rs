//! What Kafka's file source carries of a file: its complete lines, as UTF-8, without their ends.

use anyhow::{Context, Result, bail};
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

/// How a line ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// `\n`.
    Lf,
    /// `\r\n` or `\r`.
    Cr,
}

/// Reads complete lines, which end with `\n`, `\r\n` or `\r`. A `\r` at the very end waits for what may follow it.
pub struct Lines<R> {
    inner: R,
}

impl<R: BufRead> Lines<R> {
    /// Reads from there.
    pub fn new(inner: R) -> Self {
        Self { inner }
    }

    /// The next line into `line`, cleared first. `None` at the end; `line` then holds what is not a complete line.
    pub fn next(&mut self, line: &mut Vec<u8>) -> std::io::Result<Option<End>> {
        line.clear();
        loop {
            let buffer = self.inner.fill_buf()?;
            if buffer.is_empty() {
                return Ok(None);
            }
            let Some(at) = buffer.iter().position(|byte| matches!(byte, b'\n' | b'\r')) else {
                let length = buffer.len();
                line.extend_from_slice(buffer);
                self.inner.consume(length);
                continue;
            };
            let (text, rest) = buffer.split_at(at);
            let cr = rest.first() == Some(&b'\r');
            line.extend_from_slice(text);
            self.inner.consume(at + 1);
            return if cr { self.after_cr(line) } else { Ok(Some(End::Lf)) };
        }
    }

    fn after_cr(&mut self, line: &mut Vec<u8>) -> std::io::Result<Option<End>> {
        match self.inner.fill_buf()?.first() {
            None => {
                line.push(b'\r');
                return Ok(None);
            }
            Some(b'\n') => self.inner.consume(1),
            Some(_) => {}
        }
        Ok(Some(End::Cr))
    }
}

/// What is in a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Contents {
    /// Complete lines.
    pub lines: u64,
    /// Lines that end with a carriage return, with or without a line feed.
    pub cr: u64,
    /// Complete lines that are not UTF-8.
    pub not_utf8: u64,
    /// Whether something follows the last complete line.
    pub unterminated: bool,
}

impl Contents {
    /// Reads a file through.
    pub fn of(path: &Path) -> Result<Self> {
        let file = File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
        Self::read(BufReader::with_capacity(1 << 18, file)).with_context(|| format!("cannot read {}", path.display()))
    }

    fn read(reader: impl BufRead) -> std::io::Result<Self> {
        let (mut lines, mut line, mut contents) = (Lines::new(reader), Vec::new(), Self::default());
        while let Some(end) = lines.next(&mut line)? {
            contents.lines += 1;
            contents.cr += u64::from(end == End::Cr);
            contents.not_utf8 += u64::from(std::str::from_utf8(&line).is_err());
        }
        contents.unterminated = !line.is_empty();
        Ok(contents)
    }

    /// What a file source does not carry of this file, one sentence each.
    pub fn remarks(&self) -> Vec<String> {
        let mut remarks = Vec::new();
        if self.cr > 0 {
            remarks.push(format!(
                "lines that end with a carriage return: {}; records carry lines, not their ends",
                self.cr
            ));
        }
        if self.not_utf8 > 0 {
            let lines = self.not_utf8;
            remarks.push(format!("lines that are not UTF-8: {lines}; what cannot be decoded arrives as U+FFFD"));
        }
        if self.unterminated {
            remarks.push(
                "the last line has no line end: the file source waits for it, so that line is not moved".to_owned(),
            );
        }
        remarks
    }
}

/// Compares what arrived with the complete lines of what was sent. Returns how many lines were compared.
pub fn compare(sent: &Path, arrived: &Path) -> Result<u64> {
    let open = |path: &Path| {
        File::open(path)
            .map(|file| BufReader::with_capacity(1 << 18, file))
            .with_context(|| format!("cannot open {}", path.display()))
    };
    let (mut expected, mut found) = (Lines::new(open(sent)?), open(arrived)?);
    let (mut line, mut other, mut number) = (Vec::new(), Vec::new(), 0_u64);
    while expected.next(&mut line).with_context(|| format!("cannot read {}", sent.display()))?.is_some() {
        number += 1;
        other.clear();
        found.read_until(b'\n', &mut other).with_context(|| format!("cannot read {}", arrived.display()))?;
        if other.pop() != Some(b'\n') || String::from_utf8_lossy(&line).as_bytes() != other {
            let (line, other) = (String::from_utf8_lossy(&line), String::from_utf8_lossy(&other));
            bail!("line {number} differs: sent {line:?}, arrived {other:?} (in {})", arrived.display());
        }
    }
    other.clear();
    let more = found.read_until(b'\n', &mut other).with_context(|| format!("cannot read {}", arrived.display()))?;
    if more > 0 {
        bail!("more arrived than the {number} lines that were sent (in {})", arrived.display());
    }
    Ok(number)
}

#[cfg(test)]
mod tests {
    use super::{Contents, compare};

    fn contents(text: &[u8]) -> Contents {
        Contents::read(text).unwrap()
    }

    #[test]
    fn knows_what_a_file_source_does_not_carry() {
        assert_eq!(contents(b""), Contents::default());
        assert_eq!(contents(b"a\n\nb\n"), Contents { lines: 3, ..Contents::default() });
        assert_eq!(contents(b"a\r\nb\rc\n"), Contents { lines: 3, cr: 2, ..Contents::default() });
        assert_eq!(contents(b"a\n\xff\n"), Contents { lines: 2, not_utf8: 1, ..Contents::default() });
        assert_eq!(contents(b"a\nb"), Contents { lines: 1, unterminated: true, ..Contents::default() });
        assert_eq!(contents(b"a\nb\r"), Contents { lines: 1, unterminated: true, ..Contents::default() });
    }

    #[test]
    fn compares_lines_not_their_ends() {
        let dir = tempfile::tempdir().unwrap();
        let (sent, arrived) = (dir.path().join("sent"), dir.path().join("arrived"));
        std::fs::write(&sent, b"a\r\n\xff\nrest").unwrap();
        std::fs::write(&arrived, "a\n\u{fffd}\n").unwrap();
        assert_eq!(compare(&sent, &arrived).unwrap(), 2);
        for (wrong, message) in [("a\n", "line 2"), ("a\nb\n", "line 2"), ("a\n\u{fffd}\nrest\n", "more arrived")] {
            std::fs::write(&arrived, wrong).unwrap();
            assert!(compare(&sent, &arrived).unwrap_err().to_string().contains(message), "{wrong:?}");
        }
    }
}
