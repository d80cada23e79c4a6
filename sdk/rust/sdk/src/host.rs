//! The host's functions: the real ones in a component, a stand-in everywhere else.
//!
//! Everything in this crate that needs the host goes through here, so that a connector compiles and runs as ordinary
//! Rust on its author's machine, with [`testing`](crate::testing) in the host's place.

#[cfg(target_family = "wasm")]
#[path = "host/component.rs"]
mod imp;
#[cfg(not(target_family = "wasm"))]
#[path = "host/native.rs"]
pub(crate) mod imp;

pub(crate) use imp::{add, describe, intern, interrupted, log, pause, read_offsets, request_commit, resume, seek, set};
