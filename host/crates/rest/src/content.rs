//! Content types: what a resource takes and gives (rest.md §1.2).

use crate::error::ApiError;
use crate::media::{self, Malformed, Media};
use axum::extract::Request;
use axum::http::header::{ACCEPT, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// For resources that take and give JSON. Any other type is refused, whether or not a body is there to be read.
pub(crate) async fn takes_and_gives_json(request: Request, next: Next) -> Response {
    match of_body(request.headers()) {
        Ok(None) => gives_json(request, next).await,
        Ok(Some(media)) if media.is("application", "json") => gives_json(request, next).await,
        Ok(Some(_)) => ApiError::plain(StatusCode::UNSUPPORTED_MEDIA_TYPE).into_response(),
        Err(Malformed) => ApiError::plain(StatusCode::BAD_REQUEST).into_response(),
    }
}

/// For resources that only give JSON. Parameters that the client names with the type are said of the answer, too.
pub(crate) async fn gives_json(request: Request, next: Next) -> Response {
    let status = match accepted(request.headers()) {
        Ok(Some(json)) => {
            let mut response = next.run(request).await;
            if let Some(content_type) = response.headers_mut().get_mut(CONTENT_TYPE)
                && *content_type == JSON
            {
                *content_type = json;
            }
            return response;
        }
        Ok(None) => StatusCode::NOT_ACCEPTABLE,
        Err(Malformed) => StatusCode::BAD_REQUEST,
    };
    ApiError::plain(status).into_response()
}

/// Whether the request says what type its body is of.
pub(crate) fn has_type(headers: &HeaderMap) -> bool {
    headers.contains_key(CONTENT_TYPE)
}

/// The type that the request says its body is of.
pub(crate) fn of_body(headers: &HeaderMap) -> Result<Option<Media>, Malformed> {
    let mut values = headers.get_all(CONTENT_TYPE).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => Media::parse(value.to_str().map_err(|_| Malformed)?).map(Some),
        (Some(_), Some(_)) => Err(Malformed),
    }
}

fn ranges(headers: &HeaderMap) -> Result<Vec<Media>, Malformed> {
    let values = headers.get_all(ACCEPT).iter().map(|value| value.to_str().map_err(|_| Malformed));
    media::ranges(values.collect::<Result<Vec<_>, _>>()?.into_iter())
}

/// JSON, as the client wants it named; `None` if it does not want JSON. No header, or an empty one, asks for anything.
fn accepted(headers: &HeaderMap) -> Result<Option<HeaderValue>, Malformed> {
    let ranges = ranges(headers)?;
    if ranges.is_empty() {
        return Ok(Some(JSON));
    }
    let Some(range) = ranges.iter().find(|range| range.covers("application", "json")) else { return Ok(None) };
    if !range.is_concrete() {
        return Ok(Some(JSON));
    }
    HeaderValue::try_from(range.to_string()).map(Some).map_err(|_| Malformed)
}

/// What the answer to OPTIONS is.
pub(crate) enum Listing {
    /// The methods, as text.
    Text,
    /// Nothing, said to be of this type: the header `Allow` tells the methods.
    Empty(Option<HeaderValue>),
}

/// What a client wants to have from OPTIONS. Jersey: `OptionsMethodProcessor`.
pub(crate) fn of_options(headers: &HeaderMap) -> Listing {
    let Ok(ranges) = ranges(headers) else { return Listing::Empty(None) };
    match ranges.first() {
        None => Listing::Text,
        Some(range) if range.covers("text", "plain") => Listing::Text,
        Some(range) if range.is_concrete() => Listing::Empty(HeaderValue::try_from(range.to_string()).ok()),
        Some(_) => Listing::Empty(None),
    }
}
