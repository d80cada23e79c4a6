//! Compiled code on disk, so that a component is compiled once per machine and not once per start.
//!
//! wasmtime trusts compiled code: whoever can write it, owns the process that runs it. So the cache lives in a directory
//! of mode 0700 that belongs to the worker's user and is refused otherwise; entries are reached through a handle of that
//! directory, never through its path again; an entry is read into memory once, its hash is checked there, and the very
//! bytes that were checked are used. A damaged entry is as good as none. Entries are replaced by rename.
//!
//! The hash guards against damage, not against somebody who can write the directory; the directory's mode does that, and
//! that nobody else can put another in its place, for which the directories above it are looked at.

mod trusted;

use rustix::fs::{AtFlags, Mode, OFlags, fstat, openat, renameat, unlinkat};
use std::fs::File;
use std::hash::{Hash, Hasher};
use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use thiserror::Error;
use wasmtime::Engine;
use wasmtime::component::Component;

/// What an entry begins with; the number is that of the format.
const MAGIC: &[u8; 16] = b"cofferdam-code-1";
const HASH_LEN: usize = blake3::OUT_LEN;

/// Why there is no cache.
#[derive(Debug, Error)]
pub enum CacheError {
    /// The directory cannot be made or opened.
    #[error("cannot use {path} as cache of compiled plugins (sandbox.cache.dir): {source}")]
    Unavailable {
        /// The directory.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// Others could put code there.
    #[error(
        "refusing {path} as cache of compiled plugins (sandbox.cache.dir): {problem}; compiled code is trusted, so the \
         directory must belong to the worker's user with mode 0700: `chmod 700 {path}`, or name another one"
    )]
    Exposed {
        /// The directory.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// Others could put another directory in its place.
    #[error(
        "refusing {path} as cache of compiled plugins (sandbox.cache.dir): {problem}; compiled code is trusted: name a \
         directory elsewhere, or take that permission away with `chmod o-w`"
    )]
    Replaceable {
        /// The directory.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
}

/// What an entry is found by: the component, and everything about the engine that shapes its code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CacheKey(String);

impl CacheKey {
    pub(crate) fn new(engine: &Engine, component: &[u8]) -> Self {
        let mut hasher = KeyHasher(blake3::Hasher::new());
        engine.precompile_compatibility_hash().hash(&mut hasher);
        let engine = hasher.0.finalize().to_hex();
        Self(format!("{}-{}.code", blake3::hash(component).to_hex(), engine.get(..16).unwrap_or_default()))
    }
}

/// Takes what wasmtime hashes into a hash that does not depend on the process.
struct KeyHasher(blake3::Hasher);

impl Hasher for KeyHasher {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(&self) -> u64 {
        let hash = self.0.finalize();
        let first = hash.as_bytes().first_chunk().copied().unwrap_or_default();
        u64::from_le_bytes(first)
    }
}

/// A directory of compiled code.
#[derive(Debug)]
pub(crate) struct CodeCache {
    path: PathBuf,
    dir: OwnedFd,
}

impl CodeCache {
    /// Opens the directory, made with mode 0700 if it is not there. Refuses one that others could write to or replace.
    pub(crate) fn open(path: &Path) -> Result<Self, CacheError> {
        let unavailable = |source: io::Error| CacheError::Unavailable { path: path.to_owned(), source };
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(unavailable)?;
        let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let dir = rustix::fs::open(path, flags, Mode::empty()).map_err(|error| unavailable(error.into()))?;
        let stat = fstat(&dir).map_err(|error| unavailable(error.into()))?;
        let exposed = |problem| CacheError::Exposed { path: path.to_owned(), problem };
        let user = rustix::process::geteuid().as_raw();
        if stat.st_uid != user {
            return Err(exposed(format!("it belongs to user {} and the worker runs as user {user}", stat.st_uid)));
        }
        let mode = stat.st_mode & 0o777;
        if mode & 0o077 != 0 {
            return Err(exposed(format!("its mode is {mode:04o}")));
        }
        if let Some(above) = replaceable(path).map_err(unavailable)? {
            let above = above.display();
            let problem = format!("everybody can write to {above}, which is above it, and so put another in its place");
            return Err(CacheError::Replaceable { path: path.to_owned(), problem });
        }
        Ok(Self { path: path.to_owned(), dir })
    }

    /// The component of code that the compiler has just handed over.
    pub(crate) fn fresh(engine: &Engine, code: &[u8]) -> wasmtime::Result<Component> {
        trusted::deserialize(engine, Trusted(code))
    }

    /// The component of an entry; `None` if there is none that can be used. A damaged one is told and removed.
    pub(crate) fn load(&self, engine: &Engine, key: &CacheKey) -> Option<Component> {
        let problem = match self.read(key) {
            Ok(None) => return None,
            Ok(Some(entry)) => match verified(&entry) {
                Some(code) => match trusted::deserialize(engine, code) {
                    Ok(component) => return Some(component),
                    Err(error) => format!("{error:#}"),
                },
                None => "its content is not what was written".to_owned(),
            },
            Err(error) => error.to_string(),
        };
        tracing::warn!(path = %self.path.join(&key.0).display(), problem, "compiled code cannot be used, compiling again");
        // If it cannot be removed, the new entry still takes its place.
        let _ = unlinkat(&self.dir, key.0.as_str(), AtFlags::empty());
        None
    }

    fn read(&self, key: &CacheKey) -> io::Result<Option<Vec<u8>>> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = match openat(&self.dir, key.0.as_str(), flags, Mode::empty()) {
            Ok(file) => file,
            Err(rustix::io::Errno::NOENT) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let stat = fstat(&file)?;
        if stat.st_uid != rustix::process::geteuid().as_raw() || stat.st_mode & 0o022 != 0 {
            return Err(io::Error::other("others could have written it"));
        }
        let mut entry = Vec::with_capacity(usize::try_from(stat.st_size).unwrap_or(0));
        File::from(file).read_to_end(&mut entry)?;
        Ok(Some(entry))
    }

    /// Keeps compiled code, in place of what was there.
    pub(crate) fn store(&self, key: &CacheKey, code: &[u8]) -> io::Result<()> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let temporary = format!(".{}-{}-{count}.tmp", key.0, std::process::id());
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mut file = File::from(openat(&self.dir, temporary.as_str(), flags, Mode::from_raw_mode(0o600))?);
        let written = write_entry(&mut file, code)
            .and_then(|()| Ok(renameat(&self.dir, temporary.as_str(), &self.dir, key.0.as_str())?));
        if written.is_err() {
            // The error to tell is that of writing.
            let _ = unlinkat(&self.dir, temporary.as_str(), AtFlags::empty());
        }
        written
    }
}

fn write_entry(file: &mut File, code: &[u8]) -> io::Result<()> {
    file.write_all(MAGIC)?;
    file.write_all(blake3::hash(code).as_bytes())?;
    file.write_all(code)?;
    file.sync_all()
}

/// The code of an entry whose hash is right.
fn verified(entry: &[u8]) -> Option<Trusted<'_>> {
    let rest = entry.strip_prefix(MAGIC.as_slice())?;
    let (hash, code) = rest.split_at_checked(HASH_LEN)?;
    (blake3::hash(code).as_bytes() == hash).then_some(Trusted(code))
}

/// Code that this cache has written, as far as its hash can tell, or that comes from the compiler.
struct Trusted<'a>(&'a [u8]);

/// A directory above this one in which everybody could replace what is on the way to it. Looks at the way as it is
/// written and at where it leads, because a symbolic link can be replaced as well.
fn replaceable(path: &Path) -> io::Result<Option<PathBuf>> {
    for way in [std::path::absolute(path)?, path.canonicalize()?] {
        for above in way.ancestors().skip(1) {
            let mode = std::fs::metadata(above)?.mode();
            // In a directory with the sticky bit everybody can make, and only owners rename.
            if mode & 0o002 != 0 && mode & 0o1000 == 0 {
                return Ok(Some(above.to_owned()));
            }
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests;
