//! Values under a schema: lenient on the way in, strict on the way out, as Kafka's converter is.

use super::decimal;
use super::envelope::Object;
use super::number;
use super::schema::{Schema, Type};
use super::text;
use crate::class::java_class;
use crate::output::check_cell;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cofferdam_config::java;
use cofferdam_data::{Cell, kind};
use serde_json::value::RawValue;

/// Which way a value goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    /// From Kafka: what does not fit is bent.
    ToConnect,
    /// To Kafka: what does not fit is refused.
    FromConnect,
}

/// How values are treated.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules {
    /// A null becomes its schema's default.
    pub(super) replace_null: bool,
    /// Decimals are written as numbers.
    pub(super) numeric_decimals: bool,
    pub(super) direction: Direction,
}

/// A payload by the type of its schema.
pub(super) enum Scalar<'a> {
    Null,
    Integer(i64),
    Float(f64),
    Boolean(bool),
    Bytes(Vec<u8>),
    /// The JSON string, not yet unescaped.
    String(&'a str),
    /// An array, a map or a struct.
    Structured,
}

fn is_number(json: &str) -> bool {
    json.starts_with(|c: char| c == '-' || c.is_ascii_digit())
}

fn integer(of: &Type, json: &str) -> i64 {
    let wide = if is_number(json) { number::wrapping(json) } else { 0 };
    #[expect(clippy::cast_possible_truncation, reason = "Java narrows like that")]
    match of {
        Type::Int8 => i64::from(wide as i8),
        Type::Int16 => i64::from(wide as i16),
        Type::Int32 => i64::from(wide as i32),
        _ => wide,
    }
}

fn float(of: &Type, json: &str) -> f64 {
    match of {
        _ if !is_number(json) => 0.0,
        Type::Float32 => f64::from(json.parse::<f32>().unwrap_or(0.0)),
        _ => number::float(json),
    }
}

/// Takes a payload, not null, for what its schema says. Kafka: `JsonConverter.TO_CONNECT_CONVERTERS`.
pub(super) fn scalar<'a>(schema: &Schema, json: &'a str) -> Result<Scalar<'a>, String> {
    Ok(match &schema.of {
        of @ (Type::Int8 | Type::Int16 | Type::Int32 | Type::Int64) => Scalar::Integer(integer(of, json)),
        of @ (Type::Float32 | Type::Float64) => Scalar::Float(float(of, json)),
        Type::Boolean => Scalar::Boolean(json == "true"),
        Type::String if json.starts_with('"') => Scalar::String(json),
        Type::Bytes => bytes(schema, json)?.map_or(Scalar::Null, Scalar::Bytes),
        Type::String => Scalar::Null,
        Type::Array(_) | Type::Map(..) | Type::Struct(_) => Scalar::Structured,
    })
}

/// Bytes from base64, a decimal's also from a number; `None` for other JSON.
fn bytes(schema: &Schema, json: &str) -> Result<Option<Vec<u8>>, String> {
    let scale = schema.decimal_scale()?;
    if json.starts_with('"') {
        let mut encoded = String::new();
        text::unescape(&mut encoded, json);
        let invalid = if scale.is_some() { "Invalid bytes for Decimal field" } else { "Invalid bytes field" };
        return STANDARD.decode(encoded).map(Some).map_err(|_| invalid.to_owned());
    }
    match scale {
        None => Ok(None),
        Some(scale) if is_number(json) => decimal::to_bytes(json, scale).map(Some),
        Some(_) => Err(format!(
            "Invalid type for Decimal, underlying representation should be numeric or bytes but was {}",
            node_type(json)
        )),
    }
}

/// What Jackson calls the type of a value.
fn node_type(json: &str) -> &'static str {
    match json.as_bytes().first() {
        Some(b'{') => "OBJECT",
        Some(b'[') => "ARRAY",
        Some(b'"') => "STRING",
        Some(b't' | b'f') => "BOOLEAN",
        Some(b'n') | None => "NULL",
        Some(_) => "NUMBER",
    }
}

/// The cell kind that corresponds to a JSON value, for messages.
fn java_class_of(json: &str) -> &'static str {
    let kind = match json.as_bytes().first() {
        Some(b'{' | b'[') => kind::JSON,
        Some(b'"') => kind::STRING,
        Some(b't' | b'f') => kind::BOOLEAN,
        Some(_) if number::is_integer(json) => kind::INTEGER,
        _ => kind::FLOAT,
    };
    java_class(kind, json.as_bytes())
}

fn mismatch(schema: &Schema, class: &str) -> String {
    match schema.of {
        Type::Bytes => format!("Invalid type for bytes type: {class}"),
        _ => format!("Invalid type for {}: {class}", schema.of.shown()),
    }
}

/// Writes a JSON value as Kafka writes it once it has been a Java object of this schema.
pub(super) fn write(out: &mut String, schema: &Schema, json: &str, rules: &Rules) -> Result<(), String> {
    // A null of five bytes may stand for a default of any size.
    check_cell(out.len())?;
    let Some(json) = schema.replace_null(json, rules)? else {
        out.push_str("null");
        return Ok(());
    };
    if rules.direction == Direction::FromConnect && !fits(schema, json) {
        return Err(mismatch(schema, java_class_of(json)));
    }
    match &schema.of {
        Type::Array(items) => write_array(out, items, json, rules),
        Type::Map(keys, values) => write_map(out, keys, values, json, rules),
        Type::Struct(fields) => write_struct(out, fields, json, rules),
        of => write_scalar(out, schema, of, json, rules),
    }
}

fn write_scalar(out: &mut String, schema: &Schema, of: &Type, json: &str, rules: &Rules) -> Result<(), String> {
    if matches!(of, Type::Float32 | Type::Float64) && rules.direction == Direction::FromConnect && json.starts_with('"')
    {
        // `NaN` and the infinities are written as strings.
        out.push_str(json);
        return Ok(());
    }
    match scalar(schema, json)? {
        Scalar::Integer(number) => out.push_str(&number.to_string()),
        Scalar::Float(number) => write_float(out, number, *of == Type::Float32),
        Scalar::Boolean(truth) => out.push_str(if truth { "true" } else { "false" }),
        Scalar::Bytes(bytes) => write_bytes(out, schema, &bytes, rules)?,
        Scalar::String(token) => {
            let mut plain = String::new();
            text::unescape(&mut plain, token);
            text::push_string(out, &plain);
        }
        Scalar::Null if schema.optional => out.push_str("null"),
        Scalar::Null | Scalar::Structured => {
            return Err(format!("Invalid value: null used for required field, schema type: {}", of.shown()));
        }
    }
    Ok(())
}

/// Whether a value, not null, may be written under a schema without being bent.
fn fits(schema: &Schema, json: &str) -> bool {
    let text = json.starts_with('"');
    match &schema.of {
        of @ (Type::Int8 | Type::Int16 | Type::Int32 | Type::Int64) => {
            is_number(json) && json.parse::<i64>().is_ok_and(|number| number == integer(of, json))
        }
        Type::Float32 | Type::Float64 => {
            is_number(json) || ["\"NaN\"", "\"Infinity\"", "\"-Infinity\""].contains(&json)
        }
        Type::Boolean => json == "true" || json == "false",
        Type::String => text,
        Type::Bytes => text || (is_number(json) && schema.decimal_scale().is_ok_and(|scale| scale.is_some())),
        Type::Array(_) => json.starts_with('['),
        Type::Map(..) => json.starts_with(['{', '[']),
        Type::Struct(_) => json.starts_with('{'),
    }
}

fn write_float(out: &mut String, number: f64, single: bool) {
    let quoted = !number.is_finite();
    if quoted {
        out.push('"');
    }
    #[expect(clippy::cast_possible_truncation, reason = "its schema says that it has 32 bits")]
    if single {
        java::push_float(out, number as f32);
    } else {
        java::push_double(out, number);
    }
    if quoted {
        out.push('"');
    }
}

fn write_bytes(out: &mut String, schema: &Schema, bytes: &[u8], rules: &Rules) -> Result<(), String> {
    if rules.numeric_decimals
        && rules.direction == Direction::FromConnect
        && let Some(scale) = schema.decimal_scale()?
    {
        return decimal::push(out, bytes, scale);
    }
    out.push('"');
    STANDARD.encode_string(bytes, out);
    out.push('"');
    Ok(())
}

fn broken(error: serde_json::Error) -> String {
    format!("the value is not JSON: {error}")
}

fn write_array(out: &mut String, items: &Schema, json: &str, rules: &Rules) -> Result<(), String> {
    if !json.starts_with('[') {
        return Err(format!("Arrays should be encoded as JSON arrays, but found {}", node_type(json)));
    }
    let values: Vec<&RawValue> = serde_json::from_str(json).map_err(broken)?;
    out.push('[');
    for (index, value) in values.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        write(out, items, value.get(), rules)?;
    }
    out.push(']');
    Ok(())
}

fn write_map(out: &mut String, keys: &Schema, values: &Schema, json: &str, rules: &Rules) -> Result<(), String> {
    if keys.of != Type::String || keys.optional {
        return write_pairs(out, keys, values, json, rules);
    }
    if !json.starts_with('{') {
        return Err(format!(
            "Maps with string fields should be encoded as JSON objects, but found {}",
            node_type(json)
        ));
    }
    let Object(members) = serde_json::from_str(json).map_err(broken)?;
    out.push('{');
    for (index, (name, value)) in members.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        text::push_string(out, name);
        out.push(':');
        write(out, values, value.get(), rules)?;
    }
    out.push('}');
    Ok(())
}

fn write_pairs(out: &mut String, keys: &Schema, values: &Schema, json: &str, rules: &Rules) -> Result<(), String> {
    if !json.starts_with('[') {
        let found = node_type(json);
        return Err(format!(
            "Maps with non-string fields should be encoded as JSON array of tuples, but found {found}"
        ));
    }
    let entries: Vec<&RawValue> = serde_json::from_str(json).map_err(broken)?;
    out.push('[');
    for (index, entry) in entries.iter().enumerate() {
        if !entry.get().starts_with('[') {
            let found = node_type(entry.get());
            return Err(format!("Found invalid map entry instead of array tuple: {found}"));
        }
        let pair: Vec<&RawValue> = serde_json::from_str(entry.get()).map_err(broken)?;
        let [key, value] = pair.as_slice() else {
            return Err(format!("Found invalid map entry, expected length 2 but found :{}", pair.len()));
        };
        out.push_str(if index > 0 { ",[" } else { "[" });
        write(out, keys, key.get(), rules)?;
        out.push(',');
        write(out, values, value.get(), rules)?;
        out.push(']');
    }
    out.push(']');
    Ok(())
}

/// All fields in the order of the schema; members that are no fields go.
fn write_struct(out: &mut String, fields: &[(String, Schema)], json: &str, rules: &Rules) -> Result<(), String> {
    if !json.starts_with('{') {
        return Err(format!("Structs should be encoded as JSON objects, but found {}", node_type(json)));
    }
    let Object(members) = serde_json::from_str(json).map_err(broken)?;
    if rules.direction == Direction::FromConnect
        && let Some((name, _)) = members.iter().find(|(name, _)| fields.iter().all(|(field, _)| field != name))
    {
        return Err(format!("{name} is not a valid field name"));
    }
    out.push('{');
    for (index, (name, schema)) in fields.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        text::push_string(out, name);
        out.push(':');
        // Mostly it stands where the schema has it. The last one of equal members wins.
        let in_place = members.get(index).filter(|(member, _)| member == name && members.len() == fields.len());
        let value = in_place.or_else(|| members.iter().rev().find(|(member, _)| member == name));
        write(out, schema, value.map_or("null", |(_, value)| value.get()), rules)?;
    }
    out.push('}');
    Ok(())
}

/// Writes a cell under its schema.
pub(super) fn write_cell(out: &mut String, schema: &Schema, cell: &Cell<'_>, rules: &Rules) -> Result<(), String> {
    let refuse = || Err(mismatch(schema, java_class(cell.kind, cell.bytes)));
    match (cell.kind, &schema.of) {
        (kind::NULL, _) => write(out, schema, "null", rules),
        (kind::JSON, _) => {
            let json = one_value(cell)?;
            write(out, schema, json, rules)
        }
        (kind::STRING, Type::String) => {
            text::push_string(out, utf8(cell)?);
            Ok(())
        }
        (kind::INTEGER, of @ (Type::Int8 | Type::Int16 | Type::Int32 | Type::Int64)) => {
            let json = i64::from_le_bytes(cell.bytes.try_into().unwrap_or_default()).to_string();
            if !fits(schema, &json) {
                return Err(format!("Invalid type for {}: {json} does not fit", of.shown()));
            }
            out.push_str(&json);
            Ok(())
        }
        (kind::FLOAT, of @ (Type::Float32 | Type::Float64)) => {
            let number = f64::from_le_bytes(cell.bytes.try_into().unwrap_or_default());
            write_float(out, number, *of == Type::Float32);
            Ok(())
        }
        (kind::BOOLEAN, Type::Boolean) => write_plain(out, cell),
        (kind::BYTES, Type::Bytes) => write_bytes(out, schema, cell.bytes, rules),
        _ => refuse(),
    }
}

/// Writes a cell without schema; not a null.
pub(super) fn write_plain(out: &mut String, cell: &Cell<'_>) -> Result<(), String> {
    match cell.kind {
        kind::STRING => text::push_string(out, utf8(cell)?),
        kind::JSON => text::push_compact(out, one_value(cell)?),
        kind::BYTES => {
            out.push('"');
            STANDARD.encode_string(cell.bytes, out);
            out.push('"');
        }
        kind::FLOAT => write_float(out, f64::from_le_bytes(cell.bytes.try_into().unwrap_or_default()), false),
        _ => crate::string::push_scalar(out, cell, false),
    }
    Ok(())
}

fn utf8<'a>(cell: &Cell<'a>) -> Result<&'a str, String> {
    std::str::from_utf8(cell.bytes).map_err(|error| format!("the value is not text: {error}"))
}

/// The one JSON value of a cell that came from a plugin, which nobody has looked at yet.
fn one_value<'a>(cell: &Cell<'a>) -> Result<&'a str, String> {
    serde_json::from_slice::<&RawValue>(cell.bytes).map(RawValue::get).map_err(broken)
}
