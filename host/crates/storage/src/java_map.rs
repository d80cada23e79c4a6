//! A `HashMap` of byte arrays in Java's object serialisation: the format of Kafka's standalone offsets file.
//!
//! Only that one shape is read. Whatever else a stream names is refused by its class, as Kafka's allowlist does, and
//! lengths are believed only as far as there are bytes.

use thiserror::Error;

const HEADER: [u8; 4] = [0xac, 0xed, 0x00, 0x05];
const NULL: u8 = 0x70;
const REFERENCE: u8 = 0x71;
const CLASS: u8 = 0x72;
const OBJECT: u8 = 0x73;
const ARRAY: u8 = 0x75;
const BLOCK: u8 = 0x77;
const END: u8 = 0x78;
/// The number of the first thing in a stream that can be referred to.
const FIRST_HANDLE: u32 = 0x007e_0000;
/// The number of the class of byte arrays in what is written here: after the map's class and the map.
const BYTES_CLASS_HANDLE: u32 = FIRST_HANDLE + 2;

const MAP_CLASS_NAME: &str = "java.util.HashMap";
const BYTES_CLASS_NAME: &str = "[B";
/// After the name: serialVersionUID, flags (serialisable, writes its own data), two fields, end, no superclass.
const MAP_CLASS_REST: &[u8] =
    b"\x05\x07\xda\xc1\xc3\x16\x60\xd1\x03\x00\x02F\x00\x0aloadFactorI\x00\x09threshold\x78\x70";
/// After the name: serialVersionUID, flags (serialisable), no fields, end, no superclass.
const BYTES_CLASS_REST: &[u8] = b"\xac\xf3\x17\xf8\x06\x08\x54\xe0\x02\x00\x00\x78\x70";

/// Why bytes are not a map of byte arrays as Java writes it.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum JavaMapError {
    /// Not written by Java's object serialisation.
    #[error("it does not begin like a serialised Java object; was another file given as offset.storage.file.filename?")]
    Header,
    /// The bytes end early.
    #[error("it ends after {0} bytes, in the middle of an entry")]
    Truncated(usize),
    /// A class that does not belong there.
    #[error("Rejected by deserialization allowlist: class {0}; only {MAP_CLASS_NAME} and byte arrays are read")]
    Class(String),
    /// Something else than a map.
    #[error("Expected HashMap but found another kind of object (type code {0:#04x})")]
    NotAMap(u8),
    /// Something unexpected within the map.
    #[error("unexpected type code {code:#04x} at byte {at}")]
    Unexpected {
        /// What was found.
        code: u8,
        /// Where.
        at: usize,
    },
}

type Pair = (Vec<u8>, Option<Vec<u8>>);

/// Reads a map. Entries whose key is null are left out: they name nothing.
pub(crate) fn read(bytes: &[u8]) -> Result<Vec<Pair>, JavaMapError> {
    let mut reader = Reader { bytes, at: 0, handles: Vec::new() };
    if reader.take(HEADER.len()).ok() != Some(&HEADER[..]) {
        return Err(JavaMapError::Header);
    }
    match reader.byte()? {
        OBJECT => {}
        ARRAY => {
            let class = reader.class()?;
            return Err(JavaMapError::Class(class));
        }
        code => return Err(JavaMapError::NotAMap(code)),
    }
    let class = reader.class()?;
    if class != MAP_CLASS_NAME {
        return Err(JavaMapError::Class(class));
    }
    reader.handles.push(Handle::Map);
    // Load factor and threshold, then capacity and size: only the size matters.
    reader.take(8)?;
    reader.expect(BLOCK)?;
    reader.expect(8)?;
    reader.take(4)?;
    let size = reader.int()?;
    let mut pairs = Vec::new();
    for _ in 0..size {
        let key = reader.bytes_or_null()?;
        let value = reader.bytes_or_null()?;
        if let Some(key) = key {
            pairs.push((key, value));
        }
    }
    reader.expect(END)?;
    Ok(pairs)
}

/// What a stream can refer to.
enum Handle {
    Class(String),
    Map,
    Bytes(Vec<u8>),
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    handles: Vec<Handle>,
}

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], JavaMapError> {
        let end = self.at.checked_add(count).ok_or(JavaMapError::Truncated(self.bytes.len()))?;
        let taken = self.bytes.get(self.at..end).ok_or(JavaMapError::Truncated(self.bytes.len()))?;
        self.at = end;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], JavaMapError> {
        self.take(N)?.try_into().map_err(|_| JavaMapError::Truncated(self.bytes.len()))
    }

    fn byte(&mut self) -> Result<u8, JavaMapError> {
        Ok(u8::from_be_bytes(self.array()?))
    }

    fn int(&mut self) -> Result<u32, JavaMapError> {
        Ok(u32::from_be_bytes(self.array()?))
    }

    fn unexpected<T>(&self, code: u8) -> Result<T, JavaMapError> {
        Err(JavaMapError::Unexpected { code, at: self.at.saturating_sub(1) })
    }

    fn expect(&mut self, code: u8) -> Result<(), JavaMapError> {
        match self.byte()? {
            found if found == code => Ok(()),
            found => self.unexpected(found),
        }
    }

    fn referred(&mut self) -> Result<Option<&Handle>, JavaMapError> {
        let index = self.int()?.checked_sub(FIRST_HANDLE).and_then(|index| usize::try_from(index).ok());
        Ok(index.and_then(|index| self.handles.get(index)))
    }

    /// A class, in full or by reference; only the two known ones get beyond their name.
    fn class(&mut self) -> Result<String, JavaMapError> {
        match self.byte()? {
            CLASS => {}
            REFERENCE => {
                let known = match self.referred()? {
                    Some(Handle::Class(name)) => Some(name.clone()),
                    _ => None,
                };
                return known.map_or_else(|| self.unexpected(REFERENCE), Ok);
            }
            code => return self.unexpected(code),
        }
        let length = usize::from(u16::from_be_bytes(self.array()?));
        let name = String::from_utf8_lossy(self.take(length)?).into_owned();
        let rest = match name.as_str() {
            MAP_CLASS_NAME => MAP_CLASS_REST,
            BYTES_CLASS_NAME => BYTES_CLASS_REST,
            _ => return Err(JavaMapError::Class(name)),
        };
        if self.take(rest.len())? != rest {
            return Err(JavaMapError::Class(format!("{name} of an unknown version")));
        }
        self.handles.push(Handle::Class(name.clone()));
        Ok(name)
    }

    fn bytes_or_null(&mut self) -> Result<Option<Vec<u8>>, JavaMapError> {
        match self.byte()? {
            NULL => Ok(None),
            ARRAY => {
                let class = self.class()?;
                if class != BYTES_CLASS_NAME {
                    return Err(JavaMapError::Class(class));
                }
                let length = self.int()?;
                let length = usize::try_from(length).map_err(|_| JavaMapError::Truncated(self.bytes.len()))?;
                let bytes = self.take(length)?.to_vec();
                self.handles.push(Handle::Bytes(bytes.clone()));
                Ok(Some(bytes))
            }
            REFERENCE => {
                let known = match self.referred()? {
                    Some(Handle::Bytes(bytes)) => Some(bytes.clone()),
                    _ => None,
                };
                known.map_or_else(|| self.unexpected(REFERENCE), |bytes| Ok(Some(bytes)))
            }
            OBJECT => {
                let class = self.class()?;
                Err(JavaMapError::Class(class))
            }
            code => self.unexpected(code),
        }
    }
}

/// Writes a map as `ObjectOutputStream` does for one that was filled entry by entry.
pub(crate) fn write<'a>(pairs: impl ExactSizeIterator<Item = (&'a [u8], Option<&'a [u8]>)>) -> Vec<u8> {
    let (capacity, threshold) = table(pairs.len());
    let mut out = HEADER.to_vec();
    out.push(OBJECT);
    write_class(&mut out, MAP_CLASS_NAME, MAP_CLASS_REST);
    out.extend(0.75_f32.to_be_bytes());
    out.extend(threshold.to_be_bytes());
    out.extend([BLOCK, 8]);
    out.extend(capacity.to_be_bytes());
    out.extend(length(pairs.len()));
    let mut class_known = false;
    for (key, value) in pairs {
        write_bytes(&mut out, key, &mut class_known);
        match value {
            Some(value) => write_bytes(&mut out, value, &mut class_known),
            None => out.push(NULL),
        }
    }
    out.push(END);
    out
}

/// Capacity and threshold of a Java `HashMap` that has grown to `size` entries: doubled when three quarters are full. An
/// empty one has no table yet, hence no threshold.
fn table(size: usize) -> (u32, u32) {
    let mut capacity: u32 = 16;
    while size > capacity as usize / 4 * 3 && capacity < 1 << 30 {
        capacity *= 2;
    }
    (capacity, if size == 0 { 0 } else { capacity / 4 * 3 })
}

/// Java's lengths have 31 bits; an offsets file is far from them.
fn length(length: usize) -> [u8; 4] {
    u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes()
}

fn write_class(out: &mut Vec<u8>, name: &str, rest: &[u8]) {
    out.push(CLASS);
    out.extend(u16::try_from(name.len()).unwrap_or(u16::MAX).to_be_bytes());
    out.extend(name.as_bytes());
    out.extend(rest);
}

fn write_bytes(out: &mut Vec<u8>, bytes: &[u8], class_known: &mut bool) {
    out.push(ARRAY);
    if *class_known {
        out.push(REFERENCE);
        out.extend(BYTES_CLASS_HANDLE.to_be_bytes());
    } else {
        write_class(out, BYTES_CLASS_NAME, BYTES_CLASS_REST);
        *class_known = true;
    }
    out.extend(length(bytes.len()));
    out.extend(bytes);
}

#[cfg(test)]
mod tests;
