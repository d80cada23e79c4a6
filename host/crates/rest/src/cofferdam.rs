//! `/cofferdam`: what only this server knows and Kafka Connect's interface has no place for.

use crate::error::{ApiError, Envelope};
use crate::extract::Name;
use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use cofferdam_herder::{Capability, Grant, HerderHandle, PluginDesc, Scope};
use serde::Serialize;
use utoipa::ToSchema;

pub(crate) fn routes() -> Router<HerderHandle> {
    Router::new().route("/cofferdam/plugins", get(plugins)).route("/cofferdam/connectors/{name}/grants", get(grants))
}

/// What a connector may reach.
#[derive(Serialize, ToSchema)]
struct GrantsEntity {
    grants: Vec<GrantEntity>,
}

#[derive(Serialize, ToSchema)]
struct GrantEntity {
    access: &'static str,
    target: String,
}

#[utoipa::path(
    get,
    path = "/cofferdam/connectors/{name}/grants",
    tag = "Cofferdam",
    params(("name" = String, Path, description = "The connector's name.")),
    responses((status = 200, description = "What the connector may reach.", body = GrantsEntity), (status = 404, description = "There is no such connector.", body = Envelope))
)]
async fn grants(State(herder): State<HerderHandle>, Name(name): Name) -> Result<Json<GrantsEntity>, ApiError> {
    let entity = |grant: Grant| GrantEntity { access: grant.access.as_str(), target: grant.target };
    Ok(Json(GrantsEntity { grants: herder.grants(&name).await?.into_iter().map(entity).collect() }))
}

#[derive(Serialize, ToSchema)]
struct PluginsEntity {
    plugins: Vec<PluginEntity>,
    unusable: Vec<UnusableEntity>,
}

/// A class that can be used.
#[derive(Serialize, ToSchema)]
struct PluginEntity {
    class: String,
    alias: String,
    #[serde(rename = "type")]
    kind: &'static str,
    version: String,
    location: String,
    documentation: String,
    capabilities: Vec<CapabilityEntity>,
}

/// What a class will ask the host for.
#[derive(Serialize, ToSchema)]
struct CapabilityEntity {
    access: &'static str,
    scope: ScopeEntity,
    purpose: String,
}

/// Where what is asked for comes from; the words of the WIT interface.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
enum ScopeEntity {
    Literal(String),
    FromConfig(String),
    Template(String),
}

/// A file that cannot be used.
#[derive(Serialize, ToSchema)]
struct UnusableEntity {
    path: String,
    reason: String,
}

#[utoipa::path(
    get,
    path = "/cofferdam/plugins",
    tag = "Cofferdam",
    responses((status = 200, description = "All plugin files, usable or not.", body = PluginsEntity))
)]
async fn plugins(State(herder): State<HerderHandle>) -> Json<PluginsEntity> {
    let files = herder.plugin_files().await;
    let unusable = files
        .unusable
        .into_iter()
        .map(|file| UnusableEntity { path: file.path.display().to_string(), reason: file.reason })
        .collect();
    Json(PluginsEntity { plugins: files.plugins.into_iter().map(plugin).collect(), unusable })
}

fn plugin(desc: PluginDesc) -> PluginEntity {
    PluginEntity {
        alias: desc.alias().to_owned(),
        class: desc.class,
        kind: desc.plugin_type.as_str(),
        version: desc.version,
        location: desc.location,
        documentation: desc.documentation,
        capabilities: desc.capabilities.into_iter().map(capability).collect(),
    }
}

fn capability(capability: Capability) -> CapabilityEntity {
    let scope = match capability.scope {
        Scope::Literal(target) => ScopeEntity::Literal(target),
        Scope::FromConfig(key) => ScopeEntity::FromConfig(key),
        Scope::Template(text) => ScopeEntity::Template(text),
    };
    CapabilityEntity { access: capability.access.as_str(), scope, purpose: capability.purpose }
}
