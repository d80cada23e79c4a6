//! Arrays, maps and structs under a schema.

use super::envelope::Object;
use super::schema::{Schema, Type};
use super::text;
use super::value::{Direction, Rules, broken, node_type, write_in};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::HashMap;

/// Where in a struct a value stands, for messages.
#[derive(Clone, Copy, Default)]
pub(super) struct Slot<'a> {
    field: Option<&'a str>,
    part: &'static str,
}

impl<'a> Slot<'a> {
    fn of(field: &'a str) -> Self {
        Self { field: Some(field), part: "" }
    }

    /// A part of what stands there.
    fn part(self, part: &'static str) -> Self {
        Self { part, ..self }
    }

    /// The message for a null that is not allowed. Kafka: `ConnectSchema.validateValue`.
    pub(super) fn null(self, of: &Type) -> String {
        let (part, of) = (self.part, of.shown());
        match self.field {
            Some(field) => {
                format!("Invalid value: null used for required {part}field: \"{field}\", schema type: {of}")
            }
            None => format!("Invalid value: null used for required {part}field, schema type: {of}"),
        }
    }
}

pub(super) fn write_array(
    out: &mut String,
    items: &Schema,
    json: &str,
    rules: &Rules,
    slot: Slot<'_>,
) -> Result<(), String> {
    if !json.starts_with('[') {
        return Err(format!("Arrays should be encoded as JSON arrays, but found {}", node_type(json)));
    }
    let values: Vec<&RawValue> = serde_json::from_str(json).map_err(broken)?;
    out.push('[');
    for (index, value) in values.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        write_in(out, items, value.get(), rules, slot.part("element of array "))?;
    }
    out.push(']');
    Ok(())
}

/// An object if the keys are strings, else pairs.
pub(super) fn write_map(
    out: &mut String,
    of: (&Schema, &Schema),
    json: &str,
    rules: &Rules,
    slot: Slot<'_>,
) -> Result<(), String> {
    if of.0.of != Type::String {
        return write_pairs(out, of, json, rules, slot);
    }
    if !json.starts_with('{') {
        return Err(format!(
            "Maps with string fields should be encoded as JSON objects, but found {}",
            node_type(json)
        ));
    }
    let Object(members) = serde_json::from_str(json).map_err(broken)?;
    let last = by_name(&members);
    out.push('{');
    let mut first = true;
    for (name, value) in &members {
        // The last one of equal members wins.
        if last.len() != members.len() && last.get(name.as_ref()).is_none_or(|last| !std::ptr::eq(*last, *value)) {
            continue;
        }
        if !std::mem::take(&mut first) {
            out.push(',');
        }
        text::push_string(out, name);
        out.push(':');
        write_in(out, of.1, value.get(), rules, slot.part("value of map "))?;
    }
    out.push('}');
    Ok(())
}

/// Members by name, of equal ones the last.
fn by_name<'a>(members: &'a [(Cow<'_, str>, &'a RawValue)]) -> HashMap<&'a str, &'a RawValue> {
    members.iter().map(|(name, value)| (name.as_ref(), *value)).collect()
}

fn write_pairs(
    out: &mut String,
    (keys, values): (&Schema, &Schema),
    json: &str,
    rules: &Rules,
    slot: Slot<'_>,
) -> Result<(), String> {
    if !json.starts_with('[') {
        let found = node_type(json);
        return Err(format!(
            "Maps with non-string fields should be encoded as JSON array of tuples, but found {found}"
        ));
    }
    let entries: Vec<&RawValue> = serde_json::from_str(json).map_err(broken)?;
    out.push('[');
    for (index, entry) in entries.iter().enumerate() {
        if !entry.get().starts_with('[') {
            let found = node_type(entry.get());
            return Err(format!("Found invalid map entry instead of array tuple: {found}"));
        }
        let pair: Vec<&RawValue> = serde_json::from_str(entry.get()).map_err(broken)?;
        let [key, value] = pair.as_slice() else {
            return Err(format!("Found invalid map entry, expected length 2 but found :{}", pair.len()));
        };
        out.push_str(if index > 0 { ",[" } else { "[" });
        write_in(out, keys, key.get(), rules, slot.part("key of map "))?;
        out.push(',');
        write_in(out, values, value.get(), rules, slot.part("value of map "))?;
        out.push(']');
    }
    out.push(']');
    Ok(())
}

/// All fields in the order of the schema; members that are no fields go.
pub(super) fn write_struct(
    out: &mut String,
    fields: &[(String, Schema)],
    json: &str,
    rules: &Rules,
) -> Result<(), String> {
    if !json.starts_with('{') {
        return Err(format!("Structs should be encoded as JSON objects, but found {}", node_type(json)));
    }
    let Object(members) = serde_json::from_str(json).map_err(broken)?;
    // Mostly each stands where the schema has it.
    let in_place =
        members.len() == fields.len() && members.iter().zip(fields).all(|(member, field)| member.0 == field.0);
    let found = if in_place { HashMap::new() } else { by_name(&members) };
    out.push('{');
    let mut unused = found.len();
    for (index, (name, schema)) in fields.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        text::push_string(out, name);
        out.push(':');
        let value =
            if in_place { members.get(index).map(|(_, value)| *value) } else { found.get(name.as_str()).copied() };
        unused = unused.saturating_sub(usize::from(value.is_some()));
        write_in(out, schema, value.map_or("null", RawValue::get), rules, Slot::of(name))?;
    }
    out.push('}');
    if rules.direction == Direction::FromConnect && unused > 0 {
        let is_field = |name: &str| fields.iter().any(|(field, _)| field == name);
        let unknown = members.iter().find(|(name, _)| !is_field(name)).map_or("", |(name, _)| name.as_ref());
        return Err(format!("{unknown} is not a valid field name"));
    }
    Ok(())
}
