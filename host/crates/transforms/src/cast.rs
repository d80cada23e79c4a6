//! `Cast`: fields, or the whole key or value, to another primitive type.

use crate::class::{self, items, key_and_value, required};
use cofferdam_config::{ConfigType, Importance, Rule, Validator, Value, invalid, java};
use cofferdam_plugin::PluginDesc;

/// What can be cast to.
const TARGETS: [&str; 8] = ["INT8", "INT16", "INT32", "INT64", "FLOAT32", "FLOAT64", "BOOLEAN", "STRING"];
/// Types that exist and cannot.
const OTHERS: [&str; 4] = ["BYTES", "ARRAY", "MAP", "STRUCT"];

const SPEC: Validator = Validator::Rule(Rule {
    allowed: "pairs such as field:int32, separated by commas, or one type",
    check: |_, value| spec_error(value),
});

pub(crate) fn classes() -> [PluginDesc; 2] {
    let spec = "What to cast to what, as field:type,field:type, or one type for the whole. Types are int8, int16, int32, \
                int64, float32, float64, boolean and string; bytes become strings only.";
    let options = vec![
        required("spec", ConfigType::List, Importance::High, spec).validator(SPEC),
        class::replace_null_with_default(),
    ];
    key_and_value("Cast", "Casts fields, or everything, to another primitive type.", options)
}

/// Kafka: `Cast.parseFieldTypes`, which calls the option `renames` in one of its messages.
fn spec_error(value: &Value) -> Option<String> {
    let mappings = items(value);
    if mappings.is_empty() {
        return Some("Must specify at least one field to cast.".to_owned());
    }
    let mut whole = false;
    for mapping in mappings {
        let target = match class::parts(mapping).as_slice() {
            [target] => {
                whole = true;
                *target
            }
            [_, target] => *target,
            _ => return Some(invalid("renames", &value.to_string(), &format!("Invalid rename mapping: {mapping}"))),
        };
        if let Some(message) = target_error(java::trim(target)) {
            return Some(message);
        }
    }
    (whole && mappings.len() > 1).then(|| {
        "Cast transformations that specify a type to cast the entire value to may only specify a single cast in their spec"
            .to_owned()
    })
}

fn target_error(target: &str) -> Option<String> {
    let upper = target.to_uppercase();
    if TARGETS.contains(&upper.as_str()) {
        return None;
    }
    Some(if OTHERS.contains(&upper.as_str()) {
        let targets = TARGETS.join(", ");
        format!("Cast transformation does not support casting to {upper}; supported types are [{targets}]")
    } else {
        format!(
            "Invalid value java.lang.IllegalArgumentException: No enum constant \
             org.apache.kafka.connect.data.Schema.Type.{upper} for configuration Invalid type found in casting spec: {target}"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(items: &[&str]) -> Option<String> {
        spec_error(&Value::List(items.iter().map(|item| (*item).to_owned()).collect()))
    }

    #[test]
    fn types_are_read_in_any_case_and_colons_at_the_end_do_not_count() {
        for fine in [&["Int8"][..], &["a: INT16 "], &["a:int8:"], &["a:int8", "a:string"]] {
            assert_eq!(error(fine), None, "{fine:?}");
        }
    }

    #[test]
    fn what_is_no_type_is_told_as_java_does() {
        let unknown = "Invalid value java.lang.IllegalArgumentException: No enum constant \
                       org.apache.kafka.connect.data.Schema.Type.B for configuration Invalid type found in casting spec: b";
        assert_eq!(error(&["a:b"]).as_deref(), Some(unknown));
        assert!(error(&[":"]).is_some(), "Kafka fails here without saying why");
    }
}
