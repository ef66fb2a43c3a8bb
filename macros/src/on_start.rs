//! `#[on_start]`

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Error, ItemFn, Result};

use crate::signature::{check_plain, parameters, returns_result};

pub fn expand(arguments: TokenStream, item: TokenStream) -> Result<TokenStream> {
    if !arguments.is_empty() {
        return Err(Error::new_spanned(arguments, "`on_start` takes no options"));
    }
    let function: ItemFn = syn::parse2(item)?;
    check_plain(&function, "on_start")?;
    if parameters(&function).len() != 2 {
        let message = "on_start takes two arguments: `input: Option<Bytes>, snapshot: Option<Bytes>`";
        return Err(Error::new_spanned(&function.sig, message));
    }
    let ident = &function.sig.ident;
    let run = match returns_result(&function) {
        true => quote!(#ident(input, snapshot).map_err(|error| ::std::string::ToString::to_string(&error))),
        false => quote!({
            #ident(input, snapshot);
            ::std::result::Result::Ok(())
        }),
    };
    Ok(quote! {
        #function

        const _: () = {
            ::perennial::private::inventory::submit! {
                ::perennial::private::OnStart { run: |input, snapshot| #run }
            }
        };
    })
}
