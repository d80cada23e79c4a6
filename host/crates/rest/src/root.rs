//! `/`: what this worker is.

use crate::entity::ServerInfoEntity;
use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use cofferdam_herder::HerderHandle;

pub(crate) fn routes() -> Router<HerderHandle> {
    Router::new().route("/", get(server_info))
}

#[utoipa::path(
    get,
    path = "/",
    tag = "Worker",
    responses((status = 200, description = "What this worker is.", body = ServerInfoEntity))
)]
async fn server_info(State(herder): State<HerderHandle>) -> Json<ServerInfoEntity> {
    Json(herder.server_info().into())
}
