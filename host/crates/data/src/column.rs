//! One cell per record in one block of bytes.

use thiserror::Error;

/// What a cell holds (`types.column` in the WIT package).
pub mod kind {
    /// No value; the cell is empty.
    pub const NULL: u8 = 0;
    /// Bytes.
    pub const BYTES: u8 = 1;
    /// A string in UTF-8.
    pub const STRING: u8 = 2;
    /// JSON text in UTF-8, by the rules of Kafka's `JsonConverter`.
    pub const JSON: u8 = 3;
    /// A boolean: one byte, 0 or 1.
    pub const BOOLEAN: u8 = 4;
    /// An integer (int8 to int64): eight bytes, little-endian two's complement.
    pub const INTEGER: u8 = 5;
    /// A float (float32, float64): eight bytes, little-endian IEEE 754.
    pub const FLOAT: u8 = 6;
    /// The highest kind that this version of the interface defines.
    pub const LAST: u8 = FLOAT;
}

/// One cell per record. The bytes of cell `i` are `data[ends[i - 1]..ends[i]]`.
///
/// The fields are public because Kafka, the converters and the sandbox each build or rewrite them as a whole;
/// [`Column::check`] tells whether they agree, and is called on every column that a component hands over.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Column {
    /// All cells' bytes, one after the other.
    pub data: Vec<u8>,
    /// Where each cell ends in `data`, ascending.
    pub ends: Vec<u32>,
    /// The cells' kinds; a single entry stands for all.
    pub kinds: Vec<u8>,
    /// The cells' schemas in the task's [`SchemaTable`](crate::SchemaTable), 0 = none; a single entry stands for all,
    /// empty: none has one.
    pub schemas: Vec<u32>,
}

/// One cell of a [`Column`], borrowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cell<'a> {
    /// See [`kind`].
    pub kind: u8,
    /// Schema id, 0 = none.
    pub schema: u32,
    /// The cell's bytes.
    pub bytes: &'a [u8],
}

/// How a column contradicts itself. Indices are those of the cell.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum ColumnError {
    #[error("has {got} cells, expected {expected}")]
    Cells { got: usize, expected: usize },
    #[error("`ends` at index {index} is {end}, which lies before the previous end {previous}")]
    Descending { index: usize, end: u32, previous: u32 },
    #[error("`ends` at index {index} is {end}, but there are {len} bytes of data")]
    Beyond { index: usize, end: u32, len: usize },
    #[error("the last cell ends at {end}, but there are {len} bytes of data")]
    Trailing { end: u32, len: usize },
    #[error("`kinds` has {got} entries for {cells} cells")]
    Kinds { got: usize, cells: usize },
    #[error("`schemas` has {got} entries for {cells} cells")]
    Schemas { got: usize, cells: usize },
    #[error("cell {index} is of the unknown kind {kind}")]
    UnknownKind { index: usize, kind: u8 },
    #[error("cell {index} of kind {kind} has {len} bytes, expected {expected}")]
    Width { index: usize, kind: u8, len: usize, expected: usize },
    #[error("cell {index} of kind {kind} is not UTF-8")]
    Utf8 { index: usize, kind: u8 },
    #[error("cell {index} is a boolean with the byte {byte}, expected 0 or 1")]
    Boolean { index: usize, byte: u8 },
}

impl Column {
    /// Cells in this column.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are no cells.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The kind of cell `index`, which there has to be: a single entry answers for any.
    pub fn kind(&self, index: usize) -> u8 {
        match self.kinds.as_slice() {
            [one] => *one,
            many => many.get(index).copied().unwrap_or(kind::NULL),
        }
    }

    /// The schema id of cell `index`, which there has to be; 0 = none.
    pub fn schema(&self, index: usize) -> u32 {
        match self.schemas.as_slice() {
            [] => 0,
            [one] => *one,
            many => many.get(index).copied().unwrap_or(0),
        }
    }

    /// Where cell `index` begins in `data`.
    fn begin(&self, index: usize) -> usize {
        index.checked_sub(1).and_then(|previous| self.ends.get(previous)).map_or(0, |end| *end as usize)
    }

    /// Cell `index`, `None` past the end or where the column contradicts itself.
    pub fn cell(&self, index: usize) -> Option<Cell<'_>> {
        let end = *self.ends.get(index)? as usize;
        let bytes = self.data.get(self.begin(index)..end)?;
        Some(Cell { kind: self.kind(index), schema: self.schema(index), bytes })
    }

    /// The cells in order.
    pub fn cells(&self) -> impl Iterator<Item = Cell<'_>> {
        (0..self.len()).map_while(|index| self.cell(index))
    }

    /// Whether the column, of `cells` cells, is what it says: `ends` ascending and exactly covering `data`, `kinds` and
    /// `schemas` of a length that fits, known kinds, widths, UTF-8 (WIT `types.column`).
    pub fn check(&self, cells: usize) -> Result<(), ColumnError> {
        if self.len() != cells {
            return Err(ColumnError::Cells { got: self.len(), expected: cells });
        }
        if !(self.kinds.len() == 1 || self.kinds.len() == cells) {
            return Err(ColumnError::Kinds { got: self.kinds.len(), cells });
        }
        if !(self.schemas.len() <= 1 || self.schemas.len() == cells) {
            return Err(ColumnError::Schemas { got: self.schemas.len(), cells });
        }
        let mut previous = 0;
        for (index, end) in self.ends.iter().copied().enumerate() {
            if end < previous {
                return Err(ColumnError::Descending { index, end, previous });
            }
            if end as usize > self.data.len() {
                return Err(ColumnError::Beyond { index, end, len: self.data.len() });
            }
            previous = end;
        }
        if previous as usize != self.data.len() {
            return Err(ColumnError::Trailing { end: previous, len: self.data.len() });
        }
        self.check_cells()
    }

    /// Whether all cells' bytes are UTF-8, whatever their kind: one pass over the block, then every border on a
    /// character's.
    pub fn is_text(&self) -> bool {
        std::str::from_utf8(&self.data)
            .is_ok_and(|text| self.ends.iter().all(|end| text.is_char_boundary(*end as usize)))
    }

    fn check_cells(&self) -> Result<(), ColumnError> {
        // The common case in one pass.
        if matches!(self.kinds.as_slice(), [kind::STRING | kind::JSON]) && self.is_text() {
            return Ok(());
        }
        if let [kind::BYTES] = self.kinds.as_slice() {
            return Ok(());
        }
        for (index, cell) in self.cells().enumerate() {
            let width = match cell.kind {
                kind::NULL => 0,
                kind::BOOLEAN => 1,
                kind::INTEGER | kind::FLOAT => 8,
                kind::BYTES => continue,
                kind::STRING | kind::JSON => match std::str::from_utf8(cell.bytes) {
                    Ok(_) => continue,
                    Err(_) => return Err(ColumnError::Utf8 { index, kind: cell.kind }),
                },
                kind => return Err(ColumnError::UnknownKind { index, kind }),
            };
            if cell.bytes.len() != width {
                return Err(ColumnError::Width { index, kind: cell.kind, len: cell.bytes.len(), expected: width });
            }
            if let (kind::BOOLEAN, [byte @ 2..=u8::MAX]) = (cell.kind, cell.bytes) {
                return Err(ColumnError::Boolean { index, byte: *byte });
            }
        }
        Ok(())
    }

    /// The column without the cells at `drop` (ascending indices).
    pub fn without(&self, drop: &[usize]) -> Column {
        let mut kept = ColumnBuilder::with_capacity(self.len(), self.data.len());
        let mut drop = drop.iter().copied().peekable();
        for (index, cell) in self.cells().enumerate() {
            if drop.next_if_eq(&index).is_none() {
                kept.push(cell.kind, cell.schema, cell.bytes);
            }
        }
        kept.finish()
    }
}

/// Builds a [`Column`] cell by cell, keeping `kinds` and `schemas` at one entry as long as all cells agree.
#[derive(Debug, Default)]
pub struct ColumnBuilder {
    column: Column,
}

impl ColumnBuilder {
    /// Room for `cells` cells of `bytes` bytes altogether.
    pub fn with_capacity(cells: usize, bytes: usize) -> Self {
        let column = Column { data: Vec::with_capacity(bytes), ends: Vec::with_capacity(cells), ..Column::default() };
        Self { column }
    }

    /// Adds a cell. Callers bound their batches far below the 4 GiB that `ends` can tell. What lies beyond is not taken:
    /// from there on the column contradicts itself, so that [`Column::check`] refuses it and no reader finds a cell.
    pub fn push(&mut self, kind: u8, schema: u32, bytes: &[u8]) {
        let cells = self.column.ends.len();
        Self::extend(&mut self.column.kinds, cells, kind);
        if schema != 0 || !self.column.schemas.is_empty() {
            if self.column.schemas.is_empty() && cells > 0 {
                self.column.schemas.push(0);
            }
            Self::extend(&mut self.column.schemas, cells, schema);
        }
        let end = u32::try_from(self.column.data.len().saturating_add(bytes.len())).unwrap_or(u32::MAX);
        if end == u32::MAX || self.column.ends.last() == Some(&u32::MAX) {
            self.column.ends.push(u32::MAX);
            return;
        }
        self.column.data.extend_from_slice(bytes);
        self.column.ends.push(end);
    }

    /// Adds a null.
    pub fn push_null(&mut self) {
        self.push(kind::NULL, 0, &[]);
    }

    /// Cells so far.
    pub fn len(&self) -> usize {
        self.column.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.column.is_empty()
    }

    /// Bytes of all cells so far.
    pub fn bytes(&self) -> usize {
        self.column.data.len()
    }

    /// The column.
    pub fn finish(self) -> Column {
        self.column
    }

    /// `list` has one entry for all of `cells` cells, or one each; it gets one more that says `value`.
    fn extend<T: Copy + PartialEq>(list: &mut Vec<T>, cells: usize, value: T) {
        match list.as_slice() {
            [one] if *one == value => {}
            [one] if cells > 1 => {
                let one = *one;
                list.resize(cells, one);
                list.push(value);
            }
            _ => list.push(value),
        }
    }
}

#[cfg(test)]
mod tests;
