//! `/connectors/{name}/topics`: the topics that a connector uses (rest.md §7).

use crate::error::{ApiError, Envelope};
use crate::extract::Name;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, put};
use axum::{Json, Router};
use cofferdam_herder::HerderHandle;
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

pub(crate) fn routes() -> Router<HerderHandle> {
    Router::new().route("/connectors/{name}/topics", get(topics)).route("/connectors/{name}/topics/reset", put(reset))
}

/// Kafka: `ActiveTopicsInfo`.
#[derive(Serialize, ToSchema)]
#[schema(as = ActiveTopicsInfo)]
pub(crate) struct ActiveTopicsEntity {
    topics: Vec<String>,
}

#[utoipa::path(
    get,
    path = "/connectors/{name}/topics",
    tag = "Topics",
    params(("name" = String, Path, description = "The connector's name.")),
    responses(
        (status = 200, description = "The topics, by the connector's name.", body = BTreeMap<String, ActiveTopicsEntity>),
        (status = 403, description = "Topics are not tracked, or may not be reset.", body = Envelope)
    )
)]
async fn topics(
    State(herder): State<HerderHandle>,
    Name(name): Name,
) -> Result<Json<BTreeMap<String, ActiveTopicsEntity>>, ApiError> {
    let topics = herder.active_topics(&name).await?;
    Ok(Json(BTreeMap::from([(name, ActiveTopicsEntity { topics })])))
}

#[utoipa::path(
    put,
    path = "/connectors/{name}/topics/reset",
    tag = "Topics",
    params(("name" = String, Path, description = "The connector's name.")),
    responses(
        (status = 202, description = "Forgotten."),
        (status = 403, description = "Topics are not tracked, or may not be reset.", body = Envelope)
    )
)]
async fn reset(State(herder): State<HerderHandle>, Name(name): Name) -> Result<StatusCode, ApiError> {
    herder.reset_active_topics(&name).await?;
    Ok(StatusCode::ACCEPTED)
}
