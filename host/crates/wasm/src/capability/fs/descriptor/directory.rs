//! Listing directories, a batch at a time: whoever fills a directory does not fill the host's memory. Of a file grant's
//! directory, its granted names only.

use super::{Fd, FsResult};
use crate::capability::fs::FsCtxView;
use crate::capability::fs::mount::Mode;
use rustix::fs::{AtFlags, Dir, FileType, OFlags, openat, statat};
use std::collections::{BTreeSet, VecDeque};
use std::io;
use wasmtime::component::Resource;
use wasmtime_wasi::filesystem::Descriptor;
use wasmtime_wasi::p2::bindings::filesystem::types::{
    DescriptorType, DirectoryEntry, DirectoryEntryStream, ErrorCode, HostDirectoryEntryStream,
};
use wasmtime_wasi::runtime::spawn_blocking;

/// Entries that are read at once.
const BATCH: usize = 256;
/// Listings that an instance may have open: each holds a batch and a handle.
pub(in crate::capability::fs) const LISTINGS_MAX: usize = 32;

/// A directory that is being listed: what is behind the guest's handle.
struct Listing {
    /// `None` at its end.
    dir: Option<Dir>,
    batch: VecDeque<Result<DirectoryEntry, ErrorCode>>,
    /// Only these are shown, if it is a file grant's.
    names: Option<BTreeSet<String>>,
}

/// The handle of a listing under the type that the interface has for it.
fn ours(listing: &Resource<DirectoryEntryStream>) -> Resource<Listing> {
    Resource::new_borrow(listing.rep())
}

impl FsCtxView<'_> {
    pub(super) async fn list(&mut self, fd: Fd) -> FsResult<Resource<DirectoryEntryStream>> {
        let right = self.admit(&fd, ".", Mode::Read).await?;
        let Descriptor::Dir(dir) = self.table.get(&fd)? else { return Err(ErrorCode::NotDirectory.into()) };
        if self.state.listings >= LISTINGS_MAX {
            self.state.work.note(&format!("{LISTINGS_MAX} directory listings are open, and no more are allowed"));
            return Err(ErrorCode::Busy.into());
        }
        let dir = dir.dir.clone();
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        // The handle at hand gives access only, or is in the middle of another listing.
        let opened = spawn_blocking(move || Dir::new(openat(&*dir, ".", flags, rustix::fs::Mode::empty())?)).await;
        let dir = opened.map_err(|error| self.state.work.failed(&error.into()))?;
        let names = right.confined.then(|| {
            let mount = self.state.dirs.get(&fd.rep()).and_then(|open| self.state.mounts.get(open.mount));
            mount.map(|mounted| mounted.mount.rights.names.keys().cloned().collect()).unwrap_or_default()
        });
        let listing = self.table.push(Listing { dir: Some(dir), batch: VecDeque::new(), names })?;
        self.state.listings += 1;
        Ok(Resource::new_own(listing.rep()))
    }

    /// Reads on. False at the end.
    async fn read_on(&mut self, listing: &Resource<Listing>) -> FsResult<bool> {
        let Some(mut dir) = self.table.get_mut(listing)?.dir.take() else { return Ok(false) };
        let _turn = self.state.work.turn().await;
        let (dir, batch) = spawn_blocking(move || {
            let batch = batch(&mut dir);
            (dir, batch)
        })
        .await;
        let batch = batch.map_err(|error| self.state.work.failed(&error))?;
        let listing = self.table.get_mut(listing)?;
        listing.dir = (!batch.is_empty()).then_some(dir);
        listing.batch = batch;
        Ok(true)
    }
}

impl HostDirectoryEntryStream for FsCtxView<'_> {
    async fn read_directory_entry(
        &mut self,
        listing: Resource<DirectoryEntryStream>,
    ) -> FsResult<Option<DirectoryEntry>> {
        let listing = ours(&listing);
        loop {
            let Listing { batch, names, .. } = self.table.get_mut(&listing)?;
            let shown = |entry: &Result<DirectoryEntry, ErrorCode>| match (names.as_ref(), entry) {
                (None, _) => true,
                // Of what is not granted not even its existence is told.
                (Some(names), entry) => entry.as_ref().is_ok_and(|entry| names.contains(&entry.name)),
            };
            if let Some(entry) = std::iter::from_fn(|| batch.pop_front()).find(shown) {
                return Ok(Some(entry?));
            }
            if !self.read_on(&listing).await? {
                return Ok(None);
            }
        }
    }

    fn drop(&mut self, listing: Resource<DirectoryEntryStream>) -> wasmtime::Result<()> {
        self.table.delete(Resource::<Listing>::new_own(listing.rep()))?;
        self.state.listings = self.state.listings.saturating_sub(1);
        Ok(())
    }
}

/// The next entries; empty at the end. A name that a guest cannot be told is an entry that fails.
fn batch(dir: &mut Dir) -> io::Result<VecDeque<Result<DirectoryEntry, ErrorCode>>> {
    let mut batch = VecDeque::new();
    while batch.len() < BATCH {
        let Some(entry) = dir.read() else { break };
        let entry = entry?;
        let name = entry.file_name();
        if matches!(name.to_bytes(), b"." | b"..") {
            continue;
        }
        let kind = match entry.file_type() {
            // Not every file system tells. A file that is gone meanwhile stays unknown.
            FileType::Unknown => dir
                .fd()
                .and_then(|dir| statat(dir, name, AtFlags::SYMLINK_NOFOLLOW))
                .map_or(FileType::Unknown, |stat| FileType::from_raw_mode(stat.st_mode)),
            kind => kind,
        };
        let name = name.to_str().map(str::to_owned).map_err(|_| ErrorCode::IllegalByteSequence);
        batch.push_back(name.map(|name| DirectoryEntry { type_: kind_of(kind), name }));
    }
    Ok(batch)
}

fn kind_of(kind: FileType) -> DescriptorType {
    match kind {
        FileType::RegularFile => DescriptorType::RegularFile,
        FileType::Directory => DescriptorType::Directory,
        FileType::Symlink => DescriptorType::SymbolicLink,
        FileType::Fifo => DescriptorType::Fifo,
        FileType::Socket => DescriptorType::Socket,
        FileType::CharacterDevice => DescriptorType::CharacterDevice,
        FileType::BlockDevice => DescriptorType::BlockDevice,
        FileType::Unknown => DescriptorType::Unknown,
    }
}
