//! The block that a converter writes into.

use cofferdam_data::{Column, ColumnBuilder, kind};
use cofferdam_plugin::Converted;

/// A converted column under construction, with one buffer that is used for every cell.
pub(crate) struct Output {
    column: ColumnBuilder,
    failures: Vec<(usize, String)>,
    cell: String,
}

impl Output {
    /// Room for as much as went in.
    pub(crate) fn like(column: &Column) -> Self {
        Self {
            column: ColumnBuilder::with_capacity(column.len(), column.data.len()),
            failures: Vec::new(),
            cell: String::new(),
        }
    }

    /// A cell with these bytes.
    pub(crate) fn push(&mut self, kind: u8, schema: u32, bytes: &[u8]) {
        self.column.push(kind, schema, bytes);
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
        self.cell.clear();
        match write(&mut self.cell) {
            Ok(true) => self.column.push(kind, schema, self.cell.as_bytes()),
            Ok(false) => self.null(schema),
            Err(message) => self.fail(message),
        }
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
