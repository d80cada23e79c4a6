//! `/admin/loggers`: levels of loggers, shown and changed while the worker runs (rest.md §10).

use crate::entity::LoggerLevelEntity;
use crate::error::{ApiError, Envelope};
use crate::extract::{Json, Name, Parameters};
use crate::json::SetLevel;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use cofferdam_herder::{HerderHandle, LogLevel};
use std::collections::BTreeMap;

pub(crate) fn routes() -> Router<HerderHandle> {
    Router::new().route("/admin/loggers", get(all)).route("/admin/loggers/{name}", get(one).put(set))
}

#[utoipa::path(
    get,
    path = "/admin/loggers",
    tag = "Loggers",
    responses((status = 200, description = "Levels by logger.", body = BTreeMap<String, LoggerLevelEntity>))
)]
async fn all(State(herder): State<HerderHandle>) -> axum::Json<BTreeMap<String, LoggerLevelEntity>> {
    axum::Json(herder.all_logger_levels().into_iter().map(|(name, logger)| (name, logger.into())).collect())
}

#[utoipa::path(
    get,
    path = "/admin/loggers/{name}",
    tag = "Loggers",
    params(("name" = String, Path, description = "The logger's name; root for all.")),
    responses((status = 200, description = "Its level.", body = LoggerLevelEntity), (status = 404, description = "There is no such logger.", body = Envelope))
)]
async fn one(State(herder): State<HerderHandle>, Name(name): Name) -> Result<axum::Json<LoggerLevelEntity>, ApiError> {
    let unknown = || ApiError::new(StatusCode::NOT_FOUND, format!("Logger {name} not found."));
    herder.logger_level(&name).map(|logger| axum::Json(logger.into())).ok_or_else(unknown)
}

#[utoipa::path(
    put,
    path = "/admin/loggers/{name}",
    tag = "Loggers",
    params(("name" = String, Path, description = "The logger's name; root for all."), ("scope" = Option<String>, Query, description = "worker, or cluster.")),
    request_body = SetLevel,
    responses((status = 200, description = "Loggers whose level has changed.", body = Vec<String>), (status = 204, description = "Changed in the whole cluster."), (status = 404, description = "There is no such level.", body = Envelope))
)]
async fn set(
    State(herder): State<HerderHandle>,
    Name(name): Name,
    parameters: Parameters,
    Json(body): Json<SetLevel>,
) -> Result<Response, ApiError> {
    let missing = || ApiError::bad_request("Desired 'level' parameter was not specified in request.");
    let level: LogLevel = body.level.ok_or_else(missing)?.parse()?;
    let scope = parameters.first("scope").unwrap_or("worker");
    if scope.eq_ignore_ascii_case("cluster") {
        herder.set_cluster_logger_level(&name, level).await?;
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    if !scope.eq_ignore_ascii_case("worker") {
        tracing::warn!(scope, "unknown scope in a request to set a level, taken for worker");
    }
    Ok(axum::Json(herder.set_worker_logger_level(&name, level)).into_response())
}
