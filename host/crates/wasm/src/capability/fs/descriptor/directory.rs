//! Listing directories: of a file grant's directory, its granted names only.

use super::{Fd, FsResult, again};
use crate::capability::fs::FsCtxView;
use crate::capability::fs::mount::Mode;
use wasmtime::component::Resource;
use wasmtime_wasi::p2::bindings::filesystem::types::{
    DirectoryEntry, DirectoryEntryStream, HostDescriptor, HostDirectoryEntryStream,
};

impl FsCtxView<'_> {
    pub(super) async fn list(&mut self, fd: Fd) -> FsResult<Resource<DirectoryEntryStream>> {
        let right = self.admit(&fd, ".", Mode::Read).await?;
        let listing = self.inner().read_directory(again(&fd)).await?;
        if right.confined {
            let open = self.state.dirs.get(&fd.rep());
            let names =
                open.and_then(|open| self.state.mounts.get(open.mount)).map(|mounted| &mounted.mount.rights.names);
            let names = names.map(|names| names.keys().cloned().collect()).unwrap_or_default();
            self.state.listings.insert(listing.rep(), names);
        }
        Ok(listing)
    }
}

impl HostDirectoryEntryStream for FsCtxView<'_> {
    async fn read_directory_entry(
        &mut self,
        listing: Resource<DirectoryEntryStream>,
    ) -> FsResult<Option<DirectoryEntry>> {
        loop {
            let entry = self.inner().read_directory_entry(Resource::new_borrow(listing.rep())).await?;
            match (&entry, self.state.listings.get(&listing.rep())) {
                (Some(entry), Some(names)) if !names.contains(&entry.name) => {}
                _ => return Ok(entry),
            }
        }
    }

    fn drop(&mut self, listing: Resource<DirectoryEntryStream>) -> wasmtime::Result<()> {
        self.state.listings.remove(&listing.rep());
        HostDirectoryEntryStream::drop(&mut self.inner(), listing)
    }
}
