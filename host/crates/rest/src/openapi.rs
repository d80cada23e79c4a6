//! The interface as an OpenAPI document, from the types that are served and the handlers that serve them.
//!
//! What every operation may answer is added here once; the operations themselves tell only what is their own.

use crate::entity::{ConnectorInfoEntity, ConnectorStateInfoEntity};
use crate::error::Envelope;
use crate::{cofferdam, connector_plugins, connectors, health, internal, loggers, offsets, root, tasks, topics};
use axum::routing::get;
use axum::{Json, Router};
use cofferdam_herder::HerderHandle;
use std::collections::BTreeMap;
use utoipa::openapi::path::Operation;
use utoipa::openapi::{ContentBuilder, RefOr, Response, ResponseBuilder};
use utoipa::{Modify, OpenApi, ToSchema};

pub(crate) const PATH: &str = "/cofferdam/openapi.json";

pub(crate) fn routes() -> Router<HerderHandle> {
    Router::new().route(PATH, get(document))
}

async fn document() -> Json<utoipa::openapi::OpenApi> {
    Json(Api::openapi())
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Cofferdam",
        description = "Kafka Connect's REST interface, and what only Cofferdam knows below /cofferdam.",
    ),
    paths(
        root::server_info,
        health::health,
        connectors::list,
        connectors::create,
        connectors::info,
        connectors::delete,
        connectors::config,
        connectors::put_config,
        connectors::patch_config,
        connectors::status,
        connectors::restart,
        connectors::pause,
        connectors::resume,
        connectors::stop,
        tasks::tasks,
        tasks::status,
        tasks::restart,
        connector_plugins::list,
        connector_plugins::config,
        connector_plugins::validate,
        offsets::offsets,
        offsets::alter,
        offsets::reset,
        topics::topics,
        topics::reset,
        internal::put_tasks,
        internal::fence,
        loggers::all,
        loggers::one,
        loggers::set,
        cofferdam::plugins,
        cofferdam::grants,
    ),
    components(schemas(Envelope)),
    modifiers(&CommonAnswers),
)]
struct Api;

/// `GET /connectors`: names, or more by name.
#[derive(ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "describes what `expanded` writes")]
pub(crate) enum ConnectorList {
    Names(Vec<String>),
    Expanded(BTreeMap<String, ExpandedConnector>),
}

/// What was asked for of a connector.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what `expanded` writes")]
pub(crate) struct ExpandedConnector {
    status: Option<ConnectorStateInfoEntity>,
    info: Option<ConnectorInfoEntity>,
}

/// What any operation may answer (rest.md §1.2, §1.3).
struct CommonAnswers;

/// Status, why, and whether only operations with a body answer so.
const COMMON: &[(&str, &str, bool)] = &[
    ("400", "Something in the request cannot be read, or is wrong.", false),
    ("406", "The client accepts no JSON.", false),
    ("413", "The body is too large.", true),
    ("415", "The body is no JSON.", true),
    ("500", "Something failed that the client has no part in, a plugin perhaps; the message says what.", false),
];

impl Modify for CommonAnswers {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        for item in openapi.paths.paths.values_mut() {
            let operations = [&mut item.get, &mut item.put, &mut item.post, &mut item.delete, &mut item.patch];
            operations.into_iter().flatten().for_each(complete);
        }
    }
}

fn complete(operation: &mut Operation) {
    for (status, description, with_body) in COMMON {
        if !with_body || operation.request_body.is_some() {
            let answers = &mut operation.responses.responses;
            answers.entry((*status).to_owned()).or_insert_with(|| error(description));
        }
    }
}

fn error(description: &str) -> RefOr<Response> {
    let schema = utoipa::openapi::Ref::from_schema_name(Envelope::name());
    let content = ContentBuilder::new().schema(Some(schema)).build();
    ResponseBuilder::new().description(description).content("application/json", content).build().into()
}
