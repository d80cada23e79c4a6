//! The `Location` of a new connector.

use axum::extract::FromRequestParts;
use axum::http::HeaderValue;
use axum::http::header::HOST;
use axum::http::request::Parts;
use cofferdam_config::Protocol;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use std::convert::Infallible;

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

/// What the listener that a request came to speaks; http if nothing is said.
#[derive(Clone, Copy)]
pub(crate) struct Scheme(pub(crate) Protocol);

/// The beginning of this worker's URLs as the client reached it; empty if the request does not tell.
pub(crate) struct Base(String);

impl<S: Sync> FromRequestParts<S> for Base {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        let scheme = parts.extensions.get().map_or(Protocol::Http, |Scheme(protocol)| *protocol);
        let host = parts.headers.get(HOST).and_then(|host| host.to_str().ok()).filter(|host| !host.is_empty());
        // HTTP/2 has it in the request's target.
        let host = parts.uri.authority().map(|authority| authority.as_str()).or(host);
        Ok(Self(host.map(|host| format!("{}://{host}", scheme.as_str())).unwrap_or_default()))
    }
}

impl Base {
    /// The absolute URI of a connector.
    pub(crate) fn connector(&self, name: &str) -> Option<HeaderValue> {
        let segment = match name {
            // Clients would resolve these away.
            "." => "%2E".to_owned(),
            ".." => "%2E%2E".to_owned(),
            _ => utf8_percent_encode(name, ESCAPED).to_string(),
        };
        HeaderValue::try_from(format!("{}/connectors/{segment}", self.0)).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::Request;

    async fn location(request: Request<()>, name: &str) -> String {
        let base = Base::from_request_parts(&mut request.into_parts().0, &()).await.unwrap();
        base.connector(name).unwrap().to_str().unwrap().to_owned()
    }

    #[tokio::test]
    async fn a_location_leads_to_the_connector() {
        for (name, expected) in [
            ("my sink/é%", "http://h:8083/connectors/my%20sink%2F%C3%A9%25"),
            ("a&b=c+d'e:f@g!h$i*j(k)l,m", "http://h:8083/connectors/a&b=c+d'e:f@g!h$i*j(k)l,m"),
            ("br{ac}e", "http://h:8083/connectors/br%7Bac%7De"),
            ("..", "http://h:8083/connectors/%2E%2E"),
        ] {
            assert_eq!(location(Request::get("/").header(HOST, "h:8083").body(()).unwrap(), name).await, expected);
        }
    }

    #[tokio::test]
    async fn it_begins_as_the_request_did() {
        let https = Request::get("/").extension(Scheme(Protocol::Https));
        assert_eq!(location(https.header(HOST, "h").body(()).unwrap(), "c").await, "https://h/connectors/c");
        let http2 = Request::get("https://h2:1/x").extension(Scheme(Protocol::Https));
        assert_eq!(location(http2.body(()).unwrap(), "c").await, "https://h2:1/connectors/c");
        assert_eq!(location(Request::get("/").body(()).unwrap(), "c").await, "/connectors/c");
    }
}
