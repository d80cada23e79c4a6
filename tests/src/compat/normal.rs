//! Makes equal what differs between any two workers and says nothing about either.

use super::Step;
use regex::Regex;
use serde_json::{Map, Value};

/// What is replaced in the steps of one walk.
#[derive(Debug)]
pub struct Normal {
    /// Texts of this walk and this worker, and what stands for them.
    texts: Vec<(String, &'static str)>,
    patterns: Vec<(Regex, &'static str)>,
}

impl Normal {
    /// `root`: what the worker answers to `GET /`.
    pub fn new(walk: &str, address: &str, root: &Value) -> Self {
        let mut texts = vec![(walk.to_owned(), "NAME"), (address.to_owned(), "WORKER")];
        for (key, stands) in [("commit", "COMMIT"), ("kafka_cluster_id", "CLUSTER")] {
            let text = root[key].as_str().filter(|text| !text.is_empty()).expect("a worker that says what it is");
            texts.push((text.to_owned(), stands));
        }
        let pattern = |(pattern, stands)| (Regex::new(pattern).expect("a regular expression"), stands);
        // Times in a client's log lines; where a plugin came from and its version, in the text that lists all plugins.
        let patterns = [
            (r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d[.,]\d+", "TIME"),
            ("version='[^']*', encodedVersion=[^,]*,", "version=VERSION,"),
            ("location='[^']*'", "location=LOCATION"),
        ];
        Self { texts, patterns: patterns.map(pattern).into() }
    }

    /// The step with everything replaced.
    pub fn step(&self, step: &Step) -> Step {
        Step { name: self.text(&step.name), came: self.value(&step.came) }
    }

    fn text(&self, text: &str) -> String {
        let text = self.texts.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to));
        self.patterns.iter().fold(text, |text, (from, to)| from.replace_all(&text, *to).into_owned())
    }

    fn value(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.text(text)),
            Value::Array(items) => by_name(items.iter().map(|item| self.value(item)).collect()),
            Value::Object(fields) => Value::Object(self.object(fields)),
            other => other.clone(),
        }
    }

    fn object(&self, fields: &Map<String, Value>) -> Map<String, Value> {
        let replaced = |(key, value): (&String, &Value)| {
            let value = match (key.as_str(), value) {
                // A plugin's version, which is its own; beside `commit` it is the worker's.
                ("version", Value::String(_)) if !fields.contains_key("commit") => "VERSION".into(),
                // A Java stack trace there, a guest's backtrace here.
                ("trace", Value::String(text)) if !text.is_empty() => "TRACE".into(),
                // Ours is in our own words.
                ("documentation", Value::String(text)) if !text.is_empty() => "DOCUMENTATION".into(),
                _ => self.value(value),
            };
            (self.text(key), value)
        };
        // Beside RUNNING and PAUSED it tells a trouble that passes: now it is there, now it is not.
        let passes = fields.get("state").is_some_and(|state| state == "RUNNING" || state == "PAUSED");
        let passing = |(key, value): &(&String, &Value)| {
            passes && *key == "trace" && value.as_str().is_some_and(|text| !text.is_empty())
        };
        fields.iter().filter(|field| !passing(field)).map(replaced).collect()
    }
}

/// A list of options becomes an object by their names, so that one too many does not make all of them differ.
fn by_name(items: Vec<Value>) -> Value {
    let name = |item: &Value| item["definition"]["name"].as_str().map(str::to_owned);
    let names: Option<Vec<String>> = items.iter().map(name).collect();
    match names {
        Some(names) if !names.is_empty() => Value::Object(names.into_iter().zip(items).collect()),
        _ => Value::Array(items),
    }
}

#[cfg(test)]
mod tests {
    use super::{Normal, Step};
    use serde_json::json;

    #[test]
    fn replaces_what_belongs_to_one_walk_and_one_worker() {
        let root = json!({"version": "4.3.1", "commit": "abc123", "kafka_cluster_id": "clstr"});
        let normal = Normal::new("walk-1", "127.0.0.1:4711", &root);
        let step = Step {
            name: "delete walk-1-source".into(),
            came: json!({
                "root": root,
                "status": {"walk-1-a": {"worker_id": "127.0.0.1:4711", "version": "0.1.0", "trace": "at line 1"}},
                "text": "2026-01-02 03:04:05,678 clstr PluginDesc{version='1', encodedVersion=1, location='/x'}",
                "configs": [{"definition": {"name": "topic", "documentation": "Where."}, "value": {"errors": []}}],
            }),
        };
        let expected = json!({
            "root": {"version": "4.3.1", "commit": "COMMIT", "kafka_cluster_id": "CLUSTER"},
            "status": {"NAME-a": {"worker_id": "WORKER", "version": "VERSION", "trace": "TRACE"}},
            "text": "TIME CLUSTER PluginDesc{version=VERSION, location=LOCATION}",
            "configs": {"topic": {"definition": {"name": "topic", "documentation": "DOCUMENTATION"},
                "value": {"errors": []}}},
        });
        assert_eq!(normal.step(&step), Step { name: "delete NAME-source".into(), came: expected });
    }

    #[test]
    fn leaves_everything_else() {
        let root = json!({"commit": "abc123", "kafka_cluster_id": "clstr"});
        let came = json!({"outcome": "ok", "result": [1, null, "x", {"trace": "", "version": null}]});
        let step = Step { name: "n".into(), came };
        assert_eq!(Normal::new("walk-1", "127.0.0.1:4711", &root).step(&step), step);
    }
}
