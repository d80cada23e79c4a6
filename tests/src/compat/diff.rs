//! Where two walks differ, as precisely as it can be said.

use super::Step;
use serde_json::Value;
use std::fmt;

/// A place at which a step gave something else.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    pub step: String,
    /// Where within what came of it: a JSON pointer, empty for the whole.
    pub pointer: String,
    /// `None`: nothing is there.
    pub recorded: Option<Value>,
    pub seen: Option<Value>,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |value: &Option<Value>| value.as_ref().map_or_else(|| "nothing".to_owned(), short);
        writeln!(f, "{} {}", self.step, self.pointer)?;
        writeln!(f, "    recorded: {}", text(&self.recorded))?;
        write!(f, "    seen:     {}", text(&self.seen))
    }
}

fn short(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(300) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// All places at which `seen` is not as recorded, in the order of the recording.
pub fn differences(recorded: &[Step], seen: &[Step]) -> Vec<Difference> {
    let mut found = Vec::new();
    let of = |steps: &[Step], name: &str| steps.iter().find(|step| step.name == name).map(|step| step.came.clone());
    for step in recorded {
        compare(&step.name, String::new(), Some(&step.came), of(seen, &step.name).as_ref(), &mut found);
    }
    for step in seen.iter().filter(|step| of(recorded, &step.name).is_none()) {
        compare(&step.name, String::new(), None, Some(&step.came), &mut found);
    }
    found
}

fn compare(step: &str, pointer: String, recorded: Option<&Value>, seen: Option<&Value>, found: &mut Vec<Difference>) {
    match (recorded, seen) {
        (Some(Value::Object(recorded)), Some(Value::Object(seen))) => {
            for (key, value) in recorded {
                compare(step, format!("{pointer}/{key}"), Some(value), seen.get(key), found);
            }
            for (key, value) in seen.iter().filter(|(key, _)| !recorded.contains_key(*key)) {
                compare(step, format!("{pointer}/{key}"), None, Some(value), found);
            }
        }
        // Of lists that differ in length it cannot be said what in them differs.
        (Some(Value::Array(recorded)), Some(Value::Array(seen))) if recorded.len() == seen.len() => {
            for (index, (recorded, seen)) in recorded.iter().zip(seen).enumerate() {
                compare(step, format!("{pointer}/{index}"), Some(recorded), Some(seen), found);
            }
        }
        (recorded, seen) if recorded == seen => {}
        (recorded, seen) => {
            found.push(Difference { step: step.to_owned(), pointer, recorded: recorded.cloned(), seen: seen.cloned() })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Step, differences};
    use serde_json::json;

    fn step(name: &str, came: serde_json::Value) -> Step {
        Step { name: name.to_owned(), came }
    }

    #[test]
    fn tells_what_differs_and_where() {
        let recorded = [step("a", json!({"result": {"x": [1, 2], "y": 1}})), step("b", json!(1)), step("c", json!(1))];
        let seen = [step("a", json!({"result": {"x": [1, 3], "z": 1}})), step("b", json!(1)), step("d", json!(1))];
        let found = differences(&recorded, &seen);
        let places: Vec<_> = found.iter().map(|found| format!("{} {}", found.step, found.pointer)).collect();
        assert_eq!(places, ["a /result/x/1", "a /result/y", "a /result/z", "c ", "d "]);
        assert_eq!(found[0].to_string(), "a /result/x/1\n    recorded: 2\n    seen:     3");
        assert_eq!(found[4].recorded, None);
    }

    #[test]
    fn lists_of_other_lengths_differ_as_a_whole() {
        let found = differences(&[step("a", json!([1]))], &[step("a", json!([1, 2]))]);
        assert_eq!(found[0].pointer, "");
    }
}
