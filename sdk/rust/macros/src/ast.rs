//! What is written between the macro's parentheses.

use crate::generator::World;
use proc_macro2::{Span, TokenStream};
use quote::ToTokens;
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Error, Result, Token, Type};

/// Names of types, at least one, none twice.
pub struct Classes(pub Vec<Type>);

impl Classes {
    pub fn parse(input: TokenStream, world: &World) -> Result<Self> {
        let World { name, connector, .. } = world;
        let types = Punctuated::<Type, Token![,]>::parse_terminated.parse2(input).map_err(|error| {
            Error::new(error.span(), format!("expected names of types that implement `{connector}`"))
        })?;
        if types.is_empty() {
            let message = format!("name at least one connector: `export_{name}!(MyConnector)`");
            return Err(Error::new(Span::call_site(), message));
        }
        let types: Vec<_> = types.into_iter().collect();
        for (index, class) in types.iter().enumerate() {
            let Type::Path(_) = class else {
                let message = format!("expected the name of a type that implements `{connector}`");
                return Err(Error::new(class.span(), message));
            };
            let text = class.to_token_stream().to_string();
            if types.iter().take(index).any(|earlier| earlier.to_token_stream().to_string() == text) {
                return Err(Error::new(class.span(), "this connector is named twice"));
            }
        }
        Ok(Self(types))
    }
}
