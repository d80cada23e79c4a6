//! Connector files named on the command line, told apart by their content as Kafka does: a flat JSON object, a create
//! request in JSON, or Java properties.

use crate::properties::{self, PropertiesError};
use crate::target_state::{TargetState, UnknownTargetState};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::path::Path;
use thiserror::Error;

/// A connector as a file describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectorFile {
    /// Its configuration, which has a `name`.
    pub config: BTreeMap<String, String>,
    /// The state to create it in; `None`: not said.
    pub initial_state: Option<TargetState>,
}

/// Why a connector file cannot be used.
#[derive(Debug, Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum ConnectorFileError {
    #[error("could not read the connector configuration at '{path}': {source}")]
    Read { path: String, source: std::io::Error },
    #[error(transparent)]
    Properties(#[from] PropertiesError),
    #[error(
        "the connector configuration at '{path}' is not what was expected, a JSON object of strings or one with `name` \
         and `config`: {cause}"
    )]
    Json { path: String, cause: String },
    #[error("Connector configuration at '{path}' is missing the mandatory 'name' configuration")]
    NoName { path: String },
    #[error("Connector name configuration in 'config' doesn't match the one specified in 'name' at '{path}'")]
    NameMismatch { path: String },
    #[error("the connector configuration at '{path}' has null for '{key}': leave the key out, or give it a value")]
    Null { path: String, key: String },
    #[error("the connector configuration at '{path}' has a wrong 'initial_state': {source}")]
    InitialState { path: String, source: UnknownTargetState },
}

/// A create request; unknown fields are ignored, and scalars are taken for text as REST takes them.
#[derive(Deserialize)]
struct CreateRequest {
    name: Box<RawValue>,
    config: BTreeMap<String, Box<RawValue>>,
    #[serde(default)]
    initial_state: Option<Box<RawValue>>,
}

/// Reads a connector file (connectors.md §5.1 of Kafka's behaviour): JSON where the text begins like an object, else
/// Java properties.
pub fn read_connector_file(path: &Path) -> Result<ConnectorFile, ConnectorFileError> {
    let shown = path.display().to_string();
    let bytes = std::fs::read(path).map_err(|source| ConnectorFileError::Read { path: shown.clone(), source })?;
    parse_connector_file(&properties::decode(&bytes), &shown)
}

/// As [`read_connector_file`], for the text of a file called `path`.
pub fn parse_connector_file(text: &str, path: &str) -> Result<ConnectorFile, ConnectorFileError> {
    if text.trim_start().starts_with('{') {
        return parse_json(text, path);
    }
    let config = properties::parse_properties(text, path)?;
    named(config, None, path)
}

fn parse_json(text: &str, path: &str) -> Result<ConnectorFile, ConnectorFileError> {
    let json_error = |cause: String| ConnectorFileError::Json { path: path.to_owned(), cause };
    let object: BTreeMap<String, Box<RawValue>> =
        serde_json::from_str(text).map_err(|error| json_error(error.to_string()))?;
    if object.values().all(|value| is_scalar(value)) {
        return named(texts(object, path)?, None, path);
    }
    let request: CreateRequest = serde_json::from_str(text).map_err(|error| json_error(error.to_string()))?;
    if let Some((key, _)) = request.config.iter().find(|(_, value)| !is_scalar(value)) {
        return Err(json_error(format!("the value of '{key}' in 'config' is not a string")));
    }
    let text = |value: &RawValue, key: &str| match scalar(value) {
        Some(text) => text.map_err(json_error),
        None => Err(json_error(format!("the value of '{key}' is not a string"))),
    };
    let mut config = texts(request.config, path)?;
    let wanted = text(&request.name, "name")?;
    let wanted = wanted.ok_or_else(|| ConnectorFileError::Null { path: path.to_owned(), key: "name".to_owned() })?;
    let name = config.entry("name".to_owned()).or_insert_with(|| wanted.clone());
    if *name != wanted {
        return Err(ConnectorFileError::NameMismatch { path: path.to_owned() });
    }
    let state = request.initial_state.map_or(Ok(None), |state| text(&state, "initial_state"))?;
    let initial_state = state
        .map(|state| TargetState::from_initial_state(&state))
        .transpose()
        .map_err(|source| ConnectorFileError::InitialState { path: path.to_owned(), source })?;
    named(config, initial_state, path)
}

fn named(
    config: BTreeMap<String, String>,
    initial_state: Option<TargetState>,
    path: &str,
) -> Result<ConnectorFile, ConnectorFileError> {
    if !config.contains_key("name") {
        return Err(ConnectorFileError::NoName { path: path.to_owned() });
    }
    Ok(ConnectorFile { config, initial_state })
}

fn is_scalar(value: &RawValue) -> bool {
    !value.get().starts_with(['{', '['])
}

/// A scalar as Jackson reads it where a string is wanted, numbers and booleans by their text; `Some(Ok(None))` is null,
/// `None` no scalar.
fn scalar(value: &RawValue) -> Option<Result<Option<String>, String>> {
    match value.get() {
        "null" => Some(Ok(None)),
        raw if raw.starts_with('"') => Some(serde_json::from_str(raw).map_err(|error| error.to_string())),
        raw => is_scalar(value).then(|| Ok(Some(raw.to_owned()))),
    }
}

fn texts(object: BTreeMap<String, Box<RawValue>>, path: &str) -> Result<BTreeMap<String, String>, ConnectorFileError> {
    let text = |(key, value): (String, Box<RawValue>)| match scalar(&value) {
        Some(Ok(Some(text))) => Ok((key, text)),
        Some(Err(cause)) => Err(ConnectorFileError::Json { path: path.to_owned(), cause }),
        // Others than scalars are refused before.
        Some(Ok(None)) | None => Err(ConnectorFileError::Null { path: path.to_owned(), key }),
    };
    object.into_iter().map(text).collect()
}

#[cfg(test)]
mod tests;
