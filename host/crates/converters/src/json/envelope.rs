//! The object of `schema` and `payload` around a value.

use super::text;
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;

/// Both members' texts.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Envelope<'a> {
    pub(super) schema: &'a str,
    pub(super) payload: &'a str,
}

/// Finds both members. `None`: JSON, but not an object of just these two. What follows the object is ignored, and the
/// last of equal members wins.
pub(super) fn parse(text: &str) -> Result<Option<Envelope<'_>>, String> {
    text::check_depth(text)?;
    let mut deserializer = serde_json::Deserializer::from_str(text);
    if !text.trim_start().starts_with('{') {
        // An empty value is no JSON error either: Kafka finds no envelope in it.
        return match text.trim().is_empty() {
            true => Ok(None),
            false => text::strict_value(text).map(|_| None),
        };
    }
    let members = Members::deserialize(&mut deserializer).map_err(|error| error.to_string())?;
    let Members { schema: Some(schema), payload: Some(payload), others: false } = members else {
        return Ok(None);
    };
    Ok(Some(Envelope { schema: schema.get(), payload: payload.get() }))
}

#[derive(Default)]
struct Members<'a> {
    schema: Option<&'a RawValue>,
    payload: Option<&'a RawValue>,
    others: bool,
}

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Members::default();
                while let Some(Name(name)) = map.next_key::<Name<'de>>()? {
                    let value = map.next_value::<&'de RawValue>()?;
                    match name.as_ref() {
                        "schema" => members.schema = Some(value),
                        "payload" => members.payload = Some(value),
                        _ => members.others = true,
                    }
                }
                Ok(members)
            }
        }
        deserializer.deserialize_map(Object)
    }
}

/// A member's name, borrowed unless it has escapes.
pub(super) struct Name<'a>(pub(super) Cow<'a, str>);

impl<'de> Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl<'de> Visitor<'de> for Text {
            type Value = Name<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name")
            }

            fn visit_borrowed_str<E>(self, name: &'de str) -> Result<Self::Value, E> {
                Ok(Name(Cow::Borrowed(name)))
            }

            fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
                Ok(Name(Cow::Owned(name.to_owned())))
            }
        }
        deserializer.deserialize_str(Text)
    }
}

/// An object's members in order, as texts.
pub(super) struct Object<'a>(pub(super) Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'de> Deserialize<'de> for Object<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct All;
        impl<'de> Visitor<'de> for All {
            type Value = Object<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(Name(name)) = map.next_key::<Name<'de>>()? {
                    members.push((name, map.next_value::<&'de RawValue>()?));
                }
                Ok(Object(members))
            }
        }
        deserializer.deserialize_map(All)
    }
}
