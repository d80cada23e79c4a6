//! What `wit-bindgen` makes of the world `sink`. What the worlds share comes from the crate of the world `source`.
//!
//! A crate per world, because the exported macros of two worlds have the same names: a component exports `plugin` and
//! `connector` whatever its world. Made for `cofferdam-sdk`, which hides it; nobody else should name it.

wit_bindgen::generate!({
    path: "../../../../wit/connect",
    world: "sink",
    pub_export_macro: true,
    export_macro_name: "export_sink_world",
    default_bindings_module: "cofferdam_sdk::__private::sink_bindings",
    additional_derives: [PartialEq, Eq, Hash],
    with: {
        "cofferdam:connect/types@0.1.0": cofferdam_sdk_bindings_source::cofferdam::connect::types,
        "cofferdam:connect/log@0.1.0": cofferdam_sdk_bindings_source::cofferdam::connect::log,
        "cofferdam:connect/metrics@0.1.0": cofferdam_sdk_bindings_source::cofferdam::connect::metrics,
        "cofferdam:connect/call@0.1.0": cofferdam_sdk_bindings_source::cofferdam::connect::call,
        "cofferdam:connect/schemas@0.1.0": cofferdam_sdk_bindings_source::cofferdam::connect::schemas,
    },
});
