//! The one map from what can go wrong to statuses and messages (rest.md §1.3).

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use cofferdam_herder::{HerderError, OffsetsError, UnknownLogLevel};
use serde::Serialize;
use utoipa::ToSchema;

/// An error as it is answered: a status and `{"error_code", "message"}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ApiError {
    status: StatusCode,
    message: String,
}

/// Why a request was not done.
#[derive(Serialize, ToSchema)]
#[schema(as = ErrorMessage)]
pub(crate) struct Envelope {
    error_code: u16,
    message: String,
}

impl ApiError {
    pub(crate) fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, message: message.into() }
    }

    /// A mistake in the request.
    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    /// The text that JAX-RS gives a bare status: `HTTP 404 Not Found`.
    pub(crate) fn plain(status: StatusCode) -> Self {
        let reason = match status {
            StatusCode::PAYLOAD_TOO_LARGE => "Request Entity Too Large",
            _ => status.canonical_reason().unwrap_or_default(),
        };
        Self::new(status, format!("HTTP {} {reason}", status.as_u16()))
    }

    /// What `PUT /connector-plugins/{p}/config/validate` makes of an error: Kafka Connect wraps it, so that even a
    /// client's mistake is a 500 with the Java class in front (rest.md §8.3).
    pub(crate) fn from_validation(error: &HerderError) -> Self {
        let text = error.to_string();
        let message = match error {
            HerderError::TypeMismatch { .. } => return Self::bad_request(text),
            HerderError::NoConnectorType | HerderError::Class(_) | HerderError::VersionSyntax(_) => {
                format!("org.apache.kafka.connect.runtime.rest.errors.BadRequestException: {text}")
            }
            HerderError::Provider(_) | HerderError::ClientOverride(_) => {
                format!("org.apache.kafka.common.config.ConfigException: {text}")
            }
            HerderError::Timeout(_) => text.trim_end_matches('.').to_owned(),
            HerderError::Panicked | HerderError::ShuttingDown => text,
            _ => format!("org.apache.kafka.connect.errors.ConnectException: {text}"),
        };
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, message)
    }
}

impl From<HerderError> for ApiError {
    fn from(error: HerderError) -> Self {
        use HerderError as E;
        let status = match &error {
            E::ConnectorNotFound(_)
            | E::UnknownConnector(_)
            | E::UnknownToRestart(_)
            | E::TaskNotFound(_)
            | E::NoStatus(_)
            | E::NoTaskStatus(_)
            | E::NoStatusToRestart(_)
            | E::UnknownPlugin(_) => StatusCode::NOT_FOUND,
            E::AlreadyExists(_) | E::PatchConflict(_) | E::Superseded(_) => StatusCode::CONFLICT,
            E::NameMismatch { .. }
            | E::NoConnectorType
            | E::Class(_)
            | E::VersionSyntax(_)
            | E::NoSuchVersion(_)
            | E::InvalidConfig(_)
            | E::ChainNotRun { .. }
            | E::TypeMismatch { .. }
            | E::NoOffsets
            | E::NotStopped(_)
            | E::Offsets(OffsetsError::Invalid(_)) => StatusCode::BAD_REQUEST,
            E::TopicTracking | E::TopicTrackingReset => StatusCode::FORBIDDEN,
            E::NoTaskConfigs
            | E::NoFencing
            | E::ClientOverride(_)
            | E::Offsets(_)
            | E::Provider(_)
            | E::Plugin(_)
            | E::Connector(_)
            | E::TaskStart(_)
            | E::Timeout(_)
            | E::Panicked
            | E::ShuttingDown => StatusCode::INTERNAL_SERVER_ERROR,
        };
        Self::new(status, error.to_string())
    }
}

impl From<UnknownLogLevel> for ApiError {
    fn from(error: UnknownLogLevel) -> Self {
        let status = match &error {
            UnknownLogLevel::Unknown(_) => StatusCode::NOT_FOUND,
            UnknownLogLevel::Empty => StatusCode::INTERNAL_SERVER_ERROR,
        };
        Self::new(status, error.to_string())
    }
}

/// What Jetty writes beside a 500. Clients show it to their users (kafka-connect-py: `500 Server Error: Server Error`).
const SERVER_ERROR: hyper::ext::ReasonPhrase = hyper::ext::ReasonPhrase::from_static(b"Server Error");

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let envelope = Envelope { error_code: self.status.as_u16(), message: self.message };
        let mut response = (self.status, axum::Json(envelope)).into_response();
        if self.status == StatusCode::INTERNAL_SERVER_ERROR {
            response.extensions_mut().insert(SERVER_ERROR);
        }
        response
    }
}
