//! `JsonConverter`: JSON, with or without the schema beside each value.
//!
//! A value without schema that is an object or an array stays the text that it is: it is checked, not parsed. With
//! schemas, each schema is parsed once and known by its text from then on; payloads of objects are rewritten as their
//! schema says, which is what Kafka's converter does by way of Java objects.

pub(crate) mod cache;
mod containers;
pub(crate) mod decimal;
mod envelope;
pub(crate) mod number;
pub(crate) mod schema;
pub(crate) mod text;
mod value;

use crate::class;
use crate::output::{Output, only, rekind};
use cache::{Known, SchemaCache};
use cofferdam_config::{ConfigKey, ConfigType, DefaultValue, Importance, ParsedConfig, Validator, Width};
use cofferdam_data::{Cell, Column, SchemaTable, kind};
use cofferdam_plugin::{Converted, Converter, ConverterClass, PluginType, Topics};
use envelope::Envelope;
use schema::Schema;
use std::borrow::Cow;
use value::{Direction, Rules};

const CLASS: &str = "org.apache.kafka.connect.json.JsonConverter";
const ENVELOPE: &str = "JsonConverter with schemas.enable requires \"schema\" and \"payload\" fields and may not contain \
     additional fields. If you are trying to deserialize plain JSON data, set schemas.enable=false in your converter \
     configuration.";

pub(crate) fn class(plugin_type: PluginType) -> ConverterClass {
    class::class(CLASS, plugin_type, "Converts to and from JSON, with or without schemas.", options(), make)
}

fn options() -> Vec<ConfigKey> {
    let formats = Validator::OneOfIgnoringCase(vec!["NUMERIC".to_owned(), "BASE64".to_owned()]);
    let key = ConfigKey::new;
    vec![
        class::converter_type(),
        key(
            "schemas.enable",
            ConfigType::Boolean,
            DefaultValue::text("true"),
            Importance::High,
            "Whether each value comes with its schema beside it.",
        )
        .group("Schemas", 0, Width::Medium, "Enable Schemas"),
        key(
            "schemas.cache.size",
            ConfigType::Int,
            DefaultValue::text("1000"),
            Importance::High,
            "How many schemas are kept parsed.",
        )
        .group("Schemas", 1, Width::Medium, "Schema Cache Size"),
        key(
            "schema.content",
            ConfigType::String,
            DefaultValue::Null,
            Importance::High,
            "A schema that holds for all values read; they come without one beside them.",
        )
        .group("Schemas", 2, Width::Medium, "Schema Content"),
        key(
            "decimal.format",
            ConfigType::String,
            DefaultValue::text("BASE64"),
            Importance::Low,
            "Whether decimals are written as base64 of their bytes, or as numbers (NUMERIC).",
        )
        .group("Serialization", 0, Width::Medium, "Decimal Format")
        .validator(formats),
        key(
            "replace.null.with.default",
            ConfigType::Boolean,
            DefaultValue::text("true"),
            Importance::Low,
            "Whether a null becomes the default of its schema.",
        )
        .group("Serialization", 1, Width::Medium, "Replace null with default"),
    ]
}

fn make(config: &ParsedConfig) -> Result<Box<dyn Converter>, String> {
    let rules = Rules {
        replace_null: config.boolean("replace.null.with.default"),
        numeric_decimals: config.text("decimal.format").is_some_and(|format| format.eq_ignore_ascii_case("NUMERIC")),
        direction: Direction::ToConnect,
    };
    let size = config.integer("schemas.cache.size").and_then(|size| usize::try_from(size).ok()).unwrap_or(0);
    let content = config.filled_text("schema.content").map(str::to_owned);
    let cache = SchemaCache::new(size.max(1), rules.numeric_decimals);
    if let Some(content) = &content {
        let json = serde_json::from_str(content).map_err(|cause| {
            format!("Failed to parse schema in converter config due to serialization error: {cause}")
        })?;
        Schema::parse(&json)?;
    }
    Ok(Box::new(JsonConverter { enveloped: config.boolean("schemas.enable"), content, rules, cache }))
}

struct JsonConverter {
    /// Values are objects of `schema` and `payload`.
    enveloped: bool,
    /// The one schema of everything read.
    content: Option<String>,
    rules: Rules,
    cache: SchemaCache,
}

impl Converter for JsonConverter {
    fn class(&self) -> &str {
        CLASS
    }

    fn to_connect_data(&mut self, _: Topics<'_>, raw: Column, schemas: &SchemaTable) -> Converted {
        if !self.enveloped {
            return plain_to_connect(raw);
        }
        self.rules.direction = Direction::ToConnect;
        let mut out = Output::like(&raw);
        for cell in raw.cells() {
            if cell.kind == kind::NULL {
                out.null(0);
                continue;
            }
            let text = utf8(&cell);
            if let Err(message) = text.and_then(|text| self.push_enveloped(&mut out, text, schemas)) {
                out.fail(message);
            }
        }
        out.finish()
    }

    fn from_connect_data(&mut self, _: Topics<'_>, column: Column, schemas: &SchemaTable) -> Converted {
        if !self.enveloped && is_compact_json(&column) {
            return rekind(column, kind::JSON, kind::BYTES).into();
        }
        self.rules.direction = Direction::FromConnect;
        let mut out = Output::like(&column);
        for cell in column.cells() {
            out.text(kind::BYTES, 0, |text| self.write(text, &cell, schemas));
        }
        out.finish()
    }
}

/// Kafka's message for what is no JSON, with our cause behind it.
fn malformed(cause: impl std::fmt::Display) -> String {
    format!("Converting byte[] to Kafka Connect data failed due to serialization error: {cause}")
}

/// A cell's text, without the mark that may stand before it.
fn utf8<'a>(cell: &Cell<'a>) -> Result<&'a str, String> {
    std::str::from_utf8(cell.bytes).map(text::without_mark).map_err(malformed)
}

/// Values without schemas.
fn plain_to_connect(mut raw: Column) -> Converted {
    if let Some(kinds) = structured_kinds(&raw) {
        raw.kinds = kinds;
        raw.schemas.clear();
        return raw.into();
    }
    let mut out = Output::like(&raw);
    for cell in raw.cells() {
        if cell.kind == kind::NULL {
            out.null(0);
            continue;
        }
        match utf8(&cell).and_then(|text| text::first_value(text).map_err(malformed)) {
            Ok(Some(value)) => push_plain(&mut out, &value),
            Ok(None) => out.null(0),
            Err(message) => out.fail(message),
        }
    }
    out.finish()
}

/// The kinds of a column in which all cells are null or one object or array each, so that its block can stay.
fn structured_kinds(raw: &Column) -> Option<Vec<u8>> {
    let mut kinds = Vec::with_capacity(raw.len());
    for cell in raw.cells() {
        if cell.kind == kind::NULL {
            kinds.push(kind::NULL);
            continue;
        }
        let text = std::str::from_utf8(cell.bytes).ok()?;
        if !text.trim_start().starts_with(['{', '[']) || !text::is_one_value(text) {
            return None;
        }
        kinds.push(kind::JSON);
    }
    let all_json = !kinds.is_empty() && kinds.iter().all(|kind| *kind == kind::JSON);
    Some(if all_json { vec![kind::JSON] } else { kinds })
}

/// A value without schema, by what it is.
fn push_plain(out: &mut Output, value: &str) {
    match value.as_bytes().first() {
        Some(b'"') => out.text(kind::STRING, 0, |text| {
            text::unescape(text, value);
            Ok(true)
        }),
        Some(b'{' | b'[') => out.push(kind::JSON, 0, value.as_bytes()),
        Some(b't') => out.push(kind::BOOLEAN, 0, &[1]),
        Some(b'f') => out.push(kind::BOOLEAN, 0, &[0]),
        Some(b'n') | None => out.null(0),
        Some(_) if number::is_integer(value) => out.push(kind::INTEGER, 0, &number::wrapping(value).to_le_bytes()),
        Some(_) => out.push(kind::FLOAT, 0, &number::float(value).to_le_bytes()),
    }
}

/// A JSON cell that holds a scalar, as a cell of the scalar's own kind: JSON may be any value, but only JSON's own
/// converter looks inside. An array, an object, a number beyond 64 bits and what is no JSON stay what they are.
pub(crate) fn plain_cell<'a>(cell: &Cell<'a>) -> (u8, Cow<'a, [u8]>) {
    let same = (cell.kind, Cow::Borrowed(cell.bytes));
    if is_structured(cell) {
        return same;
    }
    let Some(json) = std::str::from_utf8(cell.bytes).ok().filter(|json| text::is_one_value(json)) else {
        return same;
    };
    let json = json.trim_ascii();
    match json.as_bytes().first() {
        Some(b'"') => {
            let mut plain = String::new();
            text::unescape(&mut plain, json);
            (kind::STRING, Cow::Owned(plain.into_bytes()))
        }
        Some(b't') => (kind::BOOLEAN, Cow::Borrowed(&[1])),
        Some(b'f') => (kind::BOOLEAN, Cow::Borrowed(&[0])),
        Some(b'n') | None => (kind::NULL, Cow::Borrowed(&[])),
        Some(_) if !number::is_integer(json) => (kind::FLOAT, Cow::Owned(number::float(json).to_le_bytes().to_vec())),
        Some(_) => match json.parse::<i64>() {
            Ok(number) => (kind::INTEGER, Cow::Owned(number.to_le_bytes().to_vec())),
            Err(_) => same,
        },
    }
}

/// Whether a cell is anything but a JSON scalar.
pub(crate) fn is_structured(cell: &Cell<'_>) -> bool {
    cell.kind != kind::JSON
        || cell.bytes.trim_ascii_start().starts_with(b"{")
        || cell.bytes.trim_ascii_start().starts_with(b"[")
}

/// Whether all cells are JSON without schema, and without white space that would have to go.
fn is_compact_json(column: &Column) -> bool {
    let compact = |cell: Cell<'_>| {
        std::str::from_utf8(cell.bytes)
            .is_ok_and(|text| !text::has_space(text) && text != "null" && text::is_one_value(text))
    };
    only(column, kind::JSON)
        && column.schemas.iter().all(|schema| *schema == 0)
        && column.cells().all(|cell| cell.kind == kind::NULL || compact(cell))
}

impl JsonConverter {
    fn push_enveloped(&mut self, out: &mut Output, text: &str, schemas: &SchemaTable) -> Result<(), String> {
        if let Some(content) = &self.content {
            let value = text::first_value(text).map_err(malformed)?;
            let known = self.cache.by_text(content, schemas)?;
            return self.push_typed(out, &known, value.as_deref().unwrap_or("null"));
        }
        let Envelope { schema, payload } = match envelope::parse(text) {
            Ok(Some(envelope)) => envelope,
            Ok(None) => return Err(ENVELOPE.to_owned()),
            Err(cause) => {
                return match text::without_leading_zeros(text) {
                    Some(lenient) => self.push_enveloped(out, &lenient, schemas),
                    None => Err(malformed(cause)),
                };
            }
        };
        if schema == "null" {
            push_plain(out, payload);
            return Ok(());
        }
        let known = self.cache.by_text(schema, schemas)?;
        self.push_typed(out, &known, payload)
    }

    /// A payload under a schema: scalars as cells of their kind, the rest as JSON.
    fn push_typed(&self, out: &mut Output, known: &Known, payload: &str) -> Result<(), String> {
        let Some(payload) = known.schema.replace_null(payload, &self.rules)? else {
            out.null(known.id);
            return Ok(());
        };
        match value::scalar(&known.schema, payload)? {
            value::Scalar::Null => out.null(known.id),
            value::Scalar::Integer(number) => out.push(kind::INTEGER, known.id, &number.to_le_bytes()),
            value::Scalar::Float(number) => out.push(kind::FLOAT, known.id, &number.to_le_bytes()),
            value::Scalar::Boolean(truth) => out.push(kind::BOOLEAN, known.id, &[u8::from(truth)]),
            value::Scalar::Bytes(bytes) => out.push(kind::BYTES, known.id, &bytes),
            value::Scalar::String(token) => out.text(kind::STRING, known.id, |text| {
                text::unescape(text, token);
                Ok(true)
            }),
            value::Scalar::Structured => out.text(kind::JSON, known.id, |text| {
                value::write(text, &known.schema, payload, &self.rules)?;
                Ok(true)
            }),
        }
        Ok(())
    }

    /// Writes a cell's bytes for Kafka; `false`: null.
    fn write(&mut self, out: &mut String, cell: &Cell<'_>, schemas: &SchemaTable) -> Result<bool, String> {
        let is_null = cell.kind == kind::NULL || (cell.kind == kind::JSON && cell.bytes.trim_ascii() == b"null");
        if cell.schema == 0 {
            if is_null {
                return Ok(false);
            }
            if !self.enveloped {
                return value::write_plain(out, cell).map(|()| true);
            }
            out.push_str("{\"schema\":null,\"payload\":");
            value::write_plain(out, cell)?;
        } else {
            let known = self.cache.by_id(cell.schema, schemas)?;
            if !self.enveloped {
                return value::write_cell(out, &known.schema, cell, &self.rules).map(|()| true);
            }
            out.push_str("{\"schema\":");
            out.push_str(&known.text);
            out.push_str(",\"payload\":");
            value::write_cell(out, &known.schema, cell, &self.rules)?;
        }
        out.push('}');
        Ok(true)
    }
}

#[cfg(test)]
mod tests;
