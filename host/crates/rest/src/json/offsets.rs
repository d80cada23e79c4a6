//! The offsets of a request. What is in a partition or an offset is judged by the connector's kind, later.

use super::{Body, Node};
use cofferdam_herder::RequestedOffset;
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// What `PATCH /connectors/{c}/offsets` takes; empty without a list. Kafka: `ConnectorOffsets`.
pub(crate) struct OffsetsBody(pub(crate) Vec<RequestedOffset>);

impl Body for OffsetsBody {
    const EXPECTED: &'static str =
        "a JSON object with \"offsets\", a list of objects with \"partition\" and \"offset\"";

    fn read(node: Node<'_>) -> Result<Self, String> {
        let fields = node.object("Request body", Self::EXPECTED)?;
        known(&fields, &["offsets"], Self::EXPECTED)?;
        let list = fields.get("offsets").filter(|list| !list.is_null());
        let list = list.map_or(Ok(Vec::new()), |list| list.list("\"offsets\"", "a list of objects"))?;
        list.into_iter().map(|element| requested(&element)).collect::<Result<_, _>>().map(Self)
    }
}

fn requested(node: &Node<'_>) -> Result<RequestedOffset, String> {
    const EXPECTED: &str = "an object with \"partition\" and \"offset\"";
    let fields = node.object("An element of \"offsets\"", EXPECTED)?;
    known(&fields, &["partition", "offset"], EXPECTED)?;
    let field = |name: &str| match fields.get(name).filter(|value| !value.is_null()) {
        Some(value) if value.part.starts_with('{') => Ok(Some(value.part.to_owned())),
        Some(value) => Err(value.unexpected(&format!("\"{name}\""), "an object or null")),
        None => Ok(None),
    };
    Ok(RequestedOffset { partition: field("partition")?, offset: field("offset")? })
}

fn known(fields: &BTreeMap<String, Node<'_>>, known: &[&str], expected: &str) -> Result<(), String> {
    match fields.iter().find(|(field, _)| !known.contains(&field.as_str())) {
        Some((field, value)) => {
            Err(format!("Unrecognized field \"{field}\" at {}: expected {expected}", value.place()))
        }
        None => Ok(()),
    }
}

impl<'a> Node<'a> {
    fn is_null(&self) -> bool {
        self.part == "null"
    }

    /// The elements of an array.
    pub(super) fn list(&self, what: &str, expected: &str) -> Result<Vec<Node<'a>>, String> {
        if !self.part.starts_with('[') {
            return Err(self.unexpected(what, expected));
        }
        let elements: Vec<&'a RawValue> =
            serde_json::from_str(self.part).map_err(|error| format!("{what}: {error}"))?;
        Ok(elements.into_iter().map(|raw| Node { text: self.text, part: raw.get() }).collect())
    }
}
