//! What a task's argument and result are called in TypeScript, put together while the crate compiles.
//!
//! A type of Rust arrives in JavaScript as [`value`](crate::value) writes it, and is read as that module reads it; the two
//! differ (a `Vec<f32>` is made of any array of numbers, and becomes a `Float32Array`), so each type has two texts. Types
//! stand in place, not under names: the declarations of a whole crate, and of the crates it uses, share one file.

mod impls;
mod text;

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;

use std::marker::PhantomData;

pub use text::Text;

/// A type that is known in TypeScript, so that `pool.run` checks an argument of it, or types a result.
///
/// Derive it beside serde's traits, whose attributes it follows. The numbers, `bool`, `char`, strings, [`Bytes`](crate::Bytes),
/// `Option`, `Result`, tuples, arrays, `Vec`, sets and maps have it. A type without it is `unknown` in TypeScript: everything
/// is taken for an argument, and a result has to be looked at before use.
///
/// - `#[typescript(type = "...")]` on a field, or on the type, says it in TypeScript's own words, for both directions; a
///   field that serde reads or writes `with` a module is `unknown` without it.
/// - A type that holds itself cannot be written in place: name it in a `typescript_custom_section` of wasm-bindgen, and give
///   that name to `#[typescript(type = "...")]` on the field.
///
/// ```
/// use perennial::{TypeScript, task};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Deserialize, TypeScript)]
/// #[serde(rename_all = "camelCase")]
/// struct Circuit {
///     step_count: u32,
///     name: Option<String>,
/// }
///
/// #[derive(Serialize, TypeScript)]
/// struct Proof {
///     bytes: Vec<u8>,
/// }
///
/// /// In TypeScript: `run("prove", { stepCount: number, name?: string | null }): Promise<{ bytes: Uint8Array }>`.
/// #[task]
/// fn prove(circuit: Circuit) -> Proof {
///     Proof { bytes: vec![0; circuit.step_count as usize] }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not known in TypeScript",
    note = "add `#[derive(perennial::TypeScript)]` to it, or `#[typescript(type = \"...\")]` to the field"
)]
pub trait TypeScript {
    /// What it is called.
    const DESCRIPTION: Description;
}

/// A type's texts, and what decides about the texts of types made of it.
#[derive(Clone, Copy, Debug)]
pub struct Description {
    /// What JavaScript may give for it.
    pub argument: Text,
    /// What JavaScript gets of it.
    pub result: Text,
    #[doc(hidden)]
    pub elements: Elements,
    /// Whether `argument` has `undefined` in it.
    #[doc(hidden)]
    pub takes_undefined: bool,
    /// Whether a field of it may be left out.
    #[doc(hidden)]
    pub may_be_absent: bool,
    /// What stands before the values of an object that a map with such keys is read from.
    #[doc(hidden)]
    pub key: Option<&'static str>,
    /// Whether a map with such keys is written as an object.
    #[doc(hidden)]
    pub text: TextKey,
    /// Whether it is always a plain object.
    #[doc(hidden)]
    pub object: bool,
}

/// How a list of a type is written.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub enum Elements {
    /// As an array.
    Plain,
    /// As this typed array; read from an array or these typed arrays.
    Typed { result: &'static str, argument: &'static str },
    /// As an array; read from an array or these typed arrays.
    Array { argument: &'static str },
}

/// Whether a map with keys of a type is written as an object.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum TextKey {
    /// As a `Map`.
    No,
    /// As an object.
    Yes,
    /// As an object, behind a pointer too.
    Pointed,
}

impl Description {
    /// Of a type that is the same in both directions, in TypeScript's words.
    ///
    /// ```
    /// use perennial::{Description, TypeScript};
    ///
    /// struct Colour([u8; 3]);
    ///
    /// // With its own `Serialize` and `Deserialize`, as "#rrggbb".
    /// impl TypeScript for Colour {
    ///     const DESCRIPTION: Description = Description::of("string");
    /// }
    /// ```
    pub const fn of(text: &'static str) -> Self {
        Self::plain(Text::Str(text), Text::Str(text))
    }

    #[doc(hidden)]
    pub const UNKNOWN: Self = Description { takes_undefined: false, ..Description::of("unknown") };

    #[doc(hidden)]
    pub const fn plain(argument: Text, result: Text) -> Self {
        Description {
            argument,
            result,
            elements: Elements::Plain,
            takes_undefined: false,
            may_be_absent: false,
            key: None,
            text: TextKey::No,
            object: false,
        }
    }

    #[doc(hidden)]
    pub const fn object(self, object: bool) -> Self {
        Description { object, ..self }
    }

    #[doc(hidden)]
    pub const fn takes_undefined(self) -> Self {
        Description { takes_undefined: true, ..self }
    }

    /// As the inside of a newtype: the same value, but serde does not look into it for what may be absent, and a list of it
    /// is none of numbers.
    #[doc(hidden)]
    pub const fn newtype(self) -> Self {
        Description { may_be_absent: false, ..self.within(TextKey::No) }
    }

    /// The same value, of another type.
    #[doc(hidden)]
    pub const fn within(self, text: TextKey) -> Self {
        let elements = match self.elements {
            Elements::Typed { argument, .. } => Elements::Array { argument },
            other => other,
        };
        Description { elements, text, ..self }
    }

    /// As behind a pointer.
    #[doc(hidden)]
    pub const fn pointed(self) -> Self {
        let text = match self.text {
            TextKey::Pointed => TextKey::Yes,
            _ => TextKey::No,
        };
        self.within(text)
    }

    /// Each direction's part of another type.
    #[doc(hidden)]
    pub const fn both(argument: Self, result: Self) -> Self {
        Description { result: result.result, object: result.object, ..argument.newtype() }
    }

    /// Before and after what stands in a field: `undefined` is not written, so it is not to be given.
    #[doc(hidden)]
    pub const fn exclude(&self) -> (Text, Text) {
        match self.takes_undefined {
            true => (Text::Str("Exclude<"), Text::Str(", undefined>")),
            false => (Text::EMPTY, Text::EMPTY),
        }
    }

    #[doc(hidden)]
    pub const fn exclude_unless_absent(&self) -> (Text, Text) {
        if self.may_be_absent { (Text::EMPTY, Text::EMPTY) } else { self.exclude() }
    }

    #[doc(hidden)]
    pub const fn mark(&self, default: bool) -> Text {
        Text::Str(if self.may_be_absent || default { "?: " } else { ": " })
    }
}

/// A type that may or may not be known: `Of::<T>::DESCRIPTION` is its description, or `unknown` by [`Unknown`], which has to
/// be in scope.
#[doc(hidden)]
pub struct Of<T: ?Sized>(PhantomData<T>);

impl<T: TypeScript + ?Sized> Of<T> {
    pub const DESCRIPTION: Description = T::DESCRIPTION;
}

#[doc(hidden)]
pub trait Unknown {
    const DESCRIPTION: Description = Description::UNKNOWN;
}

impl<T: ?Sized> Unknown for Of<T> {}

/// A type that has no name where it is needed.
#[doc(hidden)]
pub struct Untold;

/// What a `Result` is of, by whatever name it is called.
#[doc(hidden)]
pub trait Fallible {
    type Ok;
}

impl<T, E> Fallible for Result<T, E> {
    type Ok = T;
}

/// The texts are pieces of UTF-8, put together whole.
#[doc(hidden)]
pub const fn utf8(bytes: &[u8]) -> &str {
    match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(_) => panic!("the text was put together wrongly"),
    }
}
