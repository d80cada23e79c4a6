//! Values of keys, values and headers.

/// A key, a value or a header's value, borrowed.
///
/// What Kafka Connect calls a struct, map or array crosses the border as JSON text in the form of Kafka's
/// `JsonConverter`, with the schema beside it: parse it with a JSON crate of your choice, which must keep 64-bit
/// integers exact.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Value<'a> {
    /// No value. As a record's value: a tombstone.
    #[default]
    Null,
    /// Bytes.
    Bytes(&'a [u8]),
    /// A string.
    String(&'a str),
    /// JSON text: array, map, struct, or any other value by the rules of `JsonConverter`.
    Json(&'a str),
    /// A boolean.
    Boolean(bool),
    /// An integer of 8 to 64 bits; the schema says which.
    Integer(i64),
    /// A float of 32 or 64 bits; the schema says which.
    Float(f64),
}

/// How cells say what they hold (`types.column` in the WIT package).
pub(crate) mod kind {
    pub const NULL: u8 = 0;
    pub const BYTES: u8 = 1;
    pub const STRING: u8 = 2;
    pub const JSON: u8 = 3;
    pub const BOOLEAN: u8 = 4;
    pub const INTEGER: u8 = 5;
    pub const FLOAT: u8 = 6;
}

impl<'a> Value<'a> {
    /// Whether it is null.
    pub fn is_null(self) -> bool {
        matches!(self, Self::Null)
    }

    /// The text of a string or of JSON.
    pub fn as_str(self) -> Option<&'a str> {
        match self {
            Self::String(text) | Self::Json(text) => Some(text),
            _ => None,
        }
    }

    /// The bytes of bytes, of a string or of JSON.
    pub fn as_bytes(self) -> Option<&'a [u8]> {
        match self {
            Self::Bytes(bytes) => Some(bytes),
            Self::String(text) | Self::Json(text) => Some(text.as_bytes()),
            _ => None,
        }
    }

    /// What a cell of `kind` with these bytes says. A host checks cells before it hands them over; one that does not
    /// is answered with the bytes as they are.
    pub(crate) fn from_cell(kind: u8, bytes: &'a [u8]) -> Self {
        let value = match kind {
            kind::NULL => Some(Self::Null),
            kind::STRING => std::str::from_utf8(bytes).ok().map(Self::String),
            kind::JSON => std::str::from_utf8(bytes).ok().map(Self::Json),
            kind::BOOLEAN => bytes.first().map(|byte| Self::Boolean(*byte != 0)),
            kind::INTEGER => bytes.try_into().ok().map(|bytes| Self::Integer(i64::from_le_bytes(bytes))),
            kind::FLOAT => bytes.try_into().ok().map(|bytes| Self::Float(f64::from_le_bytes(bytes))),
            _ => None,
        };
        value.unwrap_or(Self::Bytes(bytes))
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Self::String(text)
    }
}

impl<'a> From<&'a String> for Value<'a> {
    fn from(text: &'a String) -> Self {
        Self::String(text)
    }
}

impl<'a> From<&'a [u8]> for Value<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Self::Bytes(bytes)
    }
}

impl<'a> From<&'a Vec<u8>> for Value<'a> {
    fn from(bytes: &'a Vec<u8>) -> Self {
        Self::Bytes(bytes)
    }
}

impl From<bool> for Value<'_> {
    fn from(value: bool) -> Self {
        Self::Boolean(value)
    }
}

impl From<i64> for Value<'_> {
    fn from(value: i64) -> Self {
        Self::Integer(value)
    }
}

impl From<i32> for Value<'_> {
    fn from(value: i32) -> Self {
        Self::Integer(value.into())
    }
}

impl From<f64> for Value<'_> {
    fn from(value: f64) -> Self {
        Self::Float(value)
    }
}

impl<'a, T: Into<Value<'a>>> From<Option<T>> for Value<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}
