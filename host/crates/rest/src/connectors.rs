//! `/connectors`: connectors, their configurations, statuses and lives (rest.md §4 to §6).

use crate::entity::{ConnectorInfoEntity, ConnectorStateInfoEntity};
use crate::error::{ApiError, Envelope};
use crate::expanded::ExpandedList;
use crate::extract::{Json as JsonBody, Name, Parameters};
use crate::json::{ConfigBody, CreateConnector};
use crate::location::Base;
use crate::openapi::ConnectorList;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, LOCATION};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use axum::{Json, Router};
use cofferdam_config::java;
use cofferdam_herder::{HerderHandle, RestartRequest};
use std::collections::BTreeMap;
use std::sync::Arc;

pub(crate) fn routes() -> Router<HerderHandle> {
    let expanded = Arc::new(ExpandedList::default());
    let list = move |herder, parameters| list(herder, parameters, expanded.clone());
    Router::new()
        .route("/connectors", get(list).post(create))
        .route("/connectors/{name}", get(info).delete(delete))
        .route("/connectors/{name}/config", get(config).put(put_config).patch(patch_config))
        .route("/connectors/{name}/status", get(status))
        .route("/connectors/{name}/restart", post(restart))
        .route("/connectors/{name}/pause", put(pause))
        .route("/connectors/{name}/resume", put(resume))
        .route("/connectors/{name}/stop", put(stop))
}

#[utoipa::path(
    get,
    path = "/connectors",
    tag = "Connectors",
    params(("expand" = Option<Vec<String>>, Query, description = "What to tell of each connector besides its name: status, info.")),
    responses((status = 200, description = "The names; with `expand`, an object by name.", body = ConnectorList))
)]
async fn list(
    State(herder): State<HerderHandle>,
    parameters: Parameters,
    expanded: Arc<ExpandedList>,
) -> Result<Response, ApiError> {
    let expansions: Vec<&str> = parameters.all("expand").collect();
    if expansions.is_empty() {
        return Ok(Json(herder.connectors().await).into_response());
    }
    let body = expanded.get(&herder, &expansions).await?;
    Ok(([(CONTENT_TYPE, "application/json")], body).into_response())
}

#[utoipa::path(
    post,
    path = "/connectors",
    tag = "Connectors",
    request_body = CreateConnector,
    responses((status = 201, description = "Created and started.", body = ConnectorInfoEntity, headers(("Location" = String, description = "The connector's URL."))), (status = 409, description = "The name is taken.", body = Envelope))
)]
async fn create(
    State(herder): State<HerderHandle>,
    base: Base,
    JsonBody(body): JsonBody<CreateConnector>,
) -> Result<Response, ApiError> {
    let name = body.name.as_deref().map(java::trim).unwrap_or_default();
    let info = herder.create(name, body.config, body.initial_state).await?;
    Ok(created(&base, info.into()))
}

/// 201 with `Location`.
fn created(base: &Base, info: ConnectorInfoEntity) -> Response {
    let location = base.connector(&info.name);
    let mut response = (StatusCode::CREATED, Json(info)).into_response();
    if let Some(location) = location {
        response.headers_mut().insert(LOCATION, location);
    }
    response
}

#[utoipa::path(
    get,
    path = "/connectors/{name}",
    tag = "Connectors",
    params(("name" = String, Path, description = "The connector's name.")),
    responses((status = 200, description = "The connector as it is configured.", body = ConnectorInfoEntity), (status = 404, description = "There is no such connector.", body = Envelope))
)]
async fn info(State(herder): State<HerderHandle>, Name(name): Name) -> Result<Json<ConnectorInfoEntity>, ApiError> {
    Ok(Json(herder.connector_info(&name).await?.into()))
}

#[utoipa::path(
    delete,
    path = "/connectors/{name}",
    tag = "Connectors",
    params(("name" = String, Path, description = "The connector's name.")),
    responses((status = 204, description = "Stopped and forgotten."), (status = 404, description = "There is no such connector.", body = Envelope))
)]
async fn delete(State(herder): State<HerderHandle>, Name(name): Name) -> Result<StatusCode, ApiError> {
    herder.delete(&name).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[utoipa::path(
    get,
    path = "/connectors/{name}/config",
    tag = "Connectors",
    params(("name" = String, Path, description = "The connector's name.")),
    responses((status = 200, description = "The configuration as it was given.", body = BTreeMap<String, String>), (status = 404, description = "There is no such connector.", body = Envelope))
)]
async fn config(
    State(herder): State<HerderHandle>,
    Name(name): Name,
) -> Result<Json<BTreeMap<String, String>>, ApiError> {
    Ok(Json(herder.connector_config(&name).await?))
}

#[utoipa::path(
    put,
    path = "/connectors/{name}/config",
    tag = "Connectors",
    params(("name" = String, Path, description = "The connector's name.")),
    request_body = ConfigBody,
    responses((status = 200, description = "Updated and restarted.", body = ConnectorInfoEntity), (status = 201, description = "Created and started.", body = ConnectorInfoEntity, headers(("Location" = String, description = "The connector's URL."))), (status = 409, description = "Something else changes the connector.", body = Envelope))
)]
async fn put_config(
    State(herder): State<HerderHandle>,
    Name(name): Name,
    base: Base,
    JsonBody(ConfigBody(config)): JsonBody<ConfigBody>,
) -> Result<Response, ApiError> {
    let (info, is_new) = herder.put_config(&name, config).await?;
    if is_new { Ok(created(&base, info.into())) } else { Ok(Json(ConnectorInfoEntity::from(info)).into_response()) }
}

#[utoipa::path(
    patch,
    path = "/connectors/{name}/config",
    tag = "Connectors",
    params(("name" = String, Path, description = "The connector's name.")),
    request_body = ConfigBody,
    responses((status = 200, description = "Updated and restarted.", body = ConnectorInfoEntity), (status = 404, description = "There is no such connector.", body = Envelope), (status = 409, description = "Something else changes the connector.", body = Envelope))
)]
async fn patch_config(
    State(herder): State<HerderHandle>,
    Name(name): Name,
    JsonBody(ConfigBody(patch)): JsonBody<ConfigBody>,
) -> Result<Json<ConnectorInfoEntity>, ApiError> {
    Ok(Json(herder.patch_config(&name, patch).await?.into()))
}

#[utoipa::path(
    get,
    path = "/connectors/{name}/status",
    tag = "Connectors",
    params(("name" = String, Path, description = "The connector's name.")),
    responses((status = 200, description = "What is observed.", body = ConnectorStateInfoEntity), (status = 404, description = "There is no status.", body = Envelope))
)]
async fn status(
    State(herder): State<HerderHandle>,
    Name(name): Name,
) -> Result<Json<ConnectorStateInfoEntity>, ApiError> {
    Ok(Json(herder.connector_status(&name).await?.into()))
}

/// Without flags the connector instance alone is restarted, and there is no body; else what is restarted is told.
#[utoipa::path(
    post,
    path = "/connectors/{name}/restart",
    tag = "Connectors",
    params(("name" = String, Path, description = "The connector's name."), ("includeTasks" = Option<bool>, Query, description = "Its tasks, too."), ("onlyFailed" = Option<bool>, Query, description = "Only what has failed.")),
    responses((status = 202, description = "What is restarted, with a parameter.", body = ConnectorStateInfoEntity), (status = 204, description = "The connector alone is restarted, without parameters."), (status = 404, description = "There is no such connector.", body = Envelope), (status = 409, description = "Something else changes the connector.", body = Envelope))
)]
async fn restart(
    State(herder): State<HerderHandle>,
    Name(name): Name,
    parameters: Parameters,
) -> Result<Response, ApiError> {
    let (include_tasks, only_failed) = (parameters.flag("includeTasks"), parameters.flag("onlyFailed"));
    let request = RestartRequest { include_tasks, only_failed };
    if request.is_plain() {
        herder.restart_connector(&name).await?;
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let plan = ConnectorStateInfoEntity::from(herder.restart(&name, request).await?);
    Ok((StatusCode::ACCEPTED, Json(plan)).into_response())
}

#[utoipa::path(
    put,
    path = "/connectors/{name}/pause",
    tag = "Connectors",
    params(("name" = String, Path, description = "The connector's name.")),
    responses((status = 202, description = "To be paused."), (status = 404, description = "There is no such connector.", body = Envelope))
)]
async fn pause(State(herder): State<HerderHandle>, Name(name): Name) -> Result<StatusCode, ApiError> {
    herder.pause(&name).await?;
    Ok(StatusCode::ACCEPTED)
}

#[utoipa::path(
    put,
    path = "/connectors/{name}/resume",
    tag = "Connectors",
    params(("name" = String, Path, description = "The connector's name.")),
    responses((status = 202, description = "To go on."), (status = 404, description = "There is no such connector.", body = Envelope))
)]
async fn resume(State(herder): State<HerderHandle>, Name(name): Name) -> Result<StatusCode, ApiError> {
    herder.resume(&name).await?;
    Ok(StatusCode::ACCEPTED)
}

#[utoipa::path(
    put,
    path = "/connectors/{name}/stop",
    tag = "Connectors",
    params(("name" = String, Path, description = "The connector's name.")),
    responses((status = 204, description = "Stopped; it has no tasks."), (status = 404, description = "There is no such connector.", body = Envelope))
)]
async fn stop(State(herder): State<HerderHandle>, Name(name): Name) -> Result<StatusCode, ApiError> {
    herder.stop(&name).await?;
    Ok(StatusCode::NO_CONTENT)
}
