//! `#[task]`

use proc_macro2::TokenStream;
use quote::quote;
use syn::parse::Parser;
use syn::{Error, ItemFn, LitStr, Result, Type};

use crate::signature::{check_plain, is_context, parameters, returns_result};

pub fn expand(arguments: TokenStream, item: TokenStream) -> Result<TokenStream> {
    let function: ItemFn = syn::parse2(item)?;
    check_plain(&function, "a task")?;
    let ident = &function.sig.ident;
    let name = name_of(arguments)?.unwrap_or_else(|| LitStr::new(&ident.to_string(), ident.span()));

    let types = parameters(&function);
    let (context, rest) = match types.split_first() {
        Some((first, rest)) if is_context(first) => (Some(quote!(__cx,)), rest),
        _ => (None, &types[..]),
    };
    let argument: &Type = match rest {
        [] => &syn::parse_quote!(()),
        [only] => only,
        [_, second, ..] => {
            let message = "a task takes one argument, after an optional `&Context`: make a struct of them";
            return Err(Error::new_spanned(second, message));
        }
    };
    if let Type::Reference(reference) = argument {
        let message = "the argument arrives from another thread, so the task owns it: take it by value";
        return Err(Error::new_spanned(reference, message));
    }
    let call = match rest.is_empty() {
        true => quote!(#ident(#context)),
        false => quote!(#ident(#context __argument)),
    };
    let result = match returns_result(&function) {
        true => quote!(#call.map_err(::perennial::private::fail)?),
        false => call,
    };
    Ok(quote! {
        #function

        const _: () = {
            ::perennial::private::inventory::submit! {
                ::perennial::private::Task {
                    name: #name,
                    run: |__cx, __argument| {
                        let __argument: #argument = ::perennial::private::take(__argument)?;
                        #[allow(clippy::unit_arg, clippy::let_unit_value)]
                        ::perennial::private::give(#result)
                    },
                }
            }
        };
    })
}

/// `name = "..."`, or nothing.
fn name_of(arguments: TokenStream) -> Result<Option<LitStr>> {
    let mut name = None;
    let parser = syn::meta::parser(|meta| {
        if meta.path.is_ident("name") {
            name = Some(meta.value()?.parse()?);
            Ok(())
        } else {
            Err(meta.error("a task takes no option but `name = \"...\"`"))
        }
    });
    parser.parse2(arguments)?;
    Ok(name)
}
