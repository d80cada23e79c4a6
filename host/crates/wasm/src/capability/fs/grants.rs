//! What one connector may read and write: declared by its class, named by its configuration, allowed by the operator.
//!
//! Paths are compared by the letter, absolute and without `..`; that no symbolic link leads elsewhere is seen to when
//! they are opened. Nothing is looked up here: a configuration is validated on one worker and may run on another, so a
//! file or directory that does not exist is no error. An entry of `sandbox.fs.allow` widens, it never narrows another.

use super::denial::GuestIdentity;
use super::mount::{HostDir, Mode, Mount, Rights};
use super::scope::{Target, targets};
use super::state::FsState;
use cofferdam_config::FsAllow;
use cofferdam_plugin::{Access, Capability, ConfigMap, PluginDesc, Verdict};
use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

/// What a connector with one configuration may reach of the file system. Cheap to clone; holds nothing open.
#[derive(Clone, Debug, Default)]
pub(crate) struct FsGrants {
    mounts: Arc<[Mount]>,
}

/// One path, granted.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Grant {
    mode: Mode,
    /// The directory as the guest names it.
    guest: String,
    host: HostDir,
    /// The one name in it; `None`: all of it.
    name: Option<String>,
}

impl FsGrants {
    /// The grants of a configuration, and an error on each key that names a path which this worker does not allow.
    pub(crate) fn resolve(
        desc: &PluginDesc,
        config: &ConfigMap,
        allow: &[FsAllow],
        working_dir: &Path,
    ) -> (Self, Vec<Verdict>) {
        let mut grants: Vec<Grant> = Vec::new();
        let mut verdicts = Vec::new();
        for capability in &desc.capabilities {
            let Some(mode) = mode(capability.access) else { continue };
            for target in targets(&capability.scope, &desc.config, config) {
                let granted = grant(capability, mode, &target, allow, working_dir);
                match granted.and_then(|grant| distinguishable(grant, &grants)) {
                    Ok(grant) => grants.push(grant),
                    Err(reason) => verdicts.push(verdict(desc, capability, &target, &reason)),
                }
            }
        }
        (Self { mounts: mounts(&grants).into() }, verdicts)
    }

    /// The same for people: what is granted, one by one.
    pub(crate) fn list(
        desc: &PluginDesc,
        config: &ConfigMap,
        allow: &[FsAllow],
        working_dir: &Path,
    ) -> Vec<cofferdam_plugin::Grant> {
        let mut list = Vec::new();
        for capability in &desc.capabilities {
            let Some(mode) = mode(capability.access) else { continue };
            for target in targets(&capability.scope, &desc.config, config) {
                if grant(capability, mode, &target, allow, working_dir).is_ok() {
                    let path = normal(&working_dir.join(&target.path)).display().to_string();
                    list.push(cofferdam_plugin::Grant { access: capability.access, target: path });
                }
            }
        }
        list
    }

    /// What one instance holds of them. Without an identity denials are hardly told.
    pub(crate) fn state(&self, identity: Option<GuestIdentity>) -> FsState {
        FsState::new(&self.mounts, identity)
    }
}

/// What an access means for files; `None` if it does not concern them.
fn mode(access: Access) -> Option<Mode> {
    match access {
        Access::ReadFile | Access::ReadDirectory => Some(Mode::Read),
        Access::WriteFile | Access::WriteDirectory => Some(Mode::Write),
        Access::Connect | Access::Http | Access::Environment => None,
    }
}

fn grant(
    capability: &Capability,
    mode: Mode,
    target: &Target,
    allow: &[FsAllow],
    working_dir: &Path,
) -> Result<Grant, String> {
    let access = capability.access;
    let text = target.path.as_str();
    if text.contains('\0') {
        return Err("a path has no NUL character".to_owned());
    }
    let path = normal(&working_dir.join(text));
    let entry = allowed(&path, mode, allow)?;
    if matches!(access, Access::ReadDirectory | Access::WriteDirectory) {
        let host = beneath(entry, &path);
        return Ok(Grant { mode, guest: guest_path(Path::new(text)), host, name: None });
    }
    let no_file = || "not the path of a file".to_owned();
    if text.ends_with('/') || text.ends_with("/.") {
        return Err(no_file());
    }
    let (Some(name), Some(parent)) = (Path::new(text).file_name(), path.parent()) else { return Err(no_file()) };
    let name = name.to_str().ok_or_else(no_file)?.to_owned();
    let guest = guest_path(Path::new(text).parent().unwrap_or(Path::new("")));
    Ok(Grant { mode, guest, host: beneath(entry, parent), name: Some(name) })
}

/// The entry that allows a path: the longest, so that as little as possible of the way is trusted.
fn allowed<'a>(path: &Path, mode: Mode, allow: &'a [FsAllow]) -> Result<&'a FsAllow, String> {
    let covering: Vec<&FsAllow> = allow.iter().filter(|entry| path.starts_with(&entry.path)).collect();
    let fitting = covering.iter().filter(|entry| mode == Mode::Read || entry.writable);
    match (fitting.max_by_key(|entry| entry.path.components().count()), covering.first()) {
        (Some(entry), _) => Ok(entry),
        (None, Some(entry)) => Err(format!("read-only within sandbox.fs.allow of this worker ({entry})")),
        (None, None) => Err("not within sandbox.fs.allow of this worker".to_owned()),
    }
}

/// A directory on or below an allowed path, or the one that holds the allowed path if that is a file.
fn beneath(entry: &FsAllow, dir: &Path) -> HostDir {
    match dir.strip_prefix(&entry.path) {
        Ok(below) => HostDir { base: entry.path.clone(), below: below.to_owned() },
        Err(_) => HostDir { base: dir.to_owned(), below: PathBuf::new() },
    }
}

/// A path without `.` and `..`, by the letter; `..` above the root stays at the root.
fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for part in path.components() {
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

/// Where a guest is shown a directory: as the configuration writes it.
fn guest_path(path: &Path) -> String {
    // Components leave out doubled slashes and inner dots, as a guest's C library does.
    let plain: PathBuf = path.components().filter(|part| *part != Component::CurDir).collect();
    match plain.to_str() {
        Some("") | None => ".".to_owned(),
        Some(plain) => plain.to_owned(),
    }
}

/// A guest's C library takes `/data` and `data` for the same directory. When they are not, one would hide the other.
fn distinguishable(grant: Grant, others: &[Grant]) -> Result<Grant, String> {
    let key = |guest: &str| guest.trim_start_matches(['/', '.']).to_owned();
    let climbs = |guest: &str| guest.starts_with("..");
    let clash = others.iter().find(|other| {
        key(&other.guest) == key(&grant.guest)
            && climbs(&other.guest) == climbs(&grant.guest)
            && other.host.path() != grant.host.path()
    });
    match clash {
        None => Ok(grant),
        Some(other) => Err(format!(
            "inside a plugin its directory {} cannot be told apart from {}; write both paths absolute",
            grant.host.path().display(),
            other.host.path().display()
        )),
    }
}

fn verdict(desc: &PluginDesc, capability: &Capability, target: &Target, reason: &str) -> Verdict {
    let path = &target.path;
    let (key, error) = match &target.key {
        Some(key) => (key.clone(), format!("Invalid value {path} for configuration {key}: {reason}")),
        None => {
            let (class, access) = (&desc.class, capability.access.as_str());
            let error =
                format!("Invalid value {class} for configuration connector.class: it needs {access} {path}: {reason}");
            ("connector.class".to_owned(), error)
        }
    };
    Verdict { name: key, errors: vec![error], recommended: Vec::new(), visible: true }
}

/// The directories to show: each granted one once under every path that names it, with everything that any grant
/// allows there, and behind them a root in which nothing is.
fn mounts(grants: &[Grant]) -> Vec<Mount> {
    let mut shown: BTreeMap<&str, &HostDir> = BTreeMap::new();
    for grant in grants {
        shown.insert(&grant.guest, &grant.host);
    }
    let mut mounts: Vec<Mount> = Vec::new();
    if !shown.keys().any(|guest| matches!(*guest, "/" | ".")) {
        mounts.push(Mount { guest: "/".to_owned(), host: None, rights: Rights::default() });
    }
    for (guest, host) in shown {
        let rights = rights(&host.path(), grants);
        mounts.push(Mount { guest: guest.to_owned(), host: Some(host.clone()), rights });
    }
    mounts
}

fn rights(dir: &Path, grants: &[Grant]) -> Rights {
    let mut rights = Rights::default();
    for grant in grants {
        let host = grant.host.path();
        match &grant.name {
            None if dir.starts_with(&host) => rights.all = rights.all.max(Some(grant.mode)),
            Some(name) if host == dir => {
                let mode = rights.names.entry(name.clone()).or_insert(grant.mode);
                *mode = (*mode).max(grant.mode);
            }
            _ => {}
        }
    }
    rights
}

#[cfg(test)]
pub(super) mod tests;
