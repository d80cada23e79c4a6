//! The block that a converter writes into.

use cofferdam_data::{Column, ColumnBuilder, kind};
use cofferdam_plugin::Converted;

/// No cell grows larger when it is converted: far above what Kafka takes as a message. Schemas beside values and their
/// defaults are written over and over, so what comes out is not bounded by what came in.
pub(crate) const MOST_CELL_BYTES: usize = 128 << 20;
/// No column grows larger when it is converted.
const MOST_BYTES: usize = 512 << 20;

/// The buffer for cells is kept up to this size.
const KEPT_BYTES: usize = 1 << 20;

/// Whether `written` of a cell is more than may be.
pub(crate) fn check_cell(written: usize) -> Result<(), String> {
    match written > MOST_CELL_BYTES {
        true => Err(format!("the converted value is larger than {MOST_CELL_BYTES} bytes, the most that is allowed")),
        false => Ok(()),
    }
}

/// A converted column under construction, with one buffer that is used for every cell.
pub(crate) struct Output {
    column: ColumnBuilder,
    failures: Vec<(usize, String)>,
    cell: String,
    /// Bytes that all cells may have together.
    most: usize,
    /// A cell did not fit: none of those behind it is even tried.
    full: bool,
}

impl Output {
    /// Room for as much as went in.
    pub(crate) fn like(column: &Column) -> Self {
        Self {
            column: ColumnBuilder::with_capacity(column.len(), column.data.len()),
            failures: Vec::new(),
            cell: String::new(),
            most: MOST_BYTES,
            full: false,
        }
    }

    /// A cell with these bytes.
    pub(crate) fn push(&mut self, kind: u8, schema: u32, bytes: &[u8]) {
        if self.has_room(bytes.len()) {
            self.column.push(kind, schema, bytes);
        }
    }

    /// A null, of a schema if it has one.
    pub(crate) fn null(&mut self, schema: u32) {
        self.column.push(kind::NULL, schema, &[]);
    }

    /// A cell that could not be converted.
    pub(crate) fn fail(&mut self, message: String) {
        self.failures.push((self.column.len(), message));
        self.column.push_null();
    }

    /// A cell of this kind with the text that `write` writes, or its failure. `Ok(false)`: a null.
    pub(crate) fn text(&mut self, kind: u8, schema: u32, write: impl FnOnce(&mut String) -> Result<bool, String>) {
        if !self.has_room(0) {
            return;
        }
        self.cell.clear();
        match write(&mut self.cell).and_then(|some| check_cell(self.cell.len()).map(|()| some)) {
            Ok(true) if self.has_room(self.cell.len()) => self.column.push(kind, schema, self.cell.as_bytes()),
            Ok(true) => {}
            Ok(false) => self.null(schema),
            Err(message) => self.fail(message),
        }
        // One cell of unusual size is no reason to keep its memory.
        if self.cell.capacity() > KEPT_BYTES {
            self.cell = String::new();
        }
    }

    /// Whether so many bytes fit; if not, the cell has failed.
    fn has_room(&mut self, bytes: usize) -> bool {
        self.full |= self.column.bytes().saturating_add(bytes) > self.most;
        if self.full {
            let most = self.most;
            self.fail(format!(
                "the converted values of one batch are larger than {most} bytes, the most that is allowed; smaller \
                 batches help, or smaller schemas"
            ));
        }
        !self.full
    }

    pub(crate) fn finish(self) -> Converted {
        Converted { column: self.column.finish(), failures: self.failures }
    }
}

/// The column with another kind in place of `from`; nulls stay, schemas go. The block is not touched.
pub(crate) fn rekind(mut column: Column, from: u8, to: u8) -> Column {
    for kind in &mut column.kinds {
        if *kind == from {
            *kind = to;
        }
    }
    column.schemas.clear();
    column
}

/// Whether all cells are null or of this kind.
pub(crate) fn only(column: &Column, kind: u8) -> bool {
    column.kinds.iter().all(|one| *one == kind || *one == kind::NULL)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_beyond_the_total_fail_and_nulls_do_not() {
        let mut out = Output { most: 10, ..Output::like(&Column::default()) };
        out.text(kind::BYTES, 0, |text| {
            text.push_str("12345678");
            Ok(true)
        });
        out.push(kind::BYTES, 0, b"123");
        out.null(0);
        out.text(kind::BYTES, 0, |_| panic!("it is not even tried"));
        let converted = out.finish();
        assert_eq!((converted.column.len(), converted.column.data.len()), (4, 8));
        assert_eq!(converted.failures.iter().map(|(index, _)| *index).collect::<Vec<_>>(), [1, 3]);
        assert!(converted.failures[0].1.contains("larger than 10 bytes"));
    }
}
