//! The sandbox: connectors that are WebAssembly components, behind the ports of `cofferdam-plugin`.
//!
//! The promise is that **the worst a plugin can do is fail itself**. So every instance has a store of its own, with
//! memory, tables, stack, time, log and handles bounded by default; what a guest hands over is checked before it is
//! used; what it did not get by declaration, by the operator and by its connector's configuration is refused inside of
//! interfaces that are all linked. After a trap, a missed deadline or a lie the store is dropped, and the error says why.
//!
//! [`Sandbox`] holds what guests share: an engine, a runtime of their own, the totals. A component becomes a package,
//! a package gives classes, and a class gives instances, each owned by one connector or task of the worker. Nothing
//! outside of this crate names wasmtime.

mod adapter;
mod bindings;
mod cache;
mod capability;
mod check;
mod compile;
mod engine;
mod error;
mod guard;
mod guest;
mod inspect;
mod instance;
mod limits;
mod linker;
mod loader;
mod lower;
mod package;
mod places;
mod sandbox;

pub use cache::CacheError;
pub use capability::log::GUEST_TARGET;
pub use capability::metrics::{Metric, PluginMetrics};
pub use compile::{CompilerCommand, compile_main};
pub use loader::ComponentLoader;
pub use sandbox::{Sandbox, SandboxError, World};

#[cfg(test)]
mod tests;
