//! The sandbox's limits and what plugins may reach: the `sandbox.*` keys of workers and connectors.

mod grants;

pub(crate) use grants::absolute;
pub use grants::{FsAllow, FsAllowError};

use crate::def::{ConfigDef, ConfigKey, ConfigType, DefaultValue, Importance, Validator};
use crate::validate::{ConfigError, ParsedConfig, invalid};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

/// Limits of every plugin instance, and the upper bound of what plugins may reach. [`sandbox_def`] has each key's
/// default and meaning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SandboxConfig {
    /// Linear memory of an instance that does not say what it needs, bytes.
    pub memory_default: u64,
    /// Linear memory that no instance may exceed, bytes.
    pub memory_max: u64,
    /// Linear memory of all instances together, bytes; `None`: 60 % of the machine's or cgroup's.
    pub memory_total: Option<u64>,
    /// Instances on the worker.
    pub instances_max: u32,
    /// Guest calls under way at once.
    pub calls_max: u32,
    /// Time that one call may compute.
    pub call_cpu: Duration,
    /// Time that one call may take altogether.
    pub call_timeout: Duration,
    /// Time that `start` may take altogether.
    pub start_timeout: Duration,
    /// Bytes of one batch, either way.
    pub batch_max_bytes: u64,
    /// Records of one batch, either way.
    pub batch_max_records: u32,
    /// Log lines of one instance per second.
    pub log_lines_per_second: u32,
    /// Connections, files and other things that the host holds for one instance.
    pub handles_max: u32,
    /// Size of a component's file, bytes.
    pub component_max_bytes: u64,
    /// Time that compiling one component may take.
    pub compile_timeout: Duration,
    /// Memory that compiling one component may take, bytes.
    pub compile_memory: u64,
    /// Files and directories that plugins may be granted.
    pub fs_allow: Vec<FsAllow>,
    /// Addresses that plugins may be granted, as written.
    pub net_allow: Vec<String>,
    /// Environment variables that plugins may be granted.
    pub env_allow: Vec<String>,
}

const FS_ALLOW: &str = "sandbox.fs.allow";
const NET_ALLOW: &str = "sandbox.net.allow";
const ENV_ALLOW: &str = "sandbox.env.allow";

/// A number among the limits.
struct Limit {
    key: &'static str,
    default: Option<i64>,
    max: i64,
    /// Whether a connector may set it, up to the worker's value.
    per_connector: bool,
    doc: &'static str,
}

/// The largest column or batch: cells end at offsets of 32 bits.
const MOST_BYTES: i64 = 1 << 31;
const MOST_COUNT: i64 = 1 << 31;
const MIB: i64 = 1 << 20;

const fn limit(key: &'static str, default: i64, max: i64, per_connector: bool, doc: &'static str) -> Limit {
    Limit { key, default: Some(default), max, per_connector, doc }
}

const LIMITS: &[Limit] = &[
    limit(
        "sandbox.memory.default.bytes",
        64 * MIB,
        i64::MAX,
        true,
        "Linear memory of an instance whose plugin does not say what it needs.",
    ),
    limit("sandbox.memory.max.bytes", 256 * MIB, i64::MAX, true, "Linear memory that no instance may exceed."),
    Limit {
        key: "sandbox.memory.total.bytes",
        default: None,
        max: i64::MAX,
        per_connector: false,
        doc: "Linear memory of all instances together; 60 % of the machine's or cgroup's memory if not set.",
    },
    limit("sandbox.instances.max", 2_000, MOST_COUNT, false, "Plugin instances on this worker."),
    limit("sandbox.calls.max", 2_048, MOST_COUNT, false, "Plugin calls under way at once; the next one waits."),
    limit("sandbox.call.cpu.ms", 60_000, i64::MAX, true, "Time that one plugin call may compute."),
    limit("sandbox.call.timeout.ms", 240_000, i64::MAX, true, "Time that one plugin call may take, waiting included."),
    limit(
        "sandbox.start.timeout.ms",
        120_000,
        i64::MAX,
        true,
        "Time that a plugin's start may take, waiting included.",
    ),
    limit("sandbox.batch.max.bytes", 16 * MIB, MOST_BYTES, true, "Bytes of one batch of records, either way."),
    limit("sandbox.batch.max.records", 10_000, MOST_COUNT, true, "Records of one batch, either way."),
    limit(
        "sandbox.log.lines.per.second",
        200,
        MOST_COUNT,
        true,
        "Log lines of one plugin instance per second; more are dropped and counted.",
    ),
    limit(
        "sandbox.handles.max",
        256,
        MOST_COUNT,
        true,
        "Connections, files and other resources that the host holds for one plugin instance.",
    ),
    limit("sandbox.component.max.bytes", 128 * MIB, i64::MAX, false, "Size of a plugin's file."),
    limit("sandbox.compile.timeout.ms", 300_000, i64::MAX, false, "Time that compiling one plugin may take."),
    limit("sandbox.compile.memory.bytes", 4_096 * MIB, i64::MAX, false, "Memory that compiling one plugin may take."),
];

/// The definition of the `sandbox.*` keys that limit plugins.
pub fn sandbox_def() -> ConfigDef {
    let mut def = ConfigDef::new();
    for limit in LIMITS {
        let default = limit.default.map_or(DefaultValue::Null, |default| DefaultValue::text(default.to_string()));
        let key = ConfigKey::new(limit.key, ConfigType::Long, default, Importance::Low, limit.doc);
        let max = (limit.max < i64::MAX).then_some(limit.max);
        def = def.define(key.validator(Validator::Range { min: Some(1), max }));
    }
    let lists = [
        (
            FS_ALLOW,
            "Files and directories that plugins may be granted: paths with :ro or :rw behind each. Nothing if empty.",
        ),
        (
            NET_ALLOW,
            "Addresses that plugins may be granted: HOST:PORT, *.DOMAIN:PORT or ADDRESS/BITS:PORT. Nothing if empty.",
        ),
        (ENV_ALLOW, "Environment variables that plugins may be granted. None if empty."),
    ];
    for (key, doc) in lists {
        let key = ConfigKey::new(key, ConfigType::List, DefaultValue::text(""), Importance::Medium, doc);
        def = def.define(key);
    }
    def
}

impl SandboxConfig {
    /// Reads the values of a definition that contains [`sandbox_def`].
    pub(crate) fn from_parsed(parsed: &ParsedConfig, working_dir: &Path) -> Result<Self, ConfigError> {
        Ok(Self { fs_allow: fs_allow(parsed.list(FS_ALLOW), working_dir)?, ..Self::limits(parsed) })
    }

    /// All but the files that plugins may be granted.
    fn limits(parsed: &ParsedConfig) -> Self {
        // The ranges of the definition make the numbers fit.
        let number = |key: &str| parsed.integer(key).and_then(|number| u64::try_from(number).ok()).unwrap_or(u64::MAX);
        let count = |key: &str| u32::try_from(number(key)).unwrap_or(u32::MAX);
        let time = |key: &str| Duration::from_millis(number(key));
        let memory_max = number("sandbox.memory.max.bytes");
        Self {
            memory_default: number("sandbox.memory.default.bytes").min(memory_max),
            memory_max,
            memory_total: parsed.integer("sandbox.memory.total.bytes").and_then(|number| u64::try_from(number).ok()),
            instances_max: count("sandbox.instances.max"),
            calls_max: count("sandbox.calls.max"),
            call_cpu: time("sandbox.call.cpu.ms"),
            call_timeout: time("sandbox.call.timeout.ms"),
            start_timeout: time("sandbox.start.timeout.ms"),
            batch_max_bytes: number("sandbox.batch.max.bytes"),
            batch_max_records: count("sandbox.batch.max.records"),
            log_lines_per_second: count("sandbox.log.lines.per.second"),
            handles_max: count("sandbox.handles.max"),
            component_max_bytes: number("sandbox.component.max.bytes"),
            compile_timeout: time("sandbox.compile.timeout.ms"),
            compile_memory: number("sandbox.compile.memory.bytes"),
            fs_allow: Vec::new(),
            net_allow: filled(parsed.list(NET_ALLOW)),
            env_allow: filled(parsed.list(ENV_ALLOW)),
        }
    }

    /// These limits with the `sandbox.*` keys of a connector's own configuration applied, none of which may exceed the
    /// worker's value. The error has each wrong key with a whole message. Relative paths resolve against `working_dir`.
    pub fn for_connector_in(
        &self,
        config: &BTreeMap<String, String>,
        working_dir: &Path,
    ) -> Result<SandboxConfig, Vec<(String, String)>> {
        let def = sandbox_def();
        let mut errors: Vec<(String, String)> = Vec::new();
        for value in def.validate(config) {
            errors.extend(value.errors.into_iter().map(|message| (value.name.clone(), message)));
        }
        for limit in LIMITS {
            let Some(text) = config.get(limit.key) else { continue };
            if let Some(tail) = self.over(limit, text) {
                errors.push((limit.key.to_owned(), invalid(limit.key, text, &tail)));
            }
        }
        let own = match def.parse(config).and_then(|parsed| Self::from_parsed(&parsed, working_dir)) {
            Ok(own) => own,
            Err(error) => {
                // What the definition finds is among the errors already.
                if !errors.iter().any(|(key, _)| *key == error.key) {
                    errors.push((error.key, error.message));
                }
                return Err(errors);
            }
        };
        errors.extend(self.grants_over(config, &own));
        if errors.is_empty() { Ok(self.with_own(config, own)) } else { Err(errors) }
    }

    /// Why a connector may not set `limit` to `text`; `None` also for what is no number, which the definition tells.
    fn over(&self, limit: &Limit, text: &str) -> Option<String> {
        if !limit.per_connector {
            return Some("this can only be set for the whole worker".to_owned());
        }
        let asked = crate::java::trim(text).parse::<u64>().ok()?;
        let ceiling = self.ceiling(limit.key);
        // What an instance is given by default may be raised up to what any may have.
        let key = if limit.key == "sandbox.memory.default.bytes" { "sandbox.memory.max.bytes" } else { limit.key };
        (asked > ceiling).then(|| format!("Value must be no more than {ceiling}, this worker's {key}"))
    }

    /// The worker's value of a limit that a connector may set, in the key's unit.
    fn ceiling(&self, key: &str) -> u64 {
        let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        match key {
            "sandbox.memory.default.bytes" | "sandbox.memory.max.bytes" => self.memory_max,
            "sandbox.call.cpu.ms" => millis(self.call_cpu),
            "sandbox.call.timeout.ms" => millis(self.call_timeout),
            "sandbox.start.timeout.ms" => millis(self.start_timeout),
            "sandbox.batch.max.bytes" => self.batch_max_bytes,
            "sandbox.batch.max.records" => self.batch_max_records.into(),
            "sandbox.log.lines.per.second" => self.log_lines_per_second.into(),
            "sandbox.handles.max" => self.handles_max.into(),
            _ => 0,
        }
    }

    /// Grants in a connector's own lists that the worker does not allow.
    fn grants_over(&self, config: &BTreeMap<String, String>, own: &Self) -> Vec<(String, String)> {
        let mut errors = Vec::new();
        let mut refuse = |key: &str, what: &str| {
            let value = config.get(key).map_or("null", String::as_str);
            errors.push((key.to_owned(), invalid(key, value, &format!("{what} is not within {key} of this worker"))));
        };
        for asked in &own.fs_allow {
            if !self.fs_allow.iter().any(|allowed| allowed.covers(asked)) {
                refuse(FS_ALLOW, &asked.to_string());
            }
        }
        for (key, asked, allowed) in
            [(NET_ALLOW, &own.net_allow, &self.net_allow), (ENV_ALLOW, &own.env_allow, &self.env_allow)]
        {
            for asked in asked.iter().filter(|asked| !allowed.contains(asked)) {
                refuse(key, asked);
            }
        }
        errors
    }

    /// The worker's values, with those that the connector sets taken from `own`.
    fn with_own(&self, config: &BTreeMap<String, String>, own: Self) -> Self {
        let mut merged = self.clone();
        let set = |key: &str| config.contains_key(key);
        macro_rules! take {
            ($($key:literal $field:ident),+ $(,)?) => {
                $(if set($key) { merged.$field = own.$field; })+
            };
        }
        take! {
            "sandbox.memory.max.bytes" memory_max,
            "sandbox.call.cpu.ms" call_cpu,
            "sandbox.call.timeout.ms" call_timeout,
            "sandbox.start.timeout.ms" start_timeout,
            "sandbox.batch.max.bytes" batch_max_bytes,
            "sandbox.batch.max.records" batch_max_records,
            "sandbox.log.lines.per.second" log_lines_per_second,
            "sandbox.handles.max" handles_max,
            "sandbox.fs.allow" fs_allow,
            "sandbox.net.allow" net_allow,
            "sandbox.env.allow" env_allow,
        }
        if set("sandbox.memory.default.bytes") {
            merged.memory_default = own.memory_default;
        }
        merged.memory_default = merged.memory_default.min(merged.memory_max);
        merged
    }
}

/// The limits of a worker that sets none of the keys.
impl Default for SandboxConfig {
    fn default() -> Self {
        // An empty configuration has nothing that could be wrong.
        Self::limits(&sandbox_def().parse(&BTreeMap::new()).unwrap_or_default())
    }
}

fn filled(items: &[String]) -> Vec<String> {
    items.iter().filter(|item| !item.is_empty()).cloned().collect()
}

fn fs_allow(items: &[String], working_dir: &Path) -> Result<Vec<FsAllow>, ConfigError> {
    let wrong = |error: FsAllowError| ConfigError {
        key: FS_ALLOW.to_owned(),
        value: Some(items.join(",")),
        message: invalid(FS_ALLOW, &items.join(","), &error.to_string()),
        allowed: "paths, each with :ro or :rw behind it".to_owned(),
    };
    let filled = items.iter().filter(|item| !item.is_empty());
    filled.map(|item| FsAllow::parse(item, working_dir).map_err(wrong)).collect()
}

#[cfg(test)]
mod tests;
