//! JSON as people like to read it: what is flat or short stays on one line.

use serde_json::Value;
use std::fmt::Write;

/// The longest line that a nested value may take.
const WIDTH: usize = 110;
/// The longest line that a flat value may take: an option's definition is easier to read, and to compare, on one line.
const FLAT: usize = 480;

/// The text of a JSON file.
pub fn pretty(value: &Value) -> String {
    let mut text = String::new();
    write(&mut text, value, 0);
    text.push('\n');
    text
}

fn write(text: &mut String, value: &Value, depth: usize) {
    let line = value.to_string();
    if line.len() + 2 * depth <= if is_flat(value) { FLAT } else { WIDTH } && depth > 0 {
        text.push_str(&line);
        return;
    }
    match value {
        Value::Array(items) if !items.is_empty() => {
            block(text, ['[', ']'], depth, items.iter(), |text, item| write(text, item, depth + 1));
        }
        Value::Object(members) if !members.is_empty() => {
            block(text, ['{', '}'], depth, members.iter(), |text, (key, item)| {
                // Writing to a String does not fail.
                let _ = write!(text, "{}: ", Value::from(key.as_str()));
                write(text, item, depth + 1);
            });
        }
        _ => text.push_str(&line),
    }
}

fn block<T>(
    text: &mut String,
    brackets: [char; 2],
    depth: usize,
    items: impl ExactSizeIterator<Item = T>,
    mut each: impl FnMut(&mut String, T),
) {
    let last = items.len() - 1;
    text.push(brackets[0]);
    for (number, item) in items.enumerate() {
        text.push('\n');
        text.push_str(&"  ".repeat(depth + 1));
        each(text, item);
        if number != last {
            text.push(',');
        }
    }
    text.push('\n');
    text.push_str(&"  ".repeat(depth));
    text.push(brackets[1]);
}

/// Whether nothing in it holds anything.
fn is_flat(value: &Value) -> bool {
    let empty = |item: &Value| match item {
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        _ => true,
    };
    match value {
        Value::Array(items) => items.iter().all(empty),
        Value::Object(members) => members.values().all(empty),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::pretty;
    use serde_json::json;

    #[test]
    fn what_is_short_stays_on_one_line() {
        let value = json!({"a": {"b": [1, {"c": 2}]}, "d": []});
        assert_eq!(pretty(&value), "{\n  \"a\": {\"b\":[1,{\"c\":2}]},\n  \"d\": []\n}\n");
        let long = json!({"a": vec![json!(["x".repeat(60)]); 2]});
        assert_eq!(pretty(&long).lines().count(), 6);
    }
}
