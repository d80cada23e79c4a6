//! The `Location` of a new connector.

use axum::http::header::HOST;
use axum::http::{HeaderMap, HeaderValue};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

/// What is escaped in a path segment: what Kafka Connect escapes, and what would make the location name something else:
/// a slash, a percent sign, a semicolon (rest.md §1.4).
const ESCAPED: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'/')
    .add(b';')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'[')
    .add(b'\\')
    .add(b']')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// The absolute URI of a connector, as the client reached this worker; without a usable `Host`, the path.
pub(crate) fn of_connector(headers: &HeaderMap, name: &str) -> Option<HeaderValue> {
    let segment = match name {
        // Clients would resolve these away.
        "." => "%2E".to_owned(),
        ".." => "%2E%2E".to_owned(),
        _ => utf8_percent_encode(name, ESCAPED).to_string(),
    };
    let base = headers.get(HOST).and_then(|host| host.to_str().ok()).map(|host| format!("http://{host}"));
    HeaderValue::try_from(format!("{}/connectors/{segment}", base.unwrap_or_default())).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_location_leads_to_the_connector() {
        let mut headers = HeaderMap::new();
        headers.insert(HOST, HeaderValue::from_static("h:8083"));
        let location = |name| of_connector(&headers, name).unwrap().to_str().unwrap().to_owned();
        assert_eq!(location("my sink/é%"), "http://h:8083/connectors/my%20sink%2F%C3%A9%25");
        assert_eq!(location("a&b=c+d'e:f@g!h$i*j(k)l,m"), "http://h:8083/connectors/a&b=c+d'e:f@g!h$i*j(k)l,m");
        assert_eq!(location("br{ac}e"), "http://h:8083/connectors/br%7Bac%7De");
        assert_eq!(location(".."), "http://h:8083/connectors/%2E%2E");
    }
}
