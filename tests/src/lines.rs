//! Numbered lines: what a test sends through a topic so that it can tell what is missing, doubled or torn.

use std::fs::File;
use std::io::{BufWriter, Read, Seek, SeekFrom, Write};
use std::path::Path;

/// Length of a line with its end.
const LENGTH: usize = 40;

/// Line `number`, without its end.
fn line(number: usize) -> String {
    format!("line {number:08} {:032x}", (number as u128).wrapping_mul(0x9E37_79B9_7F4A_7C15))[..LENGTH - 1].to_owned()
}

/// Writes lines `0..count`.
pub fn write_lines(path: &Path, count: usize) {
    let mut file = BufWriter::new(File::create(path).expect("the input file"));
    for number in 0..count {
        writeln!(file, "{}", line(number)).expect("writing the input file");
    }
    file.flush().expect("writing the input file");
}

/// The number of a whole line.
fn number(text: &[u8]) -> Option<usize> {
    let number = std::str::from_utf8(text.get(5..13)?).ok()?.parse().ok()?;
    (line(number).as_bytes() == text).then_some(number)
}

/// The number of the last whole line in a file, if there is any.
pub fn last_line(path: &Path) -> Option<usize> {
    let mut file = File::open(path).ok()?;
    let length = file.metadata().ok()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(3 * LENGTH as u64))).ok()?;
    let mut tail = Vec::new();
    file.read_to_end(&mut tail).ok()?;
    let end = tail.iter().rposition(|byte| *byte == b'\n')?;
    tail[..end].rsplit(|byte| *byte == b'\n').find_map(number)
}

/// What came of lines `0..count`.
#[derive(Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Numbers that are nowhere.
    pub missing: Vec<usize>,
    /// How many whole lines came more than once.
    pub doubled: usize,
    /// What is no whole line.
    pub torn: Vec<String>,
}

/// Compares line by line.
pub fn judge(path: &Path, count: usize) -> Verdict {
    let bytes = std::fs::read(path).expect("the output file");
    let mut seen = vec![0usize; count];
    let mut torn = Vec::new();
    let text = bytes.strip_suffix(b"\n").unwrap_or(&bytes);
    for text in text.split(|byte| *byte == b'\n') {
        match number(text) {
            Some(number) => seen[number] += 1,
            None => torn.push(String::from_utf8_lossy(text).into_owned()),
        }
    }
    let missing = seen.iter().enumerate().filter(|(_, times)| **times == 0).map(|(number, _)| number).collect();
    Verdict { missing, doubled: seen.iter().map(|times| times.saturating_sub(1)).sum(), torn }
}
