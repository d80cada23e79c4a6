//! How REST is served: listeners, TLS, and what is added to answers (Kafka: `RestServerConfig`).

mod cors;
mod definition;
mod headers;
mod tls;

pub use cors::{CorsConfig, OriginPattern};
pub use headers::{HeaderRule, HeaderValueRule};
pub use tls::{ClientAuth, KeyStore, Password, StoreFile, StoreType, TlsConfig, TlsVersion, TrustStore};

pub(super) use definition::define;
pub(super) use tls::warning as tls_warning;

use super::listener::{self, Listener, Protocol};
use crate::validate::{ConfigError, ParsedConfig, invalid};
use crate::value::Value;
use std::collections::BTreeMap;
use std::path::Path;

const LISTENERS: &str = "listeners";
const ADMIN_LISTENERS: &str = "admin.listeners";
const MAX_REQUEST_BYTES: &str = "rest.max.request.bytes";

/// Where the administrative resources (`/admin/…`) are served.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum AdminListeners {
    /// On the regular listeners: `admin.listeners` is not set.
    #[default]
    Shared,
    /// Nowhere: it is empty.
    Disabled,
    /// On these, which serve nothing else.
    Separate(Vec<Listener>),
}

impl AdminListeners {
    /// The listeners that serve administrative resources alone.
    pub fn separate(&self) -> &[Listener] {
        match self {
            Self::Shared | Self::Disabled => &[],
            Self::Separate(listeners) => listeners,
        }
    }
}

/// The URL that others reach this worker under, as far as it is set (`rest.advertised.*`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AdvertisedConfig {
    /// `None`: the first listener's host.
    pub host_name: Option<String>,
    /// `None`: the first listener's port.
    pub port: Option<u16>,
    /// `None`: http, if there is such a listener.
    pub protocol: Option<Protocol>,
}

/// How REST is served.
#[derive(Clone, Debug, PartialEq)]
pub struct RestConfig {
    /// Where; at least one.
    pub listeners: Vec<Listener>,
    /// Where the administrative resources are.
    pub admin: AdminListeners,
    /// What others are told.
    pub advertised: AdvertisedConfig,
    /// Pages of which other origins may use it; `None`: nothing is said about origins.
    pub cors: Option<CorsConfig>,
    /// Headers added to all answers but the administrative listeners'.
    pub response_headers: Vec<HeaderRule>,
    /// The largest body that is read, in bytes.
    pub max_request_bytes: usize,
    /// TLS of `listeners`; `None` if none of them is https.
    pub tls: Option<TlsConfig>,
    /// TLS of `admin.listeners`; `None` if none of them is https.
    pub admin_tls: Option<TlsConfig>,
}

impl Default for RestConfig {
    /// A worker file that says nothing about REST.
    fn default() -> Self {
        Self {
            listeners: vec![Listener { protocol: Protocol::Http, host: "127.0.0.1".to_owned(), port: 8083 }],
            admin: AdminListeners::Shared,
            advertised: AdvertisedConfig::default(),
            cors: None,
            response_headers: Vec::new(),
            max_request_bytes: 10 << 20,
            tls: None,
            admin_tls: None,
        }
    }
}

impl RestConfig {
    pub(super) fn from_parsed(
        parsed: &ParsedConfig,
        properties: &BTreeMap<String, String>,
        working_dir: &Path,
    ) -> Result<Self, ConfigError> {
        let listeners = listeners(parsed)?;
        let admin = admin(parsed)?;
        no_listener_twice(&listeners, admin.separate())?;
        let text = |key: &str| parsed.filled_text(key).map(str::to_owned);
        let tls = |listeners: &[Listener], prefix: &str| {
            let https = listeners.iter().any(|listener| listener.protocol == Protocol::Https);
            https.then(|| TlsConfig::from_properties(properties, prefix, working_dir)).transpose()
        };
        Ok(Self {
            tls: tls(&listeners, tls::PREFIX)?,
            admin_tls: tls(admin.separate(), tls::ADMIN_PREFIX)?,
            listeners,
            admin,
            advertised: AdvertisedConfig {
                host_name: text("rest.advertised.host.name"),
                port: parsed.integer("rest.advertised.port").and_then(|port| u16::try_from(port).ok()),
                protocol: text("rest.advertised.listener").as_deref().and_then(Protocol::parse),
            },
            cors: cors::parse(parsed)?,
            response_headers: headers::parse(parsed)?,
            max_request_bytes: parsed
                .integer(MAX_REQUEST_BYTES)
                .and_then(|bytes| usize::try_from(bytes).ok())
                .unwrap_or_default(),
        })
    }
}

fn listeners(parsed: &ParsedConfig) -> Result<Vec<Listener>, ConfigError> {
    let items = parsed.list(LISTENERS);
    if items.is_empty() {
        let message = "Invalid value for listeners, at least one URL is expected, ex: \
                       http://localhost:8080,https://localhost:8443.";
        return Err(listener::refuse(LISTENERS, items, message.to_owned()));
    }
    listener::parse_all(LISTENERS, items, "Empty URL found when parsing listeners list.")
}

fn admin(parsed: &ParsedConfig) -> Result<AdminListeners, ConfigError> {
    let Value::List(items) = parsed.value(ADMIN_LISTENERS) else { return Ok(AdminListeners::Shared) };
    if items.is_empty() {
        return Ok(AdminListeners::Disabled);
    }
    // As Kafka's workers reduce such lists: the first of equal ones stays.
    let mut once: Vec<String> = Vec::new();
    for item in items {
        if !once.contains(item) {
            once.push(item.clone());
        }
    }
    let empty = "Configuration 'admin.listeners' values must not be empty.";
    Ok(AdminListeners::Separate(listener::parse_all(ADMIN_LISTENERS, &once, empty)?))
}

/// The second of them could not be bound, and it would not be told why.
fn no_listener_twice(regular: &[Listener], admin: &[Listener]) -> Result<(), ConfigError> {
    let mut seen: Vec<&Listener> = Vec::new();
    let keyed = regular.iter().map(|listener| (LISTENERS, listener));
    for (key, listener) in keyed.chain(admin.iter().map(|listener| (ADMIN_LISTENERS, listener))) {
        if seen.iter().any(|other| other.port != 0 && other.port == listener.port && other.host == listener.host) {
            let message = invalid(key, &listener.to_string(), "another listener has the same host and port");
            return Err(listener::refuse(key, &[listener.to_string()], message));
        }
        seen.push(listener);
    }
    Ok(())
}

#[cfg(test)]
mod tests;
