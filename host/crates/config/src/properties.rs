//! Java property files: comments, escapes, continued lines.
//!
//! Reading goes through the crate `java-properties`. What is done before it: comments are taken out (the crate would
//! trip over a `\u` in one), pairs of UTF-16 escapes become the character they stand for, and a file that is UTF-8 is
//! read as such. Java takes every file for ISO 8859-1; what is not UTF-8 is read like that here, too.

use java_properties::{LineContent, PropertiesIter};
use std::collections::BTreeMap;
use std::path::Path;
use thiserror::Error;

/// Why a property file could not be read.
#[derive(Debug, Error)]
pub enum PropertiesError {
    /// The file could not be read.
    #[error("could not read properties from {name}: {source}")]
    Read {
        /// The file.
        name: String,
        /// Why.
        source: std::io::Error,
    },
    /// A line is not what a property file may hold.
    #[error("could not read properties from {name}, line {line}: {cause}")]
    Line {
        /// The file.
        name: String,
        /// Counted from 1; the first one of a continued line.
        line: usize,
        /// Why.
        cause: String,
    },
}

/// Reads a property file. The last one of equal keys wins, as in Java.
pub fn read_properties(path: &Path) -> Result<BTreeMap<String, String>, PropertiesError> {
    let name = path.display().to_string();
    match std::fs::read(path) {
        Ok(bytes) => parse_properties(&decode(&bytes), &name),
        Err(source) => Err(PropertiesError::Read { name, source }),
    }
}

/// Parses the text of a property file called `name`.
pub fn parse_properties(text: &str, name: &str) -> Result<BTreeMap<String, String>, PropertiesError> {
    let prepared = prepare(text);
    let mut properties = BTreeMap::new();
    for line in PropertiesIter::new_with_encoding(prepared.as_bytes(), encoding_rs::UTF_8) {
        let line = line.map_err(|error| {
            // The crate's text ends with its own form of the line number.
            let text = error.to_string();
            let cause = text.split(" (line_number").next().unwrap_or(&text).trim_end_matches('.').to_owned();
            PropertiesError::Line { name: name.to_owned(), line: error.line_number().unwrap_or(1), cause }
        })?;
        if let LineContent::KVPair(key, value) = line.consume_content() {
            properties.insert(key, value);
        }
    }
    Ok(properties)
}

/// The text of a file: UTF-8 if it is that, else ISO 8859-1.
pub(crate) fn decode(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.strip_prefix('\u{feff}').unwrap_or(text).to_owned(),
        Err(_) => bytes.iter().copied().map(char::from).collect(),
    }
}

/// Empties the comment lines (their number stays), joins surrogate pairs, and ends the last line, so that a backslash
/// at the very end continues into nothing.
fn prepare(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 1);
    let mut continued = false;
    for line in text.split_inclusive(['\n', '\r']) {
        let content = line.trim_end_matches(['\n', '\r']);
        let ending = line.get(content.len()..).unwrap_or_default();
        let comment = !continued && content.trim_start_matches([' ', '\t', '\u{c}']).starts_with(['#', '!']);
        // The `\n` of a `\r\n` comes as an empty line of its own and changes nothing.
        let second_half = ending == "\n" && content.is_empty() && out.ends_with('\r');
        if !comment {
            join_surrogates(content, &mut out);
        }
        if !second_half {
            continued = !comment && content.bytes().rev().take_while(|byte| *byte == b'\\').count() % 2 == 1;
        }
        out.push_str(ending);
    }
    out.push('\n');
    out
}

/// Replaces two escapes that are the halves of one character (`\ud83c\udf0a`) by that character.
fn join_surrogates(mut line: &str, out: &mut String) {
    while let Some(at) = line.find('\\') {
        let (before, escape) = line.split_at(at);
        out.push_str(before);
        match surrogate_pair(escape) {
            Some((character, rest)) => {
                out.push(character);
                line = rest;
            }
            None => {
                // The backslash and what it escapes, so that `\\ud83c` is not taken for an escape.
                let mut characters = escape.chars();
                out.extend(characters.by_ref().take(2));
                line = characters.as_str();
            }
        }
    }
    out.push_str(line);
}

fn surrogate_pair(escape: &str) -> Option<(char, &str)> {
    let unit = |at: usize| {
        let digits = escape.get(at..at + 6)?.strip_prefix("\\u")?;
        u16::from_str_radix(digits, 16).ok()
    };
    let decoded = char::decode_utf16([unit(0)?, unit(6)?]).next()?.ok()?;
    // Two ordinary characters decode to the first of them: only a real pair needs two units.
    (decoded.len_utf16() == 2).then_some((decoded, escape.get(12..)?))
}

#[cfg(test)]
mod tests;
