//! The host functions of `wasi:filesystem`: each looks at what is granted, then leaves the work to wasmtime-wasi.

mod admit;
mod directory;
mod open_at;

#[cfg(test)]
pub(super) use directory::LISTINGS_MAX;

use super::FsCtxView;
use super::mount::Mode;
use super::state::OpenDir;
use super::stream::{FileInput, FileOutput};
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::{Arc, OnceLock};
use tokio::sync::OwnedSemaphorePermit;
use wasmtime::component::Resource;
use wasmtime_wasi::filesystem::{Descriptor, Dir, WasiFilesystemCtxView};
use wasmtime_wasi::p2::bindings::filesystem::preopens;
use wasmtime_wasi::p2::bindings::filesystem::types::{
    self, Advice, DescriptorFlags, DescriptorStat, DescriptorType, DirectoryEntryStream, ErrorCode, Filesize,
    HostDescriptor, MetadataHashValue, NewTimestamp, OpenFlags, PathFlags,
};
use wasmtime_wasi::p2::{DynInputStream, DynOutputStream, FsError, FsResult};
use wasmtime_wasi::runtime::spawn_blocking;
use wasmtime_wasi::{FsPerms, OpenMode};

type Fd = Resource<Descriptor>;

/// What a directory's handle holds until the real one is put in place, which every use does first, or is refused.
fn placeholder() -> io::Result<Dir> {
    static PLACEHOLDER: OnceLock<Dir> = OnceLock::new();
    if let Some(dir) = PLACEHOLDER.get() {
        return Ok(dir.clone());
    }
    let dir = Dir::new(File::open("/")?, FsPerms::ReadOnly, OpenMode::READ, false);
    Ok(PLACEHOLDER.get_or_init(|| dir).clone())
}

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

    /// Waits its turn among the instance's blocking work. To be held until that is done.
    async fn turn(&mut self) -> Option<OwnedSemaphorePermit> {
        self.state.work.turn().await
    }

    /// Works on an open file, so that a failure can be told in full.
    async fn on_file<R: Send + 'static>(
        &mut self,
        file: Arc<File>,
        work: impl FnOnce(&File) -> io::Result<R> + Send + 'static,
    ) -> FsResult<R> {
        let _turn = self.turn().await;
        let done = spawn_blocking(move || work(&file)).await;
        done.map_err(|error| self.state.work.failed(&error).into())
    }

    /// A file that may be written.
    fn writable(&mut self, fd: &Fd) -> FsResult<Arc<File>> {
        match self.table.get(fd)? {
            Descriptor::File(file) if file.perms.write_not_permitted() => Err(ErrorCode::NotPermitted.into()),
            Descriptor::File(file) => Ok(file.file.clone()),
            Descriptor::Dir(_) => Err(ErrorCode::BadDescriptor.into()),
        }
    }

    /// An open file; `None`: a directory.
    fn file_of(&mut self, fd: &Fd) -> FsResult<Option<Arc<File>>> {
        match self.table.get(fd)? {
            Descriptor::File(file) => Ok(Some(file.file.clone())),
            Descriptor::Dir(_) => Ok(None),
        }
    }

    fn output(&mut self, stream: Resource<DynOutputStream>) -> FsResult<Resource<DynOutputStream>> {
        let inner = self.table.delete(stream)?;
        let stream: DynOutputStream = Box::new(FileOutput::new(inner, self.state.work.clone()));
        Ok(self.table.push(stream)?)
    }
}

impl preopens::Host for FsCtxView<'_> {
    fn get_directories(&mut self) -> wasmtime::Result<Vec<(Fd, String)>> {
        let mut directories = Vec::with_capacity(self.state.mounts.len());
        for mount in 0..self.state.mounts.len() {
            let Some(guest) = self.state.mounts.get(mount).map(|mounted| mounted.mount.guest.clone()) else { continue };
            directories.push((self.add_dir(placeholder()?, OpenDir { mount, is_root: true })?, guest));
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
        let _turn = self.turn().await;
        self.inner().advise(fd, offset, len, advice).await
    }

    async fn sync_data(&mut self, fd: Fd) -> FsResult<()> {
        if let Some(file) = self.file_of(&fd)? {
            return self.on_file(file, File::sync_data).await;
        }
        let _turn = self.turn().await;
        self.admit_itself(&fd, Mode::Read).await?;
        self.inner().sync_data(fd).await
    }

    async fn get_flags(&mut self, fd: Fd) -> FsResult<DescriptorFlags> {
        let _turn = self.turn().await;
        self.inner().get_flags(fd).await
    }

    async fn get_type(&mut self, fd: Fd) -> FsResult<DescriptorType> {
        let _turn = self.turn().await;
        self.inner().get_type(fd).await
    }

    async fn set_size(&mut self, fd: Fd, size: Filesize) -> FsResult<()> {
        let file = self.writable(&fd)?;
        self.on_file(file, move |file| file.set_len(size)).await
    }

    async fn set_times(&mut self, fd: Fd, accessed: NewTimestamp, modified: NewTimestamp) -> FsResult<()> {
        let _turn = self.turn().await;
        self.admit_itself(&fd, Mode::Write).await?;
        self.inner().set_times(fd, accessed, modified).await
    }

    async fn read(&mut self, fd: Fd, len: Filesize, offset: Filesize) -> FsResult<(Vec<u8>, bool)> {
        let _turn = self.turn().await;
        self.inner().read(fd, len, offset).await
    }

    async fn write(&mut self, fd: Fd, bytes: Vec<u8>, offset: Filesize) -> FsResult<Filesize> {
        let file = self.writable(&fd)?;
        let written = self.on_file(file, move |file| file.write_at(&bytes, offset)).await?;
        Ok(written as Filesize)
    }

    async fn read_directory(&mut self, fd: Fd) -> FsResult<Resource<DirectoryEntryStream>> {
        let _turn = self.turn().await;
        self.list(fd).await
    }

    async fn sync(&mut self, fd: Fd) -> FsResult<()> {
        if let Some(file) = self.file_of(&fd)? {
            return self.on_file(file, File::sync_all).await;
        }
        let _turn = self.turn().await;
        self.admit_itself(&fd, Mode::Read).await?;
        self.inner().sync(fd).await
    }

    async fn create_directory_at(&mut self, fd: Fd, path: String) -> FsResult<()> {
        let _turn = self.turn().await;
        self.admit_beyond_names(&fd, &path).await?;
        let made = self.inner().create_directory_at(again(&fd), path.clone()).await;
        self.told(made, &fd, &path, Mode::Write)
    }

    async fn stat(&mut self, fd: Fd) -> FsResult<DescriptorStat> {
        let _turn = self.turn().await;
        self.admit_itself(&fd, Mode::Read).await?;
        self.inner().stat(fd).await
    }

    async fn stat_at(&mut self, fd: Fd, flags: PathFlags, path: String) -> FsResult<DescriptorStat> {
        let _turn = self.turn().await;
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
        let _turn = self.turn().await;
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
        let _turn = self.turn().await;
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
        let _turn = self.turn().await;
        self.open(fd, path_flags, path, open_flags, flags).await
    }

    fn drop(&mut self, fd: Fd) -> wasmtime::Result<()> {
        self.state.dirs.remove(&fd.rep());
        HostDescriptor::drop(&mut self.inner(), fd)
    }

    async fn readlink_at(&mut self, fd: Fd, path: String) -> FsResult<String> {
        let _turn = self.turn().await;
        if self.admit(&fd, &path, Mode::Read).await?.confined {
            return Err(ErrorCode::Invalid.into());
        }
        let read = self.inner().readlink_at(again(&fd), path.clone()).await;
        self.told(read, &fd, &path, Mode::Read)
    }

    async fn remove_directory_at(&mut self, fd: Fd, path: String) -> FsResult<()> {
        let _turn = self.turn().await;
        self.admit_beyond_names(&fd, &path).await?;
        let removed = self.inner().remove_directory_at(again(&fd), path.clone()).await;
        self.told(removed, &fd, &path, Mode::Write)
    }

    async fn rename_at(&mut self, fd: Fd, old_path: String, new_fd: Fd, new_path: String) -> FsResult<()> {
        let _turn = self.turn().await;
        self.admit_beyond_names(&fd, &old_path).await?;
        self.admit_beyond_names(&new_fd, &new_path).await?;
        let renamed = self.inner().rename_at(again(&fd), old_path.clone(), new_fd, new_path).await;
        self.told(renamed, &fd, &old_path, Mode::Write)
    }

    async fn symlink_at(&mut self, fd: Fd, target: String, path: String) -> FsResult<()> {
        let _turn = self.turn().await;
        self.admit_beyond_names(&fd, &path).await?;
        if target.len() > admit::PATH_MAX {
            return Err(ErrorCode::NameTooLong.into());
        }
        if target.starts_with('/') || target.split('/').any(|part| part == "..") {
            return Err(self.deny(&fd, &path, Mode::Write, "a symbolic link may not lead up or to an absolute path"));
        }
        let linked = self.inner().symlink_at(again(&fd), target, path.clone()).await;
        self.told(linked, &fd, &path, Mode::Write)
    }

    async fn unlink_file_at(&mut self, fd: Fd, path: String) -> FsResult<()> {
        let _turn = self.turn().await;
        self.admit(&fd, &path, Mode::Write).await?;
        let removed = self.inner().unlink_file_at(again(&fd), path.clone()).await;
        self.told(removed, &fd, &path, Mode::Write)
    }

    fn read_via_stream(&mut self, fd: Fd, offset: Filesize) -> FsResult<Resource<DynInputStream>> {
        let stream = self.inner().read_via_stream(fd, offset)?;
        let inner = self.table.delete(stream)?;
        let stream: DynInputStream = Box::new(FileInput::new(inner, self.state.work.clone()));
        Ok(self.table.push(stream)?)
    }

    fn write_via_stream(&mut self, fd: Fd, offset: Filesize) -> FsResult<Resource<DynOutputStream>> {
        let stream = self.inner().write_via_stream(fd, offset)?;
        self.output(stream)
    }

    fn append_via_stream(&mut self, fd: Fd) -> FsResult<Resource<DynOutputStream>> {
        let stream = self.inner().append_via_stream(fd)?;
        self.output(stream)
    }

    async fn is_same_object(&mut self, a: Fd, b: Fd) -> wasmtime::Result<bool> {
        let _turn = self.turn().await;
        let root = |fd: &Fd| self.state.dirs.get(&fd.rep()).filter(|open| open.is_root).map(|open| open.mount);
        if let (Some(a), Some(b)) = (root(&a), root(&b)) {
            return Ok(a == b);
        }
        // A mount that was not used yet is not in place.
        for fd in [&a, &b] {
            if self.admit_itself(fd, Mode::Read).await.is_err() {
                return Ok(false);
            }
        }
        self.inner().is_same_object(a, b).await
    }

    async fn metadata_hash(&mut self, fd: Fd) -> FsResult<MetadataHashValue> {
        let _turn = self.turn().await;
        self.admit_itself(&fd, Mode::Read).await?;
        self.inner().metadata_hash(fd).await
    }

    async fn metadata_hash_at(&mut self, fd: Fd, flags: PathFlags, path: String) -> FsResult<MetadataHashValue> {
        let _turn = self.turn().await;
        let right = self.admit(&fd, &path, Mode::Read).await?;
        let found = self.inner().metadata_hash_at(again(&fd), right.follow(flags), path.clone()).await;
        self.told(found, &fd, &path, Mode::Read)
    }
}
