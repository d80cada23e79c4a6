//! `/connectors/{name}/offsets`: a connector's offsets (rest.md §9).

use crate::error::{ApiError, Envelope};
use crate::extract::{Json as JsonBody, Name};
use crate::json::OffsetsBody;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use cofferdam_herder::HerderHandle;
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

pub(crate) fn routes() -> Router<HerderHandle> {
    Router::new().route("/connectors/{name}/offsets", get(offsets).patch(alter).delete(reset))
}

/// Kafka: `ConnectorOffsets`.
#[derive(Serialize, ToSchema)]
#[schema(as = ConnectorOffsets)]
pub(crate) struct OffsetsEntity {
    offsets: Vec<OffsetEntity>,
}

/// Kafka: `ConnectorOffset`. Both are JSON objects as the connector made them.
#[derive(Serialize, ToSchema)]
#[schema(as = ConnectorOffset)]
struct OffsetEntity {
    #[schema(value_type = Object)]
    partition: Box<RawValue>,
    /// In a request, null: to be forgotten.
    #[schema(value_type = Option<Object>)]
    offset: Box<RawValue>,
}

/// Kafka: `Message`.
#[derive(Serialize, ToSchema)]
#[schema(as = Message)]
pub(crate) struct MessageEntity {
    message: String,
}

#[utoipa::path(
    get,
    path = "/connectors/{name}/offsets",
    tag = "Offsets",
    params(("name" = String, Path, description = "The connector's name.")),
    responses(
        (status = 200, description = "Offsets by partition.", body = OffsetsEntity),
        (status = 404, description = "There is no such connector.", body = Envelope)
    )
)]
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

#[utoipa::path(
    patch,
    path = "/connectors/{name}/offsets",
    tag = "Offsets",
    params(("name" = String, Path, description = "The connector's name.")),
    request_body = OffsetsEntity,
    responses(
        (status = 200, description = "Altered.", body = MessageEntity),
        (status = 404, description = "There is no such connector.", body = Envelope)
    )
)]
async fn alter(
    State(herder): State<HerderHandle>,
    Name(name): Name,
    JsonBody(OffsetsBody(offsets)): JsonBody<OffsetsBody>,
) -> Result<Json<MessageEntity>, ApiError> {
    Ok(Json(MessageEntity { message: herder.alter_offsets(&name, offsets).await? }))
}

#[utoipa::path(
    delete,
    path = "/connectors/{name}/offsets",
    tag = "Offsets",
    params(("name" = String, Path, description = "The connector's name.")),
    responses(
        (status = 200, description = "All forgotten.", body = MessageEntity),
        (status = 404, description = "There is no such connector.", body = Envelope)
    )
)]
async fn reset(State(herder): State<HerderHandle>, Name(name): Name) -> Result<Json<MessageEntity>, ApiError> {
    Ok(Json(MessageEntity { message: herder.reset_offsets(&name).await? }))
}
