//! The one place where bytes from disk become machine code.

use super::Trusted;
use wasmtime::Engine;
use wasmtime::component::Component;

/// The component that was compiled to this code. wasmtime checks that version and settings fit the engine.
#[expect(unsafe_code, reason = "deserialising compiled code is unsafe by nature; see the comment inside")]
pub(super) fn deserialize(engine: &Engine, code: Trusted<'_>) -> wasmtime::Result<Component> {
    // SAFETY: the bytes must be what `Engine::precompile_component` made, unchanged. They are a copy in memory that
    // nobody else can change. Either they came through a pipe from our own compiling child (`CodeCache::fresh`), or they
    // were read from a directory and a file that only this user can write (`CodeCache::open`, `CodeCache::read`), and
    // carry the hash that was written with them (`verified`).
    unsafe { Component::deserialize(engine, code.0) }
}
