//! `StringConverter`: text in UTF-8.

use crate::class;
use crate::json;
use crate::json::cache::SchemaCache;
use crate::json::schema::Type;
use crate::output::{Output, only, rekind};
use crate::utf8;
use cofferdam_config::{ConfigKey, ConfigType, DefaultValue, Importance, ParsedConfig, Width, java};
use cofferdam_data::{Cell, Column, SchemaTable, kind};
use cofferdam_plugin::{Converted, Converter, ConverterClass, PluginType, Topics};
use std::fmt::Write;

const CLASS: &str = "org.apache.kafka.connect.storage.StringConverter";
const ENCODING: &str = "converter.encoding";

pub(crate) fn class(plugin_type: PluginType) -> ConverterClass {
    let mut encoding = ConfigKey::new(
        ENCODING,
        ConfigType::String,
        DefaultValue::text("UTF-8"),
        Importance::High,
        "How text is encoded; only UTF-8 is available.",
    );
    encoding.width = Width::Medium;
    encoding.display_name = "Encoding".to_owned();
    class::class(
        CLASS,
        plugin_type,
        "Converts to and from text in UTF-8.",
        vec![class::converter_type(), encoding],
        make,
    )
}

fn make(config: &ParsedConfig) -> Result<Box<dyn Converter>, String> {
    let encoding = config.text(ENCODING).unwrap_or_default();
    if !["UTF-8", "UTF8"].iter().any(|known| encoding.eq_ignore_ascii_case(known)) {
        return Err(format!("Invalid value {encoding} for configuration {ENCODING}: only UTF-8 is available"));
    }
    Ok(Box::new(StringConverter { cache: SchemaCache::default() }))
}

struct StringConverter {
    cache: SchemaCache,
}

impl Converter for StringConverter {
    fn class(&self) -> &str {
        CLASS
    }

    fn to_connect_data(&mut self, _: Topics<'_>, raw: Column, _: &SchemaTable) -> Converted {
        if raw.is_text() {
            return rekind(raw, kind::BYTES, kind::STRING).into();
        }
        let mut out = Output::like(&raw);
        let mut text = Vec::new();
        for cell in raw.cells() {
            if cell.kind == kind::NULL {
                out.null(0);
                continue;
            }
            text.clear();
            utf8::push_lossy(&mut text, cell.bytes);
            out.push(kind::STRING, 0, &text);
        }
        out.finish()
    }

    /// Text as it is, other values as Java's `toString` writes them. Two differ on purpose: structured values are JSON
    /// text (Java: `Struct{a=1}`, which nothing reads), bytes stay bytes (Java: the array's address).
    fn from_connect_data(&mut self, _: Topics<'_>, column: Column, schemas: &SchemaTable) -> Converted {
        for kind in [kind::STRING, kind::JSON, kind::BYTES] {
            if only(&column, kind) && (kind != kind::JSON || column.cells().all(|cell| json::is_structured(&cell))) {
                return rekind(column, kind, kind::BYTES).into();
            }
        }
        let mut out = Output::like(&column);
        for cell in column.cells() {
            let (kind, bytes) = json::plain_cell(&cell);
            match kind {
                kind::NULL => out.null(0),
                kind::STRING | kind::JSON | kind::BYTES => out.push(kind::BYTES, 0, &bytes),
                _ => {
                    let known = (cell.schema != 0).then(|| self.cache.by_id(cell.schema, schemas).ok()).flatten();
                    let single = known.is_some_and(|known| known.schema.of == Type::Float32);
                    out.text(kind::BYTES, 0, |text| {
                        push_scalar(text, &Cell { kind, bytes: &bytes, ..cell }, single);
                        Ok(true)
                    });
                }
            }
        }
        out.finish()
    }
}

/// Appends a boolean or a number as Java writes it; `single`: a float of 32 bits.
pub(crate) fn push_scalar(out: &mut String, cell: &Cell<'_>, single: bool) {
    let eight: [u8; 8] = cell.bytes.try_into().unwrap_or_default();
    match cell.kind {
        kind::BOOLEAN => out.push_str(if cell.bytes == [0] { "false" } else { "true" }),
        kind::INTEGER => {
            // Writing into a string cannot fail.
            let _ = write!(out, "{}", i64::from_le_bytes(eight));
        }
        #[expect(clippy::cast_possible_truncation, reason = "it was a float of 32 bits before")]
        kind::FLOAT if single => java::push_float(out, f64::from_le_bytes(eight) as f32),
        kind::FLOAT => java::push_double(out, f64::from_le_bytes(eight)),
        _ => {}
    }
}

#[cfg(test)]
mod tests;
