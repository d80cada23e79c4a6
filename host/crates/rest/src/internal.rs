//! What workers of a group ask each other (rest.md §12): task configs from the connector's worker to the leader, and an end
//! to zombies. Of any content type, because no client is meant. A worker that is on its own refuses both.

use crate::error::{ApiError, Envelope};
use crate::extract::Name;
use crate::json::{self, TaskConfigs};
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{post, put};
use cofferdam_herder::HerderHandle;

pub(crate) fn routes() -> Router<HerderHandle> {
    Router::new().route("/connectors/{name}/tasks", post(put_tasks)).route("/connectors/{name}/fence", put(fence))
}

#[utoipa::path(
    post,
    path = "/connectors/{name}/tasks",
    tag = "Internal",
    params(("name" = String, Path, description = "The connector's name.")),
    request_body = Vec<std::collections::BTreeMap<String, String>>,
    responses((status = 500, description = "Always, of a worker that is on its own.", body = Envelope))
)]
async fn put_tasks(State(herder): State<HerderHandle>, Name(name): Name, body: Bytes) -> Result<StatusCode, ApiError> {
    let TaskConfigs(configs) = json::read(&body).map_err(ApiError::bad_request)?;
    herder.put_task_configs(&name, configs).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[utoipa::path(
    put,
    path = "/connectors/{name}/fence",
    tag = "Internal",
    params(("name" = String, Path, description = "The connector's name.")),
    responses((status = 500, description = "Always, of a worker that is on its own.", body = Envelope))
)]
async fn fence(State(herder): State<HerderHandle>, Name(name): Name) -> Result<StatusCode, ApiError> {
    herder.fence_zombies(&name).await?;
    Ok(StatusCode::NO_CONTENT)
}
