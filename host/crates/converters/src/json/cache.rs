//! Schemas that were met before, by their text and by their number.

use super::schema::Schema;
use cofferdam_data::{SchemaId, SchemaTable};
use std::collections::HashMap;
use std::sync::Arc;

/// A parsed schema with its number in the task's table and its text as Kafka writes it.
#[derive(Debug)]
pub(crate) struct Known {
    pub(super) id: SchemaId,
    pub(crate) schema: Schema,
    pub(super) text: String,
}

/// Schemas that were met before. Full, it starts anew: a stream of ever new schemas is no faster for remembering them.
#[derive(Debug)]
pub(crate) struct SchemaCache {
    by_text: HashMap<Arc<str>, Arc<Known>>,
    /// What is no schema is remembered as well: it may be large, and be referred to by every cell.
    by_id: HashMap<SchemaId, Result<Arc<Known>, String>>,
    size: usize,
    /// Decimals in what is written for Kafka are numbers.
    numeric: bool,
    /// The last one met by its text: records in a row mostly have the same.
    last: Option<(Arc<str>, Arc<Known>)>,
}

impl Default for SchemaCache {
    fn default() -> Self {
        Self::new(1_000, false)
    }
}

impl SchemaCache {
    pub(super) fn new(size: usize, numeric: bool) -> Self {
        Self { by_text: HashMap::new(), by_id: HashMap::new(), size, numeric, last: None }
    }

    /// The schema that stands in a message, put into the table if it is new.
    pub(super) fn by_text(&mut self, definition: &str, schemas: &SchemaTable) -> Result<Arc<Known>, String> {
        if let Some((last, known)) = &self.last
            && last.as_ref() == definition
        {
            return Ok(known.clone());
        }
        let (definition, known) = match self.by_text.get_key_value(definition) {
            Some((definition, known)) => (definition.clone(), known.clone()),
            None => {
                let schema = Schema::from_text(definition)?;
                let text = schema.text(false)?;
                let id = schemas.intern(&text).map_err(|error| error.to_string())?;
                let (definition, known) = (Arc::from(definition), Arc::new(Known { id, schema, text }));
                if self.by_text.len() >= self.size {
                    self.by_text.clear();
                }
                self.by_text.insert(Arc::clone(&definition), known.clone());
                (definition, known)
            }
        };
        self.last = Some((definition, known.clone()));
        Ok(known)
    }

    /// The schema that a cell refers to.
    pub(crate) fn by_id(&mut self, id: SchemaId, schemas: &SchemaTable) -> Result<Arc<Known>, String> {
        if let Some(known) = self.by_id.get(&id) {
            return known.clone();
        }
        let definition = schemas.describe(id).ok_or_else(|| format!("the schema table has no schema {id}"))?;
        let known = Schema::from_text(&definition).and_then(|schema| {
            let text = schema.text(self.numeric)?;
            Ok(Arc::new(Known { id, schema, text }))
        });
        if self.by_id.len() >= self.size {
            self.by_id.clear();
        }
        self.by_id.insert(id, known.clone());
        known
    }
}
