//! Parsed values of options.

use crate::def::{ConfigKey, ConfigType};
use crate::java;
use std::fmt;

/// An option's value, parsed by its type. Kafka: `ConfigDef.parseType`.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Not set, and null by default.
    Null,
    /// BOOLEAN.
    Boolean(bool),
    /// INT, SHORT and LONG.
    Integer(i64),
    /// DOUBLE.
    Double(f64),
    /// STRING and CLASS, trimmed.
    Text(String),
    /// LIST.
    List(Vec<String>),
    /// PASSWORD: never shown.
    Password(String),
}

/// What stands in place of a password.
const HIDDEN: &str = "[hidden]";

impl Value {
    /// Parses `text` for `key`; the error is the tail of Kafka's message.
    pub(crate) fn parse(key: &ConfigKey, text: &str) -> Result<Self, String> {
        let trimmed = java::trim(text);
        let not_a_number = || format!("Not a number of type {}", key.config_type.as_str());
        Ok(match key.config_type {
            ConfigType::Boolean if trimmed.eq_ignore_ascii_case("true") => Self::Boolean(true),
            ConfigType::Boolean if trimmed.eq_ignore_ascii_case("false") => Self::Boolean(false),
            ConfigType::Boolean => return Err("Expected value to be either true or false".to_owned()),
            ConfigType::String | ConfigType::Class => Self::Text(trimmed.to_owned()),
            ConfigType::Password => Self::Password(trimmed.to_owned()),
            ConfigType::Short => Self::Integer(trimmed.parse::<i16>().map_err(|_| not_a_number())?.into()),
            ConfigType::Int => Self::Integer(trimmed.parse::<i32>().map_err(|_| not_a_number())?.into()),
            ConfigType::Long => Self::Integer(trimmed.parse::<i64>().map_err(|_| not_a_number())?),
            ConfigType::Double => Self::Double(parse_double(trimmed).ok_or_else(not_a_number)?),
            ConfigType::List => Self::List(split_list(trimmed)),
        })
    }

    /// As REST shows it: lists joined with commas, `[hidden]` for passwords, `None` for null. Kafka:
    /// `ConfigDef.convertToString`.
    pub fn shown(&self) -> Option<String> {
        match self {
            Self::Null => None,
            Self::List(items) => Some(items.join(",")),
            other => Some(other.to_string()),
        }
    }
}

/// As it stands in Kafka's messages: `null`, `[a, b]`, `[hidden]`.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Boolean(value) => write!(f, "{value}"),
            Self::Integer(value) => write!(f, "{value}"),
            Self::Double(value) => {
                let mut text = String::new();
                java::push_double(&mut text, *value);
                f.write_str(&text)
            }
            Self::Text(value) => f.write_str(value),
            Self::List(items) => write!(f, "[{}]", items.join(", ")),
            Self::Password(_) => f.write_str(HIDDEN),
        }
    }
}

/// Splits at commas with the white space around them; empty text is the empty list, empty items inside are kept.
pub fn split_list(text: &str) -> Vec<String> {
    let trimmed = java::trim(text);
    if trimmed.is_empty() {
        return Vec::new();
    }
    let space = [' ', '\t', '\n', '\u{b}', '\u{c}', '\r'];
    trimmed.split(',').map(|item| item.trim_matches(space).to_owned()).collect()
}

/// What both Java and Rust read as a double: Rust also takes `inf` and `nan`, Java a trailing `f` or `d`.
fn parse_double(text: &str) -> Option<f64> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let negative = text.starts_with('-');
    match unsigned {
        "NaN" => Some(f64::NAN),
        "Infinity" if negative => Some(f64::NEG_INFINITY),
        "Infinity" => Some(f64::INFINITY),
        number if number.starts_with(|c: char| c.is_ascii_digit() || c == '.') => {
            text.strip_suffix(['f', 'F', 'd', 'D']).unwrap_or(text).parse().ok()
        }
        _ => None,
    }
}
