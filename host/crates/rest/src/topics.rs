//! `/connectors/{name}/topics`: the topics that a connector uses (rest.md §7).

use crate::error::ApiError;
use crate::extract::Name;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, put};
use axum::{Json, Router};
use cofferdam_herder::HerderHandle;
use serde::Serialize;
use std::collections::BTreeMap;

pub(crate) fn routes() -> Router<HerderHandle> {
    Router::new().route("/connectors/{name}/topics", get(topics)).route("/connectors/{name}/topics/reset", put(reset))
}

/// Kafka: `ActiveTopicsInfo`.
#[derive(Serialize)]
struct ActiveTopicsEntity {
    topics: Vec<String>,
}

async fn topics(
    State(herder): State<HerderHandle>,
    Name(name): Name,
) -> Result<Json<BTreeMap<String, ActiveTopicsEntity>>, ApiError> {
    let topics = herder.active_topics(&name).await?;
    Ok(Json(BTreeMap::from([(name, ActiveTopicsEntity { topics })])))
}

async fn reset(State(herder): State<HerderHandle>, Name(name): Name) -> Result<StatusCode, ApiError> {
    herder.reset_active_topics(&name).await?;
    Ok(StatusCode::ACCEPTED)
}
