//! `/connectors`: connectors, their configurations, statuses and lives (rest.md §4 to §6).

use crate::entity::{ConnectorInfoEntity, ConnectorStateInfoEntity};
use crate::error::ApiError;
use crate::extract::{Json as JsonBody, Name, Parameters};
use crate::json::{ConfigBody, CreateConnector};
use crate::location::Base;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use axum::{Json, Router};
use cofferdam_config::java;
use cofferdam_herder::{HerderError, HerderHandle, RestartRequest};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

pub(crate) fn routes() -> Router<HerderHandle> {
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

async fn list(State(herder): State<HerderHandle>, parameters: Parameters) -> Result<Response, ApiError> {
    let expansions: Vec<&str> = parameters.all("expand").collect();
    let names = herder.connectors().await;
    if expansions.is_empty() {
        return Ok(Json(names).into_response());
    }
    let mut connectors = Map::new();
    for name in names {
        // A connector that disappears meanwhile, or has no status yet, is left out (rest.md §4.1).
        if let Some(expanded) = expand(&herder, &name, &expansions).await? {
            connectors.insert(name, expanded);
        }
    }
    Ok(Json(connectors).into_response())
}

async fn expand(herder: &HerderHandle, name: &str, expansions: &[&str]) -> Result<Option<Value>, ApiError> {
    let mut fields = Map::new();
    for expansion in expansions {
        let value = match *expansion {
            "status" => herder.connector_status(name).await.map(|status| json(ConnectorStateInfoEntity::from(status))),
            "info" => herder.connector_info(name).await.map(|info| json(ConnectorInfoEntity::from(info))),
            _ => continue,
        };
        match value {
            Ok(value) => drop(fields.insert((*expansion).to_owned(), value?)),
            Err(HerderError::NoStatus(_) | HerderError::ConnectorNotFound(_)) => return Ok(None),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(Some(Value::Object(fields)))
}

fn json(entity: impl serde::Serialize) -> Result<Value, ApiError> {
    serde_json::to_value(entity).map_err(|error| ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()))
}

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

async fn info(State(herder): State<HerderHandle>, Name(name): Name) -> Result<Json<ConnectorInfoEntity>, ApiError> {
    Ok(Json(herder.connector_info(&name).await?.into()))
}

async fn delete(State(herder): State<HerderHandle>, Name(name): Name) -> Result<StatusCode, ApiError> {
    herder.delete(&name).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn config(
    State(herder): State<HerderHandle>,
    Name(name): Name,
) -> Result<Json<BTreeMap<String, String>>, ApiError> {
    Ok(Json(herder.connector_config(&name).await?))
}

async fn put_config(
    State(herder): State<HerderHandle>,
    Name(name): Name,
    base: Base,
    JsonBody(ConfigBody(config)): JsonBody<ConfigBody>,
) -> Result<Response, ApiError> {
    let (info, is_new) = herder.put_config(&name, config).await?;
    if is_new { Ok(created(&base, info.into())) } else { Ok(Json(ConnectorInfoEntity::from(info)).into_response()) }
}

async fn patch_config(
    State(herder): State<HerderHandle>,
    Name(name): Name,
    JsonBody(ConfigBody(patch)): JsonBody<ConfigBody>,
) -> Result<Json<ConnectorInfoEntity>, ApiError> {
    Ok(Json(herder.patch_config(&name, patch).await?.into()))
}

async fn status(
    State(herder): State<HerderHandle>,
    Name(name): Name,
) -> Result<Json<ConnectorStateInfoEntity>, ApiError> {
    Ok(Json(herder.connector_status(&name).await?.into()))
}

/// Without flags the connector instance alone is restarted, and there is no body; else what is restarted is told.
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

async fn pause(State(herder): State<HerderHandle>, Name(name): Name) -> Result<StatusCode, ApiError> {
    herder.pause(&name).await?;
    Ok(StatusCode::ACCEPTED)
}

async fn resume(State(herder): State<HerderHandle>, Name(name): Name) -> Result<StatusCode, ApiError> {
    herder.resume(&name).await?;
    Ok(StatusCode::ACCEPTED)
}

async fn stop(State(herder): State<HerderHandle>, Name(name): Name) -> Result<StatusCode, ApiError> {
    herder.stop(&name).await?;
    Ok(StatusCode::NO_CONTENT)
}
