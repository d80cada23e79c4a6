//! Building guests: the first-party plugins, and the well- and ill-behaved ones that tests use.
//!
//! The results lie under `target/wasm/{plugins,fixtures}`, one `.wasm` per crate or Python folder, beside a stamp with
//! the hash of everything that went in.

use crate::layout::Layout;
use crate::{cargo, hash, python};
use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};

/// The target of guests written in Rust.
/// What guests are built for.
pub const TARGET: &str = "wasm32-wasip2";

/// Builds the first-party plugins, unless what they are made of is unchanged. Returns their files.
pub fn plugins(layout: &Layout) -> Result<Vec<PathBuf>> {
    rust(layout, "plugins", &layout.root.join("plugins"), "building the plugins")
}

/// Builds the fixtures, in Rust and in Python. Returns their files.
pub fn fixtures(layout: &Layout) -> Result<Vec<PathBuf>> {
    let mut files = rust_fixtures(layout)?;
    files.extend(python::fixtures(layout)?);
    Ok(files)
}

/// Those of them that are written in Rust.
pub fn rust_fixtures(layout: &Layout) -> Result<Vec<PathBuf>> {
    rust(layout, "fixtures", &layout.root.join("tests/fixtures"), "building the guests for tests")
}

/// Builds all components of a workspace of guests.
fn rust(layout: &Layout, kind: &str, workspace: &Path, title: &str) -> Result<Vec<PathBuf>> {
    let manifest = workspace.join("Cargo.toml");
    if !manifest.exists() {
        bail!("cannot build {kind}: {} does not exist", manifest.display());
    }
    let root = &layout.root;
    // The SDK inherits its dependencies from the root's manifest.
    let sources = ["sdk/rust", "wit", "rust-toolchain.toml", "Cargo.toml"].map(|path| root.join(path));
    let sources: Vec<PathBuf> = sources.into_iter().chain([workspace.to_owned()]).collect();
    let built = Built::new(layout, kind, hash::of(root, &sources)?);
    if let Some(files) = built.unchanged() {
        return Ok(files);
    }
    let (manifest, target) = (manifest.display().to_string(), layout.guest_target().display().to_string());
    let args = ["build", "--release", "--target", TARGET, "--manifest-path", &manifest, "--target-dir", &target];
    let artifacts = cargo::build(layout, title, &args)?;
    let mut components: Vec<PathBuf> = artifacts
        .into_iter()
        .flat_map(|artifact| artifact.filenames)
        .filter(|file| file.extension() == Some("wasm"))
        .map(Into::into)
        .collect();
    components.sort();
    components.dedup();
    if components.is_empty() {
        bail!("building {} gave no component: its crates need crate-type cdylib", workspace.display());
    }
    built.keep(&components)
}

/// A set of built guests and the stamp that says what they were built from.
pub struct Built {
    directory: PathBuf,
    stamp: PathBuf,
    hash: String,
}

impl Built {
    /// The set `kind`, made of what has this hash.
    pub fn new(layout: &Layout, kind: &str, hash: String) -> Self {
        let directory = layout.wasm(kind);
        Self { stamp: directory.join(".built-from"), directory, hash }
    }

    /// The files, if they were built from the same.
    pub fn unchanged(&self) -> Option<Vec<PathBuf>> {
        let stamp = std::fs::read_to_string(&self.stamp).ok()?;
        let mut lines = stamp.lines();
        if lines.next() != Some(&self.hash) {
            return None;
        }
        let files: Vec<_> = lines.map(|name| self.directory.join(name)).collect();
        (!files.is_empty() && files.iter().all(|file| file.is_file())).then_some(files)
    }

    /// Replaces the set by these files and writes the stamp, last.
    pub fn keep(&self, files: &[PathBuf]) -> Result<Vec<PathBuf>> {
        let directory = &self.directory;
        if directory.exists() {
            std::fs::remove_dir_all(directory).with_context(|| format!("cannot empty {}", directory.display()))?;
        }
        std::fs::create_dir_all(directory).with_context(|| format!("cannot create {}", directory.display()))?;
        let mut stamp = self.hash.clone();
        let mut kept = Vec::new();
        for file in files {
            let name = file.file_name().context("a built guest has no name")?.to_string_lossy().into_owned();
            let to = directory.join(&name);
            std::fs::copy(file, &to).with_context(|| format!("cannot copy {} to {}", file.display(), to.display()))?;
            stamp.push('\n');
            stamp.push_str(&name);
            kept.push(to);
        }
        std::fs::write(&self.stamp, stamp).with_context(|| format!("cannot write {}", self.stamp.display()))?;
        Ok(kept)
    }
}
