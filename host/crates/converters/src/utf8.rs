//! Bytes as text, as Java decodes them.

/// Appends `bytes` as `new String(bytes, UTF_8)` decodes them: what is malformed becomes U+FFFD. Other than in the WHATWG
/// rules that Rust follows, a half of a surrogate pair that was encoded by itself is replaced as one.
pub(crate) fn push_lossy(out: &mut Vec<u8>, mut bytes: &[u8]) {
    loop {
        let error = match std::str::from_utf8(bytes) {
            Ok(text) => return out.extend_from_slice(text.as_bytes()),
            Err(error) => error,
        };
        let (valid, rest) = bytes.split_at(error.valid_up_to());
        out.extend_from_slice(valid);
        out.extend_from_slice("\u{fffd}".as_bytes());
        let malformed = match rest {
            [0xed, 0xa0..=0xbf, 0x80..=0xbf, ..] => 3,
            [0xed, 0xa0..=0xbf, ..] => 2,
            _ => error.error_len().unwrap_or(rest.len()),
        };
        bytes = rest.get(malformed..).unwrap_or_default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each as Java 17 decodes it.
    #[test]
    fn malformed_input_is_replaced_as_java_does() {
        let cases: [(&[u8], &str); 15] = [
            (b"\xffa", "?a"),
            (b"\xe2\x82", "?"),
            (b"\xe2\x82x", "?x"),
            (b"\xed\xa0\x80", "?"),
            (b"\xed\xa0\x80x", "?x"),
            (b"\xed\xa0x", "?x"),
            (b"\xf0\x9f\x98", "?"),
            (b"\xf0\x9fx", "?x"),
            (b"\xc0\x80", "??"),
            (b"\xf8\x88\x80", "???"),
            (b"\xf0\x80\x80\x80", "????"),
            (b"\xe0\x80\x80", "???"),
            (b"\xf4\x90\x80\x80", "????"),
            (b"\x80\x80", "??"),
            ("aé\u{1f30a}".as_bytes(), "aé\u{1f30a}"),
        ];
        for (bytes, expected) in cases {
            let mut out = Vec::new();
            push_lossy(&mut out, bytes);
            assert_eq!(String::from_utf8(out).unwrap().replace('\u{fffd}', "?"), expected, "{bytes:02x?}");
        }
    }
}
