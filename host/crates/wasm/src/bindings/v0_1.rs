//! Package `cofferdam:connect@0.1.0`.
//!
//! What both worlds share is generated once: the world `sink` reuses the types and imports of the world `source`, and
//! so do its exports where their functions are the same.

/// The world of source connectors.
pub(crate) mod source {
    wasmtime::component::bindgen!({
        path: "../../../wit/connect",
        world: "source",
        imports: { "cofferdam:connect/source-offsets": async | trappable, default: trappable },
        exports: { default: async },
        additional_derives: [PartialEq],
    });
}

/// The world of sink connectors.
pub(crate) mod sink {
    wasmtime::component::bindgen!({
        path: "../../../wit/connect",
        world: "sink",
        imports: { default: trappable },
        exports: { default: async },
        additional_derives: [PartialEq],
        with: {
            "cofferdam:connect/types": super::source::cofferdam::connect::types,
            "cofferdam:connect/log": super::source::cofferdam::connect::log,
            "cofferdam:connect/metrics": super::source::cofferdam::connect::metrics,
            "cofferdam:connect/call": super::source::cofferdam::connect::call,
            "cofferdam:connect/schemas": super::source::cofferdam::connect::schemas,
        },
    });
}

pub(crate) use sink::cofferdam::connect::sink_control;
pub(crate) use sink::exports::cofferdam::connect::sink_task;
pub(crate) use source::cofferdam::connect::{call, log, metrics, schemas, source_offsets, types};
pub(crate) use source::exports::cofferdam::connect::{connector, plugin, source_task};
