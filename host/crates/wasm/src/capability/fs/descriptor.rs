//! The host functions of `wasi:filesystem`: each looks at what is granted, then leaves the work to wasmtime-wasi.

mod admit;
mod directory;
mod open_at;

use super::FsCtxView;
use super::mount::Mode;
use super::state::OpenDir;
use std::fs::File;
use wasmtime::component::Resource;
use wasmtime_wasi::filesystem::{Descriptor, Dir, WasiFilesystemCtxView};
use wasmtime_wasi::p2::bindings::filesystem::preopens;
use wasmtime_wasi::p2::bindings::filesystem::types::{
    self, Advice, DescriptorFlags, DescriptorStat, DescriptorType, DirectoryEntryStream, ErrorCode, Filesize,
    HostDescriptor, MetadataHashValue, NewTimestamp, OpenFlags, PathFlags,
};
use wasmtime_wasi::p2::{DynInputStream, DynOutputStream, FsError, FsResult};
use wasmtime_wasi::{FsPerms, OpenMode};

type Fd = Resource<Descriptor>;

/// A second handle for a call that takes one.
fn again(fd: &Fd) -> Fd {
    Resource::new_borrow(fd.rep())
}

impl FsCtxView<'_> {
    /// wasmtime-wasi's own implementation, over the same resources.
    fn inner(&mut self) -> WasiFilesystemCtxView<'_> {
        WasiFilesystemCtxView { ctx: &mut self.state.wasi, table: self.table }
    }

    /// Gives the guest a directory that it did not have.
    fn add_dir(&mut self, dir: Dir, open: OpenDir) -> Result<Fd, wasmtime::component::ResourceTableError> {
        let fd = self.table.push(Descriptor::Dir(dir))?;
        self.state.dirs.insert(fd.rep(), open);
        Ok(fd)
    }
}

impl preopens::Host for FsCtxView<'_> {
    fn get_directories(&mut self) -> wasmtime::Result<Vec<(Fd, String)>> {
        let mut directories = Vec::with_capacity(self.state.mounts.len());
        for mount in 0..self.state.mounts.len() {
            let Some(guest) = self.state.mounts.get(mount).map(|mounted| mounted.mount.guest.clone()) else { continue };
            // Every use puts the real directory in place first, or is refused.
            let placeholder = Dir::new(File::open("/")?, FsPerms::ReadOnly, OpenMode::READ, false);
            directories.push((self.add_dir(placeholder, OpenDir { mount, below: String::new() })?, guest));
        }
        Ok(directories)
    }
}

impl types::Host for FsCtxView<'_> {
    fn convert_error_code(&mut self, error: FsError) -> wasmtime::Result<ErrorCode> {
        self.inner().convert_error_code(error)
    }

    fn filesystem_error_code(&mut self, error: Resource<wasmtime::Error>) -> wasmtime::Result<Option<ErrorCode>> {
        self.inner().filesystem_error_code(error)
    }
}

impl HostDescriptor for FsCtxView<'_> {
    async fn advise(&mut self, fd: Fd, offset: Filesize, len: Filesize, advice: Advice) -> FsResult<()> {
        self.inner().advise(fd, offset, len, advice).await
    }

    async fn sync_data(&mut self, fd: Fd) -> FsResult<()> {
        self.admit_itself(&fd, Mode::Read).await?;
        self.inner().sync_data(fd).await
    }

    async fn get_flags(&mut self, fd: Fd) -> FsResult<DescriptorFlags> {
        self.inner().get_flags(fd).await
    }

    async fn get_type(&mut self, fd: Fd) -> FsResult<DescriptorType> {
        self.inner().get_type(fd).await
    }

    async fn set_size(&mut self, fd: Fd, size: Filesize) -> FsResult<()> {
        self.inner().set_size(fd, size).await
    }

    async fn set_times(&mut self, fd: Fd, accessed: NewTimestamp, modified: NewTimestamp) -> FsResult<()> {
        self.admit_itself(&fd, Mode::Write).await?;
        self.inner().set_times(fd, accessed, modified).await
    }

    async fn read(&mut self, fd: Fd, len: Filesize, offset: Filesize) -> FsResult<(Vec<u8>, bool)> {
        self.inner().read(fd, len, offset).await
    }

    async fn write(&mut self, fd: Fd, bytes: Vec<u8>, offset: Filesize) -> FsResult<Filesize> {
        self.inner().write(fd, bytes, offset).await
    }

    async fn read_directory(&mut self, fd: Fd) -> FsResult<Resource<DirectoryEntryStream>> {
        self.list(fd).await
    }

    async fn sync(&mut self, fd: Fd) -> FsResult<()> {
        self.admit_itself(&fd, Mode::Read).await?;
        self.inner().sync(fd).await
    }

    async fn create_directory_at(&mut self, fd: Fd, path: String) -> FsResult<()> {
        self.admit_beyond_names(&fd, &path).await?;
        let made = self.inner().create_directory_at(again(&fd), path.clone()).await;
        self.told(made, &fd, &path, Mode::Write)
    }

    async fn stat(&mut self, fd: Fd) -> FsResult<DescriptorStat> {
        self.admit_itself(&fd, Mode::Read).await?;
        self.inner().stat(fd).await
    }

    async fn stat_at(&mut self, fd: Fd, flags: PathFlags, path: String) -> FsResult<DescriptorStat> {
        let right = self.admit(&fd, &path, Mode::Read).await?;
        let found = self.inner().stat_at(again(&fd), right.follow(flags), path.clone()).await;
        self.told(found, &fd, &path, Mode::Read)
    }

    async fn set_times_at(
        &mut self,
        fd: Fd,
        flags: PathFlags,
        path: String,
        accessed: NewTimestamp,
        modified: NewTimestamp,
    ) -> FsResult<()> {
        let right = self.admit(&fd, &path, Mode::Write).await?;
        let flags = right.follow(flags);
        let set = self.inner().set_times_at(again(&fd), flags, path.clone(), accessed, modified).await;
        self.told(set, &fd, &path, Mode::Write)
    }

    async fn link_at(
        &mut self,
        fd: Fd,
        flags: PathFlags,
        old_path: String,
        new_fd: Fd,
        new_path: String,
    ) -> FsResult<()> {
        self.admit_beyond_names(&fd, &old_path).await?;
        self.admit_beyond_names(&new_fd, &new_path).await?;
        let linked = self.inner().link_at(again(&fd), flags, old_path.clone(), new_fd, new_path).await;
        self.told(linked, &fd, &old_path, Mode::Write)
    }

    async fn open_at(
        &mut self,
        fd: Fd,
        path_flags: PathFlags,
        path: String,
        open_flags: OpenFlags,
        flags: DescriptorFlags,
    ) -> FsResult<Fd> {
        self.open(fd, path_flags, path, open_flags, flags).await
    }

    fn drop(&mut self, fd: Fd) -> wasmtime::Result<()> {
        self.state.dirs.remove(&fd.rep());
        HostDescriptor::drop(&mut self.inner(), fd)
    }

    async fn readlink_at(&mut self, fd: Fd, path: String) -> FsResult<String> {
        if self.admit(&fd, &path, Mode::Read).await?.confined {
            return Err(ErrorCode::Invalid.into());
        }
        let read = self.inner().readlink_at(again(&fd), path.clone()).await;
        self.told(read, &fd, &path, Mode::Read)
    }

    async fn remove_directory_at(&mut self, fd: Fd, path: String) -> FsResult<()> {
        self.admit_beyond_names(&fd, &path).await?;
        let removed = self.inner().remove_directory_at(again(&fd), path.clone()).await;
        self.told(removed, &fd, &path, Mode::Write)
    }

    async fn rename_at(&mut self, fd: Fd, old_path: String, new_fd: Fd, new_path: String) -> FsResult<()> {
        self.admit_beyond_names(&fd, &old_path).await?;
        self.admit_beyond_names(&new_fd, &new_path).await?;
        let renamed = self.inner().rename_at(again(&fd), old_path.clone(), new_fd, new_path).await;
        self.told(renamed, &fd, &old_path, Mode::Write)
    }

    async fn symlink_at(&mut self, fd: Fd, target: String, path: String) -> FsResult<()> {
        self.admit_beyond_names(&fd, &path).await?;
        if target.starts_with('/') || target.split('/').any(|part| part == "..") {
            return Err(self.deny(&fd, &path, Mode::Write, "a symbolic link may not lead up or to an absolute path"));
        }
        let linked = self.inner().symlink_at(again(&fd), target, path.clone()).await;
        self.told(linked, &fd, &path, Mode::Write)
    }

    async fn unlink_file_at(&mut self, fd: Fd, path: String) -> FsResult<()> {
        self.admit(&fd, &path, Mode::Write).await?;
        let removed = self.inner().unlink_file_at(again(&fd), path.clone()).await;
        self.told(removed, &fd, &path, Mode::Write)
    }

    fn read_via_stream(&mut self, fd: Fd, offset: Filesize) -> FsResult<Resource<DynInputStream>> {
        self.inner().read_via_stream(fd, offset)
    }

    fn write_via_stream(&mut self, fd: Fd, offset: Filesize) -> FsResult<Resource<DynOutputStream>> {
        self.inner().write_via_stream(fd, offset)
    }

    fn append_via_stream(&mut self, fd: Fd) -> FsResult<Resource<DynOutputStream>> {
        self.inner().append_via_stream(fd)
    }

    async fn is_same_object(&mut self, a: Fd, b: Fd) -> wasmtime::Result<bool> {
        if let (Some(a), Some(b)) = (self.state.dirs.get(&a.rep()), self.state.dirs.get(&b.rep())) {
            return Ok(a.mount == b.mount && a.below == b.below);
        }
        self.inner().is_same_object(a, b).await
    }

    async fn metadata_hash(&mut self, fd: Fd) -> FsResult<MetadataHashValue> {
        self.admit_itself(&fd, Mode::Read).await?;
        self.inner().metadata_hash(fd).await
    }

    async fn metadata_hash_at(&mut self, fd: Fd, flags: PathFlags, path: String) -> FsResult<MetadataHashValue> {
        let right = self.admit(&fd, &path, Mode::Read).await?;
        let found = self.inner().metadata_hash_at(again(&fd), right.follow(flags), path.clone()).await;
        self.told(found, &fd, &path, Mode::Read)
    }
}
