//! Which of two versions is the newer, as Maven's `ComparableVersion` has it.

use std::cmp::Ordering;

/// Compares two versions, part by part; from digit to letter and back is a new part, too. What comes before a release is
/// older than it (`1.0-SNAPSHOT` and `1.0-rc1` before `1.0`), other words are newer, numbers newer still.
pub(crate) fn compare(a: &str, b: &str) -> Ordering {
    let (a, b) = (parts(a), parts(b));
    let at = |parts: &[Part], index: usize| parts.get(index).cloned().unwrap_or(Part::Nothing);
    let orders = (0..a.len().max(b.len())).map(|index| at(&a, index).compare(&at(&b, index)));
    orders.into_iter().find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
}

/// One part of a version, the older kinds first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    /// Before a release: alpha, beta, milestone, rc, snapshot.
    Before(u8),
    /// The version has ended, or says so (`final`).
    Nothing,
    /// A service pack.
    Service,
    /// Any other word.
    Word(String),
    /// A number behind a dash.
    Dashed(Number),
    /// Any other number.
    Number(Number),
}

/// Digits without leading zeros, of any length: the longer is the greater.
type Number = (usize, String);

impl Part {
    fn compare(&self, other: &Self) -> Ordering {
        match (self, other) {
            // A zero is as good as nothing.
            (Self::Number((0, _)) | Self::Dashed((0, _)), Self::Nothing)
            | (Self::Nothing, Self::Number((0, _)) | Self::Dashed((0, _))) => Ordering::Equal,
            _ => self.cmp(other),
        }
    }

    fn word(word: &str, before_digit: bool) -> Self {
        match word.to_lowercase().as_str() {
            "a" if before_digit => Self::Before(0),
            "b" if before_digit => Self::Before(1),
            "m" if before_digit => Self::Before(2),
            "alpha" => Self::Before(0),
            "beta" => Self::Before(1),
            "milestone" => Self::Before(2),
            "rc" | "cr" => Self::Before(3),
            "snapshot" => Self::Before(4),
            "" | "ga" | "final" | "release" => Self::Nothing,
            "sp" => Self::Service,
            other => Self::Word(other.to_owned()),
        }
    }
}

fn parts(version: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let (mut rest, mut dashed) = (version, false);
    while let Some(first) = rest.chars().next() {
        if first == '.' || first == '-' {
            if first == '-' {
                trim(&mut parts);
            }
            (dashed, rest) = (first == '-', rest.get(1..).unwrap_or_default());
            continue;
        }
        let digits = first.is_ascii_digit();
        let end = rest.find(|c: char| c == '.' || c == '-' || c.is_ascii_digit() != digits).unwrap_or(rest.len());
        let (token, tail) = rest.split_at(end);
        if digits {
            let number = token.trim_start_matches('0');
            let number = (number.len(), number.to_owned());
            parts.push(if dashed { Part::Dashed(number) } else { Part::Number(number) });
        } else {
            trim(&mut parts);
            parts.push(Part::word(token, tail.starts_with(|c: char| c.is_ascii_digit())));
        }
        // Behind a word, a number counts as behind a dash.
        (dashed, rest) = (!digits, tail);
    }
    trim(&mut parts);
    parts
}

/// Takes away what says nothing: 1.0 is 1.
fn trim(parts: &mut Vec<Part>) {
    while parts.last().is_some_and(|part| part.compare(&Part::Nothing).is_eq()) {
        parts.pop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_versions_as_maven_does() {
        // As observed.
        let ascending = [
            "undefined",
            "0.9",
            "1.0-alpha",
            "1-b2",
            "1.0-M3",
            "1.0-rc1",
            "1.0-rc2",
            "1.0-SNAPSHOT",
            "1.0",
            "1.0-sp",
            "1.0-foo",
            "1-1",
            "1.0.1",
            "1.2",
            "1.10",
            "2",
            "10.0",
            "18446744073709551616",
        ];
        for (index, older) in ascending.iter().enumerate() {
            for newer in &ascending[index + 1..] {
                assert_eq!(compare(older, newer), Ordering::Less, "{older} < {newer}");
                assert_eq!(compare(newer, older), Ordering::Greater, "{newer} > {older}");
            }
        }
        for (a, b) in
            [("1.0", "1.0.0"), ("1-ga", "1"), ("1.0-cr1", "1-RC1"), ("1.0alpha1", "1-a1"), ("01", "1"), ("", "0")]
        {
            assert_eq!(compare(a, b), Ordering::Equal, "{a} = {b}");
        }
    }
}
