//! The elements of a typed array, as they are read.

use serde::de::value::{F64Deserializer, I64Deserializer, U64Deserializer};
use serde::de::{DeserializeSeed, SeqAccess, Visitor};

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
        let value = match Element::read(self.kind, element) {
            Element::Unsigned(number) => seed.deserialize(U64Deserializer::new(number)),
            Element::Signed(number) => seed.deserialize(I64Deserializer::new(number)),
            Element::Float(number) => seed.deserialize(F64Deserializer::new(number)),
        };
        value.map(Some).map_err(|error: ValueError| error.in_element(index))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.bytes.len() / self.kind.size())
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
