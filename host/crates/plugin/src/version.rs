//! Versions of plugin classes, and requirements on them (`connector.plugin.version` and its like): `latest`, one version,
//! or a range as Maven writes it. A bare version means exactly that one (config.md §7).
//!
//! The messages are those of Maven's `VersionRange`, which Kafka Connect passes on.

mod order;

pub(crate) use order::compare;

use std::cmp::Ordering;
use std::fmt;
use thiserror::Error;

/// Which versions will do. Kafka: `PluginUtils.connectorVersionRequirement`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VersionRange {
    /// The newest that there is.
    Latest,
    /// Any within one of these.
    AnyOf(Vec<Interval>),
}

/// A requirement that cannot be read. Displays as Maven's `InvalidVersionSpecificationException`.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{0}")]
pub struct VersionSyntaxError(String);

impl VersionSyntaxError {
    pub(crate) fn text_mut(&mut self) -> &mut String {
        &mut self.0
    }
}

/// Versions between two ends; an end that is `None` is open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interval {
    low: Option<String>,
    low_included: bool,
    high: Option<String>,
    high_included: bool,
}

impl VersionRange {
    /// Reads a requirement.
    pub fn parse(text: &str) -> Result<Self, VersionSyntaxError> {
        if text == "latest" {
            return Ok(Self::Latest);
        }
        let text = text.trim();
        match intervals(text)? {
            Some(intervals) => Ok(Self::AnyOf(intervals)),
            // What is not enclosed is one version, whatever it looks like; so is nothing.
            None => Ok(Self::AnyOf(intervals(&format!("[{text}]"))?.unwrap_or_default())),
        }
    }

    /// Whether a version will do.
    pub fn contains(&self, version: &str) -> bool {
        match self {
            Self::Latest => true,
            Self::AnyOf(intervals) => intervals.iter().any(|interval| interval.contains(version)),
        }
    }

    /// Kafka Connect's message when no version will do.
    pub fn no_match(&self, class: &str, available: &[String]) -> String {
        let available = available.join(", ");
        format!("Plugin {class} not found that matches the version range {self}, available versions: [{available}]")
    }
}

impl fmt::Display for VersionRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::AnyOf(intervals) = self else { return f.write_str("latest") };
        for (index, interval) in intervals.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            write!(f, "{comma}{interval}")?;
        }
        Ok(())
    }
}

/// The intervals of `[1.0,2.0),[3.0]`; `None` if nothing is enclosed. Maven: `VersionRange.createFromVersionSpec`.
fn intervals(text: &str) -> Result<Option<Vec<Interval>>, VersionSyntaxError> {
    let error = |what: &str, text: &str| Err(VersionSyntaxError(format!("{what}: {text}")));
    let mut intervals: Vec<Interval> = Vec::new();
    let mut rest = text;
    while rest.starts_with(['[', '(']) {
        let Some(end) = rest.find([']', ')']) else { return error("Unbounded range", text) };
        let (enclosed, after) = rest.split_at(end + 1);
        let interval = Interval::parse(enclosed)?;
        if intervals.last().is_some_and(|before| before.overlaps(&interval)) {
            return error("Ranges overlap", text);
        }
        intervals.push(interval);
        rest = after.trim();
        rest = rest.strip_prefix(',').unwrap_or(rest).trim();
    }
    match (intervals.is_empty(), rest.is_empty()) {
        (true, _) => Ok(None),
        (false, true) => Ok(Some(intervals)),
        (false, false) => error("Only fully-qualified sets allowed in multiple set scenario", text),
    }
}

impl Interval {
    /// Reads one, brackets included. Maven: `VersionRange.parseRestriction`.
    fn parse(text: &str) -> Result<Self, VersionSyntaxError> {
        let error = |what: &str| Err(VersionSyntaxError(format!("{what}: {text}")));
        let (low_included, high_included) = (text.starts_with('['), text.ends_with(']'));
        let inner = text.get(1..text.len().saturating_sub(1)).unwrap_or_default().trim();
        let Some((low, high)) = inner.split_once(',') else {
            if !low_included || !high_included {
                return error("Single version must be surrounded by []");
            }
            let end = Some(inner.to_owned());
            return Ok(Self { low: end.clone(), low_included, high: end, high_included });
        };
        let end = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        let (low, high) = (end(low), end(high));
        if let (Some(low), Some(high)) = (&low, &high) {
            let order = compare(high, low);
            if order == Ordering::Less || (order == Ordering::Equal && !(low_included && high_included)) {
                return error("Range defies version ordering");
            }
        }
        Ok(Self { low, low_included, high, high_included })
    }

    /// Whether `next` begins before this one ends. An open end is not looked at, as in Maven.
    fn overlaps(&self, next: &Self) -> bool {
        let Some(high) = &self.high else { return false };
        next.low.as_ref().is_none_or(|low| compare(low, high) == Ordering::Less)
    }

    fn contains(&self, version: &str) -> bool {
        let at_least = self.low.as_deref().is_none_or(|low| match compare(version, low) {
            Ordering::Equal => self.low_included,
            order => order == Ordering::Greater,
        });
        let at_most = self.high.as_deref().is_none_or(|high| match compare(version, high) {
            Ordering::Equal => self.high_included,
            order => order == Ordering::Less,
        });
        at_least && at_most
    }
}

impl fmt::Display for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let open = if self.low_included { '[' } else { '(' };
        let close = if self.high_included { ']' } else { ')' };
        let end = |end: &Option<String>| end.clone().unwrap_or_default();
        write!(f, "{open}{},{}{close}", end(&self.low), end(&self.high))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fits(requirement: &str, version: &str) -> bool {
        VersionRange::parse(requirement).unwrap().contains(version)
    }

    #[test]
    fn a_bare_version_is_exact() {
        assert!(fits("1.0", "1.0") && fits("1.0", "1.0.0") && fits(" 1.0 ", "1.0"));
        assert!(!fits("1.0", "1.0.1") && !fits("[1.0]", "1.1"));
        assert!(fits("latest", "0.0.1") && !fits("LATEST", "7") && !fits("", "7"));
    }

    #[test]
    fn ranges_are_mavens() {
        assert!(fits("[1.0,2.0)", "1.10") && !fits("[1.0,2.0)", "2.0"));
        assert!(fits("(,1.5]", "1.5") && !fits("(1.5,)", "1.5") && fits("[,]", "1"));
        assert!(fits("(,1.0],[1.2,)", "1.2") && !fits("(,1.0],[1.2,)", "1.1"));
        assert!(!fits("[1.0,)", "1.0-rc1"));
    }

    #[test]
    fn what_cannot_be_read_is_told_as_maven_tells_it() {
        let cases = [
            ("[1.0", "Unbounded range: [1.0"),
            ("[1,2", "Unbounded range: [1,2"),
            ("(1.0)", "Single version must be surrounded by []: (1.0)"),
            ("[2,1]", "Range defies version ordering: [2,1]"),
            ("[1,1)", "Range defies version ordering: [1,1)"),
            ("[1,2]x", "Only fully-qualified sets allowed in multiple set scenario: [1,2]x"),
            ("]", "Only fully-qualified sets allowed in multiple set scenario: []]"),
            ("[1,3],[2,4]", "Ranges overlap: [1,3],[2,4]"),
        ];
        for (text, expected) in cases {
            assert_eq!(VersionRange::parse(text).unwrap_err().to_string(), expected);
        }
    }

    #[test]
    fn the_message_is_kafkas() {
        let cases =
            [("1.0", "[1.0,1.0]"), ("", "[,]"), ("1,2", "[1,2]"), ("[1,2,3]", "[1,2,3]"), ("[0,1),(2,]", "[0,1),(2,]")];
        for (text, shown) in cases {
            assert_eq!(
                VersionRange::parse(text).unwrap().no_match("a.B", &["9.0".to_owned(), "9.1".to_owned()]),
                format!("Plugin a.B not found that matches the version range {shown}, available versions: [9.0, 9.1]")
            );
        }
    }
}
