//! `/connector-plugins`: what is installed, its options, and what is wrong with a configuration (rest.md §8).

use crate::entity::{ConfigInfosEntity, ConfigKeyInfoEntity, PluginInfoEntity};
use crate::error::{ApiError, Envelope};
use crate::extract::{Json as JsonBody, Name, Parameters};
use crate::json::ConfigBody;
use axum::extract::State;
use axum::routing::{get, put};
use axum::{Json, Router};
use cofferdam_herder::HerderHandle;

pub(crate) fn routes() -> Router<HerderHandle> {
    Router::new()
        .route("/connector-plugins", get(list))
        .route("/connector-plugins/{name}/config", get(config))
        .route("/connector-plugins/{name}/config/validate", put(validate))
}

#[utoipa::path(
    get,
    path = "/connector-plugins",
    tag = "Plugins",
    params(("connectorsOnly" = Option<bool>, Query, description = "Connectors only, unless false.")),
    responses((status = 200, description = "What is installed.", body = Vec<PluginInfoEntity>))
)]
async fn list(State(herder): State<HerderHandle>, parameters: Parameters) -> Json<Vec<PluginInfoEntity>> {
    let given = parameters.first("connectorsOnly").filter(|value| !value.is_empty());
    let connectors_only = given.is_none_or(|value| value.eq_ignore_ascii_case("true"));
    Json(herder.plugins(connectors_only).await.into_iter().map(Into::into).collect())
}

#[utoipa::path(
    get,
    path = "/connector-plugins/{name}/config",
    tag = "Plugins",
    params(("name" = String, Path, description = "A class or its alias."), ("version" = Option<String>, Query, description = "A version, a range, or latest.")),
    responses((status = 200, description = "The options of the class.", body = Vec<ConfigKeyInfoEntity>), (status = 404, description = "There is no such class.", body = Envelope))
)]
async fn config(
    State(herder): State<HerderHandle>,
    Name(name): Name,
    parameters: Parameters,
) -> Result<Json<Vec<ConfigKeyInfoEntity>>, ApiError> {
    let keys = herder.plugin_config(&name, parameters.first("version")).await?;
    Ok(Json(keys.into_iter().map(Into::into).collect()))
}

#[utoipa::path(
    put,
    path = "/connector-plugins/{name}/config/validate",
    tag = "Plugins",
    params(("name" = String, Path, description = "A class or its alias.")),
    request_body = ConfigBody,
    responses((status = 200, description = "What is said about each key.", body = ConfigInfosEntity))
)]
async fn validate(
    State(herder): State<HerderHandle>,
    Name(name): Name,
    JsonBody(ConfigBody(config)): JsonBody<ConfigBody>,
) -> Result<Json<ConfigInfosEntity>, ApiError> {
    let report = herder.validate(&name, config).await.map_err(|error| ApiError::from_validation(&error))?;
    Ok(Json(ConfigInfosEntity::from(&report)))
}
