//! `ShortConverter`, `IntegerConverter`, `LongConverter`, `FloatConverter`, `DoubleConverter`: one number, big-endian.
//!
//! Only a number of exactly that type is written, as Kafka's do. A number without schema, which has no type here but
//! integer or float, is written if nothing of it gets lost.

use crate::class::{self, java_class};
use crate::json;
use crate::json::cache::SchemaCache;
use crate::json::schema::{Schema, Type};
use crate::output::Output;
use cofferdam_data::{Column, SchemaTable, kind};
use cofferdam_plugin::{Converted, Converter, ConverterClass, PluginType, Topics};

/// Which of them.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Number {
    Short,
    Integer,
    Long,
    Float,
    Double,
}

impl Number {
    pub(crate) const ALL: [Self; 5] = [Self::Short, Self::Integer, Self::Long, Self::Float, Self::Double];

    fn class(self) -> &'static str {
        match self {
            Self::Short => "org.apache.kafka.connect.converters.ShortConverter",
            Self::Integer => "org.apache.kafka.connect.converters.IntegerConverter",
            Self::Long => "org.apache.kafka.connect.converters.LongConverter",
            Self::Float => "org.apache.kafka.connect.converters.FloatConverter",
            Self::Double => "org.apache.kafka.connect.converters.DoubleConverter",
        }
    }

    /// What Kafka's messages call it, and its deserialiser.
    fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Short => ("short", "ShortDeserializer"),
            Self::Integer => ("integer", "IntegerDeserializer"),
            Self::Long => ("long", "LongDeserializer"),
            Self::Float => ("float", "Deserializer"),
            Self::Double => ("double", "Deserializer"),
        }
    }

    fn width(self) -> usize {
        match self {
            Self::Short => 2,
            Self::Integer | Self::Float => 4,
            Self::Long | Self::Double => 8,
        }
    }

    fn of(self) -> Type {
        match self {
            Self::Short => Type::Int16,
            Self::Integer => Type::Int32,
            Self::Long => Type::Int64,
            Self::Float => Type::Float32,
            Self::Double => Type::Float64,
        }
    }

    /// The schema of everything read.
    fn schema(self) -> &'static str {
        match self {
            Self::Short => r#"{"type":"int16","optional":true}"#,
            Self::Integer => r#"{"type":"int32","optional":true}"#,
            Self::Long => r#"{"type":"int64","optional":true}"#,
            Self::Float => r#"{"type":"float","optional":true}"#,
            Self::Double => r#"{"type":"double","optional":true}"#,
        }
    }

    /// A cell's kind and bytes of what Kafka holds; `None` if it has not the right length.
    fn read(self, bytes: &[u8]) -> Option<(u8, [u8; 8])> {
        let integer = |number: i64| Some((kind::INTEGER, number.to_le_bytes()));
        let float = |number: f64| Some((kind::FLOAT, number.to_le_bytes()));
        match self {
            Self::Short => integer(i16::from_be_bytes(bytes.try_into().ok()?).into()),
            Self::Integer => integer(i32::from_be_bytes(bytes.try_into().ok()?).into()),
            Self::Long => integer(i64::from_be_bytes(bytes.try_into().ok()?)),
            Self::Float => float(f32::from_be_bytes(bytes.try_into().ok()?).into()),
            Self::Double => float(f64::from_be_bytes(bytes.try_into().ok()?)),
        }
    }

    /// What Kafka is to hold of a cell, at the end of eight bytes; `None` if the cell is no such number.
    fn write(self, kind: u8, bytes: &[u8]) -> Option<[u8; 8]> {
        let eight: [u8; 8] = bytes.try_into().ok()?;
        let (integer, float) = (i64::from_le_bytes(eight), f64::from_le_bytes(eight));
        match (self, kind) {
            (Self::Short, kind::INTEGER) => i16::try_from(integer).ok().map(|_| integer.to_be_bytes()),
            (Self::Integer, kind::INTEGER) => i32::try_from(integer).ok().map(|_| integer.to_be_bytes()),
            (Self::Long, kind::INTEGER) => Some(integer.to_be_bytes()),
            #[expect(clippy::cast_possible_truncation, reason = "what does not come back the same is refused")]
            (Self::Float, kind::FLOAT) => {
                let single = float as f32;
                let same = f64::from(single) == float || float.is_nan();
                same.then(|| u64::from(single.to_bits()).to_be_bytes())
            }
            (Self::Double, kind::FLOAT) => Some(float.to_be_bytes()),
            _ => None,
        }
    }
}

pub(crate) fn class(number: Number, plugin_type: PluginType) -> ConverterClass {
    let doc = format!("Converts to and from a big-endian number of {} bytes.", number.width());
    let make = match number {
        Number::Short => |_: &_| make(Number::Short),
        Number::Integer => |_: &_| make(Number::Integer),
        Number::Long => |_: &_| make(Number::Long),
        Number::Float => |_: &_| make(Number::Float),
        Number::Double => |_: &_| make(Number::Double),
    };
    class::class(number.class(), plugin_type, &doc, vec![class::converter_type()], make)
}

fn make(number: Number) -> Result<Box<dyn Converter>, String> {
    Ok(Box::new(NumberConverter { number, cache: SchemaCache::default() }))
}

struct NumberConverter {
    number: Number,
    cache: SchemaCache,
}

impl Converter for NumberConverter {
    fn class(&self) -> &str {
        self.number.class()
    }

    fn to_connect_data(&mut self, _: Topics<'_>, raw: Column, schemas: &SchemaTable) -> Converted {
        let (word, deserializer) = self.number.names();
        let id = schemas.intern(self.number.schema());
        let mut out = Output::like(&raw);
        for cell in raw.cells() {
            match (&id, self.number.read(cell.bytes)) {
                (Err(error), _) => out.fail(error.to_string()),
                (Ok(id), _) if cell.kind == kind::NULL => out.null(*id),
                (Ok(id), Some((kind, bytes))) => out.push(kind, *id, &bytes),
                (Ok(_), None) => out.fail(format!(
                    "Failed to deserialize {word}: Size of data received by {deserializer} is not {}",
                    self.number.width()
                )),
            }
        }
        out.finish()
    }

    fn from_connect_data(&mut self, _: Topics<'_>, column: Column, schemas: &SchemaTable) -> Converted {
        let (word, _) = self.number.names();
        let mut out = Output::like(&column);
        for cell in column.cells() {
            let (kind, bytes) = json::plain_cell(&cell);
            if kind == kind::NULL {
                out.null(0);
                continue;
            }
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
            let right = schema.is_none_or(|schema| schema.of == self.number.of() && schema.logical.is_none());
            let written = if right { self.number.write(kind, &bytes) } else { None };
            match written.as_ref().and_then(|eight| eight.get(8 - self.number.width()..)) {
                Some(bytes) => out.push(kind::BYTES, 0, bytes),
                None => {
                    let class = schema.and_then(number_class).unwrap_or_else(|| java_class(kind, &bytes));
                    out.fail(format!("Failed to serialize to {word} (was {class}): "));
                }
            }
        }
        out.finish()
    }
}

/// The Java class of a number of this type.
fn number_class(schema: &Schema) -> Option<&'static str> {
    match schema.of {
        Type::Int32 | Type::Int64 if schema.logical.is_some() => Some("class java.util.Date"),
        Type::Int8 => Some("class java.lang.Byte"),
        Type::Int16 => Some("class java.lang.Short"),
        Type::Int32 => Some("class java.lang.Integer"),
        Type::Float32 => Some("class java.lang.Float"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::fixtures::*;
    use cofferdam_data::{Column, SchemaTable, kind};

    fn of(name: &str) -> Box<dyn cofferdam_plugin::Converter> {
        converter(&format!("org.apache.kafka.connect.converters.{name}Converter"), &[])
    }

    fn integer(schema: u32, number: i64) -> Column {
        column(&[(kind::INTEGER, schema, &number.to_le_bytes())])
    }

    #[test]
    fn numbers_are_read_with_their_type() {
        let cases: [(&str, &[u8], &str, &str); 5] = [
            ("Short", &[0xff, 0xfe], "5:-2#1", r#"{"type":"int16","optional":true}"#),
            ("Integer", &[0, 0, 1, 0], "5:256#1", r#"{"type":"int32","optional":true}"#),
            ("Long", &[0, 0, 0, 0, 0, 0, 0, 5], "5:5#1", r#"{"type":"int64","optional":true}"#),
            ("Float", &[64, 160, 0, 0], "6:5.0#1", r#"{"type":"float","optional":true}"#),
            ("Double", &[64, 20, 0, 0, 0, 0, 0, 0], "6:5.0#1", r#"{"type":"double","optional":true}"#),
        ];
        for (name, bytes, read, schema) in cases {
            let (mut converter, schemas) = (of(name), SchemaTable::default());
            let raw = column(&[(kind::BYTES, 0, bytes), (kind::NULL, 0, b""), (kind::BYTES, 0, b"123")]);
            let connect = to_connect_with(&mut converter, raw, &schemas);
            assert_eq!(shown(&connect.column)[..2], [read, "0#1"], "{name}");
            assert_eq!(schemas.describe(1).as_deref(), Some(schema));
            let (index, message) = &connect.failures[0];
            let word = name.to_lowercase();
            assert!(
                *index == 2 && message.starts_with(&format!("Failed to deserialize {word}: Size of ")),
                "{message}"
            );
            let back = from_connect_with(&mut converter, connect.column, &schemas).column;
            assert_eq!((back.cell(0).map(|cell| cell.bytes), back.kind(1)), (Some(bytes), kind::NULL), "{name}");
        }
    }

    #[test]
    fn only_the_exact_type_is_written() {
        let schemas = table(&[
            r#"{"type":"int32"}"#,
            r#"{"type":"int32","name":"org.apache.kafka.connect.data.Date","version":1}"#,
            r#"{"type":"float"}"#,
        ]);
        let failure = |name: &str, cell: Column| {
            from_connect_with(&mut of(name), cell, &schemas).failures.pop().map(|(_, message)| message)
        };
        let refused = |to: &str, was: &str| Some(format!("Failed to serialize to {to} (was class {was}): "));
        assert_eq!(failure("Integer", integer(1, 5)), None);
        assert_eq!(failure("Long", integer(1, 5)), refused("long", "java.lang.Integer"));
        assert_eq!(failure("Integer", integer(2, 5)), refused("integer", "java.util.Date"));
        assert_eq!(
            failure("Double", column(&[(kind::FLOAT, 3, &1.5_f64.to_le_bytes())])),
            refused("double", "java.lang.Float")
        );
        assert_eq!(failure("Short", column(&[(kind::STRING, 0, b"5")])), refused("short", "java.lang.String"));
        assert_eq!(failure("Float", integer(0, 5)), refused("float", "java.lang.Long"));
    }

    #[test]
    fn numbers_without_type_are_written_where_they_fit() {
        let written = |name: &str, cell: Column| {
            let converted = from_connect(&mut of(name), cell);
            converted.failures.is_empty().then(|| converted.column.data.clone())
        };
        assert_eq!(written("Short", integer(0, -2)), Some(vec![0xff, 0xfe]));
        assert_eq!(written("Short", integer(0, 40_000)), None);
        assert_eq!(written("Integer", integer(0, -1)), Some(vec![0xff; 4]));
        assert_eq!(written("Integer", integer(0, 1 << 40)), None);
        assert_eq!(written("Long", column(&[(kind::JSON, 0, b" 7 ")])), Some(vec![0, 0, 0, 0, 0, 0, 0, 7]));
        assert_eq!(written("Float", column(&[(kind::FLOAT, 0, &1.5_f64.to_le_bytes())])), Some(vec![63, 192, 0, 0]));
        assert_eq!(written("Float", column(&[(kind::FLOAT, 0, &0.1_f64.to_le_bytes())])), None);
    }
}
