//! What the descriptions of all classes have in common, and options that several of them have.

use cofferdam_config::{ConfigDef, ConfigKey, ConfigType, DefaultValue, Importance, Rule, Validator, Value, invalid};
use cofferdam_plugin::{PluginDesc, PluginType};

/// The version of Kafka whose classes these are: tools compare it, and `plugin.version` names it.
const VERSION: &str = "4.3.1";
const PACKAGE: &str = "org.apache.kafka.connect.transforms";

/// A transformation with one class, named within Kafka's package.
pub(crate) fn transformation(name: &str, documentation: &str, options: Vec<ConfigKey>) -> PluginDesc {
    desc(PluginType::Transformation, format!("{PACKAGE}.{name}"), documentation, options)
}

/// A transformation with one class for keys and one for values.
pub(crate) fn key_and_value(name: &str, documentation: &str, options: Vec<ConfigKey>) -> [PluginDesc; 2] {
    [
        transformation(&format!("{name}$Key"), &format!("{documentation} Of the key."), options.clone()),
        transformation(&format!("{name}$Value"), &format!("{documentation} Of the value."), options),
    ]
}

/// A predicate.
pub(crate) fn predicate(name: &str, documentation: &str, options: Vec<ConfigKey>) -> PluginDesc {
    desc(PluginType::Predicate, format!("{PACKAGE}.predicates.{name}"), documentation, options)
}

fn desc(plugin_type: PluginType, class: String, documentation: &str, options: Vec<ConfigKey>) -> PluginDesc {
    PluginDesc {
        class,
        task_class: String::new(),
        plugin_type,
        version: VERSION.to_owned(),
        documentation: documentation.to_owned(),
        config: options.into_iter().fold(ConfigDef::new(), ConfigDef::define),
        capabilities: Vec::new(),
        location: "classpath".to_owned(),
        wants_acknowledgements: false,
    }
}

/// An option that must be set.
pub(crate) fn required(name: &str, of: ConfigType, importance: Importance, documentation: &str) -> ConfigKey {
    ConfigKey::new(name, of, DefaultValue::Required, importance, documentation)
}

/// An option that is null where it is not set.
pub(crate) fn nullable(name: &str, of: ConfigType, importance: Importance, documentation: &str) -> ConfigKey {
    ConfigKey::new(name, of, DefaultValue::Null, importance, documentation)
}

/// An option that is `default` where it is not set.
pub(crate) fn optional(
    name: &str,
    of: ConfigType,
    default: &str,
    importance: Importance,
    documentation: &str,
) -> ConfigKey {
    ConfigKey::new(name, of, DefaultValue::text(default), importance, documentation)
}

/// Of every class that reads fields.
pub(crate) fn replace_null_with_default() -> ConfigKey {
    let documentation = "Whether a field that is null counts as its schema's default, where there is one.";
    optional("replace.null.with.default", ConfigType::Boolean, "true", Importance::Medium, documentation)
}

/// One of these texts.
pub(crate) fn one_of(allowed: &[&str]) -> Validator {
    Validator::OneOf(allowed.iter().map(|text| (*text).to_owned()).collect())
}

/// Kafka: `ConfigDef.NonNullValidator`.
pub(crate) const NOT_NULL: Validator = Validator::Rule(Rule {
    allowed: "any text",
    check: |name, value| (*value == Value::Null).then(|| invalid(name, "null", "entry must be non null")),
});

/// Kafka: `NonEmptyListValidator`.
pub(crate) const NON_EMPTY_LIST: Validator = Validator::Rule(Rule {
    allowed: "a comma-separated list of at least one item",
    check: |name, value| items(value).is_empty().then(|| invalid(name, &value.to_string(), "Empty list")),
});

/// The items of a list; none of anything else.
pub(crate) fn items(value: &Value) -> &[String] {
    match value {
        Value::List(items) => items,
        _ => &[],
    }
}

/// The parts between colons, without empty ones at the end. Java: `String.split(":")`.
pub(crate) fn parts(text: &str) -> Vec<&str> {
    let mut parts: Vec<&str> = text.split(':').collect();
    while parts.len() > 1 && parts.last().is_some_and(|last| last.is_empty()) {
        parts.pop();
    }
    parts
}
