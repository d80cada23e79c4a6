//! `SimpleHeaderConverter`: header values as text, read back by what they look like.
//!
//! Narrower than Kafka's, which takes `10:30` for the number 10 and drops the rest: here a text is a number, a boolean,
//! null or JSON only as a whole, and anything else stays the text that it is. Dates and numbers beyond 64 bits stay
//! text, too, so that they are written back as they came.

use crate::class;
use crate::json::{number, text as json_text};
use crate::output::Output;
use crate::string::push_scalar;
use crate::utf8;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cofferdam_config::java;
use cofferdam_data::{Column, SchemaTable, kind};
use cofferdam_plugin::{Converted, Converter, ConverterClass, PluginType, Topics};

const CLASS: &str = "org.apache.kafka.connect.storage.SimpleHeaderConverter";

pub(crate) fn class() -> ConverterClass {
    let doc = "Writes header values as text, and reads numbers, booleans, null and JSON back from it.";
    class::class(CLASS, PluginType::HeaderConverter, doc, Vec::new(), |_| Ok(Box::new(SimpleHeaderConverter)))
}

struct SimpleHeaderConverter;

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

    fn from_connect_data(&mut self, _: Topics<'_>, column: Column, _: &SchemaTable) -> Converted {
        let mut out = Output::like(&column);
        for cell in column.cells() {
            match cell.kind {
                kind::NULL => out.null(0),
                kind::STRING | kind::JSON => out.push(kind::BYTES, 0, cell.bytes),
                kind::BYTES => out.text(kind::BYTES, 0, |text| {
                    STANDARD.encode_string(cell.bytes, text);
                    Ok(true)
                }),
                _ => out.text(kind::BYTES, 0, |text| {
                    push_scalar(text, &cell, false);
                    Ok(true)
                }),
            }
        }
        out.finish()
    }
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
    match number::from_decimal(trimmed) {
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
            (".5", "6:0.5"),
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
}
