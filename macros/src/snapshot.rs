//! `#[snapshot]`

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Error, ItemFn, Result};

use crate::signature::{check_plain, parameters, returns_result};

pub fn expand(arguments: TokenStream, item: TokenStream) -> Result<TokenStream> {
    if !arguments.is_empty() {
        return Err(Error::new_spanned(arguments, "`snapshot` takes no options"));
    }
    let function: ItemFn = syn::parse2(item)?;
    check_plain(&function, "snapshot")?;
    if !parameters(&function).is_empty() {
        return Err(Error::new_spanned(
            &function.sig,
            "snapshot takes no arguments and returns `Bytes`, or a `Result` of it",
        ));
    }
    let ident = &function.sig.ident;
    let run = match returns_result(&function) {
        true => quote!(#ident().map_err(|error| ::std::string::ToString::to_string(&error))),
        false => quote!(::std::result::Result::Ok(#ident())),
    };
    Ok(quote! {
        #function

        const _: () = {
            ::perennial::private::inventory::submit! {
                ::perennial::private::Snapshot { run: || #run }
            }
        };
    })
}
