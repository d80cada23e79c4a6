//! Opening: the path is admitted, its type is looked at before and after, and only then there is a handle.

use super::{Fd, FsResult, again};
use crate::capability::fs::FsCtxView;
use crate::capability::fs::mount::{Mode, Right};
use crate::capability::fs::open::{How, beneath, leads_out};
use crate::capability::fs::place::Place;
use crate::capability::fs::state::OpenDir;
use std::io;
use wasmtime_wasi::OpenMode;
use wasmtime_wasi::filesystem::{Descriptor, Dir, File};
use wasmtime_wasi::p2::bindings::filesystem::types::{
    DescriptorFlags, DescriptorType, ErrorCode, HostDescriptor, OpenFlags, PathFlags,
};
use wasmtime_wasi::runtime::spawn_blocking;

const SPECIAL: &str = "only regular files and directories are opened, no FIFO, socket or device";
const NO_LINK: &str = "a granted file may not be a symbolic link; grant what it leads to";
const NO_DIRECTORY: &str = "a file is granted here, but there is a directory of that name";
const LEADS_OUT: &str = "it leads out of the granted directory";

/// What came of opening a path.
enum Opened {
    Directory(std::fs::File),
    File(std::fs::File),
    Special,
    /// The kernel cannot open beneath a directory; wasmtime-wasi can.
    Unsupported,
}

impl FsCtxView<'_> {
    pub(super) async fn open(
        &mut self,
        fd: Fd,
        path_flags: PathFlags,
        path: String,
        open_flags: OpenFlags,
        flags: DescriptorFlags,
    ) -> FsResult<Fd> {
        let mode = mode(open_flags, flags);
        let right = self.admit(&fd, &path, mode).await?;
        let path_flags = right.follow(path_flags);
        if right.confined && Place::of(&path) == Place::Itself {
            return self.open_again(&fd);
        }
        self.look_at_type(&fd, path_flags, &path, right, mode).await?;
        let how = how(path_flags, open_flags, flags)?;
        let directory = self.table.get(&fd)?;
        let Descriptor::Dir(dir) = directory else { return Err(ErrorCode::NotDirectory.into()) };
        let (perms, dir) = (dir.perms, dir.dir.clone());
        let beneath = path.clone();
        let open_mode = open_mode(how);
        match spawn_blocking(move || open_by_type(&dir, &beneath, how)).await {
            Ok(Opened::File(file)) => self.keep(&fd, Descriptor::File(File::new(file, perms, open_mode, false))),
            Ok(Opened::Directory(_)) if right.confined => Err(self.deny(&fd, &path, mode, NO_DIRECTORY)),
            Ok(Opened::Directory(dir)) => self.keep(&fd, Descriptor::Dir(Dir::new(dir, perms, open_mode, false))),
            Ok(Opened::Special) => Err(self.deny(&fd, &path, mode, SPECIAL)),
            Ok(Opened::Unsupported) => self.open_inner(&fd, path_flags, &path, open_flags, flags, right).await,
            Err(error) if right.confined && leads_out(&error) => Err(self.deny(&fd, &path, mode, NO_LINK)),
            Err(error) if error.raw_os_error() == Some(rustix::io::Errno::XDEV.raw_os_error()) => {
                Err(self.deny(&fd, &path, mode, LEADS_OUT))
            }
            Err(error) => Err(self.state.work.failed(&error).into()),
        }
    }

    /// A second handle of a file grant's directory, to list it.
    fn open_again(&mut self, fd: &Fd) -> FsResult<Fd> {
        let Descriptor::Dir(dir) = self.table.get(fd)?.clone() else { return Err(ErrorCode::NotDirectory.into()) };
        let Some(open) = self.state.dirs.get(&fd.rep()).copied() else { return Err(ErrorCode::NotDirectory.into()) };
        Ok(self.add_dir(dir, open)?)
    }

    /// Refuses what must not even be opened: opening a device can do something.
    async fn look_at_type(
        &mut self,
        fd: &Fd,
        path_flags: PathFlags,
        path: &str,
        right: Right,
        mode: Mode,
    ) -> FsResult<()> {
        let found = self.inner().stat_at(again(fd), path_flags, path.to_owned()).await;
        let found = match found {
            Ok(found) => found,
            // It may be about to be created; if not, opening it says the same.
            Err(error) if matches!(error.downcast_ref(), Some(ErrorCode::NoEntry)) => return Ok(()),
            Err(error) => return self.told(Err(error), fd, path, mode),
        };
        match found.type_ {
            DescriptorType::RegularFile => Ok(()),
            DescriptorType::Directory if right.confined => Err(self.deny(fd, path, mode, NO_DIRECTORY)),
            DescriptorType::SymbolicLink if right.confined => Err(self.deny(fd, path, mode, NO_LINK)),
            // Not to be followed: opening it says so.
            DescriptorType::Directory | DescriptorType::SymbolicLink => Ok(()),
            _ => Err(self.deny(fd, path, mode, SPECIAL)),
        }
    }

    /// Opens by wasmtime-wasi, which may follow a change of type since the look.
    async fn open_inner(
        &mut self,
        fd: &Fd,
        path_flags: PathFlags,
        path: &str,
        open_flags: OpenFlags,
        flags: DescriptorFlags,
        right: Right,
    ) -> FsResult<Fd> {
        let mode = mode(open_flags, flags);
        let opened = self.inner().open_at(again(fd), path_flags, path.to_owned(), open_flags, flags).await;
        let opened = self.told(opened, fd, path, mode)?;
        let descriptor = self.table.delete(opened)?;
        match &descriptor {
            Descriptor::Dir(_) if right.confined => Err(self.deny(fd, path, mode, NO_DIRECTORY)),
            Descriptor::File(file) if !file.file.metadata()?.is_file() => Err(self.deny(fd, path, mode, SPECIAL)),
            _ => self.keep(fd, descriptor),
        }
    }

    /// Hands an open file or directory to the guest.
    fn keep(&mut self, fd: &Fd, descriptor: Descriptor) -> FsResult<Fd> {
        match descriptor {
            Descriptor::File(file) => {
                self.state.note(&file.file);
                Ok(self.table.push(Descriptor::File(file))?)
            }
            Descriptor::Dir(dir) => {
                let Some(open) = self.state.dirs.get(&fd.rep()) else { return Err(ErrorCode::NotDirectory.into()) };
                let open = OpenDir { mount: open.mount, is_root: false };
                self.state.note(&dir.dir);
                Ok(self.add_dir(dir, open)?)
            }
        }
    }
}

/// Whether opening like this can change anything.
fn mode(open_flags: OpenFlags, flags: DescriptorFlags) -> Mode {
    let changes = open_flags.intersects(OpenFlags::CREATE | OpenFlags::EXCLUSIVE | OpenFlags::TRUNCATE);
    if changes || flags.contains(DescriptorFlags::WRITE) { Mode::Write } else { Mode::Read }
}

/// As wasmtime-wasi reads the flags.
fn how(path_flags: PathFlags, open_flags: OpenFlags, flags: DescriptorFlags) -> Result<How, ErrorCode> {
    let sync = DescriptorFlags::FILE_INTEGRITY_SYNC
        | DescriptorFlags::DATA_INTEGRITY_SYNC
        | DescriptorFlags::REQUESTED_WRITE_SYNC;
    if flags.intersects(sync) {
        return Err(ErrorCode::Unsupported);
    }
    let create = open_flags.contains(OpenFlags::CREATE);
    let truncate = open_flags.contains(OpenFlags::TRUNCATE);
    let exclusive = create && open_flags.contains(OpenFlags::EXCLUSIVE);
    let directory = open_flags.contains(OpenFlags::DIRECTORY);
    if directory && open_flags.intersects(OpenFlags::CREATE | OpenFlags::EXCLUSIVE | OpenFlags::TRUNCATE) {
        return Err(ErrorCode::Invalid);
    }
    let write = flags.contains(DescriptorFlags::WRITE);
    Ok(How {
        read: flags.contains(DescriptorFlags::READ) || !write,
        write: write || create || truncate,
        create,
        exclusive,
        truncate,
        directory,
        follow: path_flags.contains(PathFlags::SYMLINK_FOLLOW),
    })
}

fn open_mode(how: How) -> OpenMode {
    let mut mode = OpenMode::empty();
    mode.set(OpenMode::READ, how.read);
    mode.set(OpenMode::WRITE, how.write);
    mode
}

fn open_by_type(dir: &std::fs::File, path: &str, how: How) -> io::Result<Opened> {
    let file = match beneath(dir, path, how) {
        Ok(Some(file)) => file,
        Ok(None) => return Ok(Opened::Unsupported),
        // A FIFO that nobody reads, or a device that is not there.
        Err(error) if error.raw_os_error() == Some(rustix::io::Errno::NXIO.raw_os_error()) => {
            return Ok(Opened::Special);
        }
        Err(error) => return Err(error),
    };
    let found = file.metadata()?.file_type();
    Ok(match (found.is_file(), found.is_dir()) {
        (true, _) => Opened::File(file),
        (_, true) => Opened::Directory(file),
        _ => Opened::Special,
    })
}
