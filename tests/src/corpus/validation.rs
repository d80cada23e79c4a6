//! Definitions of options and answers of the validate endpoint: versions in them, and the short view of one.

use serde_json::{Map, Value, json};

/// Replaces the versions of plugins: defaults, values and recommendations of `….plugin.version`.
pub fn plain(json: &mut Value) {
    match json {
        Value::Array(definitions) => definitions.iter_mut().for_each(plain_definition),
        Value::Object(root) => {
            open_orders(root);
            for config in root.get_mut("configs").and_then(Value::as_array_mut).into_iter().flatten() {
                let version = config.pointer("/definition/default_value").cloned().unwrap_or_default();
                if let Some(definition) = config.get_mut("definition") {
                    plain_definition(definition);
                }
                if let Some(value) = config.get_mut("value") {
                    version_of_value(value, &version);
                }
            }
        }
        _ => {}
    }
}

/// Keys of one client's overrides, and those of one converter, come in the order of a hash table, and with them the groups
/// of converters: both are sorted.
fn open_orders(root: &mut Map<String, Value>) {
    let Some(configs) = root.get_mut("configs").and_then(Value::as_array_mut) else { return };
    let mut groups = Vec::new();
    for run in configs.chunk_by_mut(|one, other| family(one) == family(other)) {
        if run.first().and_then(family).is_some() {
            groups.extend(
                run.iter().filter_map(|config| config.pointer("/definition/group")?.as_str().map(str::to_owned)),
            );
            run.sort_by_key(name);
        }
    }
    if let Some(all) = root.get_mut("groups").and_then(Value::as_array_mut) {
        all.sort_by_key(|group| {
            group.as_str().filter(|group| groups.iter().any(|one| one == group)).map(str::to_owned)
        });
    }
}

/// The client or converter that a key is for; `None` for a key of the framework or the connector.
fn family(config: &Value) -> Option<&'static str> {
    let families = [
        "producer.override.",
        "consumer.override.",
        "admin.override.",
        "key.converter.",
        "value.converter.",
        "header.converter.",
    ];
    let name = name(config);
    families.into_iter().find(|prefix| name.starts_with(prefix) && !name.ends_with(".plugin.version"))
}

fn name(config: &Value) -> String {
    let text = |path: &str| config.pointer(path).and_then(Value::as_str);
    text("/definition/name").or(text("/value/name")).unwrap_or_default().to_owned()
}

fn is_version(about: &Value) -> bool {
    about["name"].as_str().is_some_and(|name| name.ends_with("plugin.version"))
}

/// Also takes away what Cofferdam tells twice.
fn plain_definition(definition: &mut Value) {
    if let Some(members) = definition.as_object_mut().filter(|members| members.contains_key("order_in_group")) {
        members.remove("order");
    }
    if is_version(definition) && definition["default_value"].is_string() {
        definition["default_value"] = "{version}".into();
    }
}

fn version_of_value(value: &mut Value, default: &Value) {
    if !is_version(value) {
        return;
    }
    if value["value"].is_string() && value["value"] == *default {
        value["value"] = "{version}".into();
    }
    if let Some(recommended) = value.get_mut("recommended_values").and_then(Value::as_array_mut) {
        recommended.iter_mut().for_each(|version| *version = "{version}".into());
    }
}

/// The short view: counts, groups, the order of keys, and the values of keys that were sent or have errors.
pub fn errors(json: Value, sent: Option<&Value>) -> Value {
    let Some(configs) = json["configs"].as_array() else { return json };
    let key = |config: &Value| match (&config["definition"], &config["value"]) {
        (Value::Null, _) => format!("{} (no definition)", name(config)),
        (_, Value::Null) => format!("{} (no value)", name(config)),
        _ => name(config),
    };
    let told = |config: &Value| {
        let errors = config.pointer("/value/errors").and_then(Value::as_array).is_some_and(|list| !list.is_empty());
        errors || sent.is_some_and(|sent| sent.get(name(config)).is_some())
    };
    let value = |config: &Value| {
        let mut value = config["value"].clone();
        // The list of all classes of a kind is in the whole answers.
        if config.pointer("/definition/type").is_some_and(|kind| kind == "CLASS") {
            value["recommended_values"] = value["recommended_values"].as_array().map_or(0, Vec::len).into();
        }
        value
    };
    let mut view = Map::new();
    for field in ["name", "error_count", "groups"] {
        view.insert(field.to_owned(), json[field].clone());
    }
    view.insert("keys".to_owned(), configs.iter().map(key).collect());
    view.insert(
        "values".to_owned(),
        json!(configs.iter().filter(|config| told(config)).map(value).collect::<Vec<_>>()),
    );
    Value::Object(view)
}

#[cfg(test)]
mod tests {
    use super::{errors, plain};
    use serde_json::json;

    #[test]
    fn the_short_view_has_what_was_sent_and_what_is_wrong() {
        let value = |name: &str, wrong: &[&str]| json!({"name": name, "errors": wrong});
        let config = |name: &str, wrong: &[&str]| json!({"definition": {"name": name}, "value": value(name, wrong)});
        let configs = json!([config("a", &[]), config("b", &["no"]), config("c", &[]), {"definition": null, "value": {"name": "d"}}]);
        let whole = json!({"name": "n", "error_count": 1, "groups": [], "configs": configs});
        let short = errors(whole, Some(&json!({"a": "1"})));
        assert_eq!(short["keys"], json!(["a", "b", "c", "d (no definition)"]));
        assert_eq!(short["values"], json!([value("a", &[]), value("b", &["no"])]));
    }

    #[test]
    fn orders_of_hash_tables_are_sorted_and_others_are_not() {
        let config = |name: &str, group: &str| json!({"definition": {"name": name, "group": group}, "value": null});
        let before =
            [("z", "G"), ("a", "G"), ("key.converter.b", "S"), ("key.converter.a", "K"), ("value.converter.a", "K")];
        let mut answer = json!({"groups": ["G", "S", "K"], "configs": before.map(|(name, group)| config(name, group))});
        plain(&mut answer);
        let names: Vec<_> = answer["configs"].as_array().unwrap().iter().map(super::name).collect();
        assert_eq!(names, ["z", "a", "key.converter.a", "key.converter.b", "value.converter.a"]);
        assert_eq!(answer["groups"], json!(["G", "K", "S"]));
    }

    #[test]
    fn only_versions_of_plugins_are_replaced() {
        let definition = |name: &str| json!({"name": name, "default_value": "4"});
        let value = |value: &str| json!({"name": "a.plugin.version", "value": value, "recommended_values": ["4"]});
        let config = |text: &str| json!({"definition": definition("a.plugin.version"), "value": value(text)});
        let mut answer = json!({"configs": [config("4"), config("3")]});
        plain(&mut answer);
        assert_eq!(answer["configs"][0]["value"]["value"], "{version}");
        assert_eq!(answer["configs"][0]["definition"]["default_value"], "{version}");
        assert_eq!(answer["configs"][1]["value"]["value"], "3");
        assert_eq!(answer["configs"][1]["value"]["recommended_values"], json!(["{version}"]));
        let mut definitions = json!([definition("b")]);
        plain(&mut definitions);
        assert_eq!(definitions[0]["default_value"], "4");
    }
}
