//! Sockets, name look-ups and HTTP: linked, because many toolchains import them unasked, and refused.
//!
//! A guest that tries all the same sees what its language makes of "permission denied"; the connector's log says once
//! per kind what was refused and which setting would have a say in it.

use super::log::GuestLog;
use crate::guest::{Guest, Told};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use wasmtime::component::{HasData, Linker, Resource};
use wasmtime_wasi::WasiCtxBuilder;
use wasmtime_wasi::p2::bindings::sockets::ip_name_lookup::{
    self, Host, HostResolveAddressStream, IpAddress, ResolveAddressStream,
};
use wasmtime_wasi::p2::bindings::sockets::network::{self, ErrorCode, Network};
use wasmtime_wasi::p2::{DynPollable, SocketError};
use wasmtime_wasi::sockets::WasiSocketsView;
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody, WasiHttpHooks};

fn denied(log: &GuestLog, what: &str) {
    log.host_warning(&format!("denied: {what}; not within sandbox.net.allow of this worker"));
}

/// Lets sockets be made, as some runtimes do at start, and refuses every address.
pub(crate) fn refuse_sockets(wasi: &mut WasiCtxBuilder, log: &Arc<GuestLog>) {
    let (log, told) = (log.clone(), AtomicBool::new(false));
    wasi.allow_tcp(true).allow_udp(true).allow_ip_name_lookup(false).socket_addr_check(
        move |address: SocketAddr, what| {
            if !told.swap(true, Ordering::Relaxed) {
                denied(&log, &format!("network {what:?} {address}"));
            }
            Box::pin(std::future::ready(false))
        },
    );
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

/// Name look-ups, refused by name.
struct Lookup;

impl HasData for Lookup {
    type Data<'a> = LookupView<'a>;
}

struct LookupView<'a>(&'a mut Guest);

/// Puts [`Lookup`] in the place of wasmtime's look-ups.
pub(crate) fn link_lookup(linker: &mut Linker<Guest>) -> wasmtime::Result<()> {
    ip_name_lookup::add_to_linker::<Guest, Lookup>(linker, |guest| LookupView(guest))
}

impl network::HostNetwork for LookupView<'_> {
    fn drop(&mut self, network: Resource<Network>) -> wasmtime::Result<()> {
        network::HostNetwork::drop(&mut self.0.sockets(), network)
    }
}

impl network::Host for LookupView<'_> {
    fn convert_error_code(&mut self, error: SocketError) -> wasmtime::Result<ErrorCode> {
        error.downcast()
    }

    fn network_error_code(&mut self, error: Resource<wasmtime::Error>) -> wasmtime::Result<Option<ErrorCode>> {
        network::Host::network_error_code(&mut self.0.sockets(), error)
    }
}

impl Host for LookupView<'_> {
    fn resolve_addresses(
        &mut self,
        _network: Resource<Network>,
        name: String,
    ) -> Result<Resource<ResolveAddressStream>, SocketError> {
        let Guest { told: Told { lookup, .. }, log, .. } = &mut *self.0;
        if !std::mem::replace(lookup, true) {
            denied(log, &format!("look-up of {name}"));
        }
        Err(ErrorCode::AccessDenied.into())
    }
}

/// Streams that no look-up has given: whatever a guest asks of one is wasmtime's to refuse.
impl HostResolveAddressStream for LookupView<'_> {
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
