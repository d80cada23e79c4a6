//! Schemas of a task's cells, told by number.

use parking_lot::RwLock;
use std::collections::HashMap;
use std::sync::Arc;
use thiserror::Error;

/// A schema's number in its [`SchemaTable`]; 0 means "no schema" in columns.
pub type SchemaId = u32;

/// At most so many schemas per table (`sandbox.md`, limits).
pub const MAX_IDS: usize = 10_000;
/// At most so many bytes of schema text per table.
pub const MAX_TEXT: usize = 16 << 20;

/// The schemas that one task's records refer to: JSON texts in the form that Kafka's `JsonConverter` uses, each with a
/// number. Shared between the task's converters and its component instance, so a schema is parsed and told once.
///
/// Written rarely (a new schema), read once per batch: hence a lock for the whole table.
#[derive(Debug, Default)]
pub struct SchemaTable {
    inner: RwLock<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    texts: Vec<Arc<str>>,
    ids: HashMap<Arc<str>, SchemaId>,
    bytes: usize,
}

/// A table that is full.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum SchemaTableError {
    /// Too many schemas.
    #[error("no more than {MAX_IDS} different schemas may be used by one task")]
    Ids,
    /// Too much text.
    #[error("the schemas used by one task may not exceed {MAX_TEXT} bytes of text")]
    Text,
}

impl SchemaTable {
    /// An empty table.
    pub fn new() -> Arc<Self> {
        Arc::new(Self::default())
    }

    /// The number of this schema text, a new one if it was not there. Equal text gives an equal id, starting at 1.
    pub fn intern(&self, definition: &str) -> Result<SchemaId, SchemaTableError> {
        if let Some(id) = self.inner.read().ids.get(definition) {
            return Ok(*id);
        }
        let mut inner = self.inner.write();
        if let Some(id) = inner.ids.get(definition) {
            return Ok(*id);
        }
        if inner.texts.len() >= MAX_IDS {
            return Err(SchemaTableError::Ids);
        }
        if inner.bytes + definition.len() > MAX_TEXT {
            return Err(SchemaTableError::Text);
        }
        let text: Arc<str> = definition.into();
        inner.bytes += text.len();
        inner.texts.push(text.clone());
        let id = u32::try_from(inner.texts.len()).unwrap_or(u32::MAX);
        inner.ids.insert(text, id);
        Ok(id)
    }

    /// The text of a schema, `None` for 0 and for a number that was never given.
    pub fn describe(&self, id: SchemaId) -> Option<Arc<str>> {
        let index = usize::try_from(id).ok()?.checked_sub(1)?;
        self.inner.read().texts.get(index).cloned()
    }

    /// How many schemas there are; ids run from 1 to this.
    pub fn len(&self) -> usize {
        self.inner.read().texts.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_text_gives_an_equal_id() {
        let table = SchemaTable::new();
        let first = table.intern("{\"type\":\"int64\"}").unwrap();
        assert_eq!(table.intern("{\"type\":\"int64\"}"), Ok(first));
        assert_ne!(table.intern("{\"type\":\"string\"}"), Ok(first));
        assert_eq!(table.describe(first).as_deref(), Some("{\"type\":\"int64\"}"));
        assert_eq!((table.describe(0), table.describe(9)), (None, None));
    }

    #[test]
    fn the_table_is_bounded() {
        let table = SchemaTable::new();
        for n in 0..MAX_IDS {
            table.intern(&n.to_string()).unwrap();
        }
        assert_eq!(table.intern("one more"), Err(SchemaTableError::Ids));
        assert_eq!(SchemaTable::new().intern(&"x".repeat(MAX_TEXT + 1)), Err(SchemaTableError::Text));
    }
}
