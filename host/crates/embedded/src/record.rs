//! The little binary notation of journal entries: big-endian integers and strings with their length before them.

use bytes::{Buf, BufMut};

/// Builds one entry.
#[derive(Debug, Default)]
pub(crate) struct Writer(Vec<u8>);

impl Writer {
    /// An entry of kind `tag`.
    pub(crate) fn new(tag: u8) -> Self {
        Self(vec![tag])
    }

    /// A string of at most 4 GiB.
    pub(crate) fn str(mut self, s: &str) -> Self {
        self.0.put_u32(u32::try_from(s.len()).unwrap_or(u32::MAX));
        self.0.put_slice(s.as_bytes());
        self
    }

    /// A 32-bit integer.
    pub(crate) fn i32(mut self, v: i32) -> Self {
        self.0.put_i32(v);
        self
    }

    /// A 64-bit integer.
    pub(crate) fn i64(mut self, v: i64) -> Self {
        self.0.put_i64(v);
        self
    }

    /// The entry's bytes.
    pub(crate) fn finish(self) -> Vec<u8> {
        self.0
    }
}

/// Reads one entry; every method fails on a short one.
#[derive(Debug)]
pub(crate) struct Reader<'a>(pub(crate) &'a [u8]);

impl Reader<'_> {
    /// The kind, or a number.
    pub(crate) fn u8(&mut self) -> Result<u8, String> {
        self.0.try_get_u8().map_err(|e| e.to_string())
    }

    /// A 32-bit integer.
    pub(crate) fn i32(&mut self) -> Result<i32, String> {
        self.0.try_get_i32().map_err(|e| e.to_string())
    }

    /// A 64-bit integer.
    pub(crate) fn i64(&mut self) -> Result<i64, String> {
        self.0.try_get_i64().map_err(|e| e.to_string())
    }

    /// A string.
    pub(crate) fn str(&mut self) -> Result<String, String> {
        let n = self.0.try_get_u32().map_err(|e| e.to_string())? as usize;
        let (s, rest) = self.0.split_at_checked(n).ok_or_else(|| format!("string of {n} bytes goes past the end"))?;
        self.0 = rest;
        String::from_utf8(s.to_vec()).map_err(|e| e.to_string())
    }
}
