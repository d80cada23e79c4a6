//! Files and directories, granted one by one.
//!
//! A plugin declares what it wants to read or write, the operator allows paths (`sandbox.fs.allow`), a connector's
//! configuration names the path: the grant is what all three agree on. A guest then sees, under the very path that the
//! configuration uses, a directory of the host — whole for a directory grant, and holding one single name for a file
//! grant — and nothing above it.
//!
//! The implementation wraps wasmtime-wasi's, which keeps every path beneath its directory handle. Added here:
//!
//! - a file grant is one name: everything else in its directory can neither be opened, listed, looked at, linked,
//!   renamed nor removed, and the name itself is never followed if it is a symbolic link;
//! - only regular files and directories are opened, never a FIFO or a device that could hold a thread for ever;
//! - symbolic links that lead out, and hard links or renames to or from a granted name, are refused;
//! - every denial is one WARN line in the connector's log (once per path and instance) that says what would allow it;
//! - a directory that does not exist yet may appear later: its files are "no such file" until then;
//! - so much blocking work at once per instance ([`work`]), and a replacement can wait for what is under way;
//! - what the system says of a failure is kept where the guest will see "I/O error" and no more.

mod denial;
mod descriptor;
mod grants;
mod mount;
mod open;
mod place;
mod scope;
mod state;
mod stream;
mod work;

pub(crate) use denial::GuestIdentity;
pub(crate) use grants::FsGrants;
pub(crate) use state::{FsState, Outstanding};

use wasmtime::component::{HasData, Linker, ResourceTable};
use wasmtime_wasi::p2::bindings::filesystem::{preopens, types};

/// What the host functions of `wasi:filesystem` work on.
pub(crate) struct FsCtxView<'a> {
    /// The instance's grants and open directories.
    pub(crate) state: &'a mut FsState,
    /// The instance's resources.
    pub(crate) table: &'a mut ResourceTable,
}

/// Store data that has files.
pub(crate) trait FsView: Send {
    /// Its part for files.
    fn fs(&mut self) -> FsCtxView<'_>;
}

struct Fs;

impl HasData for Fs {
    type Data<'a> = FsCtxView<'a>;
}

/// Links `wasi:filesystem`. Replaces wasmtime-wasi's own, where that is linked already and shadowing is allowed.
pub(crate) fn add_to_linker<T: FsView + 'static>(linker: &mut Linker<T>) -> wasmtime::Result<()> {
    types::add_to_linker::<T, Fs>(linker, T::fs)?;
    preopens::add_to_linker::<T, Fs>(linker, T::fs)
}

#[cfg(test)]
mod tests;
