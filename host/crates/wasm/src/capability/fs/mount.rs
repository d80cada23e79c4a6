//! A directory of the host that a guest sees, and what it may do there.

use super::open;
use super::place::Place;
use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use wasmtime_wasi::FsPerms;
use wasmtime_wasi::runtime::spawn_blocking;

/// Whether something may be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Mode {
    /// Read only.
    Read,
    /// Read, create, write, remove.
    Write,
}

impl From<Mode> for FsPerms {
    fn from(mode: Mode) -> Self {
        match mode {
            Mode::Read => Self::ReadOnly,
            Mode::Write => Self::ReadWrite,
        }
    }
}

/// A directory of the host. The way to `base` is the operator's and is trusted; below it no symbolic link may lead out.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct HostDir {
    /// What `sandbox.fs.allow` names, or the directory that holds it if it is a file.
    pub(super) base: PathBuf,
    /// From there, without `..`; empty: `base` itself.
    pub(super) below: PathBuf,
}

impl HostDir {
    /// Its whole path.
    pub(super) fn path(&self) -> PathBuf {
        if self.below.as_os_str().is_empty() { self.base.clone() } else { self.base.join(&self.below) }
    }
}

/// What may be done in a directory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Rights {
    /// With everything in it.
    pub(super) all: Option<Mode>,
    /// With these names in it.
    pub(super) names: BTreeMap<String, Mode>,
}

/// What may be done at one place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Right {
    pub(super) mode: Mode,
    /// It is a file grant that allows this: one name, no links, nothing but a regular file.
    pub(super) confined: bool,
}

impl Rights {
    /// What may be done at a place in the directory itself.
    pub(super) fn at(&self, place: Place<'_>) -> Option<Right> {
        let all = self.all.map(|mode| Right { mode, confined: false });
        match place {
            Place::Name(name) => match self.names.get(name) {
                Some(mode) if Some(*mode) > self.all => Some(Right { mode: *mode, confined: true }),
                _ => all,
            },
            // The directory of a file grant can be looked at and listed, for what its names allow.
            Place::Itself if all.is_none() && !self.names.is_empty() => {
                Some(Right { mode: Mode::Read, confined: true })
            }
            Place::Itself | Place::Other => all,
        }
    }
}

/// A directory that a guest sees.
#[derive(Clone, Debug)]
pub(super) struct Mount {
    /// Where the guest sees it.
    pub(super) guest: String,
    /// What it is; `None`: a root in which everything is denied, so that denials can be told.
    pub(super) host: Option<HostDir>,
    pub(super) rights: Rights,
}

/// A mount of one instance.
#[derive(Debug)]
pub(super) struct Mounted {
    pub(super) mount: Mount,
    /// Once it was found.
    dir: Option<Arc<File>>,
    told_missing: bool,
}

/// Why a mount has no directory.
#[derive(Debug)]
pub(super) enum NotMounted {
    /// Nothing was granted.
    Denied,
    /// It leads out of what is allowed.
    LeadsOut,
    /// It cannot be opened. True if that was not told yet.
    Unavailable(io::Error, bool),
}

impl Mounted {
    pub(super) fn new(mount: Mount) -> Self {
        Self { mount, dir: None, told_missing: false }
    }

    /// Whether its directory was found before.
    pub(super) fn is_open(&self) -> bool {
        self.dir.is_some()
    }

    /// Its directory, opened now if it was not before.
    pub(super) async fn dir(&mut self) -> Result<Arc<File>, NotMounted> {
        if let Some(dir) = &self.dir {
            return Ok(Arc::clone(dir));
        }
        let Some(host) = self.mount.host.clone() else { return Err(NotMounted::Denied) };
        match spawn_blocking(move || open::directory(&host)).await {
            Ok(dir) => Ok(Arc::clone(self.dir.insert(Arc::new(dir)))),
            Err(error) if open::leads_out(&error) => Err(NotMounted::LeadsOut),
            Err(error) => {
                let news = !std::mem::replace(&mut self.told_missing, true);
                Err(NotMounted::Unavailable(error, news))
            }
        }
    }
}
