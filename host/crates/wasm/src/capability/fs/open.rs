//! Opening what a path leads to without ever leaving a directory and without ever waiting for a FIFO.
//!
//! On Linux the kernel does both (`openat2` with `RESOLVE_BENEATH`, `O_NONBLOCK`). Where it cannot, directories are
//! walked to without following any symbolic link, and files are left to wasmtime-wasi after a look at their type.

use super::mount::HostDir;
use rustix::fs::{Mode, OFlags, openat};
use rustix::io::Errno;
use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::path::{Component, Path};

/// How a file is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct How {
    pub(super) read: bool,
    pub(super) write: bool,
    pub(super) create: bool,
    pub(super) exclusive: bool,
    pub(super) truncate: bool,
    pub(super) directory: bool,
    pub(super) follow: bool,
}

impl How {
    fn flags(self) -> OFlags {
        let mut flags = match (self.read, self.write) {
            (true, true) => OFlags::RDWR,
            (false, true) => OFlags::WRONLY,
            (_, false) => OFlags::RDONLY,
        };
        for (wanted, flag) in [
            (true, OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY),
            (self.create, OFlags::CREATE),
            (self.exclusive, OFlags::EXCL),
            (self.truncate, OFlags::TRUNC),
            (self.directory, OFlags::DIRECTORY),
            (!self.follow, OFlags::NOFOLLOW),
        ] {
            if wanted {
                flags |= flag;
            }
        }
        flags
    }
}

/// Opens a path beneath a directory; `None` if the kernel cannot do so safely. Never waits for another process.
pub(super) fn beneath(dir: &File, path: &str, how: How) -> io::Result<Option<File>> {
    let mode = if how.create { Mode::from_raw_mode(0o666) } else { Mode::empty() };
    kernel_beneath(dir, Path::new(path), how.flags(), mode)
}

/// Whether an error says that a path leads out of the directory that it started in.
pub(super) fn leads_out(error: &io::Error) -> bool {
    matches!(Errno::from_io_error(error), Some(Errno::XDEV | Errno::LOOP))
}

/// A handle of a directory, to open things beneath it.
pub(super) fn directory(host: &HostDir) -> io::Result<File> {
    let flags = OFlags::DIRECTORY | OFlags::CLOEXEC | path_only();
    let base = File::from(rustix::fs::open(&host.base, flags, Mode::empty())?);
    if host.below.as_os_str().is_empty() {
        return Ok(base);
    }
    match kernel_beneath(&base, &host.below, flags, Mode::empty())? {
        Some(dir) => Ok(dir),
        None => walk(base, &host.below, flags),
    }
}

fn walk(base: File, below: &Path, flags: OFlags) -> io::Result<File> {
    let mut dir = base;
    for part in below.components() {
        let Component::Normal(name) = part else { return Err(Errno::XDEV.into()) };
        dir = File::from(openat(dir.as_fd(), name, flags | OFlags::NOFOLLOW, Mode::empty())?);
    }
    Ok(dir)
}

/// Handles that give access to what is beneath them without being readable themselves, where there are such.
fn path_only() -> OFlags {
    #[cfg(target_os = "linux")]
    return OFlags::PATH;
    #[cfg(not(target_os = "linux"))]
    return OFlags::RDONLY;
}

#[cfg(target_os = "linux")]
fn kernel_beneath(dir: &File, path: &Path, flags: OFlags, mode: Mode) -> io::Result<Option<File>> {
    use rustix::fs::{ResolveFlags, openat2};
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_MAGICLINKS;
    // EAGAIN: something on the machine was renamed meanwhile.
    for _ in 0..8 {
        match openat2(dir, path, flags, mode, resolve) {
            Ok(file) => return Ok(Some(File::from(file))),
            Err(Errno::AGAIN) => {}
            // EPERM is what some sandboxes say to a system call that they do not know.
            Err(Errno::NOSYS | Errno::PERM) => return Ok(None),
            Err(error) => return Err(error.into()),
        }
    }
    // Never by a way that follows links or waits: one who renames without a pause would choose it.
    Err(Errno::AGAIN.into())
}

#[cfg(not(target_os = "linux"))]
fn kernel_beneath(_: &File, _: &Path, _: OFlags, _: Mode) -> io::Result<Option<File>> {
    Ok(None)
}
