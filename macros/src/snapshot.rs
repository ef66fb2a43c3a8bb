//! `#[snapshot]`

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{Error, ItemFn, Result, ReturnType};

use crate::signature::{check_plain, first, parameters, returns_result};

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
    let ReturnType::Type(_, output) = &function.sig.output else {
        return Err(Error::new_spanned(&function.sig, "snapshot returns `perennial::Bytes`, or a `Result` of it"));
    };
    let words = quote_spanned!(first(output)=> ::perennial::private::words);
    let run = match returns_result(&function) {
        true => quote!(#ident().map_err(#words)),
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
