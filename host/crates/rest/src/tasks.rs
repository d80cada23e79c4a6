//! `/connectors/{name}/tasks`: a connector's tasks (rest.md §5.2, §5.3, §6.4).

use crate::entity::{StateEntity, TaskInfoEntity};
use crate::error::{ApiError, Envelope};
use crate::extract::{Name, TaskNumber};
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use cofferdam_herder::HerderHandle;

pub(crate) fn routes() -> Router<HerderHandle> {
    Router::new()
        .route("/connectors/{name}/tasks", get(tasks))
        .route("/connectors/{name}/tasks/{task}/status", get(status).post(status))
        .route("/connectors/{name}/tasks/{task}/restart", post(restart))
}

#[utoipa::path(
    get,
    path = "/connectors/{name}/tasks",
    tag = "Tasks",
    params(("name" = String, Path, description = "The connector's name.")),
    responses((status = 200, description = "The tasks as they are configured.", body = Vec<TaskInfoEntity>), (status = 404, description = "There is no such connector.", body = Envelope))
)]
async fn tasks(State(herder): State<HerderHandle>, Name(name): Name) -> Result<Json<Vec<TaskInfoEntity>>, ApiError> {
    Ok(Json(herder.tasks(&name).await?.into_iter().map(Into::into).collect()))
}

/// Also by POST: the summary of MapR's Connect lists it so.
#[utoipa::path(
    method(get, post),
    path = "/connectors/{name}/tasks/{task}/status",
    tag = "Tasks",
    params(("name" = String, Path, description = "The connector's name."), ("task" = i32, Path, description = "The task's number.")),
    responses((status = 200, description = "What is observed.", body = StateEntity), (status = 404, description = "There is no status.", body = Envelope))
)]
async fn status(
    State(herder): State<HerderHandle>,
    Name(name): Name,
    TaskNumber(task): TaskNumber,
) -> Result<Json<StateEntity>, ApiError> {
    Ok(Json(StateEntity::task(task, herder.task_status(&name, task).await?)))
}

#[utoipa::path(
    post,
    path = "/connectors/{name}/tasks/{task}/restart",
    tag = "Tasks",
    params(("name" = String, Path, description = "The connector's name."), ("task" = i32, Path, description = "The task's number.")),
    responses((status = 204, description = "Restarted."), (status = 404, description = "There is no such task.", body = Envelope))
)]
async fn restart(
    State(herder): State<HerderHandle>,
    Name(name): Name,
    TaskNumber(task): TaskNumber,
) -> Result<StatusCode, ApiError> {
    herder.restart_task(&name, task).await?;
    Ok(StatusCode::NO_CONTENT)
}
