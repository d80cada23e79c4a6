//! Where two answers differ, told so that the reader sees what.

use super::Reply;
use serde_json::{Map, Value};
use std::fmt;

/// One place where two answers differ.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// Where: `status`, `header NAME`, or a path in the body, by names where list items have some.
    pub at: String,
    /// `None` where nothing should be.
    pub expected: Option<Value>,
    /// `None` where nothing came.
    pub came: Option<Value>,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |value: &Option<Value>| value.as_ref().map_or_else(|| "nothing".to_owned(), Value::to_string);
        write!(f, "{}\n        expected {}\n        came     {}", self.at, text(&self.expected), text(&self.came))
    }
}

/// Every place where an answer is not as expected.
pub fn differences(expected: &Reply, came: &Reply) -> Vec<Difference> {
    let mut found = Vec::new();
    if expected.status != came.status {
        let (status, other) = (Value::from(expected.status), Value::from(came.status));
        found.push(Difference { at: "status".into(), expected: Some(status), came: Some(other) });
    }
    let headers = |reply: &Reply| {
        let items = reply.headers.iter().map(|(name, value)| (name.clone(), Value::from(value.as_str())));
        Value::Object(items.collect())
    };
    compare("header", &headers(expected), &headers(came), &mut found);
    let body = |reply: &Reply| match (&reply.json, &reply.text) {
        (Some(json), _) => json.clone(),
        (None, Some(text)) => Value::from(text.as_str()),
        (None, None) => Value::Null,
    };
    compare("body", &body(expected), &body(came), &mut found);
    found
}

fn compare(at: &str, expected: &Value, came: &Value, found: &mut Vec<Difference>) {
    match (expected, came) {
        (Value::Object(one), Value::Object(other)) => members(at, one, other, found),
        (Value::Array(one), Value::Array(other)) => match (by_name(one), by_name(other)) {
            (Some(named), Some(others)) => {
                members(at, &named, &others, found);
                order(at, &named, &others, found);
            }
            _ if one.len() == other.len() => {
                for (number, (one, other)) in one.iter().zip(other).enumerate() {
                    compare(&format!("{at}[{number}]"), one, other, found);
                }
            }
            _ => found.push(Difference { at: at.into(), expected: Some(expected.clone()), came: Some(came.clone()) }),
        },
        _ if expected == came => {}
        // What a deviation leaves open.
        (Value::String(any), Value::String(_)) if any == "{any}" => {}
        _ => found.push(Difference { at: at.into(), expected: Some(expected.clone()), came: Some(came.clone()) }),
    }
}

fn members(at: &str, expected: &Map<String, Value>, came: &Map<String, Value>, found: &mut Vec<Difference>) {
    for (key, value) in expected {
        let at = format!("{at} {key}");
        match came.get(key) {
            Some(other) => compare(&at, value, other, found),
            None => found.push(Difference { at, expected: Some(value.clone()), came: None }),
        }
    }
    for (key, value) in came.iter().filter(|(key, _)| !expected.contains_key(*key)) {
        let at = format!("{at} {key}");
        found.push(Difference { at, expected: None, came: Some(value.clone()) });
    }
}

/// Items that are on both sides must be in the same order.
fn order(at: &str, expected: &Map<String, Value>, came: &Map<String, Value>, found: &mut Vec<Difference>) {
    let common = |one: &Map<String, Value>, other: &Map<String, Value>| -> Vec<String> {
        one.keys().filter(|key| other.contains_key(*key)).cloned().collect()
    };
    let (one, other) = (common(expected, came), common(came, expected));
    if one != other {
        let at = format!("{at} (order)");
        found.push(Difference { at, expected: Some(Value::from(one)), came: Some(Value::from(other)) });
    }
}

/// The items of a list by what names them, if each has a name and no two the same.
fn by_name(items: &[Value]) -> Option<Map<String, Value>> {
    let mut named = Map::new();
    for item in items {
        let text = |path: &str| item.pointer(path).and_then(Value::as_str);
        let name = match (text("/class"), text("/type")) {
            (Some(class), Some(kind)) => format!("{class} ({kind})"),
            _ => item.as_str().or(text("/definition/name")).or(text("/value/name")).or(text("/name"))?.to_owned(),
        };
        if named.insert(name, item.clone()).is_some() {
            return None;
        }
    }
    (!named.is_empty()).then_some(named)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn at(expected: Value, came: Value) -> Vec<String> {
        let reply = |json| Reply { status: 200, headers: [].into(), json: Some(json), text: None };
        differences(&reply(expected), &reply(came)).into_iter().map(|difference| difference.at).collect()
    }

    #[test]
    fn every_difference_is_told_by_its_place() {
        assert_eq!(at(json!({"a": 1, "b": [1, 2]}), json!({"b": [1, 2], "a": 1})), [""; 0]);
        assert_eq!(at(json!({"a": 1}), json!({"a": 2, "b": 3})), ["body a", "body b"]);
        assert_eq!(at(json!({"a": null}), json!({})), ["body a"]);
        assert_eq!(at(json!([1, 2]), json!([1, 3])), ["body[1]"]);
        assert_eq!(at(json!([1, 2]), json!([1])), ["body"]);
        assert_eq!(at(json!({"a": "{any}"}), json!({"a": "b"})), [""; 0]);
        assert_eq!(at(json!({"a": "{any}"}), json!({"a": null})), ["body a"]);
    }

    #[test]
    fn items_with_names_are_compared_by_name_and_in_order() {
        let item = |name: &str, value: u8| json!({"definition": {"name": name}, "value": value});
        let places = at(json!([item("a", 1), item("b", 2)]), json!([item("b", 2), item("a", 3)]));
        assert_eq!(places, ["body a value", "body (order)"]);
        assert_eq!(at(json!(["x", "y"]), json!(["y", "x"])), ["body (order)"]);
        assert_eq!(at(json!(["x"]), json!(["x", "y"])), ["body y"]);
    }
}
