//! `#[derive(TypeScript)]`: what serde's derives make of a type, in TypeScript.

use proc_macro2::{Span, TokenStream};
use quote::quote;
use serde_derive_internals::ast::{Container, Data, Field, Style, Variant};
use serde_derive_internals::attr::TagType;
use serde_derive_internals::{Ctxt, Derive};
use syn::{Attribute, DeriveInput, Ident, LitStr, Result, Type, parse_quote};

pub fn expand(item: TokenStream) -> Result<TokenStream> {
    let mut input: DeriveInput = syn::parse2(item)?;
    let (own, described) = match said(&input.attrs)? {
        Some(text) => (None, quote!(__Description::of(#text))),
        None => describe(&input)?,
    };
    // Each direction may bound its parameters differently; a description needs them known.
    for parameter in input.generics.type_params_mut() {
        parameter.bounds.push(parse_quote!(::perennial::TypeScript));
    }
    let ident = &input.ident;
    let (parameters, arguments, conditions) = input.generics.split_for_impl();
    let names = quote! {
        #[allow(unused_imports)]
        use ::perennial::private::{
            Description as __Description, Of as __Of, Text as __Text, Unknown as _,
        };
    };
    let own = own.map(|own| {
        quote! {
            #[automatically_derived]
            impl #parameters #ident #arguments #conditions {
                const __PERENNIAL_OWN: ::perennial::Description = { #names #own };
            }
        }
    });
    Ok(quote! {
        #own

        #[automatically_derived]
        impl #parameters ::perennial::TypeScript for #ident #arguments #conditions {
            const DESCRIPTION: ::perennial::Description = {
                #names
                #described
            };
        }
    })
}

/// `#[typescript(type = "...")]`
fn said(attributes: &[Attribute]) -> Result<Option<LitStr>> {
    let mut said = None;
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("typescript")) {
        attribute.parse_nested_meta(|meta| {
            if meta.path.is_ident("type") {
                said = Some(meta.value()?.parse()?);
                Ok(())
            } else {
                Err(meta.error("`typescript` takes `type = \"...\"`"))
            }
        })?;
    }
    Ok(said)
}

/// Which way a value goes.
#[derive(Clone, Copy, PartialEq)]
enum Way {
    Argument,
    Result,
}

/// What the type is by its own fields, where it is something else in one direction; and what it is.
fn describe(input: &DeriveInput) -> Result<(Option<TokenStream>, TokenStream)> {
    let context = Ctxt::new();
    // Unions are refused, and serde's attributes checked, as its own derives do.
    let container = Container::from_ast(&context, input, Derive::Deserialize, &Ident::new("serde", Span::call_site()));
    context.check()?;
    let Some(container) = container else { return Ok((None, quote!(__Description::UNKNOWN))) };

    if let Some(field) = transparent(&container) {
        let inner = description(field)?;
        return Ok((None, quote!((#inner).within(::perennial::private::TextKey::No))));
    }
    let from = container.attrs.type_from().or(container.attrs.type_try_from());
    let into = container.attrs.type_into();
    let way = |ty: Option<&Type>| ty.map_or_else(|| quote!(Self::__PERENNIAL_OWN), described);
    match (from, into) {
        (None, None) => Ok((None, of_data(&container)?)),
        _ => {
            let own = if from.is_some() && into.is_some() { None } else { Some(of_data(&container)?) };
            let (from, into) = (way(from), way(into));
            Ok((own, quote!(__Description::both(#from, #into))))
        }
    }
}

fn of_data(container: &Container) -> Result<TokenStream> {
    match &container.data {
        Data::Struct(Style::Newtype, fields) => {
            let inner = description(&fields[0])?;
            Ok(quote!((#inner).newtype()))
        }
        Data::Struct(Style::Unit, _) => Ok(quote!(<() as ::perennial::TypeScript>::DESCRIPTION)),
        Data::Struct(Style::Tuple, fields) => {
            let argument = tuple(fields, Way::Argument)?;
            let result = tuple(fields, Way::Result)?;
            Ok(plain(&argument, &result, false))
        }
        Data::Struct(Style::Struct, fields) => {
            let default = !container.attrs.default().is_none();
            let tag = match container.attrs.tag() {
                TagType::Internal { tag } => vec![tagged(tag, &container.attrs.name().serialize_name().value)],
                _ => vec![],
            };
            let argument = object(vec![], fields, default, Way::Argument)?;
            let result = object(tag, fields, false, Way::Result)?;
            Ok(plain(&argument, &result, true))
        }
        Data::Enum(variants) => enumeration(container, variants),
    }
}

/// The field that stands for the whole.
fn transparent<'c>(container: &'c Container<'c>) -> Option<&'c Field<'c>> {
    match &container.data {
        Data::Struct(_, fields) if container.attrs.transparent() => {
            fields.iter().find(|field| field.attrs.transparent())
        }
        _ => None,
    }
}

/// The pieces of a text, each an expression.
type Pieces = Vec<TokenStream>;

fn one(text: &str) -> Pieces {
    vec![quote!(__Text::Str(#text))]
}

/// Written out: only so do the pieces live as long as the constant.
fn plain(argument: &Pieces, result: &Pieces, object: bool) -> TokenStream {
    quote! {
        __Description {
            argument: __Text::All(&[#(#argument),*]),
            result: __Text::All(&[#(#result),*]),
            object: #object,
            ..__Description::plain(__Text::EMPTY, __Text::EMPTY)
        }
    }
}

/// As in JSON, which TypeScript reads the same.
pub fn quoted(name: &str) -> String {
    let mut quoted = String::from("\"");
    for letter in name.chars() {
        match letter {
            '"' | '\\' => quoted.extend(['\\', letter]),
            letter if letter.is_control() => quoted.push_str(&format!("\\u{:04x}", letter as u32)),
            letter => quoted.push(letter),
        }
    }
    quoted.push('"');
    quoted
}

fn tagged(tag: &str, name: &str) -> TokenStream {
    let text = format!("{}: {}; ", quoted(tag), quoted(name));
    quote!(__Text::Str(#text))
}

/// The description of a field's value.
fn description(field: &Field) -> Result<TokenStream> {
    if let Some(text) = said(&field.original.attrs)? {
        return Ok(quote!(__Description::of(#text)));
    }
    let known = described(field.ty);
    Ok(match (field.attrs.deserialize_with().is_some(), field.attrs.serialize_with().is_some()) {
        (false, false) => known,
        (true, true) => quote!(__Description::UNKNOWN),
        (true, false) => quote!(__Description::both(__Description::UNKNOWN, #known)),
        (false, true) => quote!(__Description::both(#known, __Description::UNKNOWN)),
    })
}

fn described(ty: &Type) -> TokenStream {
    quote!(__Of::<#ty>::DESCRIPTION)
}

fn text(of: &TokenStream, way: Way) -> TokenStream {
    match way {
        Way::Argument => quote!(#of.argument),
        Way::Result => quote!(#of.result),
    }
}

/// What stands in a field: as an argument never `undefined`.
fn inside(of: &TokenStream, way: Way) -> Pieces {
    match way {
        Way::Argument => vec![quote!(#of.exclude().0), quote!(#of.argument), quote!(#of.exclude().1)],
        Way::Result => vec![quote!(#of.result)],
    }
}

fn skipped(field: &Field, way: Way) -> bool {
    match way {
        Way::Argument => field.attrs.skip_deserializing(),
        Way::Result => field.attrs.skip_serializing(),
    }
}

fn tuple(fields: &[Field], way: Way) -> Result<Pieces> {
    let mut pieces = one(if way == Way::Argument { "readonly [" } else { "[" });
    for (i, field) in fields.iter().filter(|field| !skipped(field, way)).enumerate() {
        if i > 0 {
            pieces.extend(one(", "));
        }
        pieces.push(text(&description(field)?, way));
    }
    pieces.extend(one("]"));
    Ok(pieces)
}

/// `{ first; name: type; ... }`
fn object(first: Pieces, fields: &[Field], default: bool, way: Way) -> Result<Pieces> {
    let mut pieces = one("{ ");
    pieces.extend(first);
    for field in fields.iter().filter(|field| !skipped(field, way) && !field.attrs.flatten()) {
        let of = description(field)?;
        let name = field.attrs.name();
        match way {
            Way::Argument => {
                let name = quoted(&name.deserialize_name().value);
                let default = default || !field.attrs.default().is_none();
                pieces.push(quote!(__Text::Str(#name)));
                pieces.push(quote!(#of.mark(#default)));
                match default {
                    true => pieces.extend([quote!(#of.argument), quote!(__Text::Str(" | undefined; "))]),
                    false => {
                        pieces.extend([
                            quote!(#of.exclude_unless_absent().0),
                            quote!(#of.argument),
                            quote!(#of.exclude_unless_absent().1),
                            quote!(__Text::Str("; ")),
                        ]);
                    }
                }
            }
            Way::Result => {
                let mark = if field.attrs.skip_serializing_if().is_some() { "?: " } else { ": " };
                let name = format!("{}{mark}", quoted(&name.serialize_name().value));
                pieces.extend([quote!(__Text::Str(#name)), quote!(#of.result), quote!(__Text::Str("; "))]);
            }
        }
    }
    pieces.extend(one("}"));
    // What is in a flattened field stands among the others: a struct's fields are known, a map's are not.
    for field in fields.iter().filter(|field| !skipped(field, way) && field.attrs.flatten()) {
        let of = description(field)?;
        let inner = text(&of, way);
        pieces.push(quote!(match #of.object {
            true => __Text::All(&[__Text::Str(" & "), #inner]),
            false => __Text::Str(" & { [field: string]: unknown }"),
        }));
    }
    Ok(pieces)
}

fn enumeration(container: &Container, variants: &[Variant]) -> Result<TokenStream> {
    let (argument, _) = union(container, variants, Way::Argument)?;
    let (result, object) = union(container, variants, Way::Result)?;
    let plain = plain(&argument, &result, object);
    Ok(match key(container, variants) {
        Some(key) => quote!(__Description { key: ::std::option::Option::Some(#key), ..#plain }),
        None => plain,
    })
}

/// Of a map whose keys are the enum: the names of its variants, if each is no more than a name.
fn key(container: &Container, variants: &[Variant]) -> Option<String> {
    let mut names = Vec::new();
    for variant in variants.iter().filter(|variant| !variant.attrs.skip_deserializing()) {
        let is_name = matches!((variant.style, container.attrs.tag()), (Style::Unit, TagType::External));
        let is_read_by_name = !variant.attrs.other() && variant.attrs.deserialize_with().is_none();
        if !is_name || !is_read_by_name || is_untagged(container, variant) {
            return None;
        }
        names.push(quoted(&variant.attrs.name().deserialize_name().value));
    }
    (!names.is_empty()).then(|| format!("[key in {}]?: ", names.join(" | ")))
}

fn is_untagged(container: &Container, variant: &Variant) -> bool {
    variant.attrs.untagged() || matches!(container.attrs.tag(), TagType::None)
}

/// The variants, and whether each is an object.
fn union(container: &Container, variants: &[Variant], way: Way) -> Result<(Pieces, bool)> {
    let mut pieces = Pieces::new();
    let mut objects = true;
    for variant in variants {
        let skips = match way {
            Way::Argument => variant.attrs.skip_deserializing(),
            Way::Result => variant.attrs.skip_serializing(),
        };
        if skips {
            continue;
        }
        if !pieces.is_empty() {
            pieces.extend(one(" | "));
        }
        // Any word goes to it.
        let other = way == Way::Argument && variant.attrs.other();
        let of = if other { one("unknown") } else { of_variant(container, variant, way)? };
        objects &= !other
            && !matches!((variant.style, container.attrs.tag()), (Style::Unit, TagType::External))
            && !is_untagged(container, variant)
            && !matches!((variant.style, container.attrs.tag()), (Style::Newtype, TagType::Internal { .. }));
        pieces.extend(of);
    }
    if pieces.is_empty() {
        pieces = one("never");
    }
    Ok((pieces, objects))
}

fn of_variant(container: &Container, variant: &Variant, way: Way) -> Result<Pieces> {
    let custom = match way {
        Way::Argument => variant.attrs.deserialize_with().is_some(),
        Way::Result => variant.attrs.serialize_with().is_some(),
    };
    let name = variant.attrs.name();
    let name = match way {
        Way::Argument => &name.deserialize_name().value,
        Way::Result => &name.serialize_name().value,
    };
    let content = |way| -> Result<Option<Pieces>> {
        Ok(match variant.style {
            _ if custom => Some(one("unknown")),
            Style::Unit => None,
            Style::Newtype if skipped(&variant.fields[0], way) => None,
            Style::Newtype => Some(inside(&description(&variant.fields[0])?, way)),
            Style::Tuple => Some(tuple(&variant.fields, way)?),
            Style::Struct => Some(object(vec![], &variant.fields, false, way)?),
        })
    };
    let within = |head: String, content: Pieces| {
        let mut pieces = one(&head);
        pieces.extend(content);
        pieces.extend(one(" }"));
        pieces
    };
    if is_untagged(container, variant) {
        return Ok(match (content(way)?, way) {
            (Some(content), _) => content,
            // The format's nothing; as an argument in a field it could not be told from an absent one.
            (None, Way::Argument) => one("null"),
            (None, Way::Result) => one("undefined"),
        });
    }
    Ok(match container.attrs.tag() {
        TagType::None => one("unknown"),
        TagType::External => match content(way)? {
            None => one(&quoted(name)),
            Some(content) => within(format!("{{ {}: ", quoted(name)), content),
        },
        TagType::Adjacent { tag, content: key } => match content(way)? {
            None => one(&format!("{{ {}: {} }}", quoted(tag), quoted(name))),
            Some(content) => within(format!("{{ {}: {}; {}: ", quoted(tag), quoted(name), quoted(key)), content),
        },
        TagType::Internal { .. } if custom => one("unknown"),
        TagType::Internal { tag } => match variant.style {
            Style::Unit | Style::Tuple => one(&format!("{{ {}: {} }}", quoted(tag), quoted(name))),
            Style::Struct => object(vec![tagged(tag, name)], &variant.fields, false, way)?,
            Style::Newtype => {
                let of = description(&variant.fields[0])?;
                let head = format!("{{ {}: {} }} & ", quoted(tag), quoted(name));
                let inner = text(&of, way);
                // What is no object takes no tag, or is one with it whose fields are not known.
                vec![quote!(match #of.object {
                    true => __Text::All(&[__Text::Str(#head), __Text::Str("("), #inner, __Text::Str(")")]),
                    false => __Text::Str("unknown"),
                })]
            }
        },
    })
}
