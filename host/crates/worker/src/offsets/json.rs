//! Partitions and offsets as JSON objects of primitive values, with the meaning that Kafka's converters give them.

use super::OffsetsError;
use serde_json::Value;
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// The members of a JSON object: of several equal names the last.
pub(super) type Members<'a> = BTreeMap<String, &'a RawValue>;

/// Takes an object apart.
pub(super) fn members(object: &str) -> Result<Members<'_>, OffsetsError> {
    serde_json::from_str(object).map_err(|_| OffsetsError::Format("Offsets must be specified as a Map".to_owned()))
}

/// A primitive value as Java has it.
pub(super) enum Primitive {
    Null,
    /// Text, and how JSON writes it.
    Text(String),
    /// A boolean or number, as JSON and as text.
    Plain(String),
    /// What it is instead, in Java's words.
    Other(&'static str),
}

impl Primitive {
    pub(super) fn of(value: &RawValue) -> Self {
        let text = value.get();
        match text.as_bytes().first() {
            Some(b'{') => Self::Other("MAP"),
            Some(b'[') => Self::Other("ARRAY"),
            Some(b'n') => Self::Null,
            Some(b'"') => serde_json::from_str(text).map_or(Self::Other("text that is no Unicode"), Self::Text),
            Some(b't' | b'f') => Self::Plain(text.to_owned()),
            _ => number(text),
        }
    }
}

/// A whole number is a long, any other a double.
fn number(text: &str) -> Primitive {
    if !text.contains(['.', 'e', 'E']) {
        let long: Option<i64> = text.parse().ok();
        return long.map_or(Primitive::Other("class java.math.BigInteger"), |long| Primitive::Plain(long.to_string()));
    }
    match serde_json::from_str::<Value>(text) {
        Ok(double) => Primitive::Plain(double.to_string()),
        Err(_) => Primitive::Other("a number that no double holds"),
    }
}

/// An object of primitive values, so written that equal ones are equal text. Kafka: `OffsetUtils.validateFormat`,
/// `Worker.normalizeSourceConnectorOffsets`.
pub(super) fn normalized(object: &str) -> Result<String, OffsetsError> {
    let member = |(name, value): (String, &RawValue)| {
        let value = match Primitive::of(value) {
            Primitive::Null => "null".to_owned(),
            Primitive::Text(text) => Value::String(text).to_string(),
            Primitive::Plain(text) => text,
            Primitive::Other(what) => {
                return Err(OffsetsError::Format(format!(
                    "Offsets may only contain primitive types as values, but field {name} contains {what}"
                )));
            }
        };
        Ok(format!("{}:{value}", Value::String(name)))
    };
    let members = members(object)?.into_iter().map(member).collect::<Result<Vec<_>, _>>()?;
    Ok(format!("{{{}}}", members.join(",")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_objects_are_equal_text() {
        let text = normalized(r#"{ "b":1, "a":"x\u0041\"", "c":null, "d":true, "e":1.50, "f":-0, "b":2, "g":1e2 }"#);
        assert_eq!(text.unwrap(), r#"{"a":"xA\"","b":2,"c":null,"d":true,"e":1.5,"f":0,"g":100.0}"#);
        assert_eq!(normalized("{}").unwrap(), "{}");
    }

    /// rest.md §9.2, source format
    #[test]
    fn only_primitive_values_are_taken() {
        for (object, what) in [
            (r#"{"f":{}}"#, "MAP"),
            (r#"{"f":[1]}"#, "ARRAY"),
            (r#"{"f":9223372036854775808}"#, "class java.math.BigInteger"),
            (r#"{"f":1e999}"#, "a number that no double holds"),
        ] {
            let expected = format!("Offsets may only contain primitive types as values, but field f contains {what}");
            assert_eq!(normalized(object).unwrap_err().to_string(), expected);
        }
        assert_eq!(normalized("[]").unwrap_err().to_string(), "Offsets must be specified as a Map");
    }
}
