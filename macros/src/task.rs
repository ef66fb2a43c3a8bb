//! `#[task]`

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::ext::IdentExt;
use syn::parse::Parser;
use syn::{Error, Expr, ExprLit, ItemFn, Lit, LitStr, Meta, MetaNameValue, Result, ReturnType, Type};

use crate::signature::{check_plain, first, is_context, parameters, returns_result};
use crate::typescript::quoted;

pub fn expand(arguments: TokenStream, item: TokenStream) -> Result<TokenStream> {
    let function: ItemFn = syn::parse2(item)?;
    check_plain(&function, "a task")?;
    let ident = &function.sig.ident;
    let name = name_of(arguments)?.unwrap_or_else(|| LitStr::new(&ident.unraw().to_string(), ident.span()));

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
    // What does not fit is told at the type, not at the attribute.
    let take = quote_spanned!(first(argument)=> ::perennial::private::take::<#argument>(__argument)?);
    let output = match &function.sig.output {
        ReturnType::Default => ident.span(),
        ReturnType::Type(_, ty) => first(ty),
    };
    let unwrap = returns_result(&function).then(|| {
        quote_spanned!(output=> let __result = match __result {
            ::std::result::Result::Ok(__result) => __result,
            ::std::result::Result::Err(__error) => {
                #[allow(unused_imports)]
                use ::perennial::private::{Behind as _, NoCauses as _, NoData as _};
                let __told = &::perennial::private::Told(&__error);
                return ::std::result::Result::Err(::perennial::private::fail(&__error, __told.causes(), __told.data()));
            }
        };)
    });
    let give = quote_spanned!(output=> ::perennial::private::give(__result));
    let typescript = typescript(&function, &name, argument);
    Ok(quote! {
        #function

        #[allow(clippy::let_unit_value, clippy::unit_arg)]
        const _: () = {
            #typescript

            ::perennial::private::inventory::submit! {
                ::perennial::private::Task {
                    name: #name,
                    run: |__cx, __argument| {
                        let __argument: #argument = #take;
                        let __result = #call;
                        #unwrap
                        #give
                    },
                }
            }
        };
    })
}

/// The task among those that TypeScript knows.
fn typescript(function: &ItemFn, name: &LitStr, argument: &Type) -> TokenStream {
    let result = match &function.sig.output {
        ReturnType::Default => quote!(()),
        ReturnType::Type(_, ty) if matches!(**ty, Type::ImplTrait(_)) => quote!(::perennial::private::Untold),
        ReturnType::Type(_, ty) if returns_result(function) => quote!(<#ty as ::perennial::private::Fallible>::Ok),
        ReturnType::Type(_, ty) => quote!(#ty),
    };
    let head =
        format!("export interface __PerennialTasks {{\n{}  {}: {{ argument: ", doc(function), quoted(&name.value()));
    quote! {
        // Natively too, so that what does not compile here does so in a test.
        #[allow(dead_code)]
        const _: () = {
            use ::perennial::private::Unknown as _;
            const TEXT: ::perennial::private::Text = ::perennial::private::Text::All(&[
                ::perennial::private::Text::Str(#head),
                ::perennial::private::Of::<#argument>::DESCRIPTION.argument,
                ::perennial::private::Text::Str("; result: "),
                ::perennial::private::Of::<#result>::DESCRIPTION.result,
                ::perennial::private::Text::Str(" };\n}"),
            ]);
            const BYTES: [u8; TEXT.len()] = TEXT.bytes();
            #[cfg(target_arch = "wasm32")]
            const _: () = {
                // Named as the macro expects it: for constants it has no option to say where it is.
                use ::perennial::private::wasm_bindgen;
                #[wasm_bindgen::prelude::wasm_bindgen(typescript_custom_section)]
                const TYPESCRIPT: &str = ::perennial::private::utf8(&BYTES);
            };
        };
    }
}

/// The function's own words.
fn doc(function: &ItemFn) -> String {
    let lines = function.attrs.iter().filter(|attribute| attribute.path().is_ident("doc"));
    let lines = lines.filter_map(|attribute| match &attribute.meta {
        Meta::NameValue(MetaNameValue { value: Expr::Lit(ExprLit { lit: Lit::Str(line), .. }), .. }) => {
            Some(line.value())
        }
        _ => None,
    });
    let text: String =
        lines.map(|line| format!("   *{}\n", line.replace("*/", "*\\/").replace('\n', "\n   * "))).collect();
    if text.is_empty() { text } else { format!("  /**\n{text}   */\n") }
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
