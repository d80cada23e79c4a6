//! `SimpleHeaderConverter`: header values as text, read back by what they look like.
//!
//! Not Kafka's reading throughout, which takes `10:30` for the number 10 and drops the rest: here a text is a number, a
//! boolean, null or JSON only as a whole, and anything else stays the text that it is. Dates and numbers beyond 64 bits
//! stay text, too, so that they are written back as they came. JSON is wider than in Kafka, where null beside other
//! values (`[1,null]`) makes text of the whole.

use crate::class;
use crate::json::cache::SchemaCache;
use crate::json::schema::{Logical, Schema, Type};
use crate::json::{self, decimal, number, text as json_text};
use crate::output::Output;
use crate::string::push_scalar;
use crate::utf8;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cofferdam_config::java;
use cofferdam_data::{Cell, Column, SchemaTable, kind};
use cofferdam_plugin::{Converted, Converter, ConverterClass, PluginType, Topics};
use std::fmt::Write;

const CLASS: &str = "org.apache.kafka.connect.storage.SimpleHeaderConverter";

pub(crate) fn class() -> ConverterClass {
    let doc = "Writes header values as text, and reads numbers, booleans, null and JSON back from it.";
    class::class(CLASS, PluginType::HeaderConverter, doc, Vec::new(), |_| {
        Ok(Box::new(SimpleHeaderConverter::default()))
    })
}

#[derive(Default)]
struct SimpleHeaderConverter {
    cache: SchemaCache,
}

impl Converter for SimpleHeaderConverter {
    fn class(&self) -> &str {
        CLASS
    }

    fn to_connect_data(&mut self, _: Topics<'_>, raw: Column, _: &SchemaTable) -> Converted {
        let mut out = Output::like(&raw);
        let mut lossy = Vec::new();
        for cell in raw.cells() {
            if cell.kind == kind::NULL {
                out.null(0);
                continue;
            }
            match std::str::from_utf8(cell.bytes) {
                Ok(text) => push_text(&mut out, text),
                Err(_) => {
                    lossy.clear();
                    utf8::push_lossy(&mut lossy, cell.bytes);
                    out.push(kind::STRING, 0, &lossy);
                }
            }
        }
        out.finish()
    }

    fn from_connect_data(&mut self, _: Topics<'_>, column: Column, schemas: &SchemaTable) -> Converted {
        let mut out = Output::like(&column);
        for cell in column.cells() {
            let (kind, bytes) = json::plain_cell(&cell);
            let known = match cell.schema {
                0 => None,
                id => match self.cache.by_id(id, schemas) {
                    Ok(known) => Some(known),
                    Err(message) => {
                        out.fail(message);
                        continue;
                    }
                },
            };
            let schema = known.as_ref().map(|known| &known.schema);
            match kind {
                kind::NULL => out.null(0),
                kind::STRING | kind::JSON => out.push(kind::BYTES, 0, &bytes),
                _ => {
                    let cell = Cell { kind, bytes: &bytes, ..cell };
                    out.text(kind::BYTES, 0, |text| write(text, &cell, schema).map(|()| true));
                }
            }
        }
        out.finish()
    }
}

/// Writes bytes, a number or a boolean. Kafka: `Values.convertToString`.
fn write(text: &mut String, cell: &Cell<'_>, schema: Option<&Schema>) -> Result<(), String> {
    let number = || i64::from_le_bytes(cell.bytes.try_into().unwrap_or_default());
    match (cell.kind, schema.and_then(|schema| schema.logical.as_ref())) {
        (kind::BYTES, Some(Logical::Decimal(scale))) => decimal::push(text, cell.bytes, (*scale)?)?,
        (kind::BYTES, _) => STANDARD.encode_string(cell.bytes, text),
        (kind::INTEGER, Some(Logical::Date)) => push_moment(text, number().saturating_mul(DAY_MS)),
        (kind::INTEGER, Some(Logical::Time | Logical::Timestamp)) => push_moment(text, number()),
        _ => push_scalar(text, cell, schema.is_some_and(|schema| schema.of == Type::Float32)),
    }
    Ok(())
}

const DAY_MS: i64 = 86_400_000;

/// Appends a moment, milliseconds since 1970, as Kafka does it by the value alone: what lies before the second day is a
/// time, whole days are a date. Zone: UTC, where Kafka takes the process's.
fn push_moment(text: &mut String, moment: i64) {
    let (day, ms) = (moment.div_euclid(DAY_MS), moment.rem_euclid(DAY_MS));
    let is_time = moment < DAY_MS;
    // Writing into a string cannot fail.
    if !is_time {
        let (year, month, day) = date(day);
        let _ = write!(text, "{year:04}-{month:02}-{day:02}");
    }
    if !is_time && ms != 0 {
        text.push('T');
    }
    if is_time || ms != 0 {
        let (hours, minutes, seconds) = (ms / 3_600_000, ms / 60_000 % 60, ms / 1_000 % 60);
        let _ = write!(text, "{hours:02}:{minutes:02}:{seconds:02}.{:03}Z", ms % 1_000);
    }
}

/// Year, month and day of a day after 1970. Counted from the first of March of the year 0, so that leap days come last.
fn date(day: i64) -> (i64, i64, i64) {
    let day = day + 719_468;
    let (era, of_era) = (day.div_euclid(146_097), day.rem_euclid(146_097));
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let of_month = of_year - (153 * month + 2) / 5 + 1;
    let (year, month) = if month < 10 { (year, month + 3) } else { (year + 1, month - 9) };
    (era * 400 + year, month, of_month)
}

fn push_text(out: &mut Output, text: &str) {
    let trimmed = java::trim(text);
    match trimmed {
        "null" => return out.null(0),
        "true" => return out.push(kind::BOOLEAN, 0, &[1]),
        "false" => return out.push(kind::BOOLEAN, 0, &[0]),
        _ => {}
    }
    if trimmed.starts_with(['[', '{']) && json_text::is_one_value(trimmed) {
        return out.push(kind::JSON, 0, trimmed.as_bytes());
    }
    // Kafka looks for a number only behind a digit or a sign.
    let number = if trimmed.starts_with('.') { None } else { number::from_decimal(trimmed) };
    match number {
        Some(number::Number::Integer(integer)) => out.push(kind::INTEGER, 0, &integer.to_le_bytes()),
        Some(number::Number::Float(float)) => out.push(kind::FLOAT, 0, &float.to_le_bytes()),
        None => out.push(kind::STRING, 0, text.as_bytes()),
    }
}

#[cfg(test)]
mod tests {
    use crate::fixtures::*;
    use cofferdam_data::kind;

    const CLASS: &str = "org.apache.kafka.connect.storage.SimpleHeaderConverter";

    #[test]
    fn texts_are_read_by_what_they_look_like() {
        let cases = [
            ("", "2:"),
            ("null", "0"),
            (" null ", "0"),
            ("NULL", "2:NULL"),
            ("true", "4:true"),
            ("True", "2:True"),
            ("abc", "2:abc"),
            (" abc ", "2: abc "),
            ("1", "5:1"),
            ("+1", "5:1"),
            ("007", "5:7"),
            ("1.0", "5:1"),
            ("-0", "5:0"),
            ("1e3", "5:1000"),
            ("0.5", "6:0.5"),
            (".5", "2:.5"),
            ("1.5e3", "5:1500"),
            ("9223372036854775807", "5:9223372036854775807"),
            ("9223372036854775808", "2:9223372036854775808"),
            ("1e400", "2:1e400"),
            ("1L", "2:1L"),
            ("0x10", "2:0x10"),
            ("NaN", "2:NaN"),
            ("Infinity", "2:Infinity"),
            ("2019-08-23", "2:2019-08-23"),
            ("10:30", "2:10:30"),
            ("[1, 2]", "3:[1, 2]"),
            ("[1", "2:[1"),
            ("{\"a\":1}", "3:{\"a\":1}"),
            ("{a:1}", "2:{a:1}"),
        ];
        let mut simple = converter(CLASS, &[]);
        let converted = to_connect(&mut simple, raw(&cases.map(|(text, _)| text)));
        assert!(converted.failures.is_empty());
        assert_eq!(shown(&converted.column), cases.map(|(_, expected)| expected));
    }

    #[test]
    fn values_are_written_as_text() {
        let mut simple = converter(CLASS, &[]);
        let cells = column(&[
            (kind::STRING, 0, b"a"),
            (kind::INTEGER, 0, &7_i64.to_le_bytes()),
            (kind::FLOAT, 0, &0.5_f64.to_le_bytes()),
            (kind::BYTES, 0, b"\x01\x02\x03"),
            (kind::NULL, 0, b""),
        ]);
        let expected = [Some("a"), Some("7"), Some("0.5"), Some("AQID"), None];
        assert_eq!(texts(&from_connect(&mut simple, cells).column), expected.map(|text| text.map(str::to_owned)));
    }

    /// Each as Kafka's own converter writes it, in UTC.
    #[test]
    fn schemas_say_how_values_are_written() {
        let of = |base: &str, name: &str, more: &str| {
            format!(r#"{{"type":"{base}","name":"org.apache.kafka.connect.data.{name}"{more}}}"#)
        };
        let schemas = [
            r#"{"type":"float"}"#.to_owned(),
            of("bytes", "Decimal", r#","parameters":{"scale":"2"}"#),
            of("int32", "Date", ""),
            of("int32", "Time", ""),
            of("int64", "Timestamp", ""),
        ];
        let table = table(&schemas.each_ref().map(String::as_str));
        let integer = |number: i64| number.to_le_bytes();
        let mut cells = vec![
            (kind::FLOAT, 1, f64::from(1.1_f32).to_le_bytes().to_vec()),
            (kind::BYTES, 2, vec![110]),
            (kind::JSON, 0, b" null".to_vec()),
            (kind::JSON, 0, b"\"x\"".to_vec()),
            (kind::INTEGER, 3, integer(18_131).to_vec()),
            (kind::INTEGER, 3, integer(0).to_vec()),
            (kind::INTEGER, 4, integer(86_399_999).to_vec()),
        ];
        let moments = [-5, 86_400_001, 951_782_400_000, 1_566_570_894_346, 253_402_300_800_000, i64::MAX];
        cells.extend(moments.map(|moment| (kind::INTEGER, 5, integer(moment).to_vec())));
        let cells: Vec<_> = cells.iter().map(|(kind, schema, bytes)| (*kind, *schema, bytes.as_slice())).collect();
        let written = from_connect_with(&mut converter(CLASS, &[]), column(&cells), &table);
        let expected = [
            Some("1.1"),
            Some("1.10"),
            None,
            Some("x"),
            Some("2019-08-23"),
            Some("00:00:00.000Z"),
            Some("23:59:59.999Z"),
            Some("23:59:59.995Z"),
            Some("1970-01-02T00:00:00.001Z"),
            Some("2000-02-29"),
            Some("2019-08-23T14:34:54.346Z"),
            Some("10000-01-01"),
            Some("292278994-08-17T07:12:55.807Z"),
        ];
        assert_eq!(texts(&written.column), expected.map(|text| text.map(str::to_owned)));
    }
}
