//! `#[on_start]`

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{Error, ItemFn, Result, ReturnType, Type};

use crate::signature::{check_plain, ends_with, first, parameters, returns_result};

pub fn expand(arguments: TokenStream, item: TokenStream) -> Result<TokenStream> {
    if !arguments.is_empty() {
        return Err(Error::new_spanned(arguments, "`on_start` takes no options"));
    }
    let function: ItemFn = syn::parse2(item)?;
    check_plain(&function, "on_start")?;
    let types = parameters(&function);
    if types.len() != 2 || !types.iter().all(|ty| ends_with(ty, "Option")) {
        let message =
            "on_start takes two arguments: `input: Option<perennial::Bytes>, snapshot: Option<perennial::Bytes>`";
        return Err(Error::new_spanned(&function.sig, message));
    }
    if let ReturnType::Type(_, ty) = &function.sig.output
        && !returns_result(&function)
        && !matches!(&**ty, Type::Tuple(tuple) if tuple.elems.is_empty())
    {
        let message =
            "nobody hears what on_start returns: let it return `()`, or a `Result` whose error is a failed start";
        return Err(Error::new_spanned(ty, message));
    }
    let ident = &function.sig.ident;
    let output = match &function.sig.output {
        ReturnType::Default => ident.span(),
        ReturnType::Type(_, ty) => first(ty),
    };
    let words = quote_spanned!(output=> ::perennial::private::words);
    let run = match returns_result(&function) {
        true => quote!(#ident(input, snapshot).map(|_| ()).map_err(#words)),
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
