//! What a value looks like in a text file: what Java's `toString` makes of it, where that is of use.

use cofferdam_sdk::{SinkRecord, Value};
use std::io::Write;

/// Appends a record's value and a line end.
pub fn push_line(text: &mut Vec<u8>, record: &SinkRecord<'_>) {
    match record.value() {
        Value::Null => text.extend_from_slice(b"null"),
        // Kafka's connector writes the array's identity (`[B@1b6d3586`).
        Value::Bytes(bytes) => text.extend_from_slice(bytes),
        Value::String(string) => text.extend_from_slice(string.as_bytes()),
        // Kafka's connector writes `Struct{id=1}` and `{id=1}`, which nothing can read back.
        Value::Json(json) => text.extend_from_slice(json.as_bytes()),
        Value::Boolean(value) => text.extend_from_slice(if value { b"true" } else { b"false" }),
        Value::Integer(value) => push(text, format_args!("{value}")),
        Value::Float(value) => {
            let single =
                record.value_schema().and_then(|schema| schema.type_name()).is_some_and(|name| name == "float");
            push_float(text, value, single);
        }
    }
    text.push(b'\n');
}

/// As Java writes a `double`, or a `float`: at least one digit on each side of the point, and an exponent outside of
/// 10⁻³ to 10⁷.
fn push_float(text: &mut Vec<u8>, value: f64, single: bool) {
    if value.is_nan() {
        return text.extend_from_slice(b"NaN");
    }
    if value.is_infinite() {
        return text.extend_from_slice(if value > 0.0 { b"Infinity" } else { b"-Infinity" });
    }
    let size = value.abs();
    if size == 0.0 || (1e-3..1e7).contains(&size) {
        // `{:?}` has the fewest digits that say the same, and `.0` where there are none.
        return if single {
            push(text, format_args!("{:?}", value as f32))
        } else {
            push(text, format_args!("{value:?}"))
        };
    }
    let scientific = if single { format!("{:e}", value as f32) } else { format!("{value:e}") };
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let point = if digits.contains('.') { "" } else { ".0" };
    push(text, format_args!("{digits}{point}E{exponent}"));
}

fn push(text: &mut Vec<u8>, what: std::fmt::Arguments<'_>) {
    // Writing to memory does not fail.
    let _ = text.write_fmt(what);
}

#[cfg(test)]
mod tests {
    use super::push_float;

    #[test]
    fn floats_look_like_javas() {
        for (value, expected) in [
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (1.0, "1.0"),
            (-12.5, "-12.5"),
            (0.001, "0.001"),
            (0.0001, "1.0E-4"),
            (9_999_999.0, "9999999.0"),
            (1e7, "1.0E7"),
            (1.25e300, "1.25E300"),
            (f64::NAN, "NaN"),
            (f64::NEG_INFINITY, "-Infinity"),
            (1.0 / 3.0, "0.3333333333333333"),
        ] {
            let mut text = Vec::new();
            push_float(&mut text, value, false);
            assert_eq!(String::from_utf8(text).unwrap(), expected);
        }
    }

    #[test]
    fn a_single_precision_float_has_its_own_digits() {
        let mut text = Vec::new();
        push_float(&mut text, f64::from(0.1f32), true);
        assert_eq!(text, b"0.1");
    }
}
