//! The `Authorization` header of HTTP Basic (RFC 7617).

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use std::fmt;

/// The longest user and password together, in bytes: what waits to be checked is kept.
const MAX_LENGTH: usize = 1_024;

/// Base64 as Java decodes it: padding may be missing.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// A user's name and password, as they were sent.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Credentials {
    pub(super) user: String,
    pub(super) password: String,
}

impl fmt::Debug for Credentials {
    /// Neither: some type their password where the name belongs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials")
    }
}

/// Name and password, if the request has exactly one header with both. Kafka: `BasicAuthCredentials`; what is an error
/// there (broken base64) is none here either.
pub(super) fn credentials(headers: &HeaderMap) -> Option<Credentials> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return None };
    let (scheme, encoded) = value.to_str().ok()?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") || encoded.len() > MAX_LENGTH * 4 / 3 + 4 {
        return None;
    }
    let text = String::from_utf8(BASE64.decode(encoded).ok()?).ok()?;
    let (user, password) = text.split_once(':').filter(|(user, _)| !user.is_empty())?;
    (text.len() <= MAX_LENGTH).then(|| Credentials { user: user.to_owned(), password: password.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn read(values: &[&str]) -> Option<(String, String)> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(AUTHORIZATION, HeaderValue::from_str(value).unwrap());
        }
        credentials(&headers).map(|credentials| (credentials.user, credentials.password))
    }

    #[test]
    fn name_and_password_are_read_as_kafka_connect_reads_them() {
        let alice = Some(("alice".to_owned(), "secret".to_owned()));
        assert_eq!(read(&["Basic YWxpY2U6c2VjcmV0"]), alice);
        assert_eq!(read(&["bAsIc YWxpY2U6c2VjcmV0"]), alice);
        // bob:p:w, without its padding.
        assert_eq!(read(&["Basic Ym9iOnA6dw"]), Some(("bob".to_owned(), "p:w".to_owned())));
        assert_eq!(read(&["Basic ZW1wdHk6"]), Some(("empty".to_owned(), String::new())));
    }

    #[test]
    fn anything_else_is_nobody() {
        let long = format!("Basic {}", BASE64.encode(format!("a:{}", "x".repeat(MAX_LENGTH))));
        for values in [
            &[][..],
            &["Basic"],
            &["Basic "],
            &["Basic !!!"],
            &["Basic  YWxpY2U6c2VjcmV0"],
            &["Bearer YWxpY2U6c2VjcmV0"],
            &["YWxpY2U6c2VjcmV0"],
            // No colon, no name, not UTF-8.
            &["Basic YWxpY2U="],
            &["Basic OnNlY3JldA=="],
            &["Basic /zo6"],
            &["Basic YWxpY2U6c2VjcmV0", "Basic YWxpY2U6c2VjcmV0"],
            &[&long],
        ] {
            assert_eq!(read(values), None, "{values:?}");
        }
    }
}
