//! What `wit-bindgen` makes of the world `source`, and of what all worlds share.
//!
//! A crate per world, because the exported macros of two worlds have the same names: a component exports `plugin` and
//! `connector` whatever its world. Made for `cofferdam-sdk`, which hides it; nobody else should name it.

wit_bindgen::generate!({
    path: "../../../../wit/connect",
    world: "source",
    pub_export_macro: true,
    export_macro_name: "export_source_world",
    default_bindings_module: "cofferdam_sdk::__private::source_bindings",
    additional_derives: [PartialEq, Eq, Hash],
});
