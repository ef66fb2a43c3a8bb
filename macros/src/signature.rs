//! What a registered function may look like.

use proc_macro2::Span;
use quote::ToTokens;
use syn::{Error, FnArg, ItemFn, Result, ReturnType, Safety, Type, TypePath};

/// Refuses what cannot be called by name: `async`, `unsafe`, generics, methods, varargs.
pub fn check_plain(function: &ItemFn, what: &str) -> Result<()> {
    let signature = &function.sig;
    if let Some(token) = &signature.asyncness {
        return Err(Error::new_spanned(
            token,
            format!("{what} is a plain function, not async: it runs on a Rayon thread"),
        ));
    }
    if let Safety::Unsafe(token) = &signature.safety {
        return Err(Error::new_spanned(token, format!("{what} is called from JavaScript, so it has to be safe")));
    }
    if !signature.generics.params.is_empty() {
        let message = format!("{what} is called by name, so its types have to be known: no generics");
        return Err(Error::new_spanned(&signature.generics, message));
    }
    for input in &signature.inputs {
        match input {
            FnArg::Receiver(receiver) => {
                return Err(Error::new_spanned(receiver, format!("{what} is a free function, not a method")));
            }
            FnArg::Typed(typed) => {
                if let Type::ImplTrait(generic) = &*typed.ty {
                    let message = format!("{what} is called by name, so its types have to be known: no `impl Trait`");
                    return Err(Error::new_spanned(generic, message));
                }
            }
        }
    }
    Ok(())
}

/// The parameters' types, in order.
pub fn parameters(function: &ItemFn) -> Vec<&Type> {
    let inputs = function.sig.inputs.iter();
    inputs.filter_map(|input| if let FnArg::Typed(typed) = input { Some(&*typed.ty) } else { None }).collect()
}

/// Whether it is written `&Context`, with any path.
pub fn is_context(ty: &Type) -> bool {
    matches!(ty, Type::Reference(reference) if reference.mutability.is_none() && ends_with(&reference.elem, "Context"))
}

/// Whether it is written `Result<...>`, with any path.
pub fn returns_result(function: &ItemFn) -> bool {
    matches!(&function.sig.output, ReturnType::Type(_, ty) if ends_with(ty, "Result"))
}

/// Whether it is written with this name, with any path.
pub fn ends_with(ty: &Type, name: &str) -> bool {
    matches!(ty, Type::Path(TypePath { path, .. }) if path.segments.last().is_some_and(|last| last.ident == name))
}

/// The place of a type's first word: only nightly compilers join the places of several.
pub fn first(ty: &Type) -> Span {
    ty.to_token_stream().into_iter().next().map_or_else(Span::call_site, |token| token.span())
}
