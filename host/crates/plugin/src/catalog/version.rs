//! Which of two versions is the newer. Kafka orders by Maven's `ComparableVersion`; this is the part of it that
//! released versions use: numbers, and qualifiers that come before a release. Unlike Maven's, every qualifier does so,
//! `sp` and unknown ones included, and those that two versions do not share are compared as text.

use std::cmp::Ordering;

/// Compares two versions, part by part, from number to letter and back being parts, too. What is not a number of at most
/// 64 bits counts as a qualifier: `1.0-SNAPSHOT` and `1.0-rc1` come before `1.0`, and `undefined` before every number. What
/// stands behind a `+` decides last, as text.
pub(super) fn compare(a: &str, b: &str) -> Ordering {
    let (core_a, build_a) = split_build(a);
    let (core_b, build_b) = split_build(b);
    let (a, b) = (parts(core_a), parts(core_b));
    let length = a.len().max(b.len());
    let at = |parts: &[Part], index: usize| parts.get(index).cloned().unwrap_or(Part::Release);
    let differing = (0..length).map(|index| at(&a, index).cmp(&at(&b, index))).find(|order| order.is_ne());
    differing.unwrap_or_else(|| build_a.cmp(build_b))
}

fn split_build(version: &str) -> (&str, &str) {
    version.split_once('+').unwrap_or((version, ""))
}

/// One part of a version. A missing part stands between qualifiers and numbers, and zero is as good as missing.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Qualifier(String),
    Release,
    Number(u64),
}

fn parts(version: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    for piece in version.split(['.', '-', '_']) {
        let mut rest = piece;
        while let Some(first) = rest.chars().next() {
            let digits = first.is_ascii_digit();
            let end = rest.find(|c: char| c.is_ascii_digit() != digits).unwrap_or(rest.len());
            let (token, tail) = rest.split_at(end);
            parts.push(match token.parse() {
                Ok(0) => Part::Release,
                Ok(number) => Part::Number(number),
                Err(_) => Part::Qualifier(token.to_ascii_lowercase()),
            });
            rest = tail;
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_versions_as_released() {
        let ascending =
            ["undefined", "0.9", "1.0-alpha", "1.0-rc1", "1.0-SNAPSHOT", "1.0", "1.0.1", "1.2", "1.10", "2", "10.0"];
        for pair in ascending.windows(2) {
            assert_eq!(compare(pair[0], pair[1]), Ordering::Less, "{} < {}", pair[0], pair[1]);
            assert_eq!(compare(pair[1], pair[0]), Ordering::Greater, "{} > {}", pair[1], pair[0]);
        }
        assert_eq!(compare("1.0", "1.0.0"), Ordering::Equal);
    }
}
