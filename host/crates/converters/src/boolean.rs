//! `BooleanConverter`: one byte, 0 or 1.

use crate::class::{self, java_class};
use crate::json;
use crate::json::cache::SchemaCache;
use crate::json::schema::Type;
use crate::output::Output;
use cofferdam_data::{Column, SchemaTable, kind};
use cofferdam_plugin::{Converted, Converter, ConverterClass, PluginType, Topics};

const CLASS: &str = "org.apache.kafka.connect.converters.BooleanConverter";

pub(crate) fn class(plugin_type: PluginType) -> ConverterClass {
    let doc = "Converts to and from one byte, 0 or 1.";
    class::class(CLASS, plugin_type, doc, vec![class::converter_type()], |_| Ok(Box::new(BooleanConverter::default())))
}

#[derive(Default)]
struct BooleanConverter {
    cache: SchemaCache,
}

impl BooleanConverter {
    /// Kafka's message for a schema that is not of booleans.
    fn check(&mut self, schema: u32, schemas: &SchemaTable) -> Result<(), String> {
        if schema == 0 {
            return Ok(());
        }
        match &self.cache.by_id(schema, schemas)?.schema.of {
            Type::Boolean => Ok(()),
            other => Err(format!("Invalid schema type for BooleanConverter: {}", other.shown())),
        }
    }
}

impl Converter for BooleanConverter {
    fn class(&self) -> &str {
        CLASS
    }

    fn to_connect_data(&mut self, _: Topics<'_>, raw: Column, _: &SchemaTable) -> Converted {
        let mut out = Output::like(&raw);
        for cell in raw.cells() {
            match cell.bytes {
                _ if cell.kind == kind::NULL => out.null(0),
                [0 | 1] => out.push(kind::BOOLEAN, 0, cell.bytes),
                [byte] => out.fail(format!(
                    "Failed to deserialize boolean: Unexpected byte received by BooleanDeserializer: {}",
                    byte.cast_signed()
                )),
                _ => out.fail(
                    "Failed to deserialize boolean: Size of data received by BooleanDeserializer is not 1".to_owned(),
                ),
            }
        }
        out.finish()
    }

    fn from_connect_data(&mut self, _: Topics<'_>, column: Column, schemas: &SchemaTable) -> Converted {
        let mut out = Output::like(&column);
        for cell in column.cells() {
            let (kind, bytes) = json::plain_cell(&cell);
            match self.check(cell.schema, schemas) {
                Err(message) => out.fail(message),
                Ok(()) if kind == kind::NULL => out.null(0),
                Ok(()) if kind == kind::BOOLEAN => out.push(kind::BYTES, 0, &bytes),
                Ok(()) => {
                    let class = java_class(kind, &bytes);
                    out.fail(format!("BooleanConverter is not compatible with objects of type {class}"));
                }
            }
        }
        out.finish()
    }
}

#[cfg(test)]
mod tests {
    use crate::fixtures::*;
    use cofferdam_data::kind;

    #[test]
    fn booleans_are_one_byte() {
        let mut boolean = converter("org.apache.kafka.connect.converters.BooleanConverter", &[]);
        let raw = column(&[
            (kind::BYTES, 0, &[0]),
            (kind::BYTES, 0, &[1]),
            (kind::NULL, 0, b""),
            (kind::BYTES, 0, &[255]),
            (kind::BYTES, 0, b""),
        ]);
        let connect = to_connect(&mut boolean, raw);
        assert_eq!(shown(&connect.column), ["4:false", "4:true", "0", "0", "0"]);
        let expected = [
            (3, "Failed to deserialize boolean: Unexpected byte received by BooleanDeserializer: -1"),
            (4, "Failed to deserialize boolean: Size of data received by BooleanDeserializer is not 1"),
        ];
        assert_eq!(connect.failures, expected.map(|(index, message)| (index, message.to_owned())));
        assert_eq!(from_connect(&mut boolean, connect.column).column.data, [0, 1]);
    }

    #[test]
    fn nothing_else_is_written() {
        let mut boolean = converter("org.apache.kafka.connect.converters.BooleanConverter", &[]);
        let schemas = table(&[r#"{"type":"int32"}"#, r#"{"type":"boolean"}"#]);
        let cells = column(&[
            (kind::INTEGER, 0, &1_i64.to_le_bytes()),
            (kind::NULL, 1, b""),
            (kind::BOOLEAN, 2, &[1]),
            (kind::JSON, 0, b"false"),
        ]);
        let written = from_connect_with(&mut boolean, cells, &schemas);
        let expected = [
            (0, "BooleanConverter is not compatible with objects of type class java.lang.Long"),
            (1, "Invalid schema type for BooleanConverter: INT32"),
        ];
        assert_eq!(written.failures, expected.map(|(index, message)| (index, message.to_owned())));
        assert_eq!(written.column.data, [1, 0]);
    }
}
