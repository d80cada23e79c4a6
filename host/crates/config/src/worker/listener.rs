//! Where REST is served.

use crate::validate::{ConfigError, invalid};
use std::fmt;

/// An address at which REST is served over plain HTTP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listener {
    /// Name or address, without brackets; empty: all of the machine's addresses, of IPv4 and IPv6.
    pub host: String,
    /// 0: any free port.
    pub port: u16,
}

impl fmt::Display for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "http://[{}]:{}", self.host, self.port)
        } else {
            write!(f, "http://{}:{}", self.host, self.port)
        }
    }
}

/// Parses the value of `listeners`. Messages: Kafka's `RestServerConfig`.
pub(super) fn parse_all(items: &[String]) -> Result<Vec<Listener>, ConfigError> {
    let shown = items.join(",");
    let refuse = |message: String| {
        let allowed = "URLs of the form http://HOST:PORT, separated by commas".to_owned();
        ConfigError { key: "listeners".to_owned(), value: Some(shown.clone()), message, allowed }
    };
    if items.is_empty() {
        return Err(refuse(invalid("listeners", "[]", "at least one URL is expected, ex: http://127.0.0.1:8083.")));
    }
    let parse = |item: &String| parse(item).map_err(|tail| refuse(invalid("listeners", item, &tail)));
    items.iter().map(parse).collect()
}

fn parse(item: &str) -> Result<Listener, String> {
    const FORMAT: &str = "Listener doesn't have the right format (protocol://hostname:port).";
    if item.is_empty() {
        return Err("Empty URL found when parsing listeners list.".to_owned());
    }
    let (protocol, rest) = item.split_once("://").ok_or(FORMAT)?;
    let (host, port) = rest.rsplit_once(':').ok_or(FORMAT)?;
    match protocol.to_ascii_lowercase().as_str() {
        "http" => {}
        "https" => return Err("listeners over https are not available, put a TLS proxy in front".to_owned()),
        _ => return Err("Listener protocol must be \"http\".".to_owned()),
    }
    let port = port.parse().map_err(|_| FORMAT)?;
    let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    if !host.chars().all(|c| c.is_ascii_alphanumeric() || "-%._:".contains(c)) {
        return Err(FORMAT.to_owned());
    }
    Ok(Listener { host: host.to_owned(), port })
}
