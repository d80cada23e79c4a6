//! What the host keeps for one instance: the data of its store.

use crate::capability::fs::{FsCtxView, FsState, FsView};
use crate::capability::log::GuestLog;
use crate::capability::metrics::InstanceMetrics;
use crate::capability::sink_control::SinkControl;
use crate::capability::{DenyHttp, LogStream, refuse_sockets};
use crate::guard::Clock;
use crate::limits::Limits;
use cofferdam_config::SandboxConfig;
use cofferdam_data::SchemaTable;
use cofferdam_plugin::{Interrupt, OffsetReader};
use std::sync::Arc;
use wasmtime::component::ResourceTable;
use wasmtime_wasi::{WasiCtx, WasiCtxBuilder, WasiCtxView, WasiView};
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpCtxView, WasiHttpView};

/// Random bytes at a time: the host holds them while it hands them over.
const MAX_RANDOM: u64 = 1 << 20;

/// What an instance is made with, beyond its limits.
pub(crate) struct Equipment {
    /// The connector's name.
    pub(crate) connector: String,
    /// The task's number; `None`: the connector's own instance.
    pub(crate) task: Option<u32>,
    /// The plugin class, for the log.
    pub(crate) class: String,
    /// What waits for its running call.
    pub(crate) interrupt: Interrupt,
    /// Schemas of its cells.
    pub(crate) schemas: Arc<SchemaTable>,
    /// Stored offsets of its connector.
    pub(crate) offsets: Option<Arc<dyn OffsetReader>>,
    /// Its files.
    pub(crate) fs: FsState,
}

/// The data of an instance's store.
pub(crate) struct Guest {
    pub(crate) limits: Limits,
    pub(crate) clock: Arc<Clock>,
    pub(crate) log: Arc<GuestLog>,
    pub(crate) metrics: Arc<InstanceMetrics>,
    pub(crate) interrupt: Interrupt,
    pub(crate) schemas: Arc<SchemaTable>,
    pub(crate) offsets: Option<Arc<dyn OffsetReader>>,
    pub(crate) sink: SinkControl,
    pub(crate) fs: FsState,
    pub(crate) told: Told,
    streams: [LogStream; 2],
    wasi: WasiCtx,
    table: ResourceTable,
    http: WasiHttpCtx,
    deny_http: DenyHttp,
}

/// What the log has been told once and is not told again.
#[derive(Debug, Default)]
pub(crate) struct Told {
    pub(crate) metrics: bool,
    pub(crate) lookup: bool,
    pub(crate) socket: bool,
}

impl Guest {
    /// Clock, random numbers, log; no files but those of `equipment.fs`, no network, no environment, no arguments.
    pub(crate) fn new(equipment: Equipment, sandbox: &SandboxConfig, limits: Limits) -> Self {
        let Equipment { connector, task, class, interrupt, schemas, offsets, fs } = equipment;
        let log = Arc::new(GuestLog::new(&connector, task, &class, sandbox.log_lines_per_second));
        let streams = [LogStream::new(&log, false), LogStream::new(&log, true)];
        let [stdout, stderr] = streams.clone();
        let mut wasi = WasiCtxBuilder::new();
        wasi.stdout(stdout).stderr(stderr).max_random_size(MAX_RANDOM);
        refuse_sockets(&mut wasi);
        let mut table = ResourceTable::new();
        table.set_max_capacity(usize::try_from(sandbox.handles_max).unwrap_or(usize::MAX));
        Self {
            limits,
            clock: Clock::new(Some(log.clone())),
            metrics: InstanceMetrics::new(&connector, task),
            interrupt,
            schemas,
            offsets,
            sink: SinkControl::default(),
            fs,
            told: Told::default(),
            streams,
            wasi: wasi.build(),
            table,
            http: WasiHttpCtx::new(),
            deny_http: DenyHttp::new(&log),
            log,
        }
    }

    /// Before each call: earlier calls are not to blame for what happens in this one.
    pub(crate) fn begin_call(&mut self) {
        self.limits.begin_call();
        self.log.take_last_words();
        self.fs.take_failure();
    }

    /// What the guest wrote to its standard error in the call that has ended.
    pub(crate) fn last_words(&self) -> String {
        for stream in &self.streams {
            stream.end_line();
        }
        self.log.take_last_words()
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        for stream in &self.streams {
            stream.end_line();
        }
    }
}

impl WasiView for Guest {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

impl FsView for Guest {
    fn fs(&mut self) -> FsCtxView<'_> {
        FsCtxView { state: &mut self.fs, table: &mut self.table }
    }
}

impl WasiHttpView for Guest {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView { ctx: &mut self.http, table: &mut self.table, hooks: &mut self.deny_http }
    }
}
