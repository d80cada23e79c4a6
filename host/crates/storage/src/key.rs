//! Keys under which Kafka stores source offsets, `["connector",{partition}]`, and the entries of an offset store.

use crate::offset::OffsetStoreError;
use serde::de::IgnoredAny;
use serde_json::Value;
use serde_json::value::RawValue;
use std::collections::{BTreeMap, HashMap};
use std::fmt::Write;

/// Stored offsets, by the exact bytes of their keys and by what the keys mean.
#[derive(Clone, Debug, Default)]
pub(crate) struct Entries {
    /// Key bytes to value bytes; `None`: an offset that was reset, kept like that by Kafka.
    stored: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
    /// Which key bytes stand for a connector's source partition. Never none; several where Kafka's workers have written
    /// equal maps in different orders. They are written together, so that whoever looks for one of them finds the same.
    index: HashMap<String, Vec<Vec<u8>>>,
}

impl Entries {
    pub(crate) fn from_pairs(pairs: impl IntoIterator<Item = (Vec<u8>, Option<Vec<u8>>)>) -> Self {
        let mut entries = Self::default();
        for (key, value) in pairs {
            entries.put(key, value);
        }
        entries
    }

    pub(crate) fn pairs(&self) -> impl ExactSizeIterator<Item = (&[u8], Option<&[u8]>)> {
        self.stored.iter().map(|(key, value)| (key.as_slice(), value.as_deref()))
    }

    pub(crate) fn read(&self, connector: &str, partitions: &[String]) -> Result<Vec<Option<String>>, OffsetStoreError> {
        partitions.iter().map(|partition| Ok(self.value(&meaning_of(connector, partition)?))).collect()
    }

    /// Source partitions of a connector and their offsets, where there is one, in the order of their keys.
    pub(crate) fn all(&self, connector: &str) -> Vec<(String, String)> {
        // Only JSON objects are source partitions.
        let prefix = format!("{} {{", quoted(connector));
        let of_connector = self.index.iter().filter(|(meaning, _)| meaning.starts_with(&prefix));
        let mut found: Vec<_> = of_connector
            .filter_map(|(meaning, keys)| {
                let key = keys.first()?;
                Some((key, partition_of_key(key)?, self.value(meaning)?))
            })
            .collect();
        found.sort_unstable();
        found.into_iter().map(|(_, partition, offset)| (partition, offset)).collect()
    }

    /// The offset of a source partition. What is no JSON object counts as none, as with Kafka.
    fn value(&self, meaning: &str) -> Option<String> {
        let bytes = self.index.get(meaning)?.iter().find_map(|key| self.stored.get(key)?.as_ref())?;
        let text = String::from_utf8_lossy(bytes);
        if serde_json::from_str::<BTreeMap<String, IgnoredAny>>(&text).is_err() {
            tracing::warn!(key = meaning, offset = %text, "ignored a stored source offset that is no JSON object");
            return None;
        }
        Some(text.into_owned())
    }

    /// Takes offsets over, of equal source partitions the last. The key bytes of a source partition that there is already
    /// are kept; a new one is written compactly.
    pub(crate) fn write(
        &mut self,
        connector: &str,
        offsets: Vec<(String, Option<String>)>,
    ) -> Result<(), OffsetStoreError> {
        // All are checked before any is taken.
        let mut checked = Vec::with_capacity(offsets.len());
        for (partition, offset) in offsets {
            let (meaning, key) = (meaning_of(connector, &partition)?, key_bytes(connector, &partition)?);
            let value = match offset {
                Some(text) => Some(compact_object("source offset", connector, &text)?.into_bytes()),
                None => None,
            };
            checked.push((meaning, key, value));
        }
        for (meaning, key, value) in checked {
            let keys = self.index.entry(meaning).or_insert_with(|| vec![key]);
            for key in keys {
                self.stored.insert(key.clone(), value.clone());
            }
        }
        Ok(())
    }

    fn put(&mut self, key: Vec<u8>, value: Option<Vec<u8>>) {
        if let Some(meaning) = meaning_of_key(&key) {
            self.index.entry(meaning).or_default().push(key.clone());
        }
        self.stored.insert(key, value);
    }
}

/// What a connector's source partition means, whatever its text.
fn meaning_of(connector: &str, partition: &str) -> Result<String, OffsetStoreError> {
    let value: Value = serde_json::from_str(partition)
        .map_err(|error| not_an_object("source partition", connector, partition, &error.to_string()))?;
    if !value.is_object() {
        return Err(not_an_object("source partition", connector, partition, "it is something else"));
    }
    Ok(meaning(connector, &value))
}

/// What stored key bytes mean; `None` for what is no key of Kafka Connect's, which is kept as it is.
fn meaning_of_key(key: &[u8]) -> Option<String> {
    match serde_json::from_slice::<Value>(key).ok()? {
        Value::Array(parts) => match parts.as_slice() {
            [Value::String(connector), partition] => Some(meaning(connector, partition)),
            _ => None,
        },
        _ => None,
    }
}

/// The text of the source partition in a key.
fn partition_of_key(key: &[u8]) -> Option<String> {
    let (_, partition): (String, &RawValue) = serde_json::from_slice(key).ok()?;
    Some(partition.get().to_owned())
}

fn quoted(connector: &str) -> String {
    format!("{connector:?}")
}

fn meaning(connector: &str, partition: &Value) -> String {
    let mut out = format!("{} ", quoted(connector));
    canonical(partition, &mut out);
    out
}

/// Writes a value so that equal ones give equal text: sorted members, whole numbers without a point.
fn canonical(value: &Value, out: &mut String) {
    match value {
        Value::Object(members) => {
            let sorted: BTreeMap<_, _> = members.iter().collect();
            out.push('{');
            for (name, value) in sorted {
                // Writing into a string cannot fail.
                let _ = write!(out, "{name:?}:");
                canonical(value, out);
                out.push(',');
            }
            out.push('}');
        }
        Value::Array(items) => {
            out.push('[');
            for item in items {
                canonical(item, out);
                out.push(',');
            }
            out.push(']');
        }
        Value::Number(number) => match number.as_f64() {
            // Below 2^53 a whole number has one form, whichever type it was read as.
            Some(float) if !number.is_i64() && !number.is_u64() && float.fract() == 0.0 && float.abs() < 9e15 => {
                let _ = write!(out, "{float:.0}");
            }
            _ => out.push_str(&number.to_string()),
        },
        other => out.push_str(&other.to_string()),
    }
}

fn key_bytes(connector: &str, partition: &str) -> Result<Vec<u8>, OffsetStoreError> {
    let partition = compact_object("source partition", connector, partition)?;
    Ok(format!("[{},{partition}]", Value::from(connector)).into_bytes())
}

/// The text of a JSON object without the white space between its parts; numbers and strings stay as they are.
fn compact_object(what: &'static str, connector: &str, text: &str) -> Result<String, OffsetStoreError> {
    let raw: &RawValue =
        serde_json::from_str(text).map_err(|error| not_an_object(what, connector, text, &error.to_string()))?;
    let text = raw.get();
    if !text.starts_with('{') {
        return Err(not_an_object(what, connector, text, "it is something else"));
    }
    let (mut quoted, mut escaped) = (false, false);
    let keep = |c: &char| {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => quoted = !quoted,
            _ => {}
        }
        quoted || !c.is_ascii_whitespace()
    };
    Ok(text.chars().filter(keep).collect())
}

fn not_an_object(what: &'static str, connector: &str, text: &str, cause: &str) -> OffsetStoreError {
    OffsetStoreError::NotAnObject {
        what,
        connector: connector.to_owned(),
        text: text.to_owned(),
        cause: cause.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(entries: &mut Entries, partition: &str, offset: &str) {
        entries.write("c", vec![(partition.to_owned(), Some(offset.to_owned()))]).unwrap();
    }

    fn read(entries: &Entries, partition: &str) -> Option<String> {
        entries.read("c", &[partition.to_owned()]).unwrap().remove(0)
    }

    #[test]
    fn source_partitions_are_compared_as_maps() {
        let mut entries = Entries::default();
        put(&mut entries, r#"{"b" : 1.0, "a":"x y", "c":{"q":[1,2],"p":null}}"#, r#"{ "at": 1 }"#);
        let same = r#"{"c":{"p":null,"q":[1.0,2]},"a":"x y","b":1}"#;
        assert_eq!(read(&entries, same).as_deref(), Some(r#"{"at":1}"#));
        put(&mut entries, same, r#"{"at":2}"#);
        let pairs: Vec<_> = entries.pairs().collect();
        let key = r#"["c",{"b":1.0,"a":"x y","c":{"q":[1,2],"p":null}}]"#;
        assert_eq!(pairs, [(key.as_bytes(), Some(r#"{"at":2}"#.as_bytes()))], "the first key's bytes stay");
        for other in [r#"{"b":1,"a":"x y"}"#, r#"{"b":"1.0","a":"x y","c":{"q":[1,2],"p":null}}"#] {
            assert_eq!(read(&entries, other), None);
        }
        assert_eq!(entries.read("d", &[same.to_owned()]).unwrap(), [None]);
    }

    #[test]
    fn keys_are_compact_and_numbers_keep_their_text() {
        let mut entries = Entries::default();
        put(&mut entries, "{\n \"q\\\" s\" : \"\\\\\" , \"n\": 1.50e3 }", "{}");
        let keys: Vec<_> = entries.pairs().map(|(key, _)| String::from_utf8_lossy(key).into_owned()).collect();
        assert_eq!(keys, [r#"["c",{"q\" s":"\\","n":1.50e3}]"#]);
    }

    #[test]
    fn a_reset_offset_is_kept_as_null_and_reads_as_none() {
        let mut entries = Entries::default();
        put(&mut entries, r#"{"f":1}"#, r#"{"at":1}"#);
        entries.write("c", vec![(r#"{"f":1}"#.to_owned(), None)]).unwrap();
        assert_eq!(read(&entries, r#"{"f":1}"#), None);
        assert_eq!(entries.pairs().collect::<Vec<_>>(), [(&br#"["c",{"f":1}]"#[..], None)]);
    }

    #[test]
    fn texts_of_one_new_source_partition_make_one_key_and_the_last_counts() {
        let mut entries = Entries::default();
        let offset = |partition: &str, offset: &str| (partition.to_owned(), Some(offset.to_owned()));
        let both = vec![offset(r#"{"a":1,"b":2}"#, r#"{"at":1}"#), offset(r#"{"b":2.0, "a":1}"#, r#"{"at":2}"#)];
        entries.write("c", both).unwrap();
        let pairs: Vec<_> = entries.pairs().collect();
        assert_eq!(pairs, [(&br#"["c",{"a":1,"b":2}]"#[..], Some(&br#"{"at":2}"#[..]))]);
    }

    #[test]
    fn equal_keys_of_kafka_s_workers_are_one_source_partition() {
        let (one, other) = (r#"["c",{"a":1,"b":2}]"#, r#"["c",{"b":2,"a":1}]"#);
        let pairs = [(one.as_bytes().to_vec(), None), (other.as_bytes().to_vec(), Some(br#"{"at":1}"#.to_vec()))];
        let mut entries = Entries::from_pairs(pairs);
        let both = (r#"{"a":1,"b":2}"#.to_owned(), r#"{"at":1}"#.to_owned());
        assert_eq!(entries.all("c"), [both]);
        entries.write("c", vec![(r#"{"b":2,"a":1}"#.to_owned(), None)]).unwrap();
        assert_eq!(entries.all("c"), []);
        assert_eq!(entries.pairs().map(|(_, value)| value).collect::<Vec<_>>(), [None, None], "a reset is one of both");
    }

    /// rest.md §9.1, storage.md §3.3
    #[test]
    fn all_source_partitions_of_a_connector_are_those_with_an_offset() {
        let pair =
            |key: &str, value: Option<&str>| (key.as_bytes().to_vec(), value.map(|value| value.as_bytes().to_vec()));
        let entries = Entries::from_pairs([
            pair(r#"["c",{"f":"b","n":1.50}]"#, Some(r#"{"at":2}"#)),
            pair(r#"["c",{"f":"a"}]"#, Some(r#"{"at":1}"#)),
            pair(r#"["c",{"f":"reset"}]"#, None),
            pair(r#"["c",{"f":"no offset"}]"#, Some("7")),
            pair(r#"["c",null]"#, Some(r#"{"at":3}"#)),
            pair(r#"["c",[1]]"#, Some(r#"{"at":4}"#)),
            pair(r#"["c \" {",{}]"#, Some(r#"{"at":5}"#)),
            pair(r#"["d",{}]"#, Some(r#"{"at":6}"#)),
            pair("nonsense", Some(r#"{"at":7}"#)),
        ]);
        let expected = [(r#"{"f":"a"}"#, r#"{"at":1}"#), (r#"{"f":"b","n":1.50}"#, r#"{"at":2}"#)];
        let all = |connector: &str| entries.all(connector);
        assert_eq!(all("c"), expected.map(|(partition, offset)| (partition.to_owned(), offset.to_owned())));
        assert_eq!(all("d").len(), 1);
        assert_eq!(all("c \" {"), [("{}".to_owned(), r#"{"at":5}"#.to_owned())]);
        assert_eq!(all("x"), []);
    }

    #[test]
    fn what_is_no_object_is_refused_and_nothing_is_taken() {
        let mut entries = Entries::default();
        let error = entries
            .write("c", vec![("{\"a\":1}".to_owned(), Some("{}".to_owned())), ("{}".to_owned(), Some("[]".to_owned()))])
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            "the source offset `[]` of connector c is not a JSON object: it is something else"
        );
        assert_eq!(entries.pairs().len(), 0);
        assert!(entries.read("c", &["nonsense".to_owned()]).is_err());
    }
}
