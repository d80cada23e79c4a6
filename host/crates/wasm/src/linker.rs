//! What guests import, linked once for all of them.

use crate::bindings::{call, log, metrics, schemas, sink_control, source_offsets};
use crate::capability;
use crate::guest::Guest;
use wasmtime::Engine;
use wasmtime::component::{HasSelf, Linker};

/// A linker with every interface that a plugin of any world may import. What is denied is denied in its
/// implementation: one missing import would stop plugins that never call it.
pub(crate) fn linker(engine: &Engine) -> wasmtime::Result<Linker<Guest>> {
    let mut linker = Linker::new(engine);
    wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
    wasmtime_wasi_http::p2::add_only_http_to_linker_async(&mut linker)?;
    linker.allow_shadowing(true);
    capability::fs::add_to_linker(&mut linker)?;
    capability::link_refusals(&mut linker)?;
    linker.allow_shadowing(false);
    log::add_to_linker::<_, HasSelf<Guest>>(&mut linker, |guest| guest)?;
    metrics::add_to_linker::<_, HasSelf<Guest>>(&mut linker, |guest| guest)?;
    call::add_to_linker::<_, HasSelf<Guest>>(&mut linker, |guest| guest)?;
    schemas::add_to_linker::<_, HasSelf<Guest>>(&mut linker, |guest| guest)?;
    source_offsets::add_to_linker::<_, HasSelf<Guest>>(&mut linker, |guest| guest)?;
    sink_control::add_to_linker::<_, HasSelf<Guest>>(&mut linker, |guest| guest)?;
    Ok(linker)
}
