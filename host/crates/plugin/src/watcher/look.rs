//! What is in `plugin.path` at this moment.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// How many levels of sub-directories are searched.
const DEPTH: usize = 3;

/// Tells whether a file is still the one it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fingerprint {
    size: u64,
    modified: Option<SystemTime>,
    identity: u64,
}

/// The plugin files in these directories. An entry of `plugin.path` may be a file itself. What cannot be read is told at
/// debug level: it is looked at again soon.
pub(super) fn look(dirs: &[PathBuf]) -> BTreeMap<PathBuf, Fingerprint> {
    let mut found = BTreeMap::new();
    for dir in dirs {
        if dir.is_file() { take_file(dir, &mut found) } else { look_into(dir, DEPTH, &mut found) }
    }
    found
}

fn look_into(dir: &Path, depth: usize, found: &mut BTreeMap<PathBuf, Fingerprint>) {
    let entries = match std::fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) => return tracing::debug!(path = %dir.display(), %error, "cannot list a directory of plugin.path"),
    };
    for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
        // Hidden files are what editors and copying tools keep on the way.
        if path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b".")) {
            continue;
        }
        if path.is_dir() {
            if depth > 0 {
                look_into(&path, depth - 1, found);
            }
        } else if is_component(&path) || is_precompiled(&path) {
            take_file(&path, found);
        }
    }
}

fn take_file(path: &Path, found: &mut BTreeMap<PathBuf, Fingerprint>) {
    match std::fs::metadata(path) {
        Ok(metadata) if metadata.is_file() => {
            let fingerprint =
                Fingerprint { size: metadata.len(), modified: metadata.modified().ok(), identity: identity(&metadata) };
            found.insert(path.to_owned(), fingerprint);
        }
        Ok(_) => {}
        Err(error) => tracing::debug!(path = %path.display(), %error, "cannot look at a plugin file"),
    }
}

#[cfg(unix)]
fn identity(metadata: &std::fs::Metadata) -> u64 {
    use std::os::unix::fs::MetadataExt;
    metadata.ino()
}

#[cfg(not(unix))]
fn identity(_: &std::fs::Metadata) -> u64 {
    0
}

fn is_component(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "wasm")
}

/// Whether a file claims to hold compiled code.
pub(super) fn is_precompiled(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "cwasm")
}
