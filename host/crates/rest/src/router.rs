//! All routes.

use crate::answer_headers::AnswerHeaders;
use crate::error::ApiError;
use crate::{
    Auth, answer_headers, cofferdam, connector_plugins, connectors, content, health, internal, loggers, offsets,
    openapi, root, tasks, topics, transport,
};
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::middleware::{from_fn, from_fn_with_state};
use cofferdam_config::{AdminListeners, RestConfig};
use cofferdam_herder::HerderHandle;
use std::sync::Arc;

/// The REST interface of the regular listeners, answered by this herder; with `auth`, for users only. The administrative
/// resources are part of it unless they have listeners of their own or are switched off.
pub fn router(herder: HerderHandle, config: &RestConfig, auth: Option<Auth>) -> Router {
    let mut take_json = Router::new()
        .merge(connectors::routes())
        .merge(tasks::routes())
        .merge(connector_plugins::routes())
        .merge(offsets::routes())
        .merge(topics::routes());
    if config.admin == AdminListeners::Shared {
        take_json = take_json.merge(admin_routes());
    }
    let give_json = Router::new()
        .merge(root::routes())
        .merge(health::routes())
        .merge(internal::routes())
        .merge(cofferdam::routes())
        .merge(openapi::routes());
    let routes = taking_json(take_json).merge(give_json.route_layer(from_fn(content::gives_json)));
    let app = app(routes, herder, config, auth);
    match AnswerHeaders::new(config) {
        Some(headers) => app.layer(from_fn_with_state(Arc::new(headers), answer_headers::add)),
        None => app,
    }
}

/// The REST interface of the administrative listeners: those resources and nothing else.
pub fn admin_router(herder: HerderHandle, config: &RestConfig, auth: Option<Auth>) -> Router {
    app(taking_json(admin_routes()), herder, config, auth)
}

/// The administrative resources: what is below `/admin` in Kafka Connect. Each is merged here.
fn admin_routes() -> Router<HerderHandle> {
    Router::new().merge(loggers::routes())
}

fn taking_json(routes: Router<HerderHandle>) -> Router<HerderHandle> {
    routes.route_layer(from_fn(content::takes_and_gives_json))
}

fn app(routes: Router<HerderHandle>, herder: HerderHandle, config: &RestConfig, auth: Option<Auth>) -> Router {
    let routes = routes
        .method_not_allowed_fallback(async || ApiError::plain(StatusCode::METHOD_NOT_ALLOWED))
        .fallback(async || ApiError::plain(StatusCode::NOT_FOUND))
        .layer(DefaultBodyLimit::max(config.max_request_bytes))
        .with_state(herder);
    // Layers of a router run after its routing: what changes paths is around all of it.
    let app = Router::new().fallback_service(routes).layer(from_fn(transport::wrap));
    match auth {
        Some(auth) => auth.protect(app),
        None => app,
    }
}
