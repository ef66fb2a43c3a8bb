//! The macros of perennial. Use them through the `perennial` crate, which documents them.
#![warn(missing_docs)]

mod on_start;
mod signature;
mod snapshot;
mod task;
mod typescript;

use proc_macro::TokenStream;

/// Registers a function under its name. See `perennial::task`.
#[proc_macro_attribute]
pub fn task(arguments: TokenStream, item: TokenStream) -> TokenStream {
    finish(task::expand(arguments.into(), item.into()))
}

/// Registers the function that prepares each generation. See `perennial::on_start`.
#[proc_macro_attribute]
pub fn on_start(arguments: TokenStream, item: TokenStream) -> TokenStream {
    finish(on_start::expand(arguments.into(), item.into()))
}

/// Registers the function whose bytes the next generation is given. See `perennial::snapshot`.
#[proc_macro_attribute]
pub fn snapshot(arguments: TokenStream, item: TokenStream) -> TokenStream {
    finish(snapshot::expand(arguments.into(), item.into()))
}

/// Makes a type known in TypeScript. See `perennial::TypeScript`.
#[proc_macro_derive(TypeScript, attributes(serde, typescript))]
pub fn derive_typescript(item: TokenStream) -> TokenStream {
    finish(typescript::expand(item.into()))
}

fn finish(expanded: syn::Result<proc_macro2::TokenStream>) -> TokenStream {
    expanded.unwrap_or_else(syn::Error::into_compile_error).into()
}
