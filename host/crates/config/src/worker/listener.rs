//! Where REST is served.

use crate::validate::{ConfigError, invalid};
use std::fmt;
use std::net::IpAddr;

/// What is spoken at a listener.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// Plain HTTP.
    Http,
    /// HTTP over TLS.
    Https,
}

impl Protocol {
    /// The scheme of its URLs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    /// By its name in any case. Kafka: `RestServer.createConnector`.
    pub(super) fn parse(name: &str) -> Option<Self> {
        [Self::Http, Self::Https].into_iter().find(|protocol| protocol.as_str().eq_ignore_ascii_case(name))
    }
}

/// An address at which REST is served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listener {
    /// What is spoken there.
    pub protocol: Protocol,
    /// Name or address, without brackets; empty: all of the machine's addresses, of IPv4 and IPv6.
    pub host: String,
    /// 0: any free port.
    pub port: u16,
}

impl Listener {
    /// Whether only this machine can reach it.
    pub fn is_loopback(&self) -> bool {
        self.host.eq_ignore_ascii_case("localhost")
            || self.host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    }
}

impl fmt::Display for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let protocol = self.protocol.as_str();
        if self.host.contains(':') {
            write!(f, "{protocol}://[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{protocol}://{}:{}", self.host, self.port)
        }
    }
}

/// Parses the items of `key`. Messages: Kafka's `RestServer.createConnector`; `empty` is what it says about a blank item.
pub(super) fn parse_all(key: &str, items: &[String], empty: &str) -> Result<Vec<Listener>, ConfigError> {
    items.iter().map(|item| parse(item, empty).map_err(|tail| refuse(key, items, invalid(key, item, &tail)))).collect()
}

/// The error of a listener's key.
pub(super) fn refuse(key: &str, items: &[String], message: String) -> ConfigError {
    let allowed = "URLs of the form http://HOST:PORT or https://HOST:PORT, separated by commas".to_owned();
    ConfigError { key: key.to_owned(), value: Some(items.join(",")), message, allowed }
}

fn parse(item: &str, empty: &str) -> Result<Listener, String> {
    const FORMAT: &str = "Listener doesn't have the right format (protocol://hostname:port).";
    if item.is_empty() {
        return Err(empty.to_owned());
    }
    let (protocol, rest) = item.rsplit_once("://").ok_or(FORMAT)?;
    let (host, port) = rest.rsplit_once(':').ok_or(FORMAT)?;
    let digits = port.strip_prefix('-').unwrap_or(port);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(FORMAT.to_owned());
    }
    let host = host.strip_prefix('[').unwrap_or(host);
    let host = host.strip_suffix(']').unwrap_or(host);
    if !host.chars().all(|c| c.is_ascii_alphanumeric() || "-%._:".contains(c)) {
        return Err(FORMAT.to_owned());
    }
    let protocol = Protocol::parse(protocol).ok_or("Listener protocol must be either \"http\" or \"https\".")?;
    let port = port.parse().map_err(|_| format!("port out of range:{port}"))?;
    Ok(Listener { protocol, host: host.to_owned(), port })
}
