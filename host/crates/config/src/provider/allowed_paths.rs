//! What file and directory providers may read. Kafka: `AllowedPaths`.

use super::{ALLOWED_PATHS, WrongParam};
use std::io;
use std::path::{Component, Path, PathBuf};

/// Files and directories, with symbolic links resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AllowedPaths {
    /// `None`: everything may be read.
    allowed: Option<Vec<PathBuf>>,
}

impl AllowedPaths {
    /// A list separated by commas, without white space to be trimmed; `None` or empty: no restriction. Every path must
    /// be absolute and exist.
    pub(super) fn parse(list: Option<&str>) -> Result<Self, WrongParam> {
        let wrong = |message| WrongParam {
            name: ALLOWED_PATHS,
            message,
            allowed: "absolute paths that exist, separated by commas without blanks",
        };
        let Some(list) = list.filter(|list| !list.is_empty()) else { return Ok(Self { allowed: None }) };
        let resolve = |entry: &str| {
            let path = normal(Path::new(entry));
            if !path.is_absolute() {
                return Err(wrong(format!("Path {} is not absolute", path.display())));
            }
            path.canonicalize().map_err(|_| wrong(format!("Path {} does not exist", path.display())))
        };
        // As Java splits: nothing comes of commas at the end.
        let list = list.trim_end_matches(',');
        let entries = if list.is_empty() { Vec::new() } else { list.split(',').collect() };
        Ok(Self { allowed: Some(entries.into_iter().map(resolve).collect::<Result<_, _>>()?) })
    }

    /// What to read for a path in a placeholder: the path, its symbolic links resolved where that matters; `None`: it is
    /// not allowed.
    pub(super) fn admit(&self, path: &str) -> Option<PathBuf> {
        let path = Path::new(path);
        let Some(allowed) = &self.allowed else { return Some(path.to_owned()) };
        let real = match path.canonicalize() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => missing(path),
            Err(_) => return None,
            Ok(real) => real,
        };
        allowed.iter().any(|allowed| real.starts_with(allowed)).then_some(real)
    }
}

/// Where a path that does not exist would be.
fn missing(path: &Path) -> PathBuf {
    match (path.parent().map(Path::canonicalize), path.file_name()) {
        (Some(Ok(parent)), Some(name)) => parent.join(name),
        _ => normal(path),
    }
}

/// Without `.` and `..`, by the letter. Java: `Path.normalize`.
fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for part in path.components() {
        match (part, normal.components().next_back()) {
            (Component::CurDir, _) => {}
            (Component::ParentDir, Some(Component::Normal(_))) => drop(normal.pop()),
            (Component::ParentDir, Some(Component::RootDir)) => {}
            (other, _) => normal.push(other),
        }
    }
    normal
}
