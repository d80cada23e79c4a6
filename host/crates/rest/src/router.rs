//! All routes.

use crate::error::ApiError;
use crate::{
    cofferdam, connector_plugins, connectors, content, health, loggers, offsets, openapi, root, tasks, topics,
    transport,
};
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::middleware::from_fn;
use cofferdam_herder::HerderHandle;

/// The largest body that is read, in bytes.
const BODY_LIMIT: usize = 10 * 1024 * 1024;

/// The whole REST interface, answered by this herder.
pub fn router(herder: HerderHandle) -> Router {
    let take_json = Router::new()
        .merge(connectors::routes())
        .merge(tasks::routes())
        .merge(connector_plugins::routes())
        .merge(offsets::routes())
        .merge(topics::routes())
        .merge(loggers::routes())
        .route_layer(from_fn(content::takes_and_gives_json));
    let give_json = Router::new()
        .merge(root::routes())
        .merge(health::routes())
        .merge(cofferdam::routes())
        .merge(openapi::routes())
        .route_layer(from_fn(content::gives_json));
    let routes = take_json
        .merge(give_json)
        .method_not_allowed_fallback(async || ApiError::plain(StatusCode::METHOD_NOT_ALLOWED))
        .fallback(async || ApiError::plain(StatusCode::NOT_FOUND))
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .with_state(herder);
    // Layers of a router run after its routing: what changes paths is around all of it.
    Router::new().fallback_service(routes).layer(from_fn(transport::wrap))
}
