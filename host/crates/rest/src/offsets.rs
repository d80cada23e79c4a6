//! `/connectors/{name}/offsets`: a connector's offsets (rest.md §9).

use crate::error::ApiError;
use crate::extract::{Json as JsonBody, Name};
use crate::json::OffsetsBody;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use cofferdam_herder::HerderHandle;
use serde::Serialize;
use serde_json::value::RawValue;

pub(crate) fn routes() -> Router<HerderHandle> {
    Router::new().route("/connectors/{name}/offsets", get(offsets).patch(alter).delete(reset))
}

/// Kafka: `ConnectorOffsets`.
#[derive(Serialize)]
struct OffsetsEntity {
    offsets: Vec<OffsetEntity>,
}

/// Kafka: `ConnectorOffset`. Both are JSON objects as the connector made them.
#[derive(Serialize)]
struct OffsetEntity {
    partition: Box<RawValue>,
    offset: Box<RawValue>,
}

/// Kafka: `Message`.
#[derive(Serialize)]
struct MessageEntity {
    message: String,
}

async fn offsets(State(herder): State<HerderHandle>, Name(name): Name) -> Result<Json<OffsetsEntity>, ApiError> {
    let entity = |(partition, offset)| Ok(OffsetEntity { partition: raw(partition)?, offset: raw(offset)? });
    let offsets = herder.offsets(&name).await?.into_iter().map(entity).collect::<Result<_, ApiError>>()?;
    Ok(Json(OffsetsEntity { offsets }))
}

fn raw(json: String) -> Result<Box<RawValue>, ApiError> {
    RawValue::from_string(json).map_err(|error| {
        ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, format!("A stored offset is no JSON: {error}"))
    })
}

async fn alter(
    State(herder): State<HerderHandle>,
    Name(name): Name,
    JsonBody(OffsetsBody(offsets)): JsonBody<OffsetsBody>,
) -> Result<Json<MessageEntity>, ApiError> {
    Ok(Json(MessageEntity { message: herder.alter_offsets(&name, offsets).await? }))
}

async fn reset(State(herder): State<HerderHandle>, Name(name): Name) -> Result<Json<MessageEntity>, ApiError> {
    Ok(Json(MessageEntity { message: herder.reset_offsets(&name).await? }))
}
