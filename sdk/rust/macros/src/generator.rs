//! What a list of connectors becomes.

use crate::ast::Classes;
use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

/// A world of the interface, and what stands for it in `cofferdam-sdk`.
pub struct World {
    /// Its name, the end of the macro's.
    pub name: &'static str,
    /// The trait of its connectors.
    pub connector: &'static str,
    component: &'static str,
    class: &'static str,
    export: &'static str,
}

pub const SOURCE: World = World {
    name: "source",
    connector: "SourceConnector",
    component: "SourceComponent",
    class: "SourceClass",
    export: "export_source_world",
};

pub const SINK: World = World {
    name: "sink",
    connector: "SinkConnector",
    component: "SinkComponent",
    class: "SinkClass",
    export: "export_sink_world",
};

/// A type that lists the classes, and in a component the exported functions that ask it.
pub fn component(classes: &Classes, world: &World) -> TokenStream {
    let ident = |name| Ident::new(name, Span::call_site());
    let (component, class, export) = (ident(world.component), ident(world.class), ident(world.export));
    // The type's span, so that a type that is no connector is what the compiler points at.
    let entries = classes.0.iter().map(|ty| {
        quote_spanned! { ty.span() => ::cofferdam_sdk::__private::#class::of::<#ty>() }
    });
    quote! {
        #[doc(hidden)]
        enum __CofferdamComponent {}

        impl ::cofferdam_sdk::__private::#component for __CofferdamComponent {
            fn classes() -> ::std::vec::Vec<::cofferdam_sdk::__private::#class> {
                ::std::vec![#(#entries),*]
            }
        }

        // What only a component calls is no dead code in a native build.
        #[cfg(not(target_family = "wasm"))]
        const _: fn() -> ::std::vec::Vec<::cofferdam_sdk::__private::#class> =
            <__CofferdamComponent as ::cofferdam_sdk::__private::#component>::classes;

        #[cfg(target_family = "wasm")]
        const _: () = {
            type Exports = ::cofferdam_sdk::__private::Glue<__CofferdamComponent>;
            ::cofferdam_sdk::__private::#export!(Exports);
        };
    }
}
