//! What happens to every request before a route is chosen, and to every answer: paths are brought into their plain form,
//! what cannot be understood is refused, panics become errors, OPTIONS is answered.

use crate::content::{self, Listing};
use crate::error::ApiError;
use axum::extract::Request;
use axum::http::header::{ALLOW, CONTENT_TYPE};
use axum::http::uri::PathAndQuery;
use axum::http::{HeaderValue, Method, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures::FutureExt as _;
use percent_encoding::percent_decode_str;
use std::panic::AssertUnwindSafe;
use std::time::Instant;

/// Wraps the whole router.
pub(crate) async fn wrap(mut request: Request, next: Next) -> Response {
    let began = Instant::now();
    let (method, shown) = (request.method().clone(), request.uri().path().to_owned());
    let listing = (method == Method::OPTIONS).then(|| content::of_options(request.headers()));
    let understood = content::of_body(request.headers()).is_ok();
    let response = match plain_path(request.uri().path()) {
        Some(path) if understood => {
            if let Some(uri) = with_path(request.uri(), &path) {
                *request.uri_mut() = uri;
            }
            guarded(request, next).await
        }
        _ => ApiError::plain(StatusCode::BAD_REQUEST).into_response(),
    };
    let response = with_options(response);
    let response = match listing {
        Some(listing) => answer_options(response, listing),
        None => response,
    };
    let status = response.status().as_u16();
    tracing::debug!(%method, path = shown, status, elapsed = ?began.elapsed(), "request answered");
    response
}

/// A panic in a handler is a bug of ours; it ends that request and nothing else.
async fn guarded(request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    match AssertUnwindSafe(next.run(request)).catch_unwind().await {
        Ok(response) => response,
        Err(_) => {
            tracing::error!(path, "a request handler panicked");
            ApiError::plain(StatusCode::INTERNAL_SERVER_ERROR).into_response()
        }
    }
}

/// The path without path parameters (`;a=b`) and without a slash at its end, as Kafka Connect takes it (rest.md §1.4).
/// `None` for what Jetty refuses: empty segments, broken percent sequences, what is no UTF-8, control characters, and
/// backslashes that are not escaped.
fn plain_path(path: &str) -> Option<String> {
    if !path.starts_with('/') {
        return Some(path.to_owned());
    }
    let mut plain = String::with_capacity(path.len());
    let mut segments = path.split('/').skip(1).peekable();
    while let Some(segment) = segments.next() {
        let segment = segment.split(';').next().unwrap_or_default();
        match (segment.is_empty(), segments.peek().is_some()) {
            (true, true) => return None,
            (true, false) => {}
            (false, _) if is_refused(segment) => return None,
            (false, _) => {
                plain.push('/');
                plain.push_str(segment);
            }
        }
    }
    if plain.is_empty() {
        plain.push('/');
    }
    Some(plain)
}

fn is_refused(segment: &str) -> bool {
    let hex = |text: Option<&str>| text.is_some_and(|text| text.bytes().all(|byte| byte.is_ascii_hexdigit()));
    let broken = segment.match_indices('%').any(|(at, _)| !hex(segment.get(at + 1..at + 3)));
    let text = percent_decode_str(segment).decode_utf8();
    broken || segment.contains('\\') || text.is_err() || text.is_ok_and(|text| text.chars().any(char::is_control))
}

fn with_path(uri: &Uri, path: &str) -> Option<Uri> {
    if uri.path() == path {
        return None;
    }
    let text = match uri.query() {
        Some(query) => format!("{path}?{query}"),
        None => path.to_owned(),
    };
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(text).ok()?);
    Uri::from_parts(parts).ok()
}

/// OPTIONS is allowed on every path that exists; the router does not know.
fn with_options(mut response: Response) -> Response {
    if let Some(allow) = response.headers_mut().get_mut(ALLOW)
        && let Ok(known) = allow.to_str()
        && let Ok(all) = HeaderValue::try_from(format!("{known},OPTIONS"))
    {
        *allow = all;
    }
    response
}

/// OPTIONS is no route, so a path that exists has answered 405 with what it allows: that is the answer's content.
fn answer_options(response: Response, listing: Listing) -> Response {
    let Some(allow) = response.headers().get(ALLOW).filter(|_| response.status() == StatusCode::METHOD_NOT_ALLOWED)
    else {
        return response;
    };
    let allow = [(ALLOW, allow.clone())];
    match listing {
        Listing::Text => {
            let [(_, allowed)] = &allow;
            let listed = allowed.to_str().unwrap_or_default().split(',').map(str::trim).collect::<Vec<_>>().join(", ");
            let text = HeaderValue::from_static("text/plain");
            (StatusCode::OK, allow, [(CONTENT_TYPE, text)], listed).into_response()
        }
        Listing::Empty(Some(content_type)) => (StatusCode::OK, allow, [(CONTENT_TYPE, content_type)]).into_response(),
        Listing::Empty(None) => (StatusCode::OK, allow).into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_brought_into_their_plain_form() {
        let plain = |path| plain_path(path);
        assert_eq!(plain("/").as_deref(), Some("/"));
        assert_eq!(plain("/connectors/").as_deref(), Some("/connectors"));
        assert_eq!(plain("/connectors;a=b").as_deref(), Some("/connectors"));
        assert_eq!(plain("/connectors/semi;colon/status").as_deref(), Some("/connectors/semi/status"));
        assert_eq!(plain("/connectors/a%2Fb%25").as_deref(), Some("/connectors/a%2Fb%25"));
        assert_eq!(plain("/connectors//status"), None);
        assert_eq!(plain("/connectors/a%5Cb").as_deref(), Some("/connectors/a%5Cb"));
        for refused in
            ["/connectors/a%2", "/connectors/a\\b", "/connectors/a%00b", "/connectors/%09", "/connectors/%ff%fe"]
        {
            assert_eq!(plain(refused), None, "{refused}");
        }
        assert_eq!(plain("/connectors/a%zz"), None);
    }
}
