//! Where a source stands in what it reads: source partitions and source offsets.
//!
//! Both are small JSON objects. A *source partition* names what is read (`{"filename":"/in.txt"}`), a *source offset*
//! says how far (`{"position":1234}`), in terms that only the source understands. The host stores the newest offset of
//! each partition once all records before it are in Kafka.

use crate::{Error, Result};
use serde_json::{Map, Value};
use std::fmt;
use std::rc::Rc;

/// Names what is read. Cheap to clone.
///
/// The host compares source partitions as maps, so the order of fields does not matter; values must be primitive.
///
/// ```
/// # use cofferdam_sdk::SourcePartition;
/// let partition = SourcePartition::of("database", "shop").and("table", "orders");
/// assert_eq!(partition.to_string(), r#"{"database":"shop","table":"orders"}"#);
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct SourcePartition(Rc<str>);

impl SourcePartition {
    /// With one field.
    pub fn of(field: &str, value: impl Into<Value>) -> Self {
        Self::from_map(Map::from_iter([(field.to_owned(), value.into())]))
    }

    /// With one field more.
    #[must_use]
    pub fn and(self, field: &str, value: impl Into<Value>) -> Self {
        let mut fields = parse(&self.0).unwrap_or_default();
        fields.insert(field.to_owned(), value.into());
        Self::from_map(fields)
    }

    /// With these fields.
    pub fn from_map(fields: Map<String, Value>) -> Self {
        Self(Value::Object(fields).to_string().into())
    }

    /// As JSON text.
    pub fn as_json(&self) -> &str {
        &self.0
    }

    /// Whether this is the same handle, or says the same.
    pub(crate) fn same(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0) || self.0 == other.0
    }
}

impl fmt::Display for SourcePartition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for SourcePartition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SourcePartition({})", self.0)
    }
}

/// Says how far a source partition is read.
///
/// ```
/// # use cofferdam_sdk::SourceOffset;
/// let offset = SourceOffset::of("position", 1234);
/// assert_eq!(offset.integer("position").unwrap(), Some(1234));
/// assert_eq!(offset.integer("other").unwrap(), None);
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SourceOffset(Map<String, Value>);

impl SourceOffset {
    /// With one field.
    pub fn of(field: &str, value: impl Into<Value>) -> Self {
        Self::default().and(field, value)
    }

    /// With one field more.
    #[must_use]
    pub fn and(mut self, field: &str, value: impl Into<Value>) -> Self {
        self.0.insert(field.to_owned(), value.into());
        self
    }

    /// With these fields.
    pub fn from_map(fields: Map<String, Value>) -> Self {
        Self(fields)
    }

    /// From JSON text.
    ///
    /// # Errors
    ///
    /// Text that is not a JSON object.
    pub fn from_json(text: &str) -> Result<Self> {
        parse(text).map(Self)
    }

    /// A field's value; `None` when it is absent or null.
    pub fn get(&self, field: &str) -> Option<&Value> {
        self.0.get(field).filter(|value| !value.is_null())
    }

    /// A field's value as an integer; `None` when it is absent or null.
    ///
    /// # Errors
    ///
    /// A value of another type, such as one that an operator has set.
    pub fn integer(&self, field: &str) -> Result<Option<i64>> {
        self.typed(field, "an integer", Value::as_i64)
    }

    /// A field's value as text; `None` when it is absent or null.
    ///
    /// # Errors
    ///
    /// A value of another type.
    pub fn text(&self, field: &str) -> Result<Option<&str>> {
        self.typed(field, "text", Value::as_str)
    }

    /// Its fields.
    pub fn as_map(&self) -> &Map<String, Value> {
        &self.0
    }

    /// As JSON text.
    pub fn to_json(&self) -> String {
        serde_json::to_string(&self.0).unwrap_or_default()
    }

    fn typed<'a, T>(&'a self, field: &str, what: &str, read: fn(&'a Value) -> Option<T>) -> Result<Option<T>> {
        let Some(value) = self.get(field) else { return Ok(None) };
        match read(value) {
            Some(value) => Ok(Some(value)),
            None => Err(Error::failed(format_args!("`{field}` of the source offset {} is not {what}", self.to_json()))),
        }
    }
}

fn parse(text: &str) -> Result<Map<String, Value>> {
    match serde_json::from_str(text) {
        Ok(Value::Object(fields)) => Ok(fields),
        Ok(other) => Err(Error::failed(format_args!("expected a JSON object, not {other}"))),
        Err(error) => Err(Error::failed(format_args!("{text} is not JSON: {error}"))),
    }
}

/// JSON text of a partition or an offset in a form that is equal for equal ones.
#[cfg(not(target_family = "wasm"))]
pub(crate) fn canonical(text: &str) -> Result<String> {
    let fields: std::collections::BTreeMap<_, _> = parse(text)?.into_iter().collect();
    if let Some((field, value)) = fields.iter().find(|(_, value)| value.is_object() || value.is_array()) {
        return Err(Error::failed(format_args!("`{field}` of {text} must be primitive, not {value}")));
    }
    Ok(serde_json::to_string(&fields)?)
}
