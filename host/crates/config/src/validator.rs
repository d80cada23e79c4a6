//! What a parsed value must satisfy, with Kafka's messages.

use crate::def::Validator;
use crate::java_regex;
use crate::validate::invalid;
use crate::value::Value;
use std::collections::HashSet;

impl Validator {
    /// The whole message if `value` does not satisfy it.
    pub(crate) fn check(&self, name: &str, value: &Value) -> Option<String> {
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
            (Self::UniqueList, Value::Null) => Some(format!("Configuration '{name}' values must not be null.")),
            (Self::UniqueList, Value::List(items)) => unique_list_error(name, items),
            (Self::UniqueAliases, Value::Null) => refuse("entry must be non null"),
            (Self::UniqueAliases, Value::List(items)) if repeats(items) => refuse("Duplicate alias provided."),
            (Self::Regex, Value::Text(text)) => {
                java_regex::error(text).and_then(|error| refuse(&format!("Invalid regex: {error}")))
            }
            _ => None,
        }
    }

    /// What is allowed, in words; `None` where anything is.
    pub(crate) fn allowed(&self) -> Option<String> {
        match self {
            Self::Range { min: Some(min), max: Some(max) } => Some(format!("a whole number from {min} to {max}")),
            Self::Range { min: Some(min), max: None } => Some(format!("a whole number of at least {min}")),
            Self::Range { min: None, max: Some(max) } => Some(format!("a whole number of at most {max}")),
            Self::OneOf(texts) => Some(format!("one of {}", texts.join(", "))),
            Self::OneOfIgnoringCase(texts) => Some(format!("one of {}, in any case", texts.join(", "))),
            Self::NonEmptyString => Some("text that is not empty".to_owned()),
            Self::ConnectorName => Some("text that is not empty and has no control characters".to_owned()),
            Self::UniqueList | Self::UniqueAliases => Some("a comma-separated list without repetition".to_owned()),
            Self::Regex => Some("a regular expression".to_owned()),
            Self::None | Self::Range { min: None, max: None } => None,
        }
    }
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
