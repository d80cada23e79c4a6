//! The one question before every use of a path: is it granted?

use super::{Fd, FsResult};
use crate::capability::fs::FsCtxView;
use crate::capability::fs::mount::{Mode, NotMounted, Right};
use crate::capability::fs::place::Place;
use std::fs::File;
use std::sync::Arc;
use wasmtime::component::Resource;
use wasmtime_wasi::FsPerms;
use wasmtime_wasi::filesystem::Descriptor;
use wasmtime_wasi::p2::FsError;
use wasmtime_wasi::p2::bindings::filesystem::types::{ErrorCode, PathFlags};

/// Bytes of a path, as systems have it.
pub(super) const PATH_MAX: usize = 4096;
const NOT_GRANTED: &str =
    "the plugin must declare it, the connector's configuration name it, and sandbox.fs.allow of the worker allow it";
const ONE_NAME: &str = "a file is granted by its name alone; links, directories and other names beside it are not";
const LEADS_OUT: &str = "a symbolic link leads out of what sandbox.fs.allow of the worker allows";
const READ_ONLY: &str =
    "it is granted for reading; writing takes a plugin that declares it and :rw in sandbox.fs.allow";

impl Right {
    /// A granted name is never followed.
    pub(super) fn follow(self, flags: PathFlags) -> PathFlags {
        if self.confined { PathFlags::empty() } else { flags }
    }
}

impl FsCtxView<'_> {
    /// Lets a path through to wasmtime-wasi, or not. When it does, the directory behind the handle is the real one and
    /// carries what is granted for this path and no more.
    pub(super) async fn admit(&mut self, fd: &Fd, path: &str, mode: Mode) -> FsResult<Right> {
        // Before anything is copied, kept or told.
        if path.len() > PATH_MAX {
            return Err(ErrorCode::NameTooLong.into());
        }
        let Some(right) = self.right(fd, path)? else { return Err(self.deny(fd, path, mode, NOT_GRANTED)) };
        if right.mode < mode {
            return Err(self.deny(fd, path, mode, READ_ONLY));
        }
        self.put_in_place(fd, path, right.mode).await?;
        Ok(right)
    }

    /// As [`Self::admit`], for what changes a directory beyond one granted name.
    pub(super) async fn admit_beyond_names(&mut self, fd: &Fd, path: &str) -> FsResult<()> {
        if self.admit(fd, path, Mode::Write).await?.confined {
            return Err(self.deny(fd, path, Mode::Write, ONE_NAME));
        }
        Ok(())
    }

    /// As [`Self::admit`], for a handle itself. Open files were admitted when they were opened.
    pub(super) async fn admit_itself(&mut self, fd: &Fd, mode: Mode) -> FsResult<()> {
        match self.table.get(fd)? {
            Descriptor::File(_) => Ok(()),
            Descriptor::Dir(_) => self.admit(fd, ".", mode).await.map(drop),
        }
    }

    /// What is granted for a path; `None`: nothing.
    fn right(&self, fd: &Fd, path: &str) -> FsResult<Option<Right>> {
        let Some(open) = self.state.dirs.get(&fd.rep()) else { return Err(ErrorCode::NotDirectory.into()) };
        let Some(mounted) = self.state.mounts.get(open.mount) else { return Ok(None) };
        let rights = &mounted.mount.rights;
        Ok(rights.at(if open.is_root { Place::of(path) } else { Place::Other }))
    }

    async fn put_in_place(&mut self, fd: &Fd, path: &str, mode: Mode) -> FsResult<()> {
        let dir = self.mounted(fd, path).await?;
        if let Descriptor::Dir(open) = self.table.get_mut(&Resource::<Descriptor>::new_borrow(fd.rep()))? {
            open.perms = FsPerms::from(mode);
            if let Some(dir) = dir {
                open.dir = dir;
            }
        }
        Ok(())
    }

    /// The directory of a mount; `None` for one below it, which has its own.
    async fn mounted(&mut self, fd: &Fd, path: &str) -> FsResult<Option<Arc<File>>> {
        let Some(open) = self.state.dirs.get(&fd.rep()).filter(|open| open.is_root) else { return Ok(None) };
        let Some(mounted) = self.state.mounts.get_mut(open.mount) else { return Err(ErrorCode::NoEntry.into()) };
        let was_open = mounted.is_open();
        match mounted.dir().await {
            Ok(dir) => {
                if !was_open {
                    self.state.note(&dir);
                }
                Ok(Some(dir))
            }
            Err(NotMounted::Denied) => Err(self.deny(fd, path, Mode::Read, NOT_GRANTED)),
            Err(NotMounted::LeadsOut) => Err(self.deny(fd, path, Mode::Read, LEADS_OUT)),
            Err(NotMounted::Unavailable(error, news)) => {
                if news {
                    let why = format!("the directory of a granted path cannot be opened yet: {error}");
                    self.tell(fd, path, Mode::Read, &why);
                }
                Err(self.state.work.failed(&error).into())
            }
        }
    }

    /// Tells a denial and answers as a guest expects: nothing is there to be read, nothing may be written.
    pub(super) fn deny(&mut self, fd: &Fd, path: &str, mode: Mode, why: &str) -> FsError {
        self.tell(fd, path, mode, why);
        let open = self.state.dirs.get(&fd.rep());
        let nothing_granted =
            open.and_then(|open| self.state.mounts.get(open.mount)).is_none_or(|m| m.mount.host.is_none());
        if nothing_granted && mode == Mode::Read { ErrorCode::NoEntry.into() } else { ErrorCode::NotPermitted.into() }
    }

    /// Tells of what wasmtime-wasi did not permit: a way out of the directory, by `..` or by a symbolic link.
    pub(super) fn told<R>(&mut self, result: FsResult<R>, fd: &Fd, path: &str, mode: Mode) -> FsResult<R> {
        if let Err(error) = &result
            && matches!(error.downcast_ref(), Some(ErrorCode::NotPermitted))
        {
            self.tell(fd, path, mode, LEADS_OUT);
        }
        result
    }

    pub(super) fn tell(&mut self, fd: &Fd, path: &str, mode: Mode, why: &str) {
        let capability = match mode {
            Mode::Read => "read-file",
            Mode::Write => "write-file",
        };
        let shown = self.shown(fd, path);
        self.state.denials.tell(capability, &shown, why);
    }

    /// A path as the guest sees it. Which directory below a mount it starts in is not kept.
    fn shown(&self, fd: &Fd, path: &str) -> String {
        let Some(open) = self.state.dirs.get(&fd.rep()) else { return path.to_owned() };
        let guest = self.state.mounts.get(open.mount).map_or("", |mounted| mounted.mount.guest.as_str());
        let between = if open.is_root { "/" } else { "/…/" };
        match path {
            "" | "." if open.is_root => guest.to_owned(),
            path => [guest.trim_end_matches('/'), between, path].concat(),
        }
    }
}
