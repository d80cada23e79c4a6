//! Servers that this program starts and that must not outlive it, however it ends.

use std::ffi::OsStr;
use std::process::Command;

/// A command whose process gets `signal` (`KILL`, `TERM`) when this program ends, where the system can do that: Linux,
/// by way of `setpriv` (util-linux). Elsewhere the value that holds the process ends it, if it is dropped.
pub fn tied(program: impl AsRef<OsStr>, signal: &str) -> Command {
    let probed = Command::new("setpriv").args(["--pdeathsig", signal, "true"]).output();
    if !probed.is_ok_and(|output| output.status.success()) {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", signal]).arg(program);
    command
}
