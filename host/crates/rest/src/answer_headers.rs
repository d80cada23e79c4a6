//! Headers that the configuration adds to answers: for pages of other origins (`access.control.*`), and any others
//! (`response.http.headers.config`).
//!
//! tower-http's layer for other origins answers preflights itself and lists more in `Vary`. With Kafka Connect, whose
//! clients this is for, a preflight gets the resource's own answer to OPTIONS, and a foreign origin gets the plain one.
//! So this is done by hand, in Jetty's order: what is allowed to origins, then the rules, then what the answer says
//! itself, which has the last word on a header.

use axum::extract::{Request, State};
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_MAX_AGE,
    ACCESS_CONTROL_REQUEST_METHOD, CONTENT_TYPE, ORIGIN, VARY,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method};
use axum::middleware::Next;
use axum::response::Response;
use cofferdam_config::{CorsConfig, HeaderRule, HeaderValueRule, RestConfig};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// How long a browser may remember what it was told, in seconds. Jetty's default.
const MAX_AGE: HeaderValue = HeaderValue::from_static("60");
/// What headers pages may set. Jetty's default.
const ALLOWED_HEADERS: HeaderValue = HeaderValue::from_static("Content-Type");

/// What is added to answers.
pub(crate) struct AnswerHeaders {
    cors: Option<CorsConfig>,
    rules: Vec<HeaderRule>,
}

impl AnswerHeaders {
    /// `None` if nothing is added.
    pub(crate) fn new(config: &RestConfig) -> Option<Self> {
        let (cors, rules) = (config.cors.clone(), config.response_headers.clone());
        (cors.is_some() || !rules.is_empty()).then_some(Self { cors, rules })
    }
}

/// Adds them.
pub(crate) async fn add(State(added): State<Arc<AnswerHeaders>>, request: Request, next: Next) -> Response {
    let mut headers = HeaderMap::new();
    if let Some(cors) = &added.cors {
        for_origins(cors, request.method(), request.headers(), &mut headers);
    }
    let mut response = next.run(request).await;
    let now = SystemTime::now();
    for rule in &added.rules {
        apply(rule, now, &mut headers);
    }
    let own = std::mem::take(response.headers_mut());
    for name in own.keys() {
        headers.remove(name);
    }
    headers.extend(own);
    *response.headers_mut() = headers;
    response
}

/// What a browser is told about the origin of its page (rest.md §1.1).
fn for_origins(cors: &CorsConfig, method: &Method, request: &HeaderMap, headers: &mut HeaderMap) {
    headers.insert(VARY, HeaderValue::from_static("Origin"));
    let Some(origin) = request.get(ORIGIN) else { return };
    if !origin.to_str().is_ok_and(|origin| cors.allows(origin)) {
        return;
    }
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
    let preflight = method == Method::OPTIONS && request.contains_key(ACCESS_CONTROL_REQUEST_METHOD);
    if let Ok(methods) = HeaderValue::try_from(cors.methods.join(","))
        && preflight
    {
        headers.insert(ACCESS_CONTROL_ALLOW_METHODS, methods);
        headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, ALLOWED_HEADERS);
        headers.insert(ACCESS_CONTROL_MAX_AGE, MAX_AGE);
    }
}

fn apply(rule: &HeaderRule, now: SystemTime, headers: &mut HeaderMap) {
    let value = match &rule.value {
        HeaderValueRule::Text(text) => HeaderValue::try_from(text),
        HeaderValueRule::Date(offset) => HeaderValue::try_from(date(now, *offset)),
    };
    // The configuration has been checked for both.
    let (Ok(name), Ok(value)) = (HeaderName::try_from(&rule.name), value) else { return };
    // There is one type of content, as there is in Jetty.
    if rule.add && name != CONTENT_TYPE {
        headers.append(name, value);
    } else {
        headers.insert(name, value);
    }
}

/// So many milliseconds from `now`, within what dates of HTTP can say.
fn date(now: SystemTime, offset: i64) -> String {
    const LAST: i64 = 253_402_300_799_000;
    let now = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let now = i64::try_from(now.as_millis()).unwrap_or(LAST);
    let millis = now.saturating_add(offset).clamp(0, LAST);
    httpdate::fmt_http_date(SystemTime::UNIX_EPOCH + Duration::from_millis(millis.unsigned_abs()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_stay_within_what_can_be_said() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
        assert_eq!(date(now, 0), "Tue, 14 Nov 2023 22:13:20 GMT");
        assert_eq!(date(now, -1000), "Tue, 14 Nov 2023 22:13:19 GMT");
        assert_eq!(date(now, i64::MIN), "Thu, 01 Jan 1970 00:00:00 GMT");
        assert_eq!(date(now, i64::MAX), "Fri, 31 Dec 9999 23:59:59 GMT");
    }
}
