//! `/health`: whether the worker can do its work (rest.md §11). Its bodies are no error envelopes.

use crate::entity::HealthEntity;
use crate::error::ApiError;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use cofferdam_herder::{Health, HerderHandle, Stage};

pub(crate) fn routes() -> Router<HerderHandle> {
    Router::new().route("/health", get(health))
}

#[utoipa::path(
    get,
    path = "/health",
    tag = "Worker",
    responses((status = 200, description = "Ready.", body = HealthEntity), (status = 503, description = "Still starting.", body = HealthEntity), (status = 500, description = "Cannot do its work, or is going down.", body = HealthEntity))
)]
async fn health(State(herder): State<HerderHandle>) -> Result<(StatusCode, Json<HealthEntity>), ApiError> {
    let (status_code, status, message) = match herder.health().await? {
        Health::Healthy => {
            let message = "Worker has completed startup and is ready to handle requests.".to_owned();
            (StatusCode::OK, "healthy", message)
        }
        Health::Starting(stage) => {
            (StatusCode::SERVICE_UNAVAILABLE, "starting", with_stage("Worker is still starting up.", stage))
        }
        Health::Unhealthy(stage) => {
            let message = "Worker was unable to handle this request and may be unable to handle other requests.";
            (StatusCode::INTERNAL_SERVER_ERROR, "unhealthy", with_stage(message, stage))
        }
    };
    Ok((status_code, Json(HealthEntity { status, message })))
}

fn with_stage(message: &str, stage: Option<Stage>) -> String {
    match stage {
        Some(stage) => format!("{message} {stage}"),
        None => message.to_owned(),
    }
}
