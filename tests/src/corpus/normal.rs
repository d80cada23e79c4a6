//! What makes two answers equal although they are not the same text. This is the whole list:
//!
//! 1. host and port of the worker are `{worker}`, the directory of the test is `{data}`;
//! 2. versions of plugins are `{version}`, in fields, messages and defaults; `GET /` keeps Kafka's version;
//! 3. `commit`, `kafka_cluster_id` and `last_modified` are placeholders where they have a value;
//! 4. `trace` is `{trace}` where there is one, `documentation` is `{documentation}`; a trace beside RUNNING or PAUSED is
//!    left out, which only Cofferdam has, for as long as something is in the way (deviations.md);
//! 5. lists whose order Kafka Connect leaves open are sorted: names of connectors, topics, offsets, tasks of a restart
//!    plan, keys of one client's overrides or one converter in a validation,
//!    what `Allow`, `Access-Control-Allow-Methods` and the answer to OPTIONS name;
//! 6. in lists of plugins, those that only one program ships are left out, by name ([`FOREIGN`]), and so is where a plugin
//!    was found;
//! 7. the text of Jetty's own error page is `{page}`;
//! 8. `order` in an option's definition is left out beside `order_in_group`: Cofferdam tells both (deviations.md);
//! 9. headers that HTTP itself needs are left out ([`HOP`]);
//! 10. what a step says itself: `keep`, `view`.

use super::case::{Reply, Step, View};
use super::http::Response;
use super::validation;
use regex::{Captures, Regex};
use serde_json::{Map, Value};
use std::path::Path;

/// Packages of plugins that Apache Kafka ships and Cofferdam does not.
const FOREIGN: [&str; 2] = ["org.apache.kafka.connect.mirror.", "org.apache.kafka.connect.tools."];

/// Headers that are the transport's.
const HOP: [&str; 7] =
    ["cache-control", "connection", "content-length", "date", "keep-alive", "server", "transfer-encoding"];

/// Makes answers of one worker comparable.
#[derive(Clone, Debug)]
pub struct Normal {
    /// Texts and what stands for them.
    places: Vec<(String, &'static str)>,
    described: Regex,
    versions: Regex,
}

impl Normal {
    /// For a worker at `host:port` that shares this directory with the test.
    pub fn new(address: &str, data: &Path) -> Self {
        let described = r"PluginDesc\{klass=class ([^,]+), name='[^']*', version='[^']*', encodedVersion=[^,]*, type=(\w+), typeName='(\w+)', location='[^']*'\}(, )?";
        let versions = r"available versions: \[[^\]]*\]";
        let regex = |text: &str| Regex::new(text).expect("a regular expression");
        Self {
            places: vec![(data.display().to_string(), "{data}"), (address.to_owned(), "{worker}")],
            described: regex(described),
            versions: regex(versions),
        }
    }

    /// The answer to a step, as it is kept and compared.
    pub fn reply(&self, step: &Step, response: &Response) -> Reply {
        let (method, target) = step.method_and_target();
        let kept = response.headers.iter().filter(|(name, _)| !HOP.contains(&name.as_str()));
        let mut headers: std::collections::BTreeMap<_, _> =
            kept.map(|(name, value)| (name.clone(), self.text(value))).collect();
        for name in ["allow", "access-control-allow-methods"] {
            if let Some(methods) = headers.get_mut(name) {
                *methods = sorted_items(methods, ",");
            }
        }
        let mut reply = Reply { status: response.status, headers, json: None, text: None };
        let body = String::from_utf8_lossy(&response.body).into_owned();
        let is_page = reply.headers.get("content-type").is_some_and(|kind| kind.starts_with("text/html"));
        match serde_json::from_str::<Value>(&body) {
            _ if body.is_empty() => {}
            Ok(mut json) if !is_page => {
                self.value(&mut json);
                self.document(&mut json, target);
                keep(&mut json, &step.keep);
                reply.json = Some(match step.view {
                    View::Errors => validation::errors(json, step.json.as_ref()),
                    View::Whole => json,
                });
            }
            _ if is_page => reply.text = Some("{page}".to_owned()),
            _ if method == "OPTIONS" => reply.text = Some(sorted_items(&body, ", ")),
            _ => reply.text = Some(self.text(&body)),
        }
        reply
    }

    fn text(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (found, placeholder) in &self.places {
            text = text.replace(found.as_str(), placeholder);
        }
        let text = self.versions.replace_all(&text, "available versions: [{version}]");
        let described = self.described.replace_all(&text, |found: &Captures<'_>| {
            let (class, kind) = (&found[1], &found[2]);
            if is_foreign(class) { String::new() } else { format!("{{plugin {class}, {kind}}}, ") }
        });
        described.trim_end_matches(", ").to_owned()
    }

    fn value(&self, value: &mut Value) {
        match value {
            Value::String(text) => *text = self.text(text),
            Value::Array(items) => items.iter_mut().for_each(|item| self.value(item)),
            Value::Object(members) => {
                for (key, member) in members.iter_mut() {
                    match placeholder(key) {
                        Some(text) if member.is_string() || member.is_number() => *member = text.into(),
                        _ => self.value(member),
                    }
                }
            }
            _ => {}
        }
    }

    /// What depends on which document it is.
    fn document(&self, json: &mut Value, target: &str) {
        let path = target.split('?').next().unwrap_or_default().trim_end_matches('/');
        match json {
            Value::Object(root) if path.is_empty() => {
                if let Some(commit) = root.get_mut("commit") {
                    *commit = "{commit}".into();
                }
            }
            Value::Array(names) if path == "/connectors" => names.sort_by_key(Value::to_string),
            Value::Array(plugins) if path == "/connector-plugins" => {
                plugins.retain(|plugin| !is_foreign(plugin["class"].as_str().unwrap_or_default()));
                plugins.iter_mut().for_each(version_of_plugin);
            }
            Value::Object(by_name) if path.ends_with("/topics") => {
                let lists = by_name.values_mut().filter_map(|about| about.get_mut("topics")?.as_array_mut());
                lists.for_each(|topics| topics.sort_by_key(Value::to_string));
            }
            Value::Object(root) if path.ends_with("/offsets") => sort(root, "offsets", |item| item.to_string()),
            Value::Object(root) if path.ends_with("/restart") => {
                sort(root, "tasks", |task| task["id"].to_string());
                plain_statuses(json);
            }
            _ => plain_statuses(json),
        }
        validation::plain(json);
    }
}

fn placeholder(key: &str) -> Option<&'static str> {
    match key {
        "trace" => Some("{trace}"),
        "documentation" => Some("{documentation}"),
        "last_modified" => Some("{time}"),
        "kafka_cluster_id" => Some("{cluster}"),
        _ => None,
    }
}

fn is_foreign(class: &str) -> bool {
    FOREIGN.iter().any(|package| class.starts_with(package))
}

fn version_of_plugin(about: &mut Value) {
    if let Some(version) = about.get_mut("version").filter(|version| version.is_string()) {
        *version = "{version}".into();
    }
}

/// Statuses of connectors and tasks, wherever they are.
fn plain_statuses(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(plain_statuses),
        Value::Object(members) if members.contains_key("worker_id") => {
            if members.get("state").is_some_and(|state| state == "RUNNING" || state == "PAUSED") {
                members.remove("trace");
            }
            version_of_plugin(value);
        }
        Value::Object(members) => members.values_mut().for_each(plain_statuses),
        _ => {}
    }
}

fn sort(root: &mut Map<String, Value>, key: &str, by: impl Fn(&Value) -> String) {
    if let Some(items) = root.get_mut(key).and_then(Value::as_array_mut) {
        items.sort_by_key(by);
    }
}

fn keep(json: &mut Value, wanted: &[String]) {
    let wants = |name: &str| wanted.is_empty() || wanted.iter().any(|wanted| wanted == name);
    match json {
        Value::Object(members) => members.retain(|key, _| wants(key)),
        Value::Array(items) => items.retain(|item| item.as_str().is_none_or(wants)),
        _ => {}
    }
}

fn sorted_items(text: &str, separator: &str) -> String {
    let mut items: Vec<&str> = text.split(separator).collect();
    items.sort_unstable();
    items.join(separator)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn reply(request: &str, headers: &[(&str, &str)], body: &str) -> Reply {
        let step = serde_json::from_value(json!({"request": request})).unwrap();
        let headers = headers.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
        let response = Response { status: 200, headers, body: body.as_bytes().to_vec() };
        Normal::new("127.0.0.1:81", Path::new("/tmp/x/data")).reply(&step, &response)
    }

    #[test]
    fn what_depends_on_the_machine_is_replaced() {
        let body = r#"{"worker_id":"127.0.0.1:81","version":"1","trace":"a\n\tb","file":"/tmp/x/data/in"}"#;
        let headers = [("date", "now"), ("location", "http://127.0.0.1:81/connectors/a"), ("allow", "POST,GET")];
        let reply = reply("GET /connectors/a/tasks/0/status", &headers, body);
        let expected =
            json!({"worker_id": "{worker}", "version": "{version}", "trace": "{trace}", "file": "{data}/in"});
        assert_eq!(reply.json, Some(expected));
        let kept = [("allow", "GET,POST"), ("location", "http://{worker}/connectors/a")];
        assert_eq!(reply.headers, kept.map(|(name, value)| (name.to_owned(), value.to_owned())).into());
    }

    #[test]
    fn plugins_of_one_program_only_and_places_are_left_out_of_messages() {
        let one = |class: &str| {
            format!(
                "PluginDesc{{klass=class {class}, name='{class}', version='1', encodedVersion=1, type=sink, typeName='sink', location='file:/x/'}}"
            )
        };
        let message = format!("available connectors are: {}, {}", one("a.Sink"), one(&format!("{}M", FOREIGN[0])));
        let reply = reply("GET /x", &[], &json!({ "message": message }).to_string());
        assert_eq!(reply.json, Some(json!({"message": "available connectors are: {plugin a.Sink, sink}"})));
    }

    #[test]
    fn open_orders_are_sorted_and_others_are_not() {
        assert_eq!(reply("GET /connectors/", &[], r#"["b","a"]"#).json, Some(json!(["a", "b"])));
        assert_eq!(reply("GET /admin/loggers/x", &[], r#"["b","a"]"#).json, Some(json!(["b", "a"])));
        let topics = reply("GET /connectors/a/topics", &[], r#"{"a":{"topics":["y","x"]}}"#);
        assert_eq!(topics.json, Some(json!({"a": {"topics": ["x", "y"]}})));
    }
}
