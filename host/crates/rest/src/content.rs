//! Content types: what a resource takes and gives (rest.md §1.2).

use crate::error::ApiError;
use axum::body::HttpBody;
use axum::extract::Request;
use axum::http::header::{ACCEPT, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// For resources that take and give JSON.
pub(crate) async fn takes_and_gives_json(request: Request, next: Next) -> Response {
    if let Err(error) = check_body(&request) {
        return error.into_response();
    }
    gives_json(request, next).await
}

/// For resources that only give JSON.
pub(crate) async fn gives_json(request: Request, next: Next) -> Response {
    if !accepts_json(request.headers()) {
        return ApiError::plain(StatusCode::NOT_ACCEPTABLE).into_response();
    }
    next.run(request).await
}

/// Whether the request says what type its body is of.
pub(crate) fn has_type(headers: &HeaderMap) -> bool {
    headers.contains_key(CONTENT_TYPE)
}

/// A body of a wrong type is refused, even where no body is read.
fn check_body(request: &Request) -> Result<(), ApiError> {
    let Some(value) = request.headers().get(CONTENT_TYPE) else { return Ok(()) };
    let essence = value.to_str().unwrap_or_default().split(';').next().unwrap_or_default().trim();
    if !essence.contains('/') {
        return Err(ApiError::plain(StatusCode::BAD_REQUEST));
    }
    let empty = request.body().is_end_stream();
    if empty || essence.eq_ignore_ascii_case("application/json") {
        Ok(())
    } else {
        Err(ApiError::plain(StatusCode::UNSUPPORTED_MEDIA_TYPE))
    }
}

/// Whether any of the ranges asked for takes in JSON. No header, or an empty one, asks for anything.
fn accepts_json(headers: &HeaderMap) -> bool {
    let fits = |range: &str| {
        let essence = range.split(';').next().unwrap_or_default().trim();
        ["", "*", "*/*", "application/*", "application/json"].iter().any(|json| essence.eq_ignore_ascii_case(json))
    };
    let text = |value: &HeaderValue| value.to_str().map(str::to_owned).unwrap_or_default();
    let mut values = headers.get_all(ACCEPT).iter().map(text).peekable();
    values.peek().is_none() || values.any(|value| value.split(',').any(fits))
}
