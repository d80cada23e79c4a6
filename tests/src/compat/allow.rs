//! What may differ from real Kafka Connect, and why: `tests.allow`.
//!
//! One line each: `STEP | POINTER | REASON`, `*` in the first two for any text. A line that nothing differs by any more is
//! an error, so the list only shrinks.

use super::Difference;
use regex::Regex;

/// The lines of a `tests.allow`.
#[derive(Debug)]
pub struct Allowed(Vec<Line>);

#[derive(Debug)]
struct Line {
    text: String,
    step: Regex,
    pointer: Regex,
}

impl Allowed {
    /// Reads the file's text; the error says which line is not of the form.
    pub fn read(text: &str) -> Result<Self, String> {
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        lines.map(Line::read).collect::<Result<_, _>>().map(Self)
    }

    /// What is left of these differences, and the lines that none of them needed.
    pub fn judge(&self, found: &[Difference]) -> (Vec<Difference>, Vec<String>) {
        let left = found.iter().filter(|found| !self.0.iter().any(|line| line.is_about(found))).cloned().collect();
        let idle = self.0.iter().filter(|line| !found.iter().any(|found| line.is_about(found)));
        (left, idle.map(|line| line.text.clone()).collect())
    }
}

impl Line {
    fn read(text: &str) -> Result<Self, String> {
        let parts: Vec<&str> = text.splitn(3, '|').map(str::trim).collect();
        match parts.as_slice() {
            [step, pointer, reason] if !reason.is_empty() => {
                Ok(Self { text: text.to_owned(), step: pattern(step), pointer: pattern(pointer) })
            }
            _ => Err(format!("not of the form `STEP | POINTER | REASON`: {text}")),
        }
    }

    fn is_about(&self, found: &Difference) -> bool {
        self.step.is_match(&found.step) && self.pointer.is_match(&found.pointer)
    }
}

fn pattern(text: &str) -> Regex {
    let parts: Vec<String> = text.split('*').map(regex::escape).collect();
    Regex::new(&format!("^{}$", parts.join(".*"))).expect("escaped text and `.*`")
}

#[cfg(test)]
mod tests {
    use super::{Allowed, Difference};

    fn found(step: &str, pointer: &str) -> Difference {
        Difference { step: step.into(), pointer: pointer.into(), recorded: None, seen: None }
    }

    #[test]
    fn what_is_named_may_differ_and_must() {
        let allowed = Allowed::read("# why\nget* | /result/*/version | its own\n\nlist | * | no order\n").unwrap();
        let all = [found("get it", "/result/0/version"), found("get it", "/result/0/name"), found("lists", "")];
        let (left, idle) = allowed.judge(&all);
        assert_eq!(left, all[1..]);
        assert_eq!(idle, ["list | * | no order"]);
    }

    #[test]
    fn a_line_without_a_reason_is_refused() {
        assert!(Allowed::read("get | /x |").unwrap_err().contains("REASON"));
    }
}
