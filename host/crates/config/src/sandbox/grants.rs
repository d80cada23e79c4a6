//! Entries of `sandbox.fs.allow`.

use std::fmt;
use std::path::{Component, Path, PathBuf};
use thiserror::Error;

/// A file or directory that plugins may be granted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FsAllow {
    /// Absolute, without `.` and `..`. Symbolic links are not resolved.
    pub path: PathBuf,
    /// Whether it may also be written.
    pub writable: bool,
}

/// A text that is no entry of `sandbox.fs.allow`.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("`{entry}` is not a path with :ro or :rw behind it")]
pub struct FsAllowError {
    entry: String,
}

impl FsAllow {
    /// Parses `path:ro` or `path:rw`; a relative path resolves against `working_dir`.
    pub fn parse(entry: &str, working_dir: &Path) -> Result<Self, FsAllowError> {
        let wrong = || FsAllowError { entry: entry.to_owned() };
        let (path, access) = entry.rsplit_once(':').ok_or_else(wrong)?;
        let writable = match access {
            "ro" => false,
            "rw" => true,
            _ => return Err(wrong()),
        };
        if path.is_empty() {
            return Err(wrong());
        }
        Ok(Self { path: absolute(Path::new(path), working_dir), writable })
    }

    /// Whether whoever has this grant also has `other`.
    pub fn covers(&self, other: &Self) -> bool {
        other.path.starts_with(&self.path) && (self.writable || !other.writable)
    }
}

impl fmt::Display for FsAllow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.path.display(), if self.writable { "rw" } else { "ro" })
    }
}

/// `path` against `working_dir`, with `.` and `..` taken out by the letter; `..` above the root stays at the root.
pub(crate) fn absolute(path: &Path, working_dir: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for part in working_dir.join(path).components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                normal.pop();
            }
            other => normal.push(other),
        }
    }
    normal
}
