//! Cells in one block of bytes: what a batch is made of, and what the rest of this crate hides.

use crate::types::Column;
use crate::value::kind;
use crate::{Schema, Value};

/// The values of many records in one block, without an allocation per record.
///
/// [`Batch::push`](crate::Batch::push) fills columns by itself. Build one of your own where records differ in nothing
/// but their values, and hand it over with [`Batch::push_column`](crate::Batch::push_column).
///
/// ```
/// # use cofferdam_sdk::ColumnBuilder;
/// let mut values = ColumnBuilder::with_capacity(2, 10);
/// values.push("first", None);
/// values.push("second", None);
/// assert_eq!(values.len(), 2);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ColumnBuilder {
    data: Vec<u8>,
    ends: Vec<u32>,
    // One entry stands for all cells as long as they agree.
    kinds: Vec<u8>,
    schemas: Vec<u32>,
}

impl ColumnBuilder {
    /// Room for `cells` cells of `bytes` bytes altogether.
    pub fn with_capacity(cells: usize, bytes: usize) -> Self {
        Self { data: Vec::with_capacity(bytes), ends: Vec::with_capacity(cells), ..Self::default() }
    }

    /// Adds a value.
    pub fn push<'a>(&mut self, value: impl Into<Value<'a>>, schema: Option<Schema>) {
        let value = value.into();
        match value {
            Value::Null => self.close(kind::NULL, schema),
            Value::Bytes(bytes) => self.append(bytes, kind::BYTES, schema),
            Value::String(text) => self.append(text.as_bytes(), kind::STRING, schema),
            Value::Json(text) => self.append(text.as_bytes(), kind::JSON, schema),
            Value::Boolean(value) => self.append(&[u8::from(value)], kind::BOOLEAN, schema),
            Value::Integer(value) => self.append(&value.to_le_bytes(), kind::INTEGER, schema),
            Value::Float(value) => self.append(&value.to_le_bytes(), kind::FLOAT, schema),
        }
    }

    /// Adds a string, and takes its memory over when it is the first: for values too big to be held twice.
    pub fn push_owned(&mut self, text: String, schema: Option<Schema>) {
        if self.data.is_empty() {
            self.data = text.into_bytes();
            self.close(kind::STRING, schema);
        } else {
            self.append(text.as_bytes(), kind::STRING, schema);
        }
    }

    /// Cells so far.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Bytes of all cells so far.
    pub fn bytes(&self) -> usize {
        self.data.len()
    }

    /// The value of cell `index`; `None` past the end.
    pub fn get(&self, index: usize) -> Option<Value<'_>> {
        cell(&self.data, &self.ends, &self.kinds, index)
    }

    fn append(&mut self, bytes: &[u8], kind: u8, schema: Option<Schema>) {
        self.data.extend_from_slice(bytes);
        self.close(kind, schema);
    }

    /// Ends a cell whose bytes are in place.
    fn close(&mut self, kind: u8, schema: Option<Schema>) {
        let cells = self.ends.len();
        agree(&mut self.kinds, cells, kind);
        let schema = schema.map_or(0, Schema::id);
        if schema != 0 || !self.schemas.is_empty() {
            if self.schemas.is_empty() && cells > 0 {
                self.schemas.push(0);
            }
            agree(&mut self.schemas, cells, schema);
        }
        // A column that does not fit 32 bits does not fit a guest's memory either.
        self.ends.push(u32::try_from(self.data.len()).unwrap_or(u32::MAX));
    }

    /// Adds nulls until there are `cells` cells.
    pub(crate) fn pad(&mut self, cells: usize) {
        while self.ends.len() < cells {
            self.close(kind::NULL, None);
        }
    }
}

impl From<ColumnBuilder> for Column {
    fn from(column: ColumnBuilder) -> Self {
        Self { data: column.data, ends: column.ends, kinds: column.kinds, schemas: column.schemas }
    }
}

/// `list` has one entry for all of `cells` cells, or one each; it gets one more that says `value`.
pub(crate) fn agree<T: Copy + PartialEq>(list: &mut Vec<T>, cells: usize, value: T) {
    match list.as_slice() {
        [one] if *one == value && cells > 0 => {}
        [one] if cells > 1 => {
            let one = *one;
            list.resize(cells, one);
            list.push(value);
        }
        _ => list.push(value),
    }
}

/// Entry `index` of a list in which a single entry stands for all.
pub(crate) fn entry<T: Copy>(list: &[T], index: usize) -> Option<T> {
    match list {
        [one] => Some(*one),
        many => many.get(index).copied(),
    }
}

/// What cell `index` of a column holds; null past the end.
pub(crate) fn value(column: &Column, index: usize) -> Value<'_> {
    cell(&column.data, &column.ends, &column.kinds, index).unwrap_or_default()
}

fn cell<'a>(data: &'a [u8], ends: &[u32], kinds: &[u8], index: usize) -> Option<Value<'a>> {
    let end = *ends.get(index)?;
    let begin = index.checked_sub(1).and_then(|previous| ends.get(previous)).copied().unwrap_or(0);
    let bytes = data.get(begin as usize..end as usize)?;
    Some(Value::from_cell(entry(kinds, index).unwrap_or(kind::NULL), bytes))
}

/// The schema of cell `index` of a column.
pub(crate) fn schema(column: &Column, index: usize) -> Option<Schema> {
    Schema::from_id(entry(&column.schemas, index).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn built(values: &[(Value<'_>, Option<Schema>)]) -> Column {
        let mut builder = ColumnBuilder::default();
        for (value, schema) in values {
            builder.push(*value, *schema);
        }
        builder.into()
    }

    #[test]
    fn one_entry_stands_for_cells_that_agree() {
        let schema = Schema::intern(Schema::STRING).unwrap();
        let column = built(&[("a".into(), Some(schema)), ("b".into(), Some(schema)), ("".into(), Some(schema))]);
        assert_eq!((column.kinds.as_slice(), column.schemas.len()), ([kind::STRING].as_slice(), 1));
        assert_eq!(column.ends, [1, 2, 2]);
    }

    #[test]
    fn every_cell_comes_back_as_it_went_in() {
        let schema = Schema::intern(Schema::INT64).unwrap();
        let values = [
            (Value::Null, None),
            (Value::Bytes(b"\xff"), None),
            (Value::String("é"), None),
            (Value::Json("{}"), None),
            (Value::Boolean(true), None),
            (Value::Integer(i64::MIN), Some(schema)),
            (Value::Float(-0.5), None),
            (Value::Float(-0.5), None),
        ];
        let column = built(&values);
        for (index, (value, schema)) in values.into_iter().enumerate() {
            assert_eq!(super::value(&column, index), value);
            assert_eq!(super::schema(&column, index), schema);
        }
        assert_eq!(super::value(&column, 8), Value::Null);
    }

    #[test]
    fn the_second_cell_may_disagree() {
        let column = built(&[("a".into(), None), (Value::Null, None)]);
        assert_eq!(column.kinds, [kind::STRING, kind::NULL]);
    }

    #[test]
    fn a_schema_may_come_late() {
        let schema = Schema::intern(Schema::STRING).unwrap();
        let column = built(&[("a".into(), None), ("b".into(), None), ("c".into(), Some(schema))]);
        assert_eq!(column.schemas, [0, 0, schema.id()]);
    }

    #[test]
    fn an_owned_string_is_taken_over() {
        let mut builder = ColumnBuilder::default();
        builder.push_owned("long".to_owned(), None);
        builder.push_owned("er".to_owned(), None);
        let column = Column::from(builder);
        assert_eq!((column.data.as_slice(), column.ends.as_slice()), (b"longer".as_slice(), [4, 6].as_slice()));
    }
}
