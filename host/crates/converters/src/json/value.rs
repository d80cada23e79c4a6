//! Values under a schema: lenient on the way in, strict on the way out, as Kafka's converter is.

use super::containers::{self, Slot};
use super::decimal;
use super::number;
use super::schema::{Logical, Schema, Type};
use super::text;
use crate::class::java_class;
use crate::output::check_cell;
use base64::Engine;
use base64::alphabet;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD};
use cofferdam_config::java;
use cofferdam_data::{Cell, kind};
use serde_json::value::RawValue;
use std::fmt::Write;

/// Base64 whose last character may have bits that mean nothing, as Kafka reads it.
const LENIENT: GeneralPurpose =
    GeneralPurpose::new(&alphabet::STANDARD, GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true));
/// Kafka's last moment of a `Time`.
const DAY_MS: i64 = 86_400_000;

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
    narrow(of, if is_number(json) { number::wrapping(json) } else { 0 })
}

fn narrow(of: &Type, wide: i64) -> i64 {
    #[expect(clippy::cast_possible_truncation, reason = "Java narrows like that")]
    match of {
        Type::Int8 => i64::from(wide as i8),
        Type::Int16 => i64::from(wide as i16),
        Type::Int32 => i64::from(wide as i32),
        _ => wide,
    }
}

/// A date or a time is a whole number that fits, and is not bent. Kafka: `JsonConverter.LOGICAL_CONVERTERS`.
fn check_temporal(schema: &Schema, json: &str) -> Result<(), String> {
    let (name, fits, wanted) = match schema.logical {
        Some(Logical::Date) => ("Date", json.parse::<i32>().is_ok(), "integer"),
        Some(Logical::Time) => ("Time", json.parse::<i32>().is_ok(), "integer"),
        Some(Logical::Timestamp) => ("Timestamp", is_number(json) && number::is_integer(json), "integral"),
        Some(Logical::Decimal(_)) | None => return Ok(()),
    };
    if !fits {
        let found = node_type(json);
        return Err(format!("Invalid type for {name}, underlying representation should be {wanted} but was {found}"));
    }
    match schema.logical {
        Some(Logical::Time) if !(0..=DAY_MS).contains(&number::wrapping(json)) => {
            Err(format!("Time values must use number of milliseconds greater than 0 and less than {DAY_MS}"))
        }
        _ => Ok(()),
    }
}

fn float(of: &Type, json: &str) -> f64 {
    match of {
        _ if !is_number(json) => 0.0,
        Type::Float32 => f64::from(json.parse::<f32>().unwrap_or(0.0)) + 0.0,
        _ => number::float(json),
    }
}

/// Takes a payload, not null, for what its schema says. Kafka: `JsonConverter.TO_CONNECT_CONVERTERS`.
pub(super) fn scalar<'a>(schema: &Schema, json: &'a str) -> Result<Scalar<'a>, String> {
    check_temporal(schema, json)?;
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
        let decoded = LENIENT.decode(encoded.as_str()).or_else(|_| LENIENT.decode(without_blanks(&encoded))).ok();
        let invalid = if scale.is_some() { "Invalid bytes for Decimal field" } else { "Invalid bytes field" };
        // A number has bytes.
        let decoded = decoded.filter(|bytes| scale.is_none() || !bytes.is_empty());
        return decoded.map(Some).ok_or_else(|| invalid.to_owned());
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

/// Base64 without the white space between its groups of four, where Jackson allows it.
fn without_blanks(encoded: &str) -> String {
    let mut out = String::with_capacity(encoded.len());
    out.extend(
        encoded
            .chars()
            .scan(0_usize, |taken, c| {
                let blank = c <= ' ' && *taken % 4 == 0;
                *taken += usize::from(!blank);
                Some((!blank).then_some(c))
            })
            .flatten(),
    );
    out
}

/// What Jackson calls the type of a value.
pub(super) fn node_type(json: &str) -> &'static str {
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
    write_in(out, schema, json, rules, Slot::default())
}

/// As [`write`], for a value within another.
pub(super) fn write_in(
    out: &mut String,
    schema: &Schema,
    json: &str,
    rules: &Rules,
    slot: Slot<'_>,
) -> Result<(), String> {
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
        Type::Array(items) => containers::write_array(out, items, json, rules, slot),
        Type::Map(keys, values) => containers::write_map(out, (keys, values), json, rules, slot),
        Type::Struct(fields) => containers::write_struct(out, fields, json, rules),
        of => write_scalar(out, schema, of, json, rules, slot),
    }
}

fn write_scalar(
    out: &mut String,
    schema: &Schema,
    of: &Type,
    json: &str,
    rules: &Rules,
    slot: Slot<'_>,
) -> Result<(), String> {
    if matches!(of, Type::Float32 | Type::Float64) && rules.direction == Direction::FromConnect && json.starts_with('"')
    {
        // `NaN` and the infinities are written as strings.
        out.push_str(json);
        return Ok(());
    }
    match scalar(schema, json)? {
        Scalar::Integer(number) => push_integer(out, number),
        Scalar::Float(number) => write_float(out, number, *of == Type::Float32),
        Scalar::Boolean(truth) => out.push_str(if truth { "true" } else { "false" }),
        Scalar::Bytes(bytes) => write_bytes(out, schema, &bytes, rules)?,
        Scalar::String(token) => text::push_token(out, token),
        Scalar::Null if schema.optional => out.push_str("null"),
        Scalar::Null | Scalar::Structured => return Err(slot.null(of)),
    }
    Ok(())
}

fn push_integer(out: &mut String, number: i64) {
    // Writing into a string cannot fail.
    let _ = write!(out, "{number}");
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

pub(super) fn broken(error: serde_json::Error) -> String {
    format!("the value is not JSON: {error}")
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
            let number = i64::from_le_bytes(cell.bytes.try_into().unwrap_or_default());
            if number != narrow(of, number) {
                return Err(format!("Invalid type for {}: {number} does not fit", of.shown()));
            }
            if schema.logical == Some(Logical::Time) && !(0..=DAY_MS).contains(&number) {
                return Err(
                    "Kafka Connect Time type should not have any date fields set to non-zero values.".to_owned()
                );
            }
            push_integer(out, number);
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
