//! Schemas, told to the host once and then named by a number.

use crate::{Error, Result, host};
use std::rc::Rc;

/// The schema of keys, values or headers: a number that stands for its definition. Cheap to copy, valid in the instance
/// that interned it.
///
/// ```
/// # use cofferdam_sdk::{Schema, Result};
/// # fn main() -> Result<()> {
/// let schema = Schema::intern(Schema::STRING)?;
/// assert_eq!(schema, Schema::intern(Schema::STRING)?);
/// assert_eq!(schema.type_name().as_deref(), Some("string"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Schema(u32);

impl Schema {
    /// A string that is never null.
    pub const STRING: &'static str = r#"{"type":"string","optional":false}"#;
    /// A string or null.
    pub const OPTIONAL_STRING: &'static str = r#"{"type":"string","optional":true}"#;
    /// Bytes that are never null.
    pub const BYTES: &'static str = r#"{"type":"bytes","optional":false}"#;
    /// Bytes or null.
    pub const OPTIONAL_BYTES: &'static str = r#"{"type":"bytes","optional":true}"#;
    /// An integer of 64 bits that is never null.
    pub const INT64: &'static str = r#"{"type":"int64","optional":false}"#;
    /// An integer of 64 bits or null.
    pub const OPTIONAL_INT64: &'static str = r#"{"type":"int64","optional":true}"#;

    /// The schema with this definition: JSON in the form that Kafka's `JsonConverter` uses, such as
    /// `{"type":"struct","fields":[{"field":"id","type":"int64","optional":false}]}`.
    ///
    /// Equal text gives an equal schema. Do it once, in `start`, rather than per record.
    ///
    /// # Errors
    ///
    /// Text that is not a schema, and an instance's 10,001st schema or more than 16 MiB of text.
    pub fn intern(definition: &str) -> Result<Self> {
        host::intern(definition).map(Self).map_err(|error| Error::failed(error).context("cannot intern a schema"))
    }

    /// Its definition, as JSON text. Asked for once per schema, then remembered.
    pub fn definition(self) -> Rc<str> {
        host::describe(self.0)
    }

    /// The `type` of its definition: `string`, `struct`, `float`, …
    pub fn type_name(self) -> Option<String> {
        let definition: serde_json::Value = serde_json::from_str(&self.definition()).ok()?;
        definition.get("type")?.as_str().map(str::to_owned)
    }

    /// The number that stands for it, never 0.
    pub(crate) fn id(self) -> u32 {
        self.0
    }

    /// The schema of a cell; 0 is none.
    pub(crate) fn from_id(id: u32) -> Option<Self> {
        (id != 0).then_some(Self(id))
    }
}
