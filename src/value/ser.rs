//! From a value to bytes.

use serde::ser::{self, Error as _, Impossible, Serialize};

use super::tag::{self, Kind};
use super::{DEPTH_MAX, ValueError};

const SAFE: u64 = 9_007_199_254_740_991;

/// Appends the bytes of a value. After an error what was appended is of no use.
pub fn encode_into<T: Serialize + ?Sized>(bytes: &mut Vec<u8>, value: &T) -> Result<(), ValueError> {
    value.serialize(Writer { out: bytes, depth: 0 })
}

struct Writer<'o> {
    out: &'o mut Vec<u8>,
    depth: u32,
}

impl<'o> Writer<'o> {
    fn tag(self, tag: u8) -> Result<(), ValueError> {
        self.out.push(tag);
        Ok(())
    }

    fn number(self, number: f64) -> Result<(), ValueError> {
        self.out.push(tag::FLOAT);
        self.out.extend_from_slice(&number.to_le_bytes());
        Ok(())
    }

    fn int(self, number: i32) -> Result<(), ValueError> {
        self.out.push(tag::INT);
        self.out.extend_from_slice(&number.to_le_bytes());
        Ok(())
    }

    fn bigint(self, signed: bool, bits: [u8; 16]) -> Result<(), ValueError> {
        self.out.push(tag::BIGINT);
        self.out.push(signed.into());
        self.out.extend_from_slice(&bits);
        Ok(())
    }

    fn buffer(self, kind: Kind, bytes: &[u8]) -> Result<(), ValueError> {
        self.out.extend_from_slice(&[tag::BUFFER, kind as u8]);
        put_length(self.out, bytes.len())?;
        self.out.extend_from_slice(bytes);
        Ok(())
    }

    fn list(self) -> Result<List<'o>, ValueError> {
        let (start, depth) = (self.out.len(), self.deeper()?);
        Ok(List { out: self.out, depth, start, count: 0, elements: ElementsAre::Unknown })
    }

    fn fields(self, tag: u8) -> Result<Counted<'o>, ValueError> {
        let depth = self.deeper()?;
        self.out.push(tag);
        Ok(Counted::new(self.out, depth))
    }

    /// The depth of what is in here. Bounded, for a thread's stack is.
    fn deeper(&self) -> Result<u32, ValueError> {
        match self.depth {
            DEPTH_MAX.. => Err(ValueError::custom(format!("nested deeper than {DEPTH_MAX}"))),
            depth => Ok(depth + 1),
        }
    }

    /// The object `{ variant: ... }`, up to its value.
    fn variant(self, variant: &str) -> Result<&'o mut Vec<u8>, ValueError> {
        self.out.push(tag::OBJECT);
        put_length(self.out, 1)?;
        put_text(self.out, variant)?;
        Ok(self.out)
    }
}

fn put_length(out: &mut Vec<u8>, length: usize) -> Result<(), ValueError> {
    let length =
        u32::try_from(length).map_err(|_| ValueError::custom(format!("{length} bytes or elements in one value")))?;
    out.extend_from_slice(&length.to_le_bytes());
    Ok(())
}

fn put_text(out: &mut Vec<u8>, text: &str) -> Result<(), ValueError> {
    put_length(out, text.len())?;
    out.extend_from_slice(text.as_bytes());
    Ok(())
}

impl<'o> ser::Serializer for Writer<'o> {
    type Ok = ();
    type Error = ValueError;
    type SerializeSeq = List<'o>;
    type SerializeTuple = Counted<'o>;
    type SerializeTupleStruct = Counted<'o>;
    type SerializeTupleVariant = Counted<'o>;
    type SerializeMap = Counted<'o>;
    type SerializeStruct = Counted<'o>;
    type SerializeStructVariant = Counted<'o>;

    fn serialize_bool(self, value: bool) -> Result<(), ValueError> {
        self.tag(if value { tag::TRUE } else { tag::FALSE })
    }
    fn serialize_i8(self, value: i8) -> Result<(), ValueError> {
        self.int(value.into())
    }
    fn serialize_i16(self, value: i16) -> Result<(), ValueError> {
        self.int(value.into())
    }
    fn serialize_i32(self, value: i32) -> Result<(), ValueError> {
        self.int(value)
    }
    fn serialize_i64(self, value: i64) -> Result<(), ValueError> {
        match i32::try_from(value) {
            Ok(small) => self.int(small),
            Err(_) if value.unsigned_abs() <= SAFE => self.number(value as f64),
            Err(_) => self.serialize_i128(value.into()),
        }
    }
    fn serialize_i128(self, value: i128) -> Result<(), ValueError> {
        self.bigint(true, value.to_le_bytes())
    }
    fn serialize_u8(self, value: u8) -> Result<(), ValueError> {
        self.int(value.into())
    }
    fn serialize_u16(self, value: u16) -> Result<(), ValueError> {
        self.int(value.into())
    }
    fn serialize_u32(self, value: u32) -> Result<(), ValueError> {
        self.serialize_u64(value.into())
    }
    fn serialize_u64(self, value: u64) -> Result<(), ValueError> {
        match i32::try_from(value) {
            Ok(small) => self.int(small),
            Err(_) if value <= SAFE => self.number(value as f64),
            Err(_) => self.serialize_u128(value.into()),
        }
    }
    fn serialize_u128(self, value: u128) -> Result<(), ValueError> {
        self.bigint(false, value.to_le_bytes())
    }
    fn serialize_f32(self, value: f32) -> Result<(), ValueError> {
        self.number(value.into())
    }
    fn serialize_f64(self, value: f64) -> Result<(), ValueError> {
        self.number(value)
    }
    fn serialize_char(self, value: char) -> Result<(), ValueError> {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }
    fn serialize_str(self, value: &str) -> Result<(), ValueError> {
        self.out.push(tag::STRING);
        put_text(self.out, value)
    }
    fn serialize_bytes(self, value: &[u8]) -> Result<(), ValueError> {
        self.buffer(Kind::U8, value)
    }
    fn serialize_none(self) -> Result<(), ValueError> {
        self.tag(tag::UNDEFINED)
    }
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), ValueError> {
        value.serialize(self)
    }
    fn serialize_unit(self) -> Result<(), ValueError> {
        self.tag(tag::UNDEFINED)
    }
    fn serialize_unit_struct(self, _: &'static str) -> Result<(), ValueError> {
        self.tag(tag::UNDEFINED)
    }
    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<(), ValueError> {
        self.serialize_str(variant)
    }
    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result<(), ValueError> {
        value.serialize(self)
    }
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), ValueError> {
        let depth = self.deeper()?;
        value.serialize(Writer { out: self.variant(variant)?, depth })
    }
    fn serialize_seq(self, _: Option<usize>) -> Result<List<'o>, ValueError> {
        self.list()
    }
    fn serialize_tuple(self, _: usize) -> Result<Counted<'o>, ValueError> {
        self.fields(tag::ARRAY)
    }
    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Counted<'o>, ValueError> {
        self.fields(tag::ARRAY)
    }
    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Counted<'o>, ValueError> {
        let depth = self.deeper()?;
        let out = self.variant(variant)?;
        Writer { out, depth }.fields(tag::ARRAY)
    }
    fn serialize_map(self, _: Option<usize>) -> Result<Counted<'o>, ValueError> {
        self.fields(tag::MAP)
    }
    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Counted<'o>, ValueError> {
        self.fields(tag::OBJECT)
    }
    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Counted<'o>, ValueError> {
        let depth = self.deeper()?;
        let out = self.variant(variant)?;
        Writer { out, depth }.fields(tag::OBJECT)
    }
}

/// Elements or fields, counted as they come: the count is written last.
pub struct Counted<'o> {
    out: &'o mut Vec<u8>,
    depth: u32,
    count_at: usize,
    count: usize,
}

impl<'o> Counted<'o> {
    fn new(out: &'o mut Vec<u8>, depth: u32) -> Self {
        let count_at = out.len();
        out.extend_from_slice(&[0; 4]);
        Counted { out, depth, count_at, count: 0 }
    }

    fn value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), ValueError> {
        self.count += 1;
        value.serialize(Writer { out: self.out, depth: self.depth })
    }

    fn field<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> Result<(), ValueError> {
        put_text(self.out, name)?;
        self.value(value)
    }

    fn finish(self) -> Result<(), ValueError> {
        patch(self.out, self.count_at, self.count)
    }
}

fn patch(out: &mut [u8], at: usize, length: usize) -> Result<(), ValueError> {
    let length =
        u32::try_from(length).map_err(|_| ValueError::custom(format!("{length} bytes or elements in one value")))?;
    out[at..at + 4].copy_from_slice(&length.to_le_bytes());
    Ok(())
}

macro_rules! impl_elements {
    ($($trait:ident $method:ident),*) => {$(
        impl ser::$trait for Counted<'_> {
            type Ok = ();
            type Error = ValueError;
            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), ValueError> {
                self.value(value)
            }
            fn end(self) -> Result<(), ValueError> {
                self.finish()
            }
        }
    )*};
}
impl_elements!(SerializeTuple serialize_element, SerializeTupleStruct serialize_field, SerializeTupleVariant serialize_field);

macro_rules! impl_fields {
    ($($trait:ident),*) => {$(
        impl ser::$trait for Counted<'_> {
            type Ok = ();
            type Error = ValueError;
            fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), ValueError> {
                self.field(name, value)
            }
            fn end(self) -> Result<(), ValueError> {
                self.finish()
            }
        }
    )*};
}
impl_fields!(SerializeStruct, SerializeStructVariant);

impl ser::SerializeMap for Counted<'_> {
    type Ok = ();
    type Error = ValueError;
    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), ValueError> {
        key.serialize(Writer { out: self.out, depth: self.depth })
    }
    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), ValueError> {
        self.value(value)
    }
    fn end(self) -> Result<(), ValueError> {
        self.finish()
    }
}

/// A sequence. One of plain numbers of one type is written as a typed array, element after element without tags; it turns
/// into a plain array if another kind of element follows.
pub struct List<'o> {
    out: &'o mut Vec<u8>,
    depth: u32,
    start: usize,
    count: usize,
    elements: ElementsAre,
}

enum ElementsAre {
    Unknown,
    Typed(Kind),
    Mixed,
}

/// Where a typed array's elements begin, after its tag.
const TYPED_HEADER: usize = 6;
const MIXED_HEADER: usize = 5;

impl List<'_> {
    fn begin(&mut self, first: Option<Kind>) {
        match first {
            Some(kind) => {
                self.out.extend_from_slice(&[tag::BUFFER, kind as u8, 0, 0, 0, 0]);
                self.elements = ElementsAre::Typed(kind);
            }
            None => {
                self.out.extend_from_slice(&[tag::ARRAY, 0, 0, 0, 0]);
                self.elements = ElementsAre::Mixed;
            }
        }
    }

    /// Writes what was a typed array as a plain one.
    fn mix(&mut self, kind: Kind) -> Result<(), ValueError> {
        let raw = self.out.split_off(self.start + TYPED_HEADER);
        self.out.truncate(self.start);
        self.begin(None);
        for element in raw.chunks_exact(kind.size()) {
            kind.write_one(element, self.out)?;
        }
        Ok(())
    }
}

impl Kind {
    fn write_one(self, element: &[u8], out: &mut Vec<u8>) -> Result<(), ValueError> {
        macro_rules! write {
            ($type:ty) => {
                <$type>::from_le_bytes(element.try_into().map_err(ValueError::custom)?)
                    .serialize(Writer { out, depth: 0 })
            };
        }
        match self {
            Kind::U8 | Kind::Buffer => write!(u8),
            Kind::I8 => write!(i8),
            Kind::U16 => write!(u16),
            Kind::I16 => write!(i16),
            Kind::U32 => write!(u32),
            Kind::I32 => write!(i32),
            Kind::F32 => write!(f32),
            Kind::F64 => write!(f64),
            Kind::U64 => write!(u64),
            Kind::I64 => write!(i64),
        }
    }
}

impl ser::SerializeSeq for List<'_> {
    type Ok = ();
    type Error = ValueError;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), ValueError> {
        self.count += 1;
        let expected = match self.elements {
            ElementsAre::Mixed => return value.serialize(Writer { out: self.out, depth: self.depth }),
            ElementsAre::Typed(kind) => Some(kind),
            ElementsAre::Unknown => None,
        };
        match (value.serialize(Plain), expected) {
            (Ok(number), None) => {
                self.begin(Some(number.kind));
                self.out.extend_from_slice(number.bytes());
                Ok(())
            }
            (Ok(number), Some(kind)) if number.kind == kind => {
                self.out.extend_from_slice(number.bytes());
                Ok(())
            }
            (_, None) => {
                self.begin(None);
                value.serialize(Writer { out: self.out, depth: self.depth })
            }
            (_, Some(kind)) => {
                self.mix(kind)?;
                value.serialize(Writer { out: self.out, depth: self.depth })
            }
        }
    }

    fn end(mut self) -> Result<(), ValueError> {
        if let ElementsAre::Unknown = self.elements {
            self.begin(None);
        }
        match self.elements {
            ElementsAre::Typed(_) => {
                let length = self.out.len() - self.start - TYPED_HEADER;
                patch(self.out, self.start + TYPED_HEADER - 4, length)
            }
            _ => patch(self.out, self.start + MIXED_HEADER - 4, self.count),
        }
    }
}

/// Tells a plain number from everything else.
struct Plain;

struct Number {
    kind: Kind,
    bytes: [u8; 8],
}

impl Number {
    fn new<const N: usize>(kind: Kind, little_endian: [u8; N]) -> Result<Self, NotPlain> {
        let mut bytes = [0; 8];
        bytes[..N].copy_from_slice(&little_endian);
        Ok(Number { kind, bytes })
    }

    fn bytes(&self) -> &[u8] {
        &self.bytes[..self.kind.size()]
    }
}

#[derive(Debug, thiserror::Error)]
#[error("not a plain number")]
struct NotPlain;

impl ser::Error for NotPlain {
    fn custom<T: std::fmt::Display>(_: T) -> Self {
        NotPlain
    }
}

macro_rules! numbers {
    ($($method:ident($type:ty) $kind:ident),*) => {$(
        fn $method(self, value: $type) -> Result<Number, NotPlain> {
            Number::new(Kind::$kind, value.to_le_bytes())
        }
    )*};
}

macro_rules! not_plain {
    ($($method:ident($($arg:ty),*) -> $ok:ty),* $(,)?) => {$(
        fn $method(self, $(_: $arg),*) -> Result<$ok, NotPlain> {
            Err(NotPlain)
        }
    )*};
}

type No = Impossible<Number, NotPlain>;

impl ser::Serializer for Plain {
    type Ok = Number;
    type Error = NotPlain;
    type SerializeSeq = No;
    type SerializeTuple = No;
    type SerializeTupleStruct = No;
    type SerializeTupleVariant = No;
    type SerializeMap = No;
    type SerializeStruct = No;
    type SerializeStructVariant = No;

    numbers!(
        serialize_u8(u8) U8, serialize_i8(i8) I8, serialize_u16(u16) U16, serialize_i16(i16) I16,
        serialize_u32(u32) U32, serialize_i32(i32) I32, serialize_f32(f32) F32, serialize_f64(f64) F64
    );

    not_plain!(
        serialize_bool(bool) -> Number,
        serialize_i64(i64) -> Number,
        serialize_u64(u64) -> Number,
        serialize_char(char) -> Number,
        serialize_str(&str) -> Number,
        serialize_bytes(&[u8]) -> Number,
        serialize_none() -> Number,
        serialize_unit() -> Number,
        serialize_unit_struct(&'static str) -> Number,
        serialize_unit_variant(&'static str, u32, &'static str) -> Number,
        serialize_seq(Option<usize>) -> No,
        serialize_tuple(usize) -> No,
        serialize_tuple_struct(&'static str, usize) -> No,
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> No,
        serialize_map(Option<usize>) -> No,
        serialize_struct(&'static str, usize) -> No,
        serialize_struct_variant(&'static str, u32, &'static str, usize) -> No,
    );

    fn serialize_some<T: Serialize + ?Sized>(self, _: &T) -> Result<Number, NotPlain> {
        Err(NotPlain)
    }
    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result<Number, NotPlain> {
        value.serialize(self)
    }
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<Number, NotPlain> {
        Err(NotPlain)
    }
}
