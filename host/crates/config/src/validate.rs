//! Checking a configuration against its definition, with Kafka's messages.

use crate::def::{ConfigDef, ConfigKey, ConfigType, DefaultValue, Validator};
use crate::value::Value;
use crate::{java, java_regex};
use std::collections::{BTreeMap, HashSet};
use thiserror::Error;

/// What validation says about one option. Kafka: `ConfigValue`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigValue {
    /// The option.
    pub name: String,
    /// Its value as REST shows it; the default where it is not set; `None` for null and for what did not parse.
    pub value: Option<String>,
    /// Values to offer.
    pub recommended_values: Vec<String>,
    /// What is wrong, each a whole message.
    pub errors: Vec<String>,
    /// Whether the option matters, given the others.
    pub visible: bool,
}

/// The first thing that is wrong with a configuration. Displays as Kafka's `ConfigException` does.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{message}")]
pub struct ConfigError {
    /// The option.
    pub key: String,
    /// What was given, `[hidden]` for passwords; `None`: nothing.
    pub value: Option<String>,
    /// The whole message.
    pub message: String,
    /// What is allowed, in words.
    pub allowed: String,
}

/// `Invalid value <v> for configuration <key>: <tail>`.
pub fn invalid(key: &str, value: &str, tail: &str) -> String {
    format!("Invalid value {value} for configuration {key}: {tail}")
}

impl Validator {
    /// The whole message if `value` does not satisfy it.
    fn check(&self, name: &str, value: &Value) -> Option<String> {
        let refuse = |tail: &str| Some(invalid(name, &value.to_string(), tail));
        match (self, value) {
            (Self::None, _) => None,
            (Self::Range { .. }, Value::Null) => refuse("Value must be non-null"),
            (Self::Range { min, max }, Value::Integer(number)) => match (min, max) {
                (Some(min), _) if number < min => refuse(&format!("Value must be at least {min}")),
                (_, Some(max)) if number > max => refuse(&format!("Value must be no more than {max}")),
                _ => None,
            },
            (Self::OneOf(texts), Value::Text(text)) if texts.contains(text) => None,
            (Self::OneOf(texts), _) => refuse(&format!("String must be one of: {}", texts.join(", "))),
            (Self::OneOfIgnoringCase(texts), Value::Text(text))
                if texts.iter().any(|allowed| allowed.eq_ignore_ascii_case(text)) =>
            {
                None
            }
            (Self::OneOfIgnoringCase(texts), _) => {
                refuse(&format!("String must be one of (case insensitive): {}", texts.join(", ")))
            }
            (Self::NonEmptyString, Value::Text(text)) if text.is_empty() => refuse("String must be non-empty"),
            (Self::ConnectorName, Value::Text(text)) => connector_name_error(text).and_then(|tail| refuse(&tail)),
            (Self::UniqueList | Self::UniqueFilledList, Value::Null) => {
                Some(format!("Configuration '{name}' values must not be null."))
            }
            (Self::UniqueFilledList, Value::List(items)) if items.is_empty() => {
                Some(format!("Configuration '{name}' must not be empty. Valid values include: any non-empty value"))
            }
            (Self::UniqueList | Self::UniqueFilledList, Value::List(items)) => unique_list_error(name, items),
            (Self::UniqueAliases, Value::Null) => refuse("entry must be non null"),
            (Self::UniqueAliases, Value::List(items)) if repeats(items) => refuse("Duplicate alias provided."),
            // Java's own words: its pattern is compiled unseen.
            (Self::Regex, Value::Null) => {
                refuse("Invalid regex: Cannot invoke \"String.isEmpty()\" because \"this.pattern\" is null")
            }
            (Self::Regex, Value::Text(text)) => {
                java_regex::error(text).and_then(|error| refuse(&format!("Invalid regex: {error}")))
            }
            (Self::Rule(rule), _) => (rule.check)(name, value),
            (Self::All(all), _) => all.iter().find_map(|one| one.check(name, value)),
            (Self::Embedded(own_name, validator), _) => validator.check(own_name, value),
            _ => None,
        }
    }

    /// What is allowed, in words; `None` where anything is.
    fn allowed(&self) -> Option<String> {
        match self {
            Self::Range { min: Some(min), max: Some(max) } => Some(format!("a whole number from {min} to {max}")),
            Self::Range { min: Some(min), max: None } => Some(format!("a whole number of at least {min}")),
            Self::Range { min: None, max: Some(max) } => Some(format!("a whole number of at most {max}")),
            Self::OneOf(texts) => Some(format!("one of {}", texts.join(", "))),
            Self::OneOfIgnoringCase(texts) => Some(format!("one of {}, in any case", texts.join(", "))),
            Self::NonEmptyString => Some("text that is not empty".to_owned()),
            Self::ConnectorName => Some("text that is not empty and has no control characters".to_owned()),
            Self::UniqueList | Self::UniqueAliases => Some("a comma-separated list without repetition".to_owned()),
            Self::UniqueFilledList => {
                Some("a comma-separated list of at least one item, without repetition".to_owned())
            }
            Self::Regex => Some("a regular expression".to_owned()),
            Self::Rule(rule) => Some(rule.allowed.to_owned()),
            Self::All(all) => {
                let allowed: Vec<String> = all.iter().filter_map(Self::allowed).collect();
                (!allowed.is_empty()).then(|| allowed.join("; "))
            }
            Self::Embedded(_, validator) => validator.allowed(),
            Self::None | Self::Range { min: None, max: None } => None,
        }
    }
}

/// The last line of the regex crate's message, which is a drawing of several lines.
pub(crate) fn one_line(error: &regex::Error) -> String {
    let text = error.to_string();
    text.lines().next_back().unwrap_or(&text).trim().trim_start_matches("error: ").to_owned()
}

fn connector_name_error(text: &str) -> Option<String> {
    if text.is_empty() {
        return Some("String may not be empty".to_owned());
    }
    let control: Vec<String> = text.chars().filter(|c| c.is_control()).map(|c| u32::from(c).to_string()).collect();
    (!control.is_empty()).then(|| {
        format!("String may not contain control sequences but had the following ASCII chars: {}", control.join(", "))
    })
}

fn unique_list_error(name: &str, items: &[String]) -> Option<String> {
    if repeats(items) {
        return Some(format!("Configuration '{name}' values must not be duplicated."));
    }
    items.iter().any(String::is_empty).then(|| format!("Configuration '{name}' values must not be empty."))
}

fn repeats(items: &[String]) -> bool {
    let mut seen = HashSet::new();
    !items.iter().all(|item| seen.insert(item))
}

impl ConfigKey {
    /// What is allowed for this option, in words.
    pub fn allowed(&self) -> String {
        self.validator.allowed().unwrap_or_else(|| {
            match self.config_type {
                ConfigType::Boolean => "true or false",
                ConfigType::Int => "a whole number from -2147483648 to 2147483647",
                ConfigType::Short => "a whole number from -32768 to 32767",
                ConfigType::Long => "a whole number",
                ConfigType::Double => "a number",
                ConfigType::List => "a comma-separated list",
                ConfigType::Class => "a class name",
                ConfigType::String | ConfigType::Password => "any text",
            }
            .to_owned()
        })
    }

    /// Reads `text` as the option's type asks, without its validator. Kafka: `ConfigDef.parseType`.
    pub fn parse(&self, text: &str) -> Result<Value, ConfigError> {
        Value::parse(self, text).map_err(|tail| ConfigError {
            key: self.name.clone(),
            value: Some(text.to_owned()),
            message: invalid(&self.name, text, &tail),
            allowed: self.allowed(),
        })
    }

    fn validate(&self, given: Option<Option<&str>>) -> ConfigValue {
        let (value, errors) = self.evaluate(given);
        let (name, value, recommended_values) = (self.name.clone(), value.shown(), Vec::new());
        ConfigValue { name, value, recommended_values, errors, visible: true }
    }

    /// The value that the option has, null if it is missing or wrong, and what is wrong, in Kafka's order: `given` is
    /// `None` where the option is not set and `Some(None)` where it is set to null. A value that does not parse is null to
    /// the validator, so one mistake may be told twice. Kafka: `ConfigDef.parseForValidate`.
    fn evaluate(&self, given: Option<Option<&str>>) -> (Value, Vec<String>) {
        let mut errors = Vec::new();
        let text = match (given, &self.default) {
            (Some(text), _) => text,
            (None, DefaultValue::Value(text)) => Some(text.as_str()),
            (None, DefaultValue::Null) => None,
            (None, DefaultValue::Required) => {
                errors.push(format!("Missing required configuration \"{}\" which has no default value.", self.name));
                None
            }
        };
        let value = text.map_or(Ok(Value::Null), |text| Value::parse(self, text)).unwrap_or_else(|tail| {
            errors.push(invalid(&self.name, text.unwrap_or("null"), &tail));
            Value::Null
        });
        // What is null by default may be null: in Kafka such keys carry validators that say so.
        if !(value == Value::Null && self.default == DefaultValue::Null) {
            errors.extend(self.validator.check(&self.name, &value));
        }
        (value, errors)
    }

    /// The default as REST shows it: as a value of the option's type is shown, `[hidden]` for passwords; `None` where
    /// there is none, or null. Kafka: `AbstractHerder.convertConfigKey`.
    pub fn default_shown(&self) -> Option<String> {
        match &self.default {
            DefaultValue::Required | DefaultValue::Null => None,
            DefaultValue::Value(text) => {
                Value::parse(self, text).map_or_else(|_| Some(text.clone()), |value| value.shown())
            }
        }
    }
}

impl ConfigDef {
    /// What is to be said about every option under `config`, in the order of definition. Keys that are not defined are
    /// ignored. Kafka: `ConfigDef.validate`.
    pub fn validate(&self, config: &BTreeMap<String, String>) -> Vec<ConfigValue> {
        self.keys.iter().map(|key| key.validate(config.get(&key.name).map(|text| Some(text.as_str())))).collect()
    }

    /// The same for a configuration in which keys may be null: such a key has the value null, whatever its default.
    pub fn validate_nullable(&self, config: &BTreeMap<String, Option<String>>) -> Vec<ConfigValue> {
        self.keys.iter().map(|key| key.validate(config.get(&key.name).map(Option::as_deref))).collect()
    }

    /// All options' values, or the first thing that is wrong. Kafka: `ConfigDef.parse`.
    pub fn parse(&self, config: &BTreeMap<String, String>) -> Result<ParsedConfig, ConfigError> {
        let mut values = BTreeMap::new();
        for key in &self.keys {
            let given = config.get(&key.name);
            let (value, errors) = key.evaluate(given.map(|text| Some(text.as_str())));
            if let Some(message) = errors.into_iter().next() {
                let value = match key.config_type {
                    ConfigType::Password => given.map(|_| Value::Password(String::new()).to_string()),
                    _ => given.cloned(),
                };
                return Err(ConfigError { key: key.name.clone(), value, message, allowed: key.allowed() });
            }
            values.insert(key.name.clone(), value);
        }
        Ok(ParsedConfig { values })
    }
}

/// The values of a whole definition. Asking for a key that is not in the definition, or by the wrong type, gives the
/// type's empty value: a definition and its reader stand side by side and are tested together.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ParsedConfig {
    values: BTreeMap<String, Value>,
}

impl ParsedConfig {
    /// A value of any type.
    pub fn value(&self, key: &str) -> &Value {
        self.values.get(key).unwrap_or(&Value::Null)
    }

    /// A BOOLEAN.
    pub fn boolean(&self, key: &str) -> bool {
        matches!(self.value(key), Value::Boolean(true))
    }

    /// An INT, SHORT or LONG; `None` for null.
    pub fn integer(&self, key: &str) -> Option<i64> {
        match self.value(key) {
            Value::Integer(number) => Some(*number),
            _ => None,
        }
    }

    /// A STRING, CLASS or PASSWORD; `None` for null.
    pub fn text(&self, key: &str) -> Option<&str> {
        match self.value(key) {
            Value::Text(text) | Value::Password(text) => Some(text),
            _ => None,
        }
    }

    /// A STRING, CLASS or PASSWORD; `None` for null and for blank text.
    pub fn filled_text(&self, key: &str) -> Option<&str> {
        self.text(key).filter(|text| !java::is_blank(text))
    }

    /// A LIST, empty for null.
    pub fn list(&self, key: &str) -> &[String] {
        match self.value(key) {
            Value::List(items) => items,
            _ => &[],
        }
    }
}

#[cfg(test)]
mod tests;
