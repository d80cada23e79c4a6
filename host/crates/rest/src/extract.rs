//! What handlers take out of a request.

use crate::content;
use crate::error::ApiError;
use crate::json::{self, Body};
use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Query, RawPathParams, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use std::time::Duration;
use tokio::time::timeout;

/// How long a body may take to arrive.
const BODY_TIMEOUT: Duration = Duration::from_secs(90);

/// The connector or class that the path names, percent-decoded.
pub(crate) struct Name(pub(crate) String);

impl<S: Send + Sync> FromRequestParts<S> for Name {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        param(parts, state, "name").await.map(Self)
    }
}

/// The task's number in the path. Anything but a 32-bit number is a path that does not exist (rest.md §1.4).
pub(crate) struct TaskNumber(pub(crate) i32);

impl<S: Send + Sync> FromRequestParts<S> for TaskNumber {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let text = param(parts, state, "task").await?;
        text.parse().map(Self).map_err(|_| ApiError::plain(StatusCode::NOT_FOUND))
    }
}

async fn param<S: Send + Sync>(parts: &mut Parts, state: &S, name: &str) -> Result<String, ApiError> {
    let params = RawPathParams::from_request_parts(parts, state).await;
    let params = params.map_err(|error| ApiError::bad_request(format!("Invalid path: {}", error.body_text())))?;
    let found = params.iter().find(|(key, _)| *key == name);
    found.map(|(_, value)| value.to_owned()).ok_or_else(|| ApiError::plain(StatusCode::NOT_FOUND))
}

/// The query's parameters in order. A query that cannot be decoded counts as none.
pub(crate) struct Parameters(Vec<(String, String)>);

impl<S: Send + Sync> FromRequestParts<S> for Parameters {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Self::Rejection> {
        Ok(Self(Query::try_from_uri(&parts.uri).map(|Query(parameters)| parameters).unwrap_or_default()))
    }
}

impl Parameters {
    /// The first value of a parameter.
    pub(crate) fn first(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// All values of a parameter.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// A flag, read as Java's `Boolean.valueOf` does: anything but `true` is false (rest.md §1.5).
    pub(crate) fn flag(&self, name: &str) -> bool {
        self.first(name).is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }
}

/// The request's body, read as JSON.
pub(crate) struct Json<B>(pub(crate) B);

impl<S: Send + Sync, B: Body> FromRequest<S> for Json<B> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let typed = content::has_type(request.headers());
        let body = timeout(BODY_TIMEOUT, Bytes::from_request(request, state)).await;
        let body = body.map_err(|_| ApiError::plain(StatusCode::REQUEST_TIMEOUT))?;
        let body = body.map_err(|error| match error.status() {
            StatusCode::PAYLOAD_TOO_LARGE => ApiError::plain(StatusCode::PAYLOAD_TOO_LARGE),
            _ => ApiError::bad_request(format!("Request body could not be read: {}", error.body_text())),
        })?;
        if !typed && !body.is_empty() {
            return Err(ApiError::plain(StatusCode::UNSUPPORTED_MEDIA_TYPE));
        }
        json::read(&body).map(Self).map_err(ApiError::bad_request)
    }
}
