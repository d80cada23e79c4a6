//! Which pages of other origins may use REST (Kafka: `RestServer`, Jetty's `CrossOriginHandler`).

use crate::validate::{ConfigError, ParsedConfig, invalid};
use regex::{Regex, RegexBuilder};

pub(super) const ORIGINS: &str = "access.control.allow.origin";
pub(super) const METHODS: &str = "access.control.allow.methods";

/// What browsers are told about requests from pages of other origins.
#[derive(Clone, Debug, PartialEq)]
pub struct CorsConfig {
    /// The origins that are allowed; `None`: all.
    pub origins: Option<Vec<OriginPattern>>,
    /// The methods that they may use.
    pub methods: Vec<String>,
}

impl CorsConfig {
    /// Whether pages of `origin` may use REST.
    pub fn allows(&self, origin: &str) -> bool {
        self.origins.as_ref().is_none_or(|patterns| patterns.iter().any(|pattern| pattern.0.is_match(origin)))
    }
}

/// A regular expression for whole origins, in any case.
#[derive(Clone, Debug)]
pub struct OriginPattern(Regex);

impl PartialEq for OriginPattern {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_str() == other.0.as_str()
    }
}

pub(super) fn parse(parsed: &ParsedConfig) -> Result<Option<CorsConfig>, ConfigError> {
    let Some(text) = parsed.filled_text(ORIGINS) else { return Ok(None) };
    let items: Vec<&str> = text.split(',').map(str::trim).filter(|item| !item.is_empty()).collect();
    let origins = match items.contains(&"*") {
        true => None,
        false => Some(items.iter().map(|item| pattern(item)).collect::<Result<_, _>>()?),
    };
    Ok(Some(CorsConfig { origins, methods: methods(parsed)? }))
}

fn pattern(item: &str) -> Result<OriginPattern, ConfigError> {
    let whole = RegexBuilder::new(&format!(r"\A(?:{item})\z")).case_insensitive(true).build();
    // Tried by itself first: the parentheses could make one of two wrong halves.
    let regex = Regex::new(item).and(whole).map_err(|error| {
        // Its message is a drawing of several lines, of which the last says what is wrong.
        let text = error.to_string();
        let cause = text.lines().next_back().unwrap_or(&text).trim().trim_start_matches("error: ");
        ConfigError {
            key: ORIGINS.to_owned(),
            value: Some(item.to_owned()),
            message: invalid(ORIGINS, item, &format!("Invalid regex: {cause}")),
            allowed: "origins such as https://host:port, or regular expressions for them, separated by commas, or *"
                .to_owned(),
        }
    })?;
    Ok(OriginPattern(regex))
}

fn methods(parsed: &ParsedConfig) -> Result<Vec<String>, ConfigError> {
    let Some(text) = parsed.filled_text(METHODS) else {
        return Ok(["GET", "POST", "HEAD"].map(str::to_owned).to_vec());
    };
    let methods: Vec<String> =
        text.split(',').map(str::trim).filter(|method| !method.is_empty()).map(str::to_owned).collect();
    match methods.iter().find(|method| !super::headers::is_token(method)) {
        None => Ok(methods),
        Some(method) => Err(ConfigError {
            key: METHODS.to_owned(),
            value: Some(text.to_owned()),
            message: invalid(METHODS, text, &format!("`{method}` is not a method")),
            allowed: "methods such as GET, separated by commas".to_owned(),
        }),
    }
}
