//! What a guest can reach of its host, one file per capability.
//!
//! Everything that a guest may import is linked, whether granted or not: an import that is missing would stop plugins
//! that never call it. Who may do what is decided in the implementations, and the answer without a grant is no.

mod call;
mod environment;
pub(crate) mod fs;
pub(crate) mod log;
pub(crate) mod metrics;
mod network;
mod offsets;
mod schemas;
pub(crate) mod sink_control;
mod stdio;

pub(crate) use environment::refusals;
pub(crate) use network::{DenyHttp, link_refusals, refuse_sockets};
pub(crate) use stdio::LogStream;
