//! Mounts that only one server sees: a full disk, one that cannot be written to.
//!
//! Made in a mount namespace, so that nothing of the machine changes and nothing is left when the server has ended.

use std::path::Path;
use std::process::Command;

/// A shell script that mounts.
#[derive(Clone, Debug)]
pub struct Mounts {
    script: String,
    /// What makes the namespace: root may, others need a user namespace.
    unshare: &'static [&'static str],
}

const WAYS: [&[&str]; 2] = [&["--mount"], &["--user", "--map-root-user", "--mount"]];

impl Mounts {
    /// `None` if this system lets nobody mount; the test is noted as skipped.
    pub fn new(test: &str, script: &str) -> Option<Self> {
        let probe = "mount -t tmpfs none /mnt";
        let works = |way: &&&[&str]| {
            let probed = Command::new("unshare").args(**way).args(["sh", "-c", probe]).output();
            probed.is_ok_and(|output| output.status.success())
        };
        let way = WAYS.iter().find(works);
        if way.is_none() {
            crate::skip(test, "no mount namespace: needs root, or user namespaces");
        }
        way.map(|way| Self { script: script.to_owned(), unshare: way })
    }

    /// Runs a program after the script, in place of the shell: it has the same process id.
    pub(crate) fn command(&self, program: &Path) -> Command {
        let mut command = Command::new("unshare");
        command.args(self.unshare).args(["sh", "-ec", &format!("{}\nexec \"$0\" \"$@\"", self.script)]).arg(program);
        command
    }

    /// Runs a script among the mounts of a server, in its working directory.
    pub(crate) fn enter(&self, pid: u32, script: &str) -> Command {
        let mut command = Command::new("nsenter");
        let user = if self.unshare.contains(&"--user") { &["--user", "--preserve-credentials"][..] } else { &[] };
        command.args(["--target", &pid.to_string(), "--mount", "--wdns=/"]).args(user);
        command.args(["sh", "-ec", &format!("cd /proc/{pid}/cwd; {script}")]);
        command
    }
}
