//! The sockets of REST: bound before anything else of a worker is made, served once all of it is.

use crate::Auth;
use crate::tls::{self, TlsError};
use cofferdam_config::{ClientAuth, Listener, Protocol, RestConfig, TlsConfig};
use rustls::ServerConfig;
use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::sync::Arc;
use thiserror::Error;
use tokio::net::TcpListener;

/// Why REST cannot be served.
#[derive(Debug, Error)]
pub enum ListenError {
    /// What https needs cannot be had. Nothing has been bound.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// A port is taken.
    #[error("cannot serve REST at {listener}: port {} is in use; stop what uses it, or choose another port: {key}={}", .listener.port, next_to(.listener))]
    PortInUse {
        /// The key of the configuration.
        key: &'static str,
        /// The listener asked for.
        listener: Listener,
    },
    /// A listener could not be had for another reason.
    #[error("cannot serve REST at {listener}: {source}; choose another address or port with {key}=http://HOST:PORT")]
    Bind {
        /// The key of the configuration.
        key: &'static str,
        /// The listener asked for.
        listener: Listener,
        /// What the system said.
        source: io::Error,
    },
}

fn next_to(listener: &Listener) -> Listener {
    Listener { port: listener.port.checked_add(1).unwrap_or(8083), ..listener.clone() }
}

/// What a listener serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum App {
    /// Everything, or everything but the administrative resources.
    Regular,
    /// The administrative resources alone.
    Admin,
}

/// A listener that has its socket.
pub(crate) struct Bound {
    pub(crate) app: App,
    pub(crate) listener: Listener,
    pub(crate) socket: TcpListener,
    pub(crate) address: SocketAddr,
    pub(crate) tls: Option<Arc<ServerConfig>>,
}

/// All listeners of a worker, bound and not yet served.
pub struct Listeners {
    pub(crate) config: RestConfig,
    pub(crate) auth: Option<Auth>,
    pub(crate) bound: Vec<Bound>,
}

impl Listeners {
    /// Reads keys and certificates, then binds all listeners. With `auth`, requests need a user. Warns of what is open to
    /// the network.
    pub async fn bind(config: &RestConfig, auth: Option<Auth>) -> Result<Self, ListenError> {
        let tls = config.tls.as_ref().map(tls::server_config).transpose()?;
        let admin_tls = config.admin_tls.as_ref().map(tls::server_config).transpose()?;
        let mut bound = Vec::new();
        for listener in &config.listeners {
            warn_if_open(listener, config.tls.as_ref(), auth.as_ref());
            bound.push(bind("listeners", App::Regular, listener, tls.as_ref()).await?);
        }
        for listener in config.admin.separate() {
            warn_if_open(listener, config.admin_tls.as_ref(), auth.as_ref());
            bound.push(bind("admin.listeners", App::Admin, listener, admin_tls.as_ref()).await?);
        }
        Ok(Self { config: config.clone(), auth, bound })
    }

    /// Where each of them can be reached from this machine, the administrative ones last; without slashes at the end.
    pub fn urls(&self) -> impl Iterator<Item = String> {
        self.bound.iter().map(|bound| {
            let ip = match bound.address.ip() {
                IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
                IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
                ip => ip,
            };
            format!("{}://{}", bound.listener.protocol.as_str(), SocketAddr::new(ip, bound.address.port()))
        })
    }

    /// Under which URL others are told to reach this worker (config.md §2.2).
    pub fn advertised(&self) -> AdvertisedUrl {
        let wanted = &self.config.advertised;
        let regular = || self.bound.iter().filter(|bound| bound.app == App::Regular);
        let has_http = regular().any(|bound| bound.listener.protocol == Protocol::Http);
        let protocol = wanted.protocol.unwrap_or(if has_http { Protocol::Http } else { Protocol::Https });
        let bound = regular().find(|bound| bound.listener.protocol == protocol).or_else(|| regular().next());
        let host = match (&wanted.host_name, bound) {
            (Some(host), _) => host.clone(),
            (None, Some(bound)) if !bound.listener.host.is_empty() => bound.listener.host.clone(),
            (None, _) => own_address().to_string(),
        };
        let port = wanted.port.or_else(|| bound.map(|bound| bound.address.port())).unwrap_or_default();
        AdvertisedUrl { protocol, host, port }
    }
}

/// Under which URL others reach a worker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdvertisedUrl {
    protocol: Protocol,
    host: String,
    port: u16,
}

impl AdvertisedUrl {
    /// `host:port`, as Kafka Connect names a worker.
    pub fn worker_id(&self) -> String {
        if self.host.contains(':') && !self.host.starts_with('[') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }
}

impl fmt::Display for AdvertisedUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}/", self.protocol.as_str(), self.worker_id())
    }
}

/// Whoever reaches an open listener rules the connectors.
fn warn_if_open(listener: &Listener, tls: Option<&TlsConfig>, auth: Option<&Auth>) {
    let https = listener.protocol == Protocol::Https;
    let authenticated = auth.is_some() || https && tls.is_some_and(|tls| tls.client_auth == ClientAuth::Required);
    if !listener.is_loopback() && !authenticated {
        tracing::warn!(%listener, "REST is open to the network without authentication: whoever reaches it rules the connectors");
    }
}

async fn bind(
    key: &'static str,
    app: App,
    listener: &Listener,
    tls: Option<&Arc<ServerConfig>>,
) -> Result<Bound, ListenError> {
    let failed = |source: io::Error| match source.kind() {
        io::ErrorKind::AddrInUse => ListenError::PortInUse { key, listener: listener.clone() },
        _ => ListenError::Bind { key, listener: listener.clone(), source },
    };
    let socket = socket(listener).await.map_err(failed)?;
    let address = socket.local_addr().map_err(failed)?;
    let tls = match listener.protocol {
        Protocol::Http => None,
        Protocol::Https => tls.cloned(),
    };
    Ok(Bound { app, listener: listener.clone(), socket, address, tls })
}

/// Without a host: on all addresses of IPv6 and with them of IPv4, or on those of IPv4 where there is no IPv6.
async fn socket(listener: &Listener) -> io::Result<TcpListener> {
    if !listener.host.is_empty() {
        return TcpListener::bind((listener.host.as_str(), listener.port)).await;
    }
    match TcpListener::bind((Ipv6Addr::UNSPECIFIED, listener.port)).await {
        Err(error) if error.kind() != io::ErrorKind::AddrInUse => {
            TcpListener::bind((Ipv4Addr::UNSPECIFIED, listener.port)).await
        }
        bound => bound,
    }
}

/// The address by which this machine reaches others. Nothing is sent: the system only chooses a way.
fn own_address() -> IpAddr {
    let choose = || {
        let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0))?;
        // An address for documentation, which nobody has (RFC 5737).
        socket.connect((Ipv4Addr::new(192, 0, 2, 1), 9))?;
        socket.local_addr()
    };
    // A machine without a network is reached by itself alone.
    choose().map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |address| address.ip())
}
