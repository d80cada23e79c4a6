//! Who may use the interface: HTTP Basic in front of a whole router.
//!
//! Users come from Kafka Connect's `BasicAuthSecurityRestExtension` (rest.md §13) or from a file of password hashes. Both
//! are read once, at start: what cannot be read, or would let nobody or everybody in, stops it. Everything needs a user
//! but `/health`, which orchestrators ask without one.
//!
//! What this does about guessing: comparisons take as long for users that do not exist, costly hashes are computed beside
//! the threads that serve, few at a time, failures are answered late, and there is a limit to attempts under way. A user
//! who got in before is not slowed down by any of it.

mod attempts;
mod files;
mod hash;
mod header;
mod users;

pub use files::AuthError;

use crate::error::ApiError;
use attempts::{Attempts, Outcome};
use axum::Router;
use axum::extract::{Request, State};
use axum::http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use cofferdam_config::RestAuth;
use std::sync::Arc;
use users::{Role, Users};

/// The one resource that is open. As it is written: any other path that comes to mean it needs a user.
const OPEN: [&str; 2] = ["/health", "/health/"];
/// What an answer to a wrong or missing user says. Kafka: `JaasBasicAuthFilter`.
const REFUSED: &str = "User cannot access the resource.";
/// Asks browsers and libraries for a user. Kafka's extension does not.
const CHALLENGE: HeaderValue = HeaderValue::from_static("Basic realm=\"cofferdam\", charset=\"UTF-8\"");

/// Who may use the interface. Clones share what they know.
#[derive(Clone, Debug)]
pub struct Auth {
    attempts: Arc<Attempts>,
    /// Whether a refusal says how to get in.
    challenges: bool,
}

impl Auth {
    /// Reads the users that a worker's configuration names; `None` if everybody may use the interface. `kafka_opts` is the
    /// environment's `KAFKA_OPTS`, which may name the login configuration.
    pub fn open(config: &RestAuth, kafka_opts: Option<&str>) -> Result<Option<Self>, AuthError> {
        let (users, challenges) = match config {
            RestAuth::Everybody => return Ok(None),
            RestAuth::Extension(login) => (files::of_login_config(login.as_ref(), kafka_opts)?, false),
            RestAuth::PasswordFile(path) => (files::of_password_file(path)?, true),
        };
        Ok(Some(Self::new(users, challenges)))
    }

    fn new(users: Users, challenges: bool) -> Self {
        Self { attempts: Arc::new(Attempts::new(users)), challenges }
    }

    /// Puts this in front of a router.
    pub fn protect(&self, router: Router) -> Router {
        router.layer(from_fn_with_state(self.clone(), check))
    }

    fn refusal(&self) -> Response {
        let mut response = (StatusCode::UNAUTHORIZED, REFUSED).into_response();
        if self.challenges {
            response.headers_mut().insert(WWW_AUTHENTICATE, CHALLENGE);
        }
        response
    }
}

async fn check(State(auth): State<Auth>, request: Request, next: Next) -> Response {
    if OPEN.contains(&request.uri().path()) {
        return next.run(request).await;
    }
    // Who says nothing, or nothing that can be understood, is not guessing: there is nothing to be slowed down.
    let Some(credentials) = header::credentials(request.headers()) else { return auth.refusal() };
    match Attempts::check(&auth.attempts, credentials).await {
        Outcome::Granted(role) if may(role, request.method()) => next.run(request).await,
        Outcome::Granted(_) => {
            let message = format!("The role of this user allows to read only, not {}.", request.method());
            ApiError::new(StatusCode::FORBIDDEN, message).into_response()
        }
        Outcome::Refused => auth.refusal(),
        Outcome::TooMany => {
            let message = "Too many users are being checked at the moment; try again.";
            let response = ApiError::new(StatusCode::SERVICE_UNAVAILABLE, message).into_response();
            ([(RETRY_AFTER, HeaderValue::from_static("1"))], response).into_response()
        }
    }
}

fn may(role: Role, method: &Method) -> bool {
    match role {
        Role::Admin => true,
        Role::Read => [Method::GET, Method::HEAD, Method::OPTIONS].contains(method),
    }
}

#[cfg(test)]
mod tests;
