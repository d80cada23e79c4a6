//! A source that misbehaves on request: `poll` does what its request's number says.

use crate::{Sandbox, World};
use cofferdam_config::SandboxConfig;
use cofferdam_data::SchemaTable;
use cofferdam_plugin::{
    ConfigMap, ConnectorPlugin, Interrupt, OffsetReader, PluginError, PollRequest, SourceTask, TaskContext,
};
use std::path::Path;
use std::sync::Arc;
use wasmtime::component::Component;
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};

pub(super) const CLASS: &str = "org.example.HostileSourceConnector";

/// What `poll` can be told to do.
pub(super) mod poll {
    pub const NOTHING: u64 = 1;
    pub const SPIN: u64 = 2;
    pub const GROW: u64 = 3;
    pub const TRAP: u64 = 4;
    pub const RECURSE: u64 = 5;
    /// A batch of 5,000 bytes.
    pub const LARGE: u64 = 6;
    /// A batch of 3 MB.
    pub const HUGE: u64 = 7;
    /// A column whose ends lie beyond its data.
    pub const LIE: u64 = 8;
    /// Asks for stored offsets.
    pub const OFFSETS: u64 = 9;
    /// Grows by 6 MiB and goes on.
    pub const SWELL: u64 = 10;
    /// Calls a host function thousands of times, in a row and not in a loop.
    pub const HOST_CALLS: u64 = 11;
}

/// Static answers: results of zeros mean success with nothing in it.
const ZEROS: u32 = 0x1000;

fn words(words: &[u32]) -> String {
    words.iter().flat_map(|word| word.to_le_bytes()).map(|byte| format!("\\{byte:02x}")).collect()
}

fn data(at: u32, bytes: &str) -> String {
    format!("(data (i32.const {at}) \"{bytes}\")\n")
}

/// `list<description>` with one class.
fn description() -> String {
    let class = u32::try_from(CLASS.len()).unwrap();
    [data(0x400, &words(&[0x440, 1])), data(0x440, &words(&[0x800, class])), data(0x800, CLASS)].concat()
}

/// At `at`: `ok` of a batch with one run of one record, whose value is told to end at `end` of `len` bytes.
fn batch(at: u32, len: u32, end: u32) -> String {
    let source_partition = [0, 0, 0];
    let (topics, topic_of, partitions) = ([at + 0x220, 1], [at + 0x230, 1], [at + 0x240, 1]);
    let values = [0x10000, len, at + 0x200, 1, at + 0x210, 1, 0, 0];
    let run = [&source_partition[..], &topics, &topic_of, &partitions, &[0; 2], &[0; 8], &values, &[0; 14]].concat();
    [
        data(at, &words(&[0, at + 0x40, 1, 0, 0, 0, 0, 0])),
        data(at + 0x40, &words(&run)),
        data(at + 0x200, &words(&[end])),
        data(at + 0x210, "\\01"),
        data(at + 0x220, &words(&[0x1c00, 1])),
        data(at + 0x230, &words(&[0])),
        data(at + 0x240, &words(&[u32::MAX])),
    ]
    .concat()
}

fn module() -> String {
    let data = [
        description(),
        data(0x1c00, "t"),
        batch(0x2000, 5_000, 5_000),
        batch(0x3000, 3_000_000, 3_000_000),
        batch(0x4000, 1, 9),
    ];
    format!(
        r#"(module
  (import "cofferdam:connect/source-offsets@0.1.0" "read" (func $read (param i32 i32 i32)))
  (import "cofferdam:connect/log@0.1.0" "write" (func $log (param i32 i32 i32)))
  (memory (export "memory") 64)
  (global $heap (mut i32) (i32.const 0x200000))
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    global.get $heap
    (global.set $heap (i32.and (i32.add (i32.add (global.get $heap) (local.get 3)) (i32.const 15)) (i32.const -16))))
  (func $deeper (param i32) (result i32) (i32.add (call $deeper (i32.add (local.get 0) (i32.const 1))) (i32.const 1)))
  (func (export "cofferdam:connect/plugin@0.1.0#describe") (result i32) (i32.const 0x400))
  (func (export "cofferdam:connect/plugin@0.1.0#validate") (param i32 i32 i32 i32) (result i32) (i32.const {ZEROS}))
  (func (export "cofferdam:connect/connector@0.1.0#supports") (param i32 i32 i32 i32) (result i32) (i32.const {ZEROS}))
  (func (export "cofferdam:connect/connector@0.1.0#alter-offsets") (param i32 i32 i32 i32 i32 i32) (result i32)
    (if (i32.eqz (local.get 5)) (then (return (i32.const {ZEROS}))))
    (if (i32.gt_u (local.get 5) (i32.const 1)) (then unreachable))
    (i64.store (i32.const 0x6000) (i64.const 0x100000001))
    (i64.store (i32.const 0x6008) (i64.load (local.get 4)))
    (i32.const 0x6000))
  (func (export "cofferdam:connect/connector@0.1.0#start") (param i32 i32 i32 i32) (result i32) (i32.const {ZEROS}))
  (func (export "cofferdam:connect/connector@0.1.0#task-configs") (param i32) (result i32) (i32.const {ZEROS}))
  (func (export "cofferdam:connect/connector@0.1.0#watch") (result i32) (i32.const {ZEROS}))
  (func (export "cofferdam:connect/connector@0.1.0#stop"))
  (func (export "cofferdam:connect/source-task@0.1.0#start") (param i32 i32 i32 i32) (result i32) (i32.const {ZEROS}))
  (func (export "cofferdam:connect/source-task@0.1.0#committed") (param i64) (result i32) (i32.const {ZEROS}))
  (func (export "cofferdam:connect/source-task@0.1.0#acknowledged") (param i64 i32 i32 i32 i32) (result i32) (i32.const {ZEROS}))
  (func (export "cofferdam:connect/source-task@0.1.0#stop"))
  (func (export "cofferdam:connect/source-task@0.1.0#poll") (param $number i64) (param i32 i32) (result i32)
    (if (i64.eq (local.get $number) (i64.const {spin})) (then (loop $forever (br $forever))))
    (if (i64.eq (local.get $number) (i64.const {grow}))
      (then (loop $more (br_if $more (i32.ne (memory.grow (i32.const 16)) (i32.const -1)))) unreachable))
    (if (i64.eq (local.get $number) (i64.const {trap})) (then unreachable))
    (if (i64.eq (local.get $number) (i64.const {recurse})) (then (return (call $deeper (i32.const 0)))))
    (if (i64.eq (local.get $number) (i64.const {large})) (then (return (i32.const 0x2000))))
    (if (i64.eq (local.get $number) (i64.const {huge})) (then (return (i32.const 0x3000))))
    (if (i64.eq (local.get $number) (i64.const {lie})) (then (return (i32.const 0x4000))))
    (if (i64.eq (local.get $number) (i64.const {offsets}))
      (then (call $read (i32.const 0) (i32.const 0) (i32.const 0x5000))))
    (if (i64.eq (local.get $number) (i64.const {swell})) (then (drop (memory.grow (i32.const 96)))))
    (if (i64.eq (local.get $number) (i64.const {host_calls})) (then {row}))
    (i32.const {ZEROS}))
  {data})"#,
        host_calls = poll::HOST_CALLS,
        row = "(call $log (i32.const 0) (i32.const 0x10000) (i32.const 2000000))".repeat(5_000),
        spin = poll::SPIN,
        grow = poll::GROW,
        trap = poll::TRAP,
        recurse = poll::RECURSE,
        large = poll::LARGE,
        huge = poll::HUGE,
        lie = poll::LIE,
        offsets = poll::OFFSETS,
        swell = poll::SWELL,
        data = data.concat(),
    )
}

/// The guest as a component of the world `source`.
pub(super) fn component() -> Vec<u8> {
    let mut resolve = wit_parser::Resolve::default();
    let wit = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../wit/connect");
    let (package, _) = resolve.push_path(&wit).unwrap();
    let world = resolve.select_world(&[package], Some("source")).unwrap();
    let mut module = wat::parse_str(module()).unwrap();
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8, false).unwrap();
    ComponentEncoder::default().module(&module).unwrap().encode().unwrap()
}

/// A sandbox of few instances, so that tests beside each other reserve little.
pub(super) fn sandbox(config: SandboxConfig) -> Arc<Sandbox> {
    let config = SandboxConfig { instances_max: config.instances_max.min(8), calls_max: 8, ..config };
    Sandbox::new(&config, "/".into()).unwrap()
}

pub(super) async fn load(sandbox: &Arc<Sandbox>, world: World) -> Result<Vec<Arc<dyn ConnectorPlugin>>, PluginError> {
    let component = Component::new(sandbox.engine(), component()).unwrap();
    sandbox.plugins(component, world, Path::new("hostile.wasm")).await
}

pub(super) async fn plugin(sandbox: &Arc<Sandbox>) -> Arc<dyn ConnectorPlugin> {
    load(sandbox, World::Source).await.unwrap().remove(0)
}

pub(super) async fn task(
    plugin: &Arc<dyn ConnectorPlugin>,
    config: &[(&str, &str)],
    offsets: Option<Arc<dyn OffsetReader>>,
) -> Result<Box<dyn SourceTask>, PluginError> {
    let connector_config = config.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    let context = TaskContext {
        connector: "hostile".into(),
        task: 0,
        connector_config,
        config: ConfigMap::new(),
        interrupt: Interrupt::default(),
        schemas: SchemaTable::new(),
        offsets,
    };
    plugin.source_task(context).await
}

pub(super) fn request(number: u64) -> PollRequest {
    PollRequest { number, max_records: 500, max_bytes: 1 << 20 }
}
