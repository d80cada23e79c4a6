//! From what a plugin declares to the paths that a configuration names.

use cofferdam_config::{ConfigDef, ConfigType, DefaultValue};
use cofferdam_plugin::{ConfigMap, Scope};

/// A path that a configuration asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Target {
    /// The path, as written.
    pub(super) path: String,
    /// The key to blame for it; `None`: the plugin itself names it.
    pub(super) key: Option<String>,
}

/// The paths of a scope. None where a configuration key is not set or empty: whether it must be set is the
/// definition's business.
pub(super) fn targets(scope: &Scope, def: &ConfigDef, config: &ConfigMap) -> Vec<Target> {
    match scope {
        Scope::Literal(path) => vec![Target { path: path.clone(), key: None }],
        Scope::FromConfig(key) => {
            let Some(value) = value(key, def, config) else { return Vec::new() };
            let is_list = def.keys.iter().any(|known| known.name == *key && known.config_type == ConfigType::List);
            let values: Vec<&str> = if is_list { value.split(',').collect() } else { vec![value] };
            let paths = values.into_iter().map(str::trim).filter(|path| !path.is_empty());
            paths.map(|path| Target { path: path.to_owned(), key: Some(key.clone()) }).collect()
        }
        Scope::Template(template) => fill(template, def, config).into_iter().collect(),
    }
}

fn value<'a>(key: &str, def: &'a ConfigDef, config: &'a ConfigMap) -> Option<&'a str> {
    let default = || {
        let known = def.keys.iter().find(|known| known.name == key)?;
        match &known.default {
            DefaultValue::Value(value) => Some(value.as_str()),
            DefaultValue::Required | DefaultValue::Null => None,
        }
    };
    config.get(key).map(String::as_str).or_else(default).map(str::trim).filter(|value| !value.is_empty())
}

/// A template with the values in place of the keys in braces. An unclosed brace stands for itself.
fn fill(template: &str, def: &ConfigDef, config: &ConfigMap) -> Option<Target> {
    let mut path = String::new();
    let mut first = None;
    let mut rest = template;
    while let Some((before, tail)) = rest.split_once('{') {
        let Some((key, after)) = tail.split_once('}') else { break };
        path.push_str(before);
        path.push_str(value(key, def, config)?);
        first.get_or_insert_with(|| key.to_owned());
        rest = after;
    }
    path.push_str(rest);
    Some(Target { path, key: first })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_are_filled_or_left_out() {
        let config: ConfigMap =
            [("dir", "/data"), ("name", "x"), ("empty", " ")].map(|(k, v)| (k.to_owned(), v.to_owned())).into();
        let paths = |template: &str| {
            let targets = targets(&Scope::Template(template.into()), &ConfigDef::default(), &config);
            targets.into_iter().map(|target| (target.path, target.key)).collect::<Vec<_>>()
        };
        assert_eq!(paths("{dir}/{name}.log"), [("/data/x.log".to_owned(), Some("dir".to_owned()))]);
        assert_eq!(paths("/fixed"), [("/fixed".to_owned(), None)]);
        assert_eq!(paths("{dir}/{missing}"), []);
        assert_eq!(paths("{dir}/{empty}"), []);
        assert_eq!(paths("a{b"), [("a{b".to_owned(), None)]);
    }
}
