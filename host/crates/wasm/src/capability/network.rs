//! Sockets, name look-ups and HTTP: linked, because many toolchains import them unasked, and refused.
//!
//! A guest that tries all the same sees what its language makes of "permission denied"; the connector's log says once
//! per kind what was refused and which setting would have a say in it.

use super::log::GuestLog;
use crate::guest::{Guest, Told};
use std::sync::Arc;
use wasmtime::component::{HasData, Linker, Resource};
use wasmtime_wasi::WasiCtxBuilder;
use wasmtime_wasi::p2::bindings::sockets::ip_name_lookup::{
    self, Host, HostResolveAddressStream, IpAddress, ResolveAddressStream,
};
use wasmtime_wasi::p2::bindings::sockets::network::{self, ErrorCode, IpAddressFamily, Network};
use wasmtime_wasi::p2::bindings::sockets::{tcp_create_socket, udp_create_socket};
use wasmtime_wasi::p2::{DynPollable, SocketError, TcpSocket, UdpSocket};
use wasmtime_wasi::sockets::WasiSocketsView;
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody, WasiHttpHooks};

fn denied(log: &GuestLog, what: &str) {
    log.host_warning(&format!("denied: {what}; not within sandbox.net.allow of this worker"));
}

/// Lets no socket be made: each is one of the process's, which a guest without a grant could hold by the hundred.
pub(crate) fn refuse_sockets(wasi: &mut WasiCtxBuilder) {
    wasi.allow_tcp(false).allow_udp(false).allow_ip_name_lookup(false);
}

/// Refuses all HTTP requests of an instance.
#[derive(Debug)]
pub(crate) struct DenyHttp {
    log: Arc<GuestLog>,
    told: bool,
}

impl DenyHttp {
    pub(crate) fn new(log: &Arc<GuestLog>) -> Self {
        Self { log: log.clone(), told: false }
    }
}

type Sent<T> = Box<dyn Future<Output = Result<T, Error>> + Send>;

impl WasiHttpHooks for DenyHttp {
    fn send_request(
        &mut self,
        request: http::Request<WasiBody>,
        _options: Option<RequestOptions>,
        _processed: Sent<()>,
    ) -> Sent<(http::Response<WasiBody>, Sent<()>)> {
        if !std::mem::replace(&mut self.told, true) {
            // The authority only: paths and queries carry secrets.
            let authority = request.uri().authority().map(|authority| authority.host()).unwrap_or_default();
            denied(&self.log, &format!("HTTP request to {authority}"));
        }
        Box::new(std::future::ready(Err(Error::HttpRequestDenied)))
    }
}

/// Name look-ups and sockets, refused with a word in the log.
struct Refused;

impl HasData for Refused {
    type Data<'a> = RefusedView<'a>;
}

struct RefusedView<'a>(&'a mut Guest);

/// Puts [`Refused`] in the place of wasmtime's look-ups and makers of sockets.
pub(crate) fn link_refusals(linker: &mut Linker<Guest>) -> wasmtime::Result<()> {
    ip_name_lookup::add_to_linker::<Guest, Refused>(linker, |guest| RefusedView(guest))?;
    tcp_create_socket::add_to_linker::<Guest, Refused>(linker, |guest| RefusedView(guest))?;
    udp_create_socket::add_to_linker::<Guest, Refused>(linker, |guest| RefusedView(guest))
}

impl RefusedView<'_> {
    fn refuse_socket<T>(&mut self, kind: &str) -> Result<T, SocketError> {
        let Guest { told: Told { socket, .. }, log, .. } = &mut *self.0;
        if !std::mem::replace(socket, true) {
            denied(log, &format!("a {kind} socket"));
        }
        Err(ErrorCode::AccessDenied.into())
    }
}

impl tcp_create_socket::Host for RefusedView<'_> {
    fn create_tcp_socket(&mut self, _family: IpAddressFamily) -> Result<Resource<TcpSocket>, SocketError> {
        self.refuse_socket("TCP")
    }
}

impl udp_create_socket::Host for RefusedView<'_> {
    async fn create_udp_socket(&mut self, _family: IpAddressFamily) -> Result<Resource<UdpSocket>, SocketError> {
        self.refuse_socket("UDP")
    }
}

impl network::HostNetwork for RefusedView<'_> {
    fn drop(&mut self, network: Resource<Network>) -> wasmtime::Result<()> {
        network::HostNetwork::drop(&mut self.0.sockets(), network)
    }
}

impl network::Host for RefusedView<'_> {
    fn convert_error_code(&mut self, error: SocketError) -> wasmtime::Result<ErrorCode> {
        error.downcast()
    }

    fn network_error_code(&mut self, error: Resource<wasmtime::Error>) -> wasmtime::Result<Option<ErrorCode>> {
        network::Host::network_error_code(&mut self.0.sockets(), error)
    }
}

impl Host for RefusedView<'_> {
    fn resolve_addresses(
        &mut self,
        _network: Resource<Network>,
        name: String,
    ) -> Result<Resource<ResolveAddressStream>, SocketError> {
        let Guest { told: Told { lookup, .. }, log, .. } = &mut *self.0;
        if !std::mem::replace(lookup, true) {
            // The guest's own text, and as long as it likes.
            let name: String = name.chars().take(256).flat_map(char::escape_debug).collect();
            denied(log, &format!("look-up of {name}"));
        }
        Err(ErrorCode::AccessDenied.into())
    }
}

/// Streams that no look-up has given: whatever a guest asks of one is wasmtime's to refuse.
impl HostResolveAddressStream for RefusedView<'_> {
    fn resolve_next_address(
        &mut self,
        stream: Resource<ResolveAddressStream>,
    ) -> Result<Option<IpAddress>, SocketError> {
        HostResolveAddressStream::resolve_next_address(&mut self.0.sockets(), stream)
    }

    fn subscribe(&mut self, stream: Resource<ResolveAddressStream>) -> wasmtime::Result<Resource<DynPollable>> {
        HostResolveAddressStream::subscribe(&mut self.0.sockets(), stream)
    }

    async fn drop(&mut self, stream: Resource<ResolveAddressStream>) -> wasmtime::Result<()> {
        HostResolveAddressStream::drop(&mut self.0.sockets(), stream).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capability::fs::FsGrants;
    use crate::guest::Equipment;
    use crate::limits::{Limits, Totals};
    use cofferdam_config::SandboxConfig;
    use cofferdam_data::SchemaTable;
    use cofferdam_plugin::Interrupt;
    use tcp_create_socket::Host as _;
    use udp_create_socket::Host as _;

    fn guest() -> Guest {
        let sandbox = SandboxConfig::default();
        let equipment = Equipment {
            connector: "c".into(),
            task: None,
            class: "org.example.C".into(),
            interrupt: Interrupt::default(),
            schemas: SchemaTable::new(),
            offsets: None,
            fs: FsGrants::default().state(None),
        };
        Guest::new(equipment, &sandbox, Limits::admit(&Totals::new(&sandbox), 1 << 20).unwrap())
    }

    #[tokio::test]
    async fn no_socket_is_made_without_a_grant() {
        let mut guest = guest();
        let mut view = RefusedView(&mut guest);
        let tcp = view.create_tcp_socket(IpAddressFamily::Ipv4).unwrap_err().downcast().unwrap();
        let udp = view.create_udp_socket(IpAddressFamily::Ipv4).await.unwrap_err().downcast().unwrap();
        assert_eq!([tcp, udp], [ErrorCode::AccessDenied; 2]);
        assert!(guest.told.socket);
        // Nor by wasmtime's own way.
        let made = guest.sockets().create_tcp_socket(IpAddressFamily::Ipv4);
        assert_eq!(made.unwrap_err().downcast().unwrap(), ErrorCode::AccessDenied);
    }
}
