//! JSON text: where a value ends, and strings in both directions, without building values.

use serde_json::Deserializer;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// The deepest that Kafka's parser goes.
const MOST_DEPTH: usize = 1_000;

/// The first value in `text`, without the white space around it; `None`: there is none. What follows it is ignored, and
/// numbers may have leading zeros, as Kafka's parser has it.
pub(crate) fn first_value(text: &str) -> Result<Option<Cow<'_, str>>, String> {
    check_depth(text)?;
    match strict_value(text) {
        Ok(value) => Ok(value.map(Cow::Borrowed)),
        Err(cause) => {
            let lenient = without_leading_zeros(text).ok_or(cause)?;
            Ok(strict_value(&lenient)?.map(|value| Cow::Owned(value.to_owned())))
        }
    }
}

/// As [`first_value`], by the letter of the standard.
pub(super) fn strict_value(text: &str) -> Result<Option<&str>, String> {
    let mut values = Deserializer::from_str(text).into_iter::<&RawValue>();
    let value = match values.next() {
        None => return Ok(None),
        Some(value) => value.map_err(|error| error.to_string())?.get(),
    };
    // `1,2` and `10:30` are no number with something behind it.
    let number = value.starts_with(|c: char| c == '-' || c.is_ascii_digit());
    match text.as_bytes().get(values.byte_offset()) {
        Some(next) if number && !b" \t\r\n".contains(next) => Err(format!(
            "Unexpected character ('{}'): Expected space separating root-level values",
            next.escape_ascii()
        )),
        _ => Ok(Some(value)),
    }
}

/// Whether the whole of `text` is one value, by the letter of the standard, and of a depth that Kafka takes.
pub(crate) fn is_one_value(text: &str) -> bool {
    serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok() && check_depth(text).is_ok()
}

/// Without the mark that may stand before UTF-8.
pub(super) fn without_mark(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

/// Refuses what is nested deeper than Kafka's parser goes: whoever reads it next may do so by recursion.
pub(super) fn check_depth(text: &str) -> Result<(), String> {
    // Each level has to be closed again, so this is the rule. For what is longer, counting is faster than following.
    let opens = || text.bytes().filter(|byte| matches!(byte, b'{' | b'[')).count();
    if text.len() <= 2 * MOST_DEPTH || opens() <= MOST_DEPTH {
        return Ok(());
    }
    let (mut outside, mut depth) = (Outside::default(), 0_usize);
    for byte in text.bytes() {
        match byte {
            _ if !outside.see(byte) => {}
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > MOST_DEPTH {
            return Err(format!("Document nesting depth ({depth}) exceeds the maximum allowed ({MOST_DEPTH})"));
        }
    }
    Ok(())
}

/// `text` with the leading zeros of its numbers taken out; `None` if there are none.
pub(crate) fn without_leading_zeros(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let (mut quoted, mut escaped, mut previous) = (false, false, ' ');
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        if quoted {
            match c {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                '"' => quoted = false,
                _ => {}
            }
        } else if c == '"' {
            quoted = true;
        } else if c == '0' && !previous.is_ascii_alphanumeric() && !".+".contains(previous) {
            // `previous` stays what it was before the zeros.
            if rest.peek().is_some_and(char::is_ascii_digit) {
                continue;
            }
        }
        previous = c;
        out.push(c);
    }
    (out.len() != text.len()).then_some(out)
}

/// Whether there is white space outside of strings.
pub(crate) fn has_space(text: &str) -> bool {
    let mut outside = Outside::default();
    text.bytes().any(|byte| outside.see(byte) && byte.is_ascii_whitespace())
}

/// Appends `text`, which is JSON, without the white space outside of strings.
pub(crate) fn push_compact(out: &mut String, text: &str) {
    if !has_space(text) {
        return out.push_str(text);
    }
    let mut outside = Outside::default();
    // What is not ASCII occurs in strings only.
    out.extend(text.chars().filter(|c| !(outside.see(u8::try_from(*c).unwrap_or(0)) && c.is_ascii_whitespace())));
}

/// Tells byte by byte whether we are outside of strings.
#[derive(Default)]
struct Outside {
    quoted: bool,
    escaped: bool,
}

impl Outside {
    fn see(&mut self, byte: u8) -> bool {
        match byte {
            _ if self.escaped => self.escaped = false,
            b'\\' => self.escaped = true,
            b'"' => self.quoted = !self.quoted,
            _ => {}
        }
        !self.quoted
    }
}

/// Appends `text` as a JSON string, escaped as Jackson does: what must be, and what lies beyond 16 bits.
pub(crate) fn push_string(out: &mut String, text: &str) {
    out.push('"');
    let mut plain = text;
    while let Some(at) = plain.find(|c: char| c < ' ' || c == '"' || c == '\\' || c > '\u{ffff}') {
        let (before, from) = plain.split_at(at);
        out.push_str(before);
        let mut rest = from.chars();
        if let Some(special) = rest.next() {
            push_escaped(out, special);
        }
        plain = rest.as_str();
    }
    out.push_str(plain);
    out.push('"');
}

/// Appends the JSON string `token`, known to be well-formed, as [`push_string`] writes what it stands for.
pub(super) fn push_token(out: &mut String, token: &str) {
    // Without escapes there is nothing to write otherwise, but for what lies beyond 16 bits.
    if token.chars().all(|c| c != '\\' && c <= '\u{ffff}') {
        return out.push_str(token);
    }
    let mut plain = String::new();
    unescape(&mut plain, token);
    push_string(out, &plain);
}

fn push_escaped(out: &mut String, special: char) {
    let short = match special {
        '"' => "\\\"",
        '\\' => "\\\\",
        '\u{8}' => "\\b",
        '\t' => "\\t",
        '\n' => "\\n",
        '\u{c}' => "\\f",
        '\r' => "\\r",
        _ => {
            for unit in special.encode_utf16(&mut [0; 2]) {
                out.push_str("\\u");
                for shift in [12, 8, 4, 0] {
                    let digit = u32::from(*unit >> shift & 0xf);
                    out.push(char::from_digit(digit, 16).unwrap_or('0').to_ascii_uppercase());
                }
            }
            return;
        }
    };
    out.push_str(short);
}

/// Appends what the JSON string `token`, quotes included and known to be well-formed, stands for. Half a surrogate pair
/// becomes U+FFFD.
pub(crate) fn unescape(out: &mut String, token: &str) {
    let mut plain = token.strip_prefix('"').and_then(|token| token.strip_suffix('"')).unwrap_or(token);
    while let Some(at) = plain.find('\\') {
        let (before, from) = plain.split_at(at);
        out.push_str(before);
        let mut rest = from.chars();
        rest.next();
        match rest.next() {
            Some('u') => {
                let (character, after) = unicode(rest.as_str());
                out.push(character);
                plain = after;
                continue;
            }
            Some('b') => out.push('\u{8}'),
            Some('f') => out.push('\u{c}'),
            Some('n') => out.push('\n'),
            Some('r') => out.push('\r'),
            Some('t') => out.push('\t'),
            Some(other) => out.push(other),
            None => {}
        }
        plain = rest.as_str();
    }
    out.push_str(plain);
}

/// The character of one `\uXXXX`, or of two that belong together, whose first `\u` is already read.
fn unicode(text: &str) -> (char, &str) {
    let unit = |text: &str| text.get(..4).and_then(|digits| u16::from_str_radix(digits, 16).ok());
    let first = unit(text).unwrap_or(0xfffd);
    let after = text.get(4..).unwrap_or_default();
    let second = after.strip_prefix("\\u").and_then(unit);
    match char::decode_utf16([Some(first), second].into_iter().flatten()).next() {
        Some(Ok(character)) if character.len_utf16() == 2 => (character, after.get(6..).unwrap_or_default()),
        Some(Ok(character)) => (character, after),
        _ => (char::REPLACEMENT_CHARACTER, after),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_go_both_ways() {
        let text = "a\"\\/\u{8}\u{1f}\n\u{7f}é\u{2028}\u{1f30a}<";
        let mut token = String::new();
        push_string(&mut token, text);
        assert_eq!(token, "\"a\\\"\\\\/\\b\\u001F\\n\u{7f}é\u{2028}\\uD83C\\uDF0A<\"");
        let mut back = String::new();
        unescape(&mut back, &token);
        assert_eq!(back, text);
    }

    #[test]
    fn half_a_pair_is_replaced() {
        let unescaped = |token: &str| {
            let mut out = String::new();
            unescape(&mut out, token);
            out
        };
        assert_eq!(unescaped(r#""\ud83c""#), "\u{fffd}");
        assert_eq!(unescaped(r#""\ud83cx\udf0a""#), "\u{fffd}x\u{fffd}");
        assert_eq!(unescaped(r#""\ud83c\u0041""#), "\u{fffd}A");
        assert_eq!(unescaped(r#""\u0041\u0042\/""#), "AB/");
    }

    #[test]
    fn white_space_goes_outside_of_strings_only() {
        let mut out = String::new();
        push_compact(&mut out, " { \"a b\\\" \" : [ 1 ,\n\"é \" ] } ");
        assert_eq!(out, "{\"a b\\\" \":[1,\"é \"]}");
        assert!(!has_space(&out) && has_space(&format!("{out} ")));
    }

    #[test]
    fn leading_zeros_and_what_follows_are_forgiven() {
        let first = |text| first_value(text).map(|value| value.map(Cow::into_owned));
        for (text, expected) in [
            ("01", "1"),
            (" 1 2", "1"),
            ("{\"a\":1} x", "{\"a\":1}"),
            ("[01.50,-007,0,10,1.05,1e05,\"01\"]", "[1.50,-7,0,10,1.05,1e05,\"01\"]"),
            ("00", "0"),
            ("0", "0"),
        ] {
            assert_eq!(first(text), Ok(Some(expected.to_owned())), "{text}");
        }
        assert_eq!((first(""), first(" \n")), (Ok(None), Ok(None)));
        for text in ["[1,]", "{a:1}", "NaN", "'a'", "{\"a\":", "tru", "\"a", "// c\n1", "+1", ".5", "5.", "\"\t\""] {
            assert!(first(text).is_err(), "{text}");
        }
        for text in ["1,2", "10:30", "-1,5", "01,5", "1\"a\"", "1[", "1]", "1{", "1}", "1.5,"] {
            let message = first(text).unwrap_err();
            assert!(message.ends_with("Expected space separating root-level values"), "{text}: {message}");
        }
        for (text, expected) in [("1\n2", "1"), ("true,1", "true"), ("\"a\",1", "\"a\""), ("[1],2", "[1]")] {
            assert_eq!(first(text), Ok(Some(expected.to_owned())), "{text}");
        }
    }

    #[test]
    fn depth_is_bounded() {
        let nested = |depth| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(is_one_value(&nested(1000)) && first_value(&nested(1000)).is_ok());
        let message = first_value(&nested(1001)).unwrap_err();
        assert_eq!(message, "Document nesting depth (1001) exceeds the maximum allowed (1000)");
        assert!(!is_one_value(&nested(1001)));
        assert!(is_one_value(&format!("[\"{}\"]", "[".repeat(3000))));
    }
}
