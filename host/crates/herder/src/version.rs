//! Version requirements (`connector.plugin.version` and its like): `latest`, one version, or a Maven range. A bare
//! version means exactly that one (config.md §7).

use std::cmp::Ordering;
use std::fmt;

/// Which versions will do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum VersionRange {
    /// The newest that there is.
    Latest,
    /// Any of these.
    AnyOf(Vec<Interval>),
}

/// Versions between two ends; an end that is `None` is open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Interval {
    low: Option<String>,
    low_included: bool,
    high: Option<String>,
    high_included: bool,
}

impl VersionRange {
    /// Reads a requirement. The error is the whole message.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if text == "latest" {
            return Ok(Self::Latest);
        }
        if !text.starts_with(['[', '(']) {
            return match text {
                // Kafka Connect's range of nothing, which no version is in.
                "" => Ok(Self::AnyOf(Vec::new())),
                _ if text.contains([',', '[', ']', '(', ')']) => Err(format!("Invalid version range: {text}")),
                _ => Ok(Self::AnyOf(vec![Interval::exactly(text)])),
            };
        }
        let (mut intervals, mut rest) = (Vec::new(), text);
        while !rest.is_empty() {
            let Some(end) = rest.find([']', ')']).filter(|_| rest.starts_with(['[', '('])) else {
                return Err(format!("Unbounded range: {text}"));
            };
            let (interval, after) = rest.split_at(end + 1);
            intervals.push(Interval::parse(interval).ok_or_else(|| format!("Invalid version range: {text}"))?);
            rest = after.trim_start().strip_prefix(',').unwrap_or(after).trim_start();
        }
        Ok(Self::AnyOf(intervals))
    }

    /// Whether a version will do.
    pub(crate) fn contains(&self, version: &str) -> bool {
        match self {
            Self::Latest => true,
            Self::AnyOf(intervals) => intervals.iter().any(|interval| interval.contains(version)),
        }
    }

    /// Kafka Connect's message when no version will do.
    pub(crate) fn no_match(&self, class: &str, available: &[&str]) -> String {
        let available = available.join(", ");
        format!("Plugin {class} not found that matches the version range {self}, available versions: [{available}]")
    }
}

impl fmt::Display for VersionRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::AnyOf(intervals) = self else { return f.write_str("latest") };
        if intervals.is_empty() {
            return f.write_str("[,]");
        }
        for (index, interval) in intervals.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            write!(f, "{comma}{interval}")?;
        }
        Ok(())
    }
}

impl Interval {
    fn exactly(version: &str) -> Self {
        let end = Some(version.to_owned());
        Self { low: end.clone(), low_included: true, high: end, high_included: true }
    }

    /// Brackets included; `None` if it is not an interval.
    fn parse(text: &str) -> Option<Self> {
        let (low_included, high_included) = (text.starts_with('['), text.ends_with(']'));
        let inner = text.get(1..text.len().checked_sub(1)?)?;
        let end = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        let Some((low, high)) = inner.split_once(',') else {
            let version = end(inner).filter(|_| low_included && high_included)?;
            return Some(Self::exactly(&version));
        };
        (!high.contains(',')).then(|| Self { low: end(low), low_included, high: end(high), high_included })
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

/// Compares versions part by part: numbers as numbers, words below the release that they precede (`1.0-rc1` < `1.0`).
fn compare(left: &str, right: &str) -> Ordering {
    let parts = |version: &str| version.split(['.', '-', '+']).map(str::to_owned).collect::<Vec<_>>();
    let (left, right) = (parts(left), parts(right));
    for index in 0..left.len().max(right.len()) {
        let order = compare_parts(left.get(index).map(String::as_str), right.get(index).map(String::as_str));
        if order != Ordering::Equal {
            return order;
        }
    }
    Ordering::Equal
}

fn compare_parts(left: Option<&str>, right: Option<&str>) -> Ordering {
    // Rank: a word, nothing, a number; nothing equals zero.
    let rank = |part: Option<&str>| match part.map(str::parse::<u64>) {
        None => (1, 0),
        Some(Ok(number)) => (if number == 0 { 1 } else { 2 }, number),
        Some(Err(_)) => (0, 0),
    };
    let (left_rank, right_rank) = (rank(left), rank(right));
    if left_rank.0 == 0 && right_rank.0 == 0 { left.cmp(&right) } else { left_rank.cmp(&right_rank) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fits(requirement: &str, version: &str) -> bool {
        VersionRange::parse(requirement).unwrap().contains(version)
    }

    #[test]
    fn a_bare_version_is_exact() {
        assert!(fits("1.0", "1.0") && fits("1.0", "1.0.0"));
        assert!(!fits("1.0", "1.0.1") && !fits("[1.0]", "1.1"));
        assert!(fits("latest", "0.0.1") && !fits("", "7"));
    }

    #[test]
    fn ranges_are_mavens() {
        assert!(fits("[1.0,2.0)", "1.10") && !fits("[1.0,2.0)", "2.0"));
        assert!(fits("(,1.5]", "1.5") && !fits("(1.5,)", "1.5"));
        assert!(fits("(,1.0],[1.2,)", "1.2") && !fits("(,1.0],[1.2,)", "1.1"));
        assert!(!fits("[1.0,)", "1.0-rc1"));
    }

    #[test]
    fn what_cannot_be_read_is_an_error() {
        assert_eq!(VersionRange::parse("[1.0"), Err("Unbounded range: [1.0".to_owned()));
        assert_eq!(VersionRange::parse("1,2"), Err("Invalid version range: 1,2".to_owned()));
        assert_eq!(VersionRange::parse("(1.0)"), Err("Invalid version range: (1.0)".to_owned()));
    }

    #[test]
    fn the_message_is_kafkas() {
        let range = VersionRange::parse("1.0").unwrap();
        assert_eq!(
            range.no_match("a.B", &["2.0"]),
            "Plugin a.B not found that matches the version range [1.0,1.0], available versions: [2.0]"
        );
    }
}
