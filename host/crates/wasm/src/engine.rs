//! The engine: how components are compiled and where their memories, tables and stacks come from.
//!
//! One engine per worker. On Linux all instances come from a pool whose address space is reserved at start, so that
//! the ceiling of everything a guest can make the worker hold is known before the first guest runs. Reserved is not
//! used: an idle pool costs a few megabytes of bookkeeping.
//!
//! A compiling process and a running one must agree on every setting that shapes code, hence one [`config`] for both.

use crate::sandbox::SandboxError;
use cofferdam_config::SandboxConfig;
use std::time::Duration;
use wasmtime::{Config, Engine, InstanceAllocationStrategy, OptLevel, PoolingAllocationConfig, WasmBacktraceDetails};

/// How often guests that compute are interrupted to let others run and to have their time checked.
pub(crate) const TICK: Duration = Duration::from_millis(10);
/// Stack of a guest's own frames; deeper recursion is a trap.
pub(crate) const WASM_STACK: usize = 512 << 10;
/// Stack of a call altogether, host frames included.
const FIBER_STACK: usize = 2 << 20;
/// Unmapped bytes behind each linear memory; accesses beyond are checked in code.
const MEMORY_GUARD: u64 = 64 << 10;
/// Core instances in one component: the largest toolchain here (Python) makes about 20, a composed one more.
pub(crate) const CORE_INSTANCES: usize = 100;
/// Tables in one component.
pub(crate) const TABLES: usize = 40;
/// Linear memories in one component.
pub(crate) const MEMORIES: usize = 4;
/// Elements in one table.
pub(crate) const TABLE_ELEMENTS: usize = 200_000;
/// Core instances and tables reserved per instance of a component.
const CORE_PER_INSTANCE: u32 = 20;
/// Linear memories reserved per instance of a component.
const MEMORIES_PER_INSTANCE: u32 = 2;

/// What an engine is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Only to compile components; reserves nothing.
    Compile,
    /// To run them.
    Run,
}

/// The settings of an engine. Code compiled under one purpose runs under the other, whatever allocates its instances.
pub fn config(sandbox: &SandboxConfig, purpose: Purpose) -> Config {
    let mut config = base(sandbox);
    if purpose == Purpose::Run && cfg!(target_os = "linux") {
        config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool(sandbox)));
    }
    config
}

fn base(sandbox: &SandboxConfig) -> Config {
    let mut config = Config::new();
    config
        .cranelift_opt_level(OptLevel::Speed)
        .epoch_interruption(true)
        // Guests are of WASI 0.2; without support for 0.3 an empty call costs a quarter.
        .concurrency_support(false)
        .wasm_backtrace_max_frames(std::num::NonZeroUsize::new(20))
        // Said here, because the default asks an environment variable and would tell two processes different things.
        .wasm_backtrace_details(WasmBacktraceDetails::Disable)
        .generate_address_map(true)
        .max_wasm_stack(WASM_STACK)
        .async_stack_size(FIBER_STACK)
        .memory_reservation(sandbox.memory_max)
        .memory_guard_size(MEMORY_GUARD);
    config
}

fn pool(sandbox: &SandboxConfig) -> PoolingAllocationConfig {
    let instances = sandbox.instances_max;
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(instances)
        .total_core_instances(instances.saturating_mul(CORE_PER_INSTANCE))
        .total_memories(instances.saturating_mul(MEMORIES_PER_INSTANCE))
        .total_tables(instances.saturating_mul(CORE_PER_INSTANCE))
        // An instance keeps the stack of its last call. A few to spare: they return to the pool a moment late.
        .total_stacks(instances.max(sandbox.calls_max).saturating_add(16))
        .max_core_instances_per_component(u32::try_from(CORE_INSTANCES).unwrap_or(u32::MAX))
        .max_memories_per_component(u32::try_from(MEMORIES).unwrap_or(u32::MAX))
        .max_tables_per_component(u32::try_from(TABLES).unwrap_or(u32::MAX))
        .max_memories_per_module(u32::try_from(MEMORIES).unwrap_or(u32::MAX))
        .max_tables_per_module(CORE_PER_INSTANCE)
        .max_component_instance_size(4 << 20)
        .max_core_instance_size(4 << 20)
        .max_memory_size(usize::try_from(sandbox.memory_max).unwrap_or(usize::MAX))
        .table_elements(TABLE_ELEMENTS)
        .linear_memory_keep_resident(0)
        .max_unused_warm_slots(10);
    pool
}

/// An engine to run guests. Where the pool cannot be reserved (an address-space limit, a container without overcommit)
/// instances are allocated on demand instead: same limits, told once in the log.
pub(crate) fn run(sandbox: &SandboxConfig) -> Result<Engine, SandboxError> {
    let failed = |error: wasmtime::Error| SandboxError::Engine(format!("{error:#}"));
    match Engine::new(&config(sandbox, Purpose::Run)) {
        Ok(engine) => Ok(engine),
        Err(error) if cfg!(target_os = "linux") => {
            tracing::warn!(
                error = format!("{error:#}"),
                sandbox.instances.max = sandbox.instances_max,
                sandbox.memory.max.bytes = sandbox.memory_max,
                "cannot reserve address space for all guest instances, allocating them on demand; \
                 lower sandbox.instances.max or sandbox.memory.max.bytes, or raise the limit on address space"
            );
            Engine::new(&config(sandbox, Purpose::Compile)).map_err(failed)
        }
        Err(error) => Err(failed(error)),
    }
}

/// Starts the thread that interrupts computing guests every [`TICK`]; it ends with the engine.
pub(crate) fn start_ticker(engine: &Engine) -> Result<(), SandboxError> {
    let engine = engine.weak();
    let tick = move || {
        while let Some(engine) = engine.upgrade() {
            engine.increment_epoch();
            drop(engine);
            std::thread::sleep(TICK);
        }
    };
    let spawned = std::thread::Builder::new().name("guest-ticker".into()).spawn(tick);
    spawned.map(drop).map_err(|source| SandboxError::Thread { what: "the guests' ticker", source })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::hash::{DefaultHasher, Hash, Hasher};

    #[test]
    fn compiling_and_running_engines_agree_on_code() {
        let sandbox = SandboxConfig { instances_max: 2, calls_max: 2, ..SandboxConfig::default() };
        let hash = |purpose| {
            let mut hasher = DefaultHasher::new();
            Engine::new(&config(&sandbox, purpose)).unwrap().precompile_compatibility_hash().hash(&mut hasher);
            hasher.finish()
        };
        assert_eq!(hash(Purpose::Compile), hash(Purpose::Run));
    }
}
