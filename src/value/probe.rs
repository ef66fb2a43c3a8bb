//! Which visitor serde reads a type with.

use std::any::TypeId;

use serde::de::{self, Deserialize, Visitor};
use serde::forward_to_deserialize_any;

/// The type of the visitor that `T` gives to `deserialize_seq`, if it asks for a sequence at once. The visitor has no name
/// of its own outside of serde, and another visitor of a `Vec` may make something else of the same elements.
pub fn visitor_of<T: for<'de> Deserialize<'de>>() -> Option<TypeId> {
    match T::deserialize(Probe) {
        Err(Seen(visitor)) => visitor,
        Ok(_) => None,
    }
}

struct Probe;

#[derive(Debug, thiserror::Error)]
#[error("only asked")]
struct Seen(Option<TypeId>);

impl de::Error for Seen {
    fn custom<T: std::fmt::Display>(_: T) -> Self {
        Seen(None)
    }
}

impl<'de> de::Deserializer<'de> for Probe {
    type Error = Seen;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Seen> {
        Err(Seen(None))
    }

    fn deserialize_seq<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Seen> {
        Err(Seen(Some(typeid::of::<V>())))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct tuple tuple_struct map struct enum identifier ignored_any
    }
}
