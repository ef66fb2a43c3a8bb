//! The types of std, as the format writes and reads them. The names after `Pool.` stand in `src/web/pool.d.ts`.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap, HashSet, LinkedList, VecDeque};
use std::num::{NonZero, Saturating, Wrapping};
use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::{Description, Elements, Text, TextKey, TypeScript};

macro_rules! text {
    ($($piece:expr),+ $(,)?) => { Text::All(&[$($piece),+]) };
}

impl TypeScript for bool {
    const DESCRIPTION: Description = Description {
        key: Some(r#"[key in "true" | "false"]?: "#),
        ..Description::plain(Text::Str("boolean"), Text::Str("boolean"))
    };
}

const STRING_KEY: Option<&str> = Some("[key: string]: ");
const NUMBER_KEY: Option<&str> = Some("[key: number]: ");

macro_rules! strings {
    ($($type:ty: $text:ident),+) => {$(
        impl TypeScript for $type {
            const DESCRIPTION: Description = Description {
                key: STRING_KEY,
                text: TextKey::$text,
                ..Description::plain(Text::Str("string"), Text::Str("string"))
            };
        }
    )+};
}
strings!(str: Pointed, String: Yes, char: Yes);

const BYTES: &str = "Pool.IntegerArray | ArrayBuffer | SharedArrayBuffer | DataView";
const INTEGERS: &str = "Pool.IntegerArray";
const WIDE_INTEGERS: &str = "Pool.IntegerArray | BigInt64Array | BigUint64Array";
const NUMBERS: &str = "Pool.IntegerArray | Float32Array | Float64Array";

macro_rules! numbers {
    ($($type:ty: $one:literal $array:literal $argument:ident $key:expr),+ $(,)?) => {$(
        impl TypeScript for $type {
            const DESCRIPTION: Description = Description {
                elements: Elements::Typed { result: $array, argument: $argument },
                key: $key,
                ..Description::plain(Text::Str($one), Text::Str($one))
            };
        }
    )+};
}
numbers! {
    u8: "number" "Uint8Array" BYTES NUMBER_KEY,
    i8: "number" "Int8Array" INTEGERS NUMBER_KEY,
    u16: "number" "Uint16Array" INTEGERS NUMBER_KEY,
    i16: "number" "Int16Array" INTEGERS NUMBER_KEY,
    u32: "number" "Uint32Array" INTEGERS NUMBER_KEY,
    i32: "number" "Int32Array" INTEGERS NUMBER_KEY,
    f32: "number" "Float32Array" NUMBERS None,
    f64: "number" "Float64Array" NUMBERS None,
    // Of 32 bits where it is sent.
    usize: "number" "Uint32Array" INTEGERS NUMBER_KEY,
    isize: "number" "Int32Array" INTEGERS NUMBER_KEY,
    // One beyond what a number holds exactly is a bigint.
    u64: "number | bigint" "BigUint64Array" WIDE_INTEGERS NUMBER_KEY,
    i64: "number | bigint" "BigInt64Array" WIDE_INTEGERS NUMBER_KEY,
}

macro_rules! wide {
    ($($type:ty),+) => {$(
        impl TypeScript for $type {
            const DESCRIPTION: Description = Description {
                elements: Elements::Array { argument: WIDE_INTEGERS },
                key: NUMBER_KEY,
                ..Description::plain(Text::Str("number | bigint"), Text::Str("bigint"))
            };
        }
    )+};
}
wide!(u128, i128);

macro_rules! nothing {
    ($($type:ty),+) => {$(
        impl TypeScript for $type {
            const DESCRIPTION: Description =
                Description::plain(Text::Str("undefined | null"), Text::Str("undefined")).takes_undefined();
        }
    )+};
}
nothing!(());

impl<T: ?Sized> TypeScript for std::marker::PhantomData<T> {
    const DESCRIPTION: Description = <()>::DESCRIPTION;
}

impl TypeScript for Bytes {
    const DESCRIPTION: Description = Description::plain(Text::Str("Pool.BytesLike"), Text::Str("Pool.Own<Uint8Array>"));
}

impl TypeScript for Duration {
    const DESCRIPTION: Description = Description::plain(
        Text::Str("{ secs: number | bigint; nanos: number }"),
        Text::Str("{ secs: number | bigint; nanos: number }"),
    )
    .object(true);
}

macro_rules! transparent {
    ($([$($bound:tt)*] $type:ty),+ $(,)?) => {$(
        impl<T: TypeScript $($bound)*> TypeScript for $type {
            const DESCRIPTION: Description = T::DESCRIPTION.pointed();
        }
    )+};
}
transparent!([+ ?Sized] Box<T>, [+ ?Sized] Rc<T>, [+ ?Sized] Arc<T>, [+ ?Sized] &T, [] Wrapping<T>, [] Saturating<T>);

impl<T: TypeScript + ToOwned + ?Sized> TypeScript for Cow<'_, T> {
    const DESCRIPTION: Description = T::DESCRIPTION.pointed();
}

macro_rules! non_zero {
    ($($type:ty),+) => {$(
        impl TypeScript for NonZero<$type> {
            const DESCRIPTION: Description = <$type>::DESCRIPTION.within(TextKey::No);
        }
    )+};
}
non_zero!(u8, i8, u16, i16, u32, i32, u64, i64, u128, i128, usize, isize);

impl<T: TypeScript> TypeScript for Option<T> {
    const DESCRIPTION: Description = Description {
        elements: T::DESCRIPTION.within(TextKey::No).elements,
        takes_undefined: true,
        may_be_absent: true,
        ..Description::plain(
            text!(T::DESCRIPTION.argument, Text::Str(" | null | undefined")),
            text!(T::DESCRIPTION.result, Text::Str(" | undefined")),
        )
    };
}

impl<T: TypeScript, E: TypeScript> TypeScript for Result<T, E> {
    // Written out: only so do the pieces live as long as the constant.
    const DESCRIPTION: Description = Description {
        argument: text!(
            Text::Str("{ Ok: "),
            T::DESCRIPTION.exclude().0,
            T::DESCRIPTION.argument,
            T::DESCRIPTION.exclude().1,
            Text::Str(" } | { Err: "),
            E::DESCRIPTION.exclude().0,
            E::DESCRIPTION.argument,
            E::DESCRIPTION.exclude().1,
            Text::Str(" }")
        ),
        result: text!(
            Text::Str("{ Ok: "),
            T::DESCRIPTION.result,
            Text::Str(" } | { Err: "),
            E::DESCRIPTION.result,
            Text::Str(" }")
        ),
        object: true,
        ..Description::plain(Text::EMPTY, Text::EMPTY)
    };
}

/// What a list of `T` is read from.
struct List<T: ?Sized>(std::marker::PhantomData<T>);

impl<T: TypeScript + ?Sized> List<T> {
    const OF: Description = T::DESCRIPTION;

    /// Beside an array of it.
    const TYPED_ARGUMENT: Text = match Self::OF.elements {
        Elements::Typed { argument, .. } | Elements::Array { argument } => text!(Text::Str(" | "), Text::Str(argument)),
        Elements::Plain => Text::EMPTY,
    };

    const ARGUMENT: Text = text!(Text::Str("ReadonlyArray<"), Self::OF.argument, Text::Str(">"), Self::TYPED_ARGUMENT);

    const RESULT: Text = match Self::OF.elements {
        Elements::Typed { result, .. } => text!(Text::Str("Pool.Own<"), Text::Str(result), Text::Str(">")),
        Elements::Plain | Elements::Array { .. } => text!(Text::Str("Array<"), Self::OF.result, Text::Str(">")),
    };
}

macro_rules! lists {
    ($($type:ty),+ $(,)?) => {$(
        impl<T: TypeScript> TypeScript for $type {
            const DESCRIPTION: Description = Description::plain(List::<T>::ARGUMENT, List::<T>::RESULT);
        }
    )+};
}
lists!([T], Vec<T>, VecDeque<T>, LinkedList<T>, BinaryHeap<T>);

macro_rules! sets {
    ($($type:ty $([$hasher:ident])?),+ $(,)?) => {$(
        impl<T: TypeScript $(, $hasher)?> TypeScript for $type {
            const DESCRIPTION: Description = Description::plain(
                text!(List::<T>::ARGUMENT, Text::Str(" | Set<"), T::DESCRIPTION.argument, Text::Str(">")),
                List::<T>::RESULT,
            );
        }
    )+};
}
sets!(HashSet < T, S > [S], BTreeSet<T>);

macro_rules! maps {
    ($($type:ty $([$hasher:ident])?),+ $(,)?) => {$(
        impl<K: TypeScript, V: TypeScript $(, $hasher)?> TypeScript for $type {
            const DESCRIPTION: Description = Description {
                argument: match K::DESCRIPTION.key {
                    Some(key) => text!(
                        Text::Str("Map<"), K::DESCRIPTION.argument, Text::Str(", "), V::DESCRIPTION.argument,
                        Text::Str("> | { "), Text::Str(key), V::DESCRIPTION.argument, Text::Str(" }")
                    ),
                    None => text!(
                        Text::Str("Map<"), K::DESCRIPTION.argument, Text::Str(", "), V::DESCRIPTION.argument,
                        Text::Str(">")
                    ),
                },
                result: match K::DESCRIPTION.text {
                    TextKey::No => text!(
                        Text::Str("Map<"), K::DESCRIPTION.result, Text::Str(", "), V::DESCRIPTION.result, Text::Str(">")
                    ),
                    _ => text!(Text::Str("{ [key: string]: "), V::DESCRIPTION.result, Text::Str(" }")),
                },
                ..Description::plain(Text::EMPTY, Text::EMPTY)
            };
        }
    )+};
}
maps!(HashMap<K, V, S> [S], BTreeMap<K, V>);

/// As a tuple up to here; its length is not known to TypeScript beyond.
const TUPLE_MAX: usize = 16;

impl<T: TypeScript, const N: usize> TypeScript for [T; N] {
    const DESCRIPTION: Description = {
        match N {
            0 => Description::plain(Text::Str("readonly []"), Text::Str("[]")),
            1..=TUPLE_MAX => Description::plain(
                text!(
                    Text::Str("readonly ["),
                    Text::Repeat { piece: &T::DESCRIPTION.argument, between: ", ", times: N },
                    Text::Str("]"),
                    List::<T>::TYPED_ARGUMENT
                ),
                text!(
                    Text::Str("["),
                    Text::Repeat { piece: &T::DESCRIPTION.result, between: ", ", times: N },
                    Text::Str("]")
                ),
            ),
            _ => Description::plain(
                List::<T>::ARGUMENT,
                text!(Text::Str("Array<"), T::DESCRIPTION.result, Text::Str(">")),
            ),
        }
    };
}

impl<T: TypeScript> TypeScript for Range<T> {
    const DESCRIPTION: Description = Description::plain(
        text!(
            Text::Str("{ start: "),
            T::DESCRIPTION.argument,
            Text::Str("; end: "),
            T::DESCRIPTION.argument,
            Text::Str(" }")
        ),
        text!(
            Text::Str("{ start: "),
            T::DESCRIPTION.result,
            Text::Str("; end: "),
            T::DESCRIPTION.result,
            Text::Str(" }")
        ),
    )
    .object(true);
}

macro_rules! tuples {
    ($(($first:ident $(, $rest:ident)*))+) => {$(
        impl<$first: TypeScript $(, $rest: TypeScript)*> TypeScript for ($first, $($rest,)*) {
            const DESCRIPTION: Description = Description::plain(
                text!(
                    Text::Str("readonly ["), $first::DESCRIPTION.argument
                    $(, Text::Str(", "), $rest::DESCRIPTION.argument)*, Text::Str("]")
                ),
                text!(
                    Text::Str("["), $first::DESCRIPTION.result
                    $(, Text::Str(", "), $rest::DESCRIPTION.result)*, Text::Str("]")
                ),
            );
        }
    )+};
}
tuples! {
    (A) (A, B) (A, B, C) (A, B, C, D) (A, B, C, D, E) (A, B, C, D, E, F) (A, B, C, D, E, F, G) (A, B, C, D, E, F, G, H)
    (A, B, C, D, E, F, G, H, I) (A, B, C, D, E, F, G, H, I, J) (A, B, C, D, E, F, G, H, I, J, K)
    (A, B, C, D, E, F, G, H, I, J, K, L)
}
