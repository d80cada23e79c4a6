//! Request bodies: what Kafka Connect's JSON parser accepts, and our own words for what it does not.
//!
//! As there, scalars are taken for text just as they are written (`1.50` becomes `"1.50"`), the last of several equal
//! keys wins, and nothing may follow the value. Every error says what was expected, and where in the body.

mod offsets;
mod tasks;

pub(crate) use offsets::OffsetsBody;
pub(crate) use tasks::TaskConfigs;

use cofferdam_config::TargetState;
use cofferdam_herder::RequestedConfig;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, SchemaType, Type};
use utoipa::{PartialSchema, ToSchema};

/// Something that a body can be read as.
pub(crate) trait Body: Sized {
    /// What is expected, in words.
    const EXPECTED: &'static str;

    /// Reads it. The error is the whole message.
    fn read(node: Node<'_>) -> Result<Self, String>;
}

/// Reads a body. The error is the whole message.
pub(crate) fn read<B: Body>(body: &[u8]) -> Result<B, String> {
    let text = std::str::from_utf8(body).map_err(|error| {
        let place = Place::of(body, error.valid_up_to());
        format!("Request body is not valid UTF-8 at {place}: expected {}", B::EXPECTED)
    })?;
    if text.trim().is_empty() {
        return Err(format!("Request body is empty: expected {} at {}", B::EXPECTED, Place::of(body, body.len())));
    }
    let raw: &RawValue = serde_json::from_str(text).map_err(|error| {
        let place = Place { line: error.line(), column: error.column() };
        format!("Request body is not valid JSON at {place}: {}; expected {}", cause(&error), B::EXPECTED)
    })?;
    B::read(Node { text, part: raw.get() })
}

/// The parser's words without its place, which is one within whatever it was given.
fn cause(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.rsplit_once(" at line ").map_or(text.as_str(), |(cause, _)| cause).to_owned()
}

struct Place {
    line: usize,
    column: usize,
}

impl Place {
    fn of(body: &[u8], offset: usize) -> Self {
        let before = body.get(..offset).unwrap_or(body);
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        let column = before.iter().rev().take_while(|byte| **byte != b'\n').count() + 1;
        Self { line, column }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)
    }
}

/// A value within a body.
#[derive(Clone, Copy)]
pub(crate) struct Node<'a> {
    text: &'a str,
    /// A slice of `text`, so that its place is known.
    part: &'a str,
}

impl<'a> Node<'a> {
    /// Says that something else was expected here. `what` names the value for its reader.
    fn unexpected(&self, what: &str, expected: &str) -> String {
        let found = match self.part.as_bytes().first() {
            Some(b'{') => "an object",
            Some(b'[') => "an array",
            Some(b'"') => "a string",
            Some(b't' | b'f') => "a boolean",
            Some(b'n') => "null",
            _ => "a number",
        };
        format!("{what} is {found} at {}: expected {expected}", self.place())
    }

    /// Says that it looked like what was expected and is not.
    fn unreadable(&self, what: &str, error: &serde_json::Error) -> String {
        format!("{what} at {} cannot be read: {}", self.place(), cause(error))
    }

    fn place(&self) -> Place {
        Place::of(self.text.as_bytes(), (self.part.as_ptr() as usize).saturating_sub(self.text.as_ptr() as usize))
    }

    /// The fields of an object, of several equal keys the last.
    fn object(&self, what: &str, expected: &str) -> Result<BTreeMap<String, Node<'a>>, String> {
        if !self.part.starts_with('{') {
            return Err(self.unexpected(what, expected));
        }
        let Fields(fields) = serde_json::from_str(self.part).map_err(|error| self.unreadable(what, &error))?;
        Ok(fields.into_iter().map(|(key, raw)| (key, Node { text: self.text, part: raw.get() })).collect())
    }

    /// Text, from any scalar; `None` for null.
    fn text(&self, what: &str) -> Result<Option<String>, String> {
        match self.part.as_bytes().first() {
            Some(b'"') => serde_json::from_str(self.part).map(Some).map_err(|error| self.unreadable(what, &error)),
            Some(b'{' | b'[') => Err(self.unexpected(what, "a string")),
            Some(b'n') => Ok(None),
            _ => Ok(Some(self.part.to_owned())),
        }
    }

    fn config(&self, what: &str, expected: &str) -> Result<RequestedConfig, String> {
        let fields = self.object(what, expected)?;
        fields
            .into_iter()
            .map(|(key, value)| {
                let text = value.text(&format!("The value of configuration key \"{key}\""))?;
                Ok((key, text))
            })
            .collect()
    }
}

struct Fields<'a>(Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Fields<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct FieldsVisitor;

        impl<'de> Visitor<'de> for FieldsVisitor {
            type Value = Vec<(String, &'de RawValue)>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut fields = Vec::new();
                while let Some(field) = map.next_entry()? {
                    fields.push(field);
                }
                Ok(fields)
            }
        }

        deserializer.deserialize_map(FieldsVisitor).map(Self)
    }
}

/// A connector's configuration. Any scalar is taken for text; null takes a key away, or is an error.
pub(crate) struct ConfigBody(pub(crate) RequestedConfig);

impl PartialSchema for ConfigBody {
    fn schema() -> RefOr<Schema> {
        let types = [Type::String, Type::Number, Type::Boolean, Type::Null];
        let value = ObjectBuilder::new().schema_type(SchemaType::from_iter(types));
        ObjectBuilder::new().additional_properties(Some(Schema::from(value))).into()
    }
}

impl ToSchema for ConfigBody {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("ConnectorConfig")
    }
}

impl Body for ConfigBody {
    const EXPECTED: &'static str = "a JSON object of configuration keys and their values";

    fn read(node: Node<'_>) -> Result<Self, String> {
        node.config("Request body", Self::EXPECTED).map(Self)
    }
}

/// What `PUT /admin/loggers/{logger}` takes. Other fields are ignored.
#[derive(ToSchema)]
pub(crate) struct SetLevel {
    /// As it was written.
    pub(crate) level: Option<String>,
}

impl Body for SetLevel {
    const EXPECTED: &'static str = "a JSON object with \"level\"";

    fn read(node: Node<'_>) -> Result<Self, String> {
        let mut fields = node.config("Request body", Self::EXPECTED)?;
        Ok(Self { level: fields.remove("level").flatten() })
    }
}

/// What `POST /connectors` takes. Kafka: `CreateConnectorRequest`.
#[derive(ToSchema)]
#[schema(as = CreateConnectorRequest)]
pub(crate) struct CreateConnector {
    pub(crate) name: Option<String>,
    #[schema(value_type = ConfigBody)]
    pub(crate) config: RequestedConfig,
    /// RUNNING, PAUSED or STOPPED, in any case.
    #[schema(value_type = Option<String>)]
    pub(crate) initial_state: TargetState,
}

impl Body for CreateConnector {
    const EXPECTED: &'static str = "a JSON object with \"name\", \"config\" and, if wanted, \"initial_state\"";

    fn read(node: Node<'_>) -> Result<Self, String> {
        const CONFIG: &str = "an object of configuration keys and their values";
        let fields = node.object("Request body", Self::EXPECTED)?;
        let known = ["name", "config", "initial_state"];
        if let Some((field, value)) = fields.iter().find(|(field, _)| !known.contains(&field.as_str())) {
            return Err(format!("Unrecognized field \"{field}\" at {}: expected {}", value.place(), Self::EXPECTED));
        }
        let name = fields.get("name").map_or(Ok(None), |name| name.text("\"name\""))?;
        let config = match fields.get("config") {
            Some(config) => config.config("\"config\"", CONFIG)?,
            None => return Err(format!("\"config\" is missing at {}: expected {CONFIG}", node.place())),
        };
        let initial_state = fields.get("initial_state").map_or(Ok(TargetState::Started), initial_state)?;
        Ok(Self { name, config, initial_state })
    }
}

fn initial_state(node: &Node<'_>) -> Result<TargetState, String> {
    let Some(text) = node.text("\"initial_state\"")? else { return Ok(TargetState::Started) };
    TargetState::from_initial_state(&text).map_err(|error| format!("\"initial_state\" at {}: {error}", node.place()))
}

#[cfg(test)]
mod tests;
