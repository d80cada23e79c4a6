//! `export_source!` and `export_sink!`: a component out of a list of connector classes.
//!
//! The macros are thin: they check the list, and name the classes to `cofferdam-sdk`, where everything else is ordinary
//! code. Use them through that crate.

mod ast;
mod generator;

use proc_macro::TokenStream;

/// Makes a component of the world `source` out of types that implement `SourceConnector`: `export_source!(First, Second)`.
///
/// Once per crate. In a native build it only checks the list.
#[proc_macro]
pub fn export_source(input: TokenStream) -> TokenStream {
    expand(input, generator::SOURCE)
}

/// Makes a component of the world `sink` out of types that implement `SinkConnector`: `export_sink!(First, Second)`.
///
/// Once per crate. In a native build it only checks the list.
#[proc_macro]
pub fn export_sink(input: TokenStream) -> TokenStream {
    expand(input, generator::SINK)
}

fn expand(input: TokenStream, world: generator::World) -> TokenStream {
    match ast::Classes::parse(input.into(), &world) {
        Ok(classes) => generator::component(&classes, &world).into(),
        Err(error) => error.into_compile_error().into(),
    }
}
