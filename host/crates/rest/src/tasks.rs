//! `/connectors/{name}/tasks`: a connector's tasks (rest.md §5.2, §5.3, §6.4).

use crate::entity::{StateEntity, TaskInfoEntity};
use crate::error::ApiError;
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

async fn tasks(State(herder): State<HerderHandle>, Name(name): Name) -> Result<Json<Vec<TaskInfoEntity>>, ApiError> {
    Ok(Json(herder.tasks(&name).await?.into_iter().map(Into::into).collect()))
}

/// Also by POST: the summary of MapR's Connect lists it so.
async fn status(
    State(herder): State<HerderHandle>,
    Name(name): Name,
    TaskNumber(task): TaskNumber,
) -> Result<Json<StateEntity>, ApiError> {
    Ok(Json(StateEntity::task(task, herder.task_status(&name, task).await?)))
}

async fn restart(
    State(herder): State<HerderHandle>,
    Name(name): Name,
    TaskNumber(task): TaskNumber,
) -> Result<StatusCode, ApiError> {
    herder.restart_task(&name, task).await?;
    Ok(StatusCode::NO_CONTENT)
}
