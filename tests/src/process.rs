//! What the system says about a process.

use std::fs;

/// User and system time of a process so far, in seconds. `process`: an id, or `self`.
pub fn cpu_seconds(process: &str) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).expect("the process's stat");
    let fields: Vec<&str> = stat.rsplit(')').next().expect("fields").split_whitespace().collect();
    let ticks = |index: usize| fields[index].parse::<u64>().expect("ticks");
    (ticks(11) + ticks(12)) as f64 / 100.0
}

/// The most memory that a process had resident, in KiB.
pub fn peak_rss_kib(process: &str) -> u64 {
    status(process, "VmHWM:")
}

/// The memory that a process has resident, in KiB.
pub fn rss_kib(process: &str) -> u64 {
    status(process, "VmRSS:")
}

fn status(process: &str, key: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).expect("the process's status");
    let line = status.lines().find(|line| line.starts_with(key)).expect("the process's memory");
    line.split_whitespace().nth(1).and_then(|number| number.parse().ok()).expect("a number")
}
