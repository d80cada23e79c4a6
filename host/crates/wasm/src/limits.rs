//! Memory, tables and instances: what a guest may hold, alone and together with all others.
//!
//! Growth beyond a limit is refused to the guest, not punished: a guest that copes goes on. Most do not (an allocator
//! that gets no memory aborts), so the last refusal of a call is kept, and a trap that follows is reported as what it
//! is: a limit, by name.

use crate::engine::{CORE_INSTANCES, MEMORIES, TABLE_ELEMENTS, TABLES};
use crate::sandbox::SandboxError;
use cofferdam_config::SandboxConfig;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use wasmtime::ResourceLimiter;

/// Past this share of its memory limit an instance is to be replaced (`sandbox.md`, recycling). Per cent.
const RECYCLE_AT: u64 = 80;

/// Bytes of one element of a table.
const ELEMENT: u64 = 8;

/// What all instances of a worker hold together.
#[derive(Debug)]
pub(crate) struct Totals {
    memory: AtomicU64,
    memory_max: u64,
    instances: AtomicUsize,
    instances_max: usize,
}

impl Totals {
    pub(crate) fn new(sandbox: &SandboxConfig) -> Arc<Self> {
        Arc::new(Self {
            memory: AtomicU64::new(0),
            memory_max: sandbox.memory_total.unwrap_or_else(default_total),
            instances: AtomicUsize::new(0),
            instances_max: usize::try_from(sandbox.instances_max).unwrap_or(usize::MAX),
        })
    }

    /// Bytes of linear memory that all instances hold.
    pub(crate) fn memory(&self) -> u64 {
        self.memory.load(Ordering::Relaxed)
    }

    /// Instances that there are.
    pub(crate) fn instances(&self) -> usize {
        self.instances.load(Ordering::Relaxed)
    }

    fn take(&self, bytes: u64) -> bool {
        let grown = |held: u64| held.checked_add(bytes).filter(|held| *held <= self.memory_max);
        self.memory.try_update(Ordering::Relaxed, Ordering::Relaxed, grown).is_ok()
    }

    fn give_back(&self, bytes: u64) {
        self.memory.fetch_sub(bytes, Ordering::Relaxed);
    }
}

/// 60 % of what the worker may use: its control group's limit where there is one, else the machine's memory.
fn default_total() -> u64 {
    let limit = [group_limit(), machine_memory()].into_iter().flatten().min();
    // Nothing known: enough for a few tasks, and the operator can say more.
    limit.map_or(1 << 30, |bytes| bytes / 10 * 6)
}

/// The smallest limit of the worker's control group and of those that it is in (cgroups(7), both versions).
fn group_limit() -> Option<u64> {
    let own = std::fs::read_to_string("/proc/self/cgroup").ok()?;
    own.lines().filter_map(group_files).flatten().filter_map(|file| limit_in(&file)).min()
}

/// The files that limit a group's memory, from the group up to the root, by its line `ID:CONTROLLERS:PATH`.
fn group_files(line: &str) -> Option<Vec<PathBuf>> {
    let mut parts = line.splitn(3, ':').skip(1);
    let (root, file) = match parts.next()? {
        "" => ("/sys/fs/cgroup", "memory.max"),
        controllers if controllers.split(',').any(|name| name == "memory") => {
            ("/sys/fs/cgroup/memory", "memory.limit_in_bytes")
        }
        _ => return None,
    };
    let groups = Path::new(parts.next()?.trim_start_matches('/')).ancestors();
    Some(groups.map(|group| Path::new(root).join(group).join(file)).collect())
}

/// `max`, and a file that is not there, are no limits.
fn limit_in(file: &Path) -> Option<u64> {
    std::fs::read_to_string(file).ok()?.trim().parse().ok()
}

fn machine_memory() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kib = line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?;
    kib.checked_mul(1024)
}

/// A growth that was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// The instance's own limit.
    Instance { limit: u64, wanted: u64 },
    /// The limit of all instances together.
    Total { limit: u64, wanted: u64 },
    /// Elements of a table.
    Table { wanted: usize },
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Instance { limit, wanted } => {
                write!(f, "memory limit of {} exceeded while growing to {}", Bytes(*limit), Bytes(*wanted))
            }
            Self::Total { limit, wanted } => write!(
                f,
                "memory limit of {} for all instances of this worker (sandbox.memory.total.bytes) exceeded while \
                 growing to {}",
                Bytes(*limit),
                Bytes(*wanted)
            ),
            Self::Table { wanted } => {
                write!(f, "table limit of {TABLE_ELEMENTS} elements exceeded while growing to {wanted}")
            }
        }
    }
}

/// Bytes as people write them, rounded up: `64 MiB`, `1.5 GiB`.
pub(crate) struct Bytes(pub(crate) u64);

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let units = [(30, "GiB"), (20, "MiB"), (10, "KiB")];
        let Some((shift, unit)) = units.into_iter().find(|(shift, _)| self.0 >> shift > 0) else {
            return write!(f, "{} B", self.0);
        };
        let tenths = (u128::from(self.0) * 10).div_ceil(1 << shift);
        let (whole, tenths) = (tenths / 10, tenths % 10);
        if tenths == 0 { write!(f, "{whole} {unit}") } else { write!(f, "{whole}.{tenths} {unit}") }
    }
}

/// One instance's share; gives back what it holds when dropped.
#[derive(Debug)]
pub(crate) struct Limits {
    totals: Arc<Totals>,
    max: u64,
    used: u64,
    /// Held when the instance had started.
    baseline: u64,
    refused: Option<Refused>,
}

impl Limits {
    /// Counts a new instance that may hold `max` bytes of linear memory.
    pub(crate) fn admit(totals: &Arc<Totals>, max: u64) -> Result<Self, SandboxError> {
        let more = |count: usize| (count < totals.instances_max).then_some(count + 1);
        match totals.instances.try_update(Ordering::Relaxed, Ordering::Relaxed, more) {
            Ok(_) => Ok(Self { totals: totals.clone(), max, used: 0, baseline: 0, refused: None }),
            Err(_) => Err(SandboxError::Instances { max: totals.instances_max }),
        }
    }

    /// Forgets earlier refusals: a call is blamed only for its own.
    pub(crate) fn begin_call(&mut self) {
        self.refused = None;
    }

    /// The last growth that was refused in this call.
    pub(crate) fn refused(&self) -> Option<Refused> {
        self.refused
    }

    /// The instance has started: what it holds now it needs, and to replace it would give nothing back.
    pub(crate) fn started(&mut self) {
        self.baseline = self.used;
    }

    /// Bytes of linear memory and tables held.
    pub(crate) fn used(&self) -> u64 {
        self.used
    }

    /// Whether so much of the limit is used that the instance should be replaced. Linear memory never shrinks.
    pub(crate) fn nearly_full(&self) -> bool {
        let half_of_the_rest = self.baseline + self.max.saturating_sub(self.baseline) / 2;
        self.used > (self.max / 100 * RECYCLE_AT).max(half_of_the_rest)
    }

    /// Counts `more` bytes, unless they exceed a limit.
    fn grow(&mut self, more: u64) -> Result<(), Refused> {
        let wanted = self.used.saturating_add(more);
        if wanted > self.max {
            return Err(Refused::Instance { limit: self.max, wanted });
        }
        if !self.totals.take(more) {
            return Err(Refused::Total { limit: self.totals.memory_max, wanted });
        }
        self.used = wanted;
        Ok(())
    }

    fn refuse(&mut self, refused: Refused) -> wasmtime::Result<bool> {
        self.refused = Some(refused);
        Ok(false)
    }
}

impl Drop for Limits {
    fn drop(&mut self) {
        self.totals.give_back(self.used);
        self.totals.instances.fetch_sub(1, Ordering::Relaxed);
    }
}

impl ResourceLimiter for Limits {
    fn memory_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> wasmtime::Result<bool> {
        if maximum.is_some_and(|maximum| desired > maximum) {
            // Beyond what the module itself declares: nobody's limit but its own.
            return Ok(false);
        }
        match self.grow(desired.saturating_sub(current) as u64) {
            Ok(()) => Ok(true),
            Err(refused) => self.refuse(refused),
        }
    }

    /// Not subtracted again: wasmtime also calls this for growths that it never asked about, so that a guest could make
    /// the count fall at will. What is counted too much goes with the instance.
    fn memory_grow_failed(&mut self, error: wasmtime::Error) -> wasmtime::Result<()> {
        tracing::debug!(error = format!("{error:#}"), "a guest's memory could not grow");
        Ok(())
    }

    fn table_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> wasmtime::Result<bool> {
        if maximum.is_some_and(|maximum| desired > maximum) {
            return Ok(false);
        }
        if desired > TABLE_ELEMENTS {
            return self.refuse(Refused::Table { wanted: desired });
        }
        match self.grow((desired.saturating_sub(current) as u64).saturating_mul(ELEMENT)) {
            Ok(()) => Ok(true),
            Err(refused) => self.refuse(refused),
        }
    }

    fn instances(&self) -> usize {
        CORE_INSTANCES
    }

    fn tables(&self) -> usize {
        TABLES
    }

    fn memories(&self) -> usize {
        MEMORIES
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: usize = 1 << 20;

    fn totals(memory: u64, instances: usize) -> Arc<Totals> {
        Arc::new(Totals {
            memory: AtomicU64::new(0),
            memory_max: memory,
            instances: AtomicUsize::new(0),
            instances_max: instances,
        })
    }

    #[test]
    fn an_instance_is_refused_what_exceeds_its_limit() {
        let totals = totals(1 << 40, 9);
        let mut limits = Limits::admit(&totals, 64 << 20).unwrap();
        assert!(limits.memory_growing(0, 52 * MIB, None).unwrap());
        assert!(limits.nearly_full());
        assert!(!limits.memory_growing(52 * MIB, 65 * MIB + 512 * 1024, None).unwrap());
        let text = limits.refused().unwrap().to_string();
        assert_eq!(text, "memory limit of 64 MiB exceeded while growing to 65.5 MiB");
        limits.begin_call();
        assert_eq!((limits.refused(), limits.used()), (None, 52 << 20));
    }

    #[test]
    fn all_instances_together_are_bounded_and_give_back() {
        let totals = totals(100 << 20, 9);
        let mut first = Limits::admit(&totals, 64 << 20).unwrap();
        let mut second = Limits::admit(&totals, 64 << 20).unwrap();
        assert!(first.memory_growing(0, 60 * MIB, None).unwrap());
        assert!(!second.memory_growing(0, 60 * MIB, None).unwrap());
        assert!(second.refused().unwrap().to_string().contains("sandbox.memory.total.bytes"));
        drop(first);
        assert_eq!(totals.memory(), 0);
        assert!(second.memory_growing(0, 60 * MIB, None).unwrap());
    }

    #[test]
    fn a_failed_growth_cannot_lower_the_count() {
        let totals = totals(1 << 40, 9);
        let mut limits = Limits::admit(&totals, 64 << 20).unwrap();
        assert!(limits.memory_growing(0, MIB, None).unwrap());
        limits.memory_grow_failed(wasmtime::format_err!("beyond the type's limits")).unwrap();
        assert_eq!((limits.used(), totals.memory()), (1 << 20, 1 << 20));
    }

    #[test]
    fn instances_are_counted_and_the_error_names_the_key() {
        let totals = totals(0, 1);
        let one = Limits::admit(&totals, 1).unwrap();
        let error = Limits::admit(&totals, 1).unwrap_err().to_string();
        assert!(error.contains("sandbox.instances.max"), "{error}");
        drop(one);
        assert!(Limits::admit(&totals, 1).is_ok());
    }

    #[test]
    fn tables_are_bounded() {
        let mut limits = Limits::admit(&totals(1 << 40, 1), 4 << 20).unwrap();
        assert!(limits.table_growing(0, TABLE_ELEMENTS, None).unwrap());
        assert!(!limits.table_growing(0, TABLE_ELEMENTS + 1, None).unwrap());
        assert!(limits.refused().unwrap().to_string().starts_with("table limit of 200000 elements"));
        // A component may have many: they count as memory.
        assert!(limits.table_growing(0, TABLE_ELEMENTS, None).unwrap());
        assert!(!limits.table_growing(0, TABLE_ELEMENTS, None).unwrap());
        assert!(limits.refused().unwrap().to_string().starts_with("memory limit of 4 MiB exceeded"));
    }

    #[test]
    fn what_an_instance_needs_from_the_start_is_no_leak() {
        let mut limits = Limits::admit(&totals(1 << 40, 1), 100 << 20).unwrap();
        assert!(limits.memory_growing(0, 90 * MIB, None).unwrap());
        assert!(limits.nearly_full());
        limits.started();
        assert!(!limits.nearly_full());
        assert!(limits.memory_growing(90 * MIB, 96 * MIB, None).unwrap());
        assert!(limits.nearly_full());
    }

    #[test]
    fn a_groups_limit_is_looked_for_up_to_the_root() {
        let files = |line| group_files(line).map(|files| files.iter().map(|file| file.display().to_string()).collect());
        let v2: Option<Vec<String>> = files("0::/system.slice/cofferdam.service");
        let expected = ["/system.slice/cofferdam.service", "/system.slice", ""];
        assert_eq!(v2.unwrap(), expected.map(|group| format!("/sys/fs/cgroup{group}/memory.max")));
        let v1: Option<Vec<String>> = files("4:memory:/a");
        let root = "/sys/fs/cgroup/memory";
        assert_eq!(v1.unwrap(), [format!("{root}/a/memory.limit_in_bytes"), format!("{root}/memory.limit_in_bytes")]);
        assert_eq!(files("3:cpu,cpuacct:/a"), None);
    }
}
