//! Short forms that the converters' tests share.

use crate::builtin;
use cofferdam_data::{Column, ColumnBuilder, SchemaTable, kind};
use cofferdam_plugin::{ConfigMap, Converted, Converter, ConverterClass, Topics};

fn class(name: &str) -> ConverterClass {
    builtin().into_iter().find(|class| class.desc().class == name).unwrap()
}

fn config(pairs: &[(&str, &str)]) -> ConfigMap {
    let own = pairs.iter().chain(&[("converter.type", "value")]);
    own.map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

pub(crate) fn converter(name: &str, pairs: &[(&str, &str)]) -> Box<dyn Converter> {
    class(name).create(&config(pairs)).unwrap()
}

pub(crate) fn create_error(name: &str, pairs: &[(&str, &str)]) -> String {
    class(name).create(&config(pairs)).err().unwrap()
}

pub(crate) fn column(cells: &[(u8, u32, &[u8])]) -> Column {
    let mut builder = ColumnBuilder::default();
    for (kind, schema, bytes) in cells {
        builder.push(*kind, *schema, bytes);
    }
    builder.finish()
}

/// A column of raw texts, as Kafka gives them.
pub(crate) fn raw(texts: &[&str]) -> Column {
    column(&texts.iter().map(|text| (kind::BYTES, 0, text.as_bytes())).collect::<Vec<_>>())
}

pub(crate) fn table(schemas: &[&str]) -> SchemaTable {
    let table = SchemaTable::default();
    for (index, schema) in schemas.iter().enumerate() {
        assert_eq!(table.intern(schema).unwrap() as usize, index + 1);
    }
    table
}

const TOPICS: Topics<'_> = Topics { names: &[], of: &[] };

/// Converts, and holds the result against what every column promises.
fn checked(converted: Converted, cells: usize) -> Converted {
    assert_eq!(converted.column.check(cells), Ok(()));
    for (index, _) in &converted.failures {
        assert_eq!(converted.column.kind(*index), kind::NULL);
    }
    converted
}

pub(crate) fn to_connect(converter: &mut Box<dyn Converter>, column: Column) -> Converted {
    to_connect_with(converter, column, &SchemaTable::default())
}

pub(crate) fn to_connect_with(converter: &mut Box<dyn Converter>, column: Column, schemas: &SchemaTable) -> Converted {
    let cells = column.len();
    checked(converter.to_connect_data(TOPICS, column, schemas), cells)
}

pub(crate) fn from_connect(converter: &mut Box<dyn Converter>, column: Column) -> Converted {
    from_connect_with(converter, column, &SchemaTable::default())
}

pub(crate) fn from_connect_with(
    converter: &mut Box<dyn Converter>,
    column: Column,
    schemas: &SchemaTable,
) -> Converted {
    let cells = column.len();
    checked(converter.from_connect_data(TOPICS, column, schemas), cells)
}

/// The cells' bytes as text, `None` for nulls.
pub(crate) fn texts(column: &Column) -> Vec<Option<String>> {
    let text = |cell: cofferdam_data::Cell<'_>| {
        (cell.kind != kind::NULL).then(|| String::from_utf8_lossy(cell.bytes).into_owned())
    };
    column.cells().map(text).collect()
}

/// The cells, readable: `2:text`, `5:42`, `6:1.5`, `4:true`, `3:{}`, `1:bytes`, `0`; with `#id` for a schema.
pub(crate) fn shown(column: &Column) -> Vec<String> {
    let show = |cell: cofferdam_data::Cell<'_>| {
        let eight: [u8; 8] = cell.bytes.try_into().unwrap_or_default();
        let value = match cell.kind {
            kind::NULL => "0".to_owned(),
            kind::BOOLEAN => format!("4:{}", cell.bytes == [1]),
            kind::INTEGER => format!("5:{}", i64::from_le_bytes(eight)),
            kind::FLOAT => format!("6:{:?}", f64::from_le_bytes(eight)),
            kind => format!("{kind}:{}", String::from_utf8_lossy(cell.bytes)),
        };
        if cell.schema == 0 { value } else { format!("{value}#{}", cell.schema) }
    };
    column.cells().map(show).collect()
}
