//! The elements of a typed array, as they are read.

use serde::de::{DeserializeSeed, Deserializer, Error as _, Expected, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;

use super::ValueError;
use super::de::too_many;
use super::plain;
use super::segment::Buffer;
use super::tag::Kind;

/// The elements of a typed array: as a whole, where the visitor's list lies in memory as they do; else one by one.
pub fn visit_buffer<'a, V: Visitor<'a>>(kind: Kind, buffer: Buffer<'_>, visitor: V) -> Result<V::Value, ValueError> {
    match plain::whole::<V>(kind, buffer) {
        Ok(list) => Ok(list),
        Err(Buffer::InLine(bytes)) => Elements { kind, index: 0, bytes }.visit(visitor),
        Err(Buffer::Beside(segment)) => Elements { kind, index: 0, bytes: segment.bytes() }.visit(visitor),
    }
}

/// The elements of a typed array.
struct Elements<'b> {
    kind: Kind,
    index: usize,
    bytes: &'b [u8],
}

impl Elements<'_> {
    fn visit<'a, V: Visitor<'a>>(mut self, visitor: V) -> Result<V::Value, ValueError> {
        let value = visitor.visit_seq(&mut self)?;
        match self.bytes.len() / self.kind.size() {
            0 => Ok(value),
            left => Err(too_many(left)),
        }
    }
}

impl<'a> SeqAccess<'a> for &mut Elements<'_> {
    type Error = ValueError;

    fn next_element_seed<T: DeserializeSeed<'a>>(&mut self, seed: T) -> Result<Option<T::Value>, ValueError> {
        let Some((element, rest)) = self.bytes.split_at_checked(self.kind.size()) else { return Ok(None) };
        if element.is_empty() {
            return Ok(None);
        }
        self.bytes = rest;
        let index = self.index;
        self.index += 1;
        let one = One { kind: self.kind, bytes: element };
        seed.deserialize(one).map(Some).map_err(|error| error.in_element(index))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.bytes.len() / self.kind.size())
    }
}

/// An element that is being read, by what may be around a number too.
struct One<'b> {
    kind: Kind,
    bytes: &'b [u8],
}

/// An `ArrayBuffer` has bytes and says not what they are: each would be a number, where four are meant to be one.
macro_rules! refuse_of_bytes {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, ValueError> {
            match self.kind {
                Kind::Buffer => Err(no_number(&visitor)),
                _ => self.deserialize_any(visitor),
            }
        }
    )*};
}

#[cold]
#[inline(never)]
fn no_number(expected: &dyn Expected) -> ValueError {
    ValueError::custom(format_args!(
        "a byte of an ArrayBuffer or a DataView, expected {expected}: give a typed array, a Float32Array for one"
    ))
}

impl<'a> Deserializer<'a> for One<'_> {
    type Error = ValueError;

    fn deserialize_any<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, ValueError> {
        match Element::read(self.kind, self.bytes) {
            Element::Unsigned(number) => visitor.visit_u64(number),
            Element::Signed(number) => visitor.visit_i64(number),
            Element::Float(number) => visitor.visit_f64(number),
        }
    }

    fn deserialize_option<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, ValueError> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'a>>(self, _: &'static str, visitor: V) -> Result<V::Value, ValueError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_ignored_any<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, ValueError> {
        visitor.visit_unit()
    }

    refuse_of_bytes! {
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128 deserialize_u16 deserialize_u32
        deserialize_u64 deserialize_u128 deserialize_f32 deserialize_f64
    }

    forward_to_deserialize_any! {
        <W: Visitor<'a>>
        bool u8 char str string bytes byte_buf unit unit_struct seq tuple tuple_struct map struct enum identifier
    }
}

/// An element of a typed array.
pub enum Element {
    Unsigned(u64),
    Signed(i64),
    Float(f64),
}

impl Element {
    /// From as many bytes as one of this kind has.
    pub fn read(kind: Kind, bytes: &[u8]) -> Self {
        let mut bits = [0; 8];
        let size = bytes.len().min(bits.len());
        bits[..size].copy_from_slice(&bytes[..size]);
        let bits = u64::from_le_bytes(bits);
        match kind {
            Kind::U8 | Kind::Buffer | Kind::U16 | Kind::U32 | Kind::U64 => Element::Unsigned(bits),
            Kind::I8 => Element::Signed((bits as i8).into()),
            Kind::I16 => Element::Signed((bits as i16).into()),
            Kind::I32 => Element::Signed((bits as i32).into()),
            Kind::I64 => Element::Signed(bits as i64),
            Kind::F32 => Element::Float(f32::from_bits(bits as u32).into()),
            Kind::F64 => Element::Float(f64::from_bits(bits)),
        }
    }
}
