//! `ByteArrayConverter`: bytes as they are.

use crate::class::{self, java_class};
use crate::json;
use crate::json::cache::SchemaCache;
use crate::json::schema::Type;
use crate::output::{Output, only, rekind};
use cofferdam_data::{Column, SchemaTable, kind};
use cofferdam_plugin::{Converted, Converter, ConverterClass, PluginType, Topics};

const CLASS: &str = "org.apache.kafka.connect.converters.ByteArrayConverter";

pub(crate) fn class(plugin_type: PluginType) -> ConverterClass {
    let doc = "Hands bytes over as they are.";
    class::class(CLASS, plugin_type, doc, vec![class::converter_type()], |_| {
        Ok(Box::new(ByteArrayConverter::default()))
    })
}

#[derive(Default)]
struct ByteArrayConverter {
    cache: SchemaCache,
}

impl ByteArrayConverter {
    /// Kafka's message for a schema that is not of bytes.
    fn check(&mut self, schema: u32, schemas: &SchemaTable) -> Result<(), String> {
        if schema == 0 {
            return Ok(());
        }
        match &self.cache.by_id(schema, schemas)?.schema.of {
            Type::Bytes => Ok(()),
            other => Err(format!("Invalid schema type for ByteArrayConverter: {}", other.shown())),
        }
    }
}

impl Converter for ByteArrayConverter {
    fn class(&self) -> &str {
        CLASS
    }

    fn to_connect_data(&mut self, _: Topics<'_>, raw: Column, _: &SchemaTable) -> Converted {
        raw.into()
    }

    fn from_connect_data(&mut self, _: Topics<'_>, column: Column, schemas: &SchemaTable) -> Converted {
        let one_schema = column.schemas.len() <= 1 && self.check(column.schema(0), schemas).is_ok();
        if one_schema && only(&column, kind::BYTES) {
            return rekind(column, kind::BYTES, kind::BYTES).into();
        }
        let mut out = Output::like(&column);
        for cell in column.cells() {
            let (kind, bytes) = json::plain_cell(&cell);
            match self.check(cell.schema, schemas) {
                Err(message) => out.fail(message),
                Ok(()) if kind == kind::BYTES || kind == kind::NULL => out.push(kind, 0, &bytes),
                Ok(()) => {
                    let class = java_class(kind, &bytes);
                    out.fail(format!("ByteArrayConverter is not compatible with objects of type {class}"));
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
    fn bytes_and_nulls_pass() {
        let mut bytes = converter("org.apache.kafka.connect.converters.ByteArrayConverter", &[]);
        let raw = column(&[(kind::BYTES, 0, b"\xff\0"), (kind::NULL, 0, b""), (kind::BYTES, 0, b"")]);
        let connect = to_connect(&mut bytes, raw.clone());
        assert_eq!((connect.column.clone(), connect.failures.len()), (raw.clone(), 0));
        assert_eq!(from_connect(&mut bytes, connect.column).column, raw);
    }

    #[test]
    fn anything_else_is_refused_in_kafka_s_words() {
        let mut bytes = converter("org.apache.kafka.connect.converters.ByteArrayConverter", &[]);
        let table = table(&[r#"{"type":"string"}"#, r#"{"type":"bytes"}"#]);
        let cells = column(&[
            (kind::STRING, 0, b"x"),
            (kind::STRING, 1, b"x"),
            (kind::BYTES, 2, b"ok"),
            (kind::INTEGER, 0, &5_i64.to_le_bytes()),
            (kind::JSON, 0, b"[]"),
            (kind::NULL, 1, b""),
            (kind::JSON, 0, b" null "),
            (kind::JSON, 0, b"\"a\""),
            (kind::JSON, 0, b"1.5"),
        ]);
        let converted = from_connect_with(&mut bytes, cells, &table);
        assert_eq!(texts(&converted.column)[2].as_deref(), Some("ok"));
        let expected = [
            (0, "ByteArrayConverter is not compatible with objects of type class java.lang.String"),
            (1, "Invalid schema type for ByteArrayConverter: STRING"),
            (3, "ByteArrayConverter is not compatible with objects of type class java.lang.Long"),
            (4, "ByteArrayConverter is not compatible with objects of type class java.util.ArrayList"),
            (5, "Invalid schema type for ByteArrayConverter: STRING"),
            (7, "ByteArrayConverter is not compatible with objects of type class java.lang.String"),
            (8, "ByteArrayConverter is not compatible with objects of type class java.lang.Double"),
        ];
        assert_eq!(converted.failures, expected.map(|(index, message)| (index, message.to_owned())));
    }

    #[test]
    fn typed_bytes_stay_where_they_are() {
        let mut bytes = converter("org.apache.kafka.connect.converters.ByteArrayConverter", &[]);
        let table = table(&[r#"{"type":"bytes"}"#]);
        let cells = column(&[(kind::BYTES, 1, b"a"), (kind::NULL, 1, b""), (kind::BYTES, 1, b"b")]);
        let block = cells.data.as_ptr();
        let written = from_connect_with(&mut bytes, cells, &table).column;
        assert_eq!((written.data.as_ptr(), written.schemas.len()), (block, 0));
    }
}
