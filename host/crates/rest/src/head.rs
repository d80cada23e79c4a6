//! What must be right about the head of a request before anything looks at it: how long it may be, and whom it is for.

use crate::error::ApiError;
use axum::extract::Request;
use axum::http::header::HOST;
use axum::http::uri::Authority;
use axum::http::{StatusCode, Version};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// The largest head that is answered to, in bytes: Jetty's, with which Kafka Connect serves.
const LIMIT: usize = 8 * 1024;
/// The largest head that is read at all, in bytes. Beyond it the answer has no body.
pub(crate) const READ_LIMIT: u32 = 64 * 1024;

/// Refuses wrong heads: 414, 431, 400.
pub(crate) async fn check(request: Request, next: Next) -> Response {
    match wrong(&request) {
        Some(status) => ApiError::plain(status).into_response(),
        None => next.run(request).await,
    }
}

fn wrong(request: &Request) -> Option<StatusCode> {
    let uri = request.uri();
    let target = uri.path_and_query().map_or(0, |target| target.as_str().len());
    let headers: usize = request.headers().iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum();
    if target > LIMIT {
        return Some(StatusCode::URI_TOO_LONG);
    }
    if target + headers > LIMIT {
        return Some(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE);
    }
    let mut hosts = request.headers().get_all(HOST).iter();
    let valid = match (hosts.next(), hosts.next(), uri.authority()) {
        // HTTP/2 has it in the request's target, HTTP/1.0 need not have it.
        (None, _, target) => target.is_some() || request.version() == Version::HTTP_10,
        (Some(host), None, None) => host.is_empty() || Authority::try_from(host.as_bytes()).is_ok(),
        (Some(host), None, Some(target)) => target.as_str().as_bytes().eq_ignore_ascii_case(host.as_bytes()),
        (Some(_), Some(_), _) => false,
    };
    (!valid).then_some(StatusCode::BAD_REQUEST)
}
