//! Headers added to answers (Kafka: `RestServerConfig.validateHttpResponseHeaderConfig`, Jetty's `HeaderFilter`).

use crate::validate::{ConfigError, ParsedConfig, invalid};

pub(super) const KEY: &str = "response.http.headers.config";

/// What is done to one header of each answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeaderRule {
    /// The header's name.
    pub name: String,
    /// Beside headers of that name that are there already, not in their place.
    pub add: bool,
    /// What it says.
    pub value: HeaderValueRule,
}

/// A header's value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HeaderValueRule {
    /// This text.
    Text(String),
    /// The time of the answer and so many milliseconds, as a date.
    Date(i64),
}

/// Headers by which HTTP itself finds the end of an answer and of a connection.
const FRAMING: &[&str] =
    &["connection", "content-length", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"];

pub(super) fn parse(parsed: &ParsedConfig) -> Result<Vec<HeaderRule>, ConfigError> {
    let text = parsed.text(KEY).unwrap_or_default();
    let refuse = |tail: String| ConfigError {
        key: KEY.to_owned(),
        value: Some(text.to_owned()),
        message: invalid(KEY, text, &tail),
        allowed: "[set|add|setDate|addDate] NAME:VALUE, several separated by commas, in quotes if there is a comma in \
                  one"
        .to_owned(),
    };
    csv(text).iter().map(|item| rule(item).map_err(refuse)).collect()
}

fn rule(item: &str) -> Result<HeaderRule, String> {
    let format =
        || format!("Invalid format of header config '{item}'. Expected: '[action] [header name]:[header value]'");
    let (action, header) = item.trim().split_once(char::is_whitespace).ok_or_else(format)?;
    let (add, date) = match action.to_ascii_lowercase().as_str() {
        "set" => (false, false),
        "add" => (true, false),
        "setdate" => (false, true),
        "adddate" => (true, true),
        _ => {
            let expected = "Expected one of [set, add, setDate, addDate]";
            return Err(format!("Invalid header config action: '{action}'. {expected}"));
        }
    };
    let header = header.trim();
    let pair = || {
        format!(
            "Invalid format of header name and header value pair '{header}'. Expected: '[header name]:[header value]'"
        )
    };
    let (name, value) = header.split_once(':').ok_or_else(pair)?;
    // As Java splits: colons at the end make no further parts.
    let parts = value.trim_end_matches(':');
    if parts.is_empty() || parts.contains(':') {
        return Err(pair());
    }
    let name = name.trim();
    if name.is_empty() || name.contains(char::is_whitespace) {
        return Err(format!("Invalid header name '{name}'. The '[header name]' cannot contain whitespace"));
    }
    let wrong = |why: &str| format!("Invalid header config '{item}'. {why}");
    if !is_token(name) {
        return Err(wrong("The header name has a character that HTTP does not allow there"));
    }
    if FRAMING.iter().any(|framing| name.eq_ignore_ascii_case(framing)) {
        return Err(wrong("The server itself sets this header"));
    }
    let value = value.trim();
    let value = if date {
        let offset =
            value.parse().map_err(|_| wrong("A date is a number of milliseconds from the time of the answer"))?;
        HeaderValueRule::Date(offset)
    } else if value.chars().all(|c| c == '\t' || (' '..='~').contains(&c)) {
        HeaderValueRule::Text(value.to_owned())
    } else {
        return Err(wrong("The header value has a character that is not ASCII text"));
    };
    Ok(HeaderRule { name: name.to_owned(), add, value })
}

/// A name as HTTP has them.
pub(super) fn is_token(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c))
}

/// Splits at commas that are not within quotes; quotes around an item are taken off, and in them a backslash takes the
/// next character as it is. Jetty: `StringUtil.csvSplit`.
fn csv(text: &str) -> Vec<String> {
    let mut items = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let (item, left) = match rest.strip_prefix('"') {
            Some(quoted) => quoted_item(quoted),
            None => {
                let (item, left) = rest.split_once(',').unwrap_or((rest, ""));
                (item.trim_end().to_owned(), left)
            }
        };
        items.push(item);
        rest = left.trim_start();
    }
    items
}

/// The item up to the closing quote, and what follows the comma after it.
fn quoted_item(quoted: &str) -> (String, &str) {
    let mut item = String::new();
    let mut chars = quoted.chars();
    while let Some(c) = chars.next() {
        match c {
            '"' => break,
            '\\' => item.extend(chars.next()),
            c => item.push(c),
        }
    }
    (item, chars.as_str().split_once(',').map_or("", |(_, left)| left))
}
