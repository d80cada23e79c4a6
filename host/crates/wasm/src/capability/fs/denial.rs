//! What is told of a denial.

use std::collections::BTreeSet;

/// Denials that are told per instance; a guest that tries out paths must not fill the log.
const TOLD_MAX: usize = 100;

/// Characters of a path that are told and remembered.
const PATH_SHOWN: usize = 256;

/// Whose instance it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct GuestIdentity {
    /// The connector's name.
    pub(crate) connector: String,
    /// The task's number; `None`: the connector's own instance.
    pub(crate) task: Option<u32>,
}

/// Tells each denial once.
#[derive(Debug)]
pub(super) struct Denials {
    identity: Option<GuestIdentity>,
    told: BTreeSet<(&'static str, String)>,
}

impl Denials {
    /// Without an identity nobody runs yet, and denials are worth a debug line only.
    pub(super) fn new(identity: Option<GuestIdentity>) -> Self {
        Self { identity, told: BTreeSet::new() }
    }

    /// One line that names the capability, the path and what would allow it.
    pub(super) fn tell(&mut self, capability: &'static str, path: &str, why: &str) {
        let path = shown(path);
        if self.told.len() > TOLD_MAX || !self.told.insert((capability, path.clone())) {
            return;
        }
        let Some(GuestIdentity { connector, task }) = &self.identity else {
            return tracing::debug!(capability, path, "file access denied: {why}");
        };
        if self.told.len() > TOLD_MAX {
            return tracing::warn!(connector, task, "further denials of file access are not told");
        }
        let setting = "sandbox.fs.allow";
        tracing::warn!(connector, task, capability, path, setting, "file access denied: {why}");
    }
}

/// The beginning of a path, without what would break a line or steer a terminal.
fn shown(path: &str) -> String {
    let mut shown = String::new();
    for character in path.chars().take(PATH_SHOWN) {
        if character.is_control() { shown.extend(character.escape_default()) } else { shown.push(character) }
    }
    if path.chars().nth(PATH_SHOWN).is_some() {
        shown.push('…');
    }
    shown
}
