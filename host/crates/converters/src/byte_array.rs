//! `ByteArrayConverter`: bytes as they are.

use crate::class::{self, java_class};
use crate::json::schema;
use crate::output::{Output, only, rekind};
use cofferdam_data::{Cell, Column, SchemaTable, kind};
use cofferdam_plugin::{Converted, Converter, ConverterClass, PluginType, Topics};

const CLASS: &str = "org.apache.kafka.connect.converters.ByteArrayConverter";

pub(crate) fn class() -> ConverterClass {
    let doc = "Hands bytes over as they are.";
    class::class(CLASS, PluginType::Converter, doc, Vec::new(), |_| Ok(Box::new(ByteArrayConverter)))
}

struct ByteArrayConverter;

impl ByteArrayConverter {
    /// Kafka's message for a cell that is not bytes.
    fn refusal(cell: &Cell<'_>, schemas: &SchemaTable) -> Option<String> {
        if cell.schema != 0 {
            match schema::type_of(cell.schema, schemas) {
                Ok("BYTES") => {}
                Ok(other) => return Some(format!("Invalid schema type for ByteArrayConverter: {other}")),
                Err(message) => return Some(message),
            }
        }
        (cell.kind != kind::BYTES && cell.kind != kind::NULL).then(|| {
            let class = java_class(cell.kind, cell.bytes);
            format!("ByteArrayConverter is not compatible with objects of type {class}")
        })
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
        if only(&column, kind::BYTES) && column.schemas.iter().all(|schema| *schema == 0) {
            return rekind(column, kind::BYTES, kind::BYTES).into();
        }
        let mut out = Output::like(&column);
        for cell in column.cells() {
            match Self::refusal(&cell, schemas) {
                Some(message) => out.fail(message),
                None => out.push(cell.kind, 0, cell.bytes),
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
        ]);
        let converted = from_connect_with(&mut bytes, cells, &table);
        assert_eq!(texts(&converted.column)[2].as_deref(), Some("ok"));
        let expected = [
            (0, "ByteArrayConverter is not compatible with objects of type class java.lang.String"),
            (1, "Invalid schema type for ByteArrayConverter: STRING"),
            (3, "ByteArrayConverter is not compatible with objects of type class java.lang.Long"),
            (4, "ByteArrayConverter is not compatible with objects of type class java.util.ArrayList"),
            (5, "Invalid schema type for ByteArrayConverter: STRING"),
        ];
        assert_eq!(converted.failures, expected.map(|(index, message)| (index, message.to_owned())));
    }
}
