//! Texts as Java writes and trims them, where Kafka's behaviour shows through.

use std::fmt::Write;

/// Without the leading and trailing characters up to U+0020. Java: `String.trim`.
pub fn trim(text: &str) -> &str {
    text.trim_matches(|c: char| c <= '\u{20}')
}

/// Whether there is nothing but white space. Java: `String.isBlank`.
pub fn is_blank(text: &str) -> bool {
    text.chars().all(char::is_whitespace)
}

/// Different texts in the order in which a `java.util.HashMap` goes through them once all are in it. Kafka Connect lists
/// what it validates in that order where no definition gives another.
pub fn hash_order<'a>(texts: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let mut texts: Vec<&str> = texts.into_iter().collect();
    // Java's table has at least 16 places and doubles when it is more than three quarters full.
    let mut places = 16_u32;
    while texts.len() > places as usize / 4 * 3 {
        places *= 2;
    }
    let place = |text: &str| {
        let hash = text.encode_utf16().fold(0_u32, |hash, unit| hash.wrapping_mul(31).wrapping_add(unit.into()));
        (hash ^ (hash >> 16)) & (places - 1)
    };
    // Within a place, in the order of insertion.
    texts.sort_by_key(|text| place(text));
    texts
}

/// Appends a double as `Double.toString` writes it: `1.0`, `1.0E20`, `1.0E-4`, `NaN`, `-Infinity`; the shortest digits
/// that read back as the same number.
pub fn push_double(out: &mut String, number: f64) {
    if number.is_finite() {
        push_shortest(out, number, number.abs());
    } else {
        push_not_finite(out, number);
    }
}

/// Appends a float as `Float.toString` writes it.
pub fn push_float(out: &mut String, number: f32) {
    if number.is_finite() {
        push_shortest(out, number, f64::from(number.abs()));
    } else {
        push_not_finite(out, f64::from(number));
    }
}

fn push_not_finite(out: &mut String, number: f64) {
    out.push_str(match number {
        n if n.is_nan() => "NaN",
        n if n < 0.0 => "-Infinity",
        _ => "Infinity",
    });
}

fn push_shortest(out: &mut String, number: impl std::fmt::Debug + std::fmt::LowerExp, magnitude: f64) {
    // Writing into a string cannot fail.
    if magnitude == 0.0 || (1e-3..1e7).contains(&magnitude) {
        let _ = write!(out, "{number:?}");
        return;
    }
    let begin = out.len();
    let _ = write!(out, "{number:e}");
    // Java has at least two digits: where one would do, the two that come closest.
    if !out.get(begin..).is_some_and(|text| text.contains('.')) {
        out.truncate(begin);
        let _ = write!(out, "{number:.1e}");
    }
    if let Some(exponent) = out.get(begin..).and_then(|text| text.find('e')) {
        out.replace_range(begin + exponent..=begin + exponent, "E");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_look_like_java() {
        let text = |number| {
            let mut out = "x".to_owned();
            push_double(&mut out, number);
            out.split_off(1)
        };
        let expected = [
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (1.0, "1.0"),
            (-1.5, "-1.5"),
            (0.001, "0.001"),
            (0.0001, "1.0E-4"),
            (9_999_999.0, "9999999.0"),
            (1e7, "1.0E7"),
            (1.25e20, "1.25E20"),
            (f64::MAX, "1.7976931348623157E308"),
            (f64::MIN_POSITIVE, "2.2250738585072014E-308"),
            (f64::from_bits(1), "4.9E-324"),
            (f64::from_bits(2), "9.9E-324"),
            (2e23, "2.0E23"),
            (f64::NAN, "NaN"),
            (f64::INFINITY, "Infinity"),
            (f64::NEG_INFINITY, "-Infinity"),
        ];
        for (number, expected) in expected {
            assert_eq!(text(number), expected);
        }
        let mut out = String::new();
        push_float(&mut out, 1.1);
        push_float(&mut out, 3.4e38);
        push_float(&mut out, f32::from_bits(1));
        assert_eq!(out, "1.13.4E381.4E-45");
    }

    #[test]
    fn texts_come_in_the_order_of_java_s_hash_map() {
        // As observed: the keys of JsonConverter in a validation, and nulls before a source's 24 options.
        let keys = [
            "converter.type",
            "schemas.enable",
            "schemas.cache.size",
            "schema.content",
            "decimal.format",
            "replace.null.with.default",
        ];
        let expected = [
            "decimal.format",
            "converter.type",
            "schemas.cache.size",
            "replace.null.with.default",
            "schemas.enable",
            "schema.content",
        ];
        assert_eq!(hash_order(keys), expected);
        let def = crate::source_connector_def();
        let all = ["zz", "mm", "aa"].into_iter().chain(def.keys.iter().map(|key| key.name.as_str()));
        let nulls: Vec<_> = hash_order(all).into_iter().filter(|name| name.len() == 2).collect();
        assert_eq!(nulls, ["zz", "mm", "aa"]);
    }

    #[test]
    fn trim_takes_control_characters_but_no_other_white_space() {
        assert_eq!(trim(" \t\u{1}a b\u{a0}\r\n"), "a b\u{a0}");
        assert!(is_blank(" \t") && !is_blank(" a"));
    }
}
