//! From a value to bytes.

use serde::ser::{self, Error as _, Serialize, SerializeSeq};

use super::beside::{self, Beside};
use super::list::List;
use super::map::Entries;
use super::plain;
use super::tag::{self, Kind};
use super::{DEPTH_MAX, SAFE, ValueError};

/// Writes a value to what has nothing yet.
pub fn write<T: Serialize + ?Sized>(value: &T, mut out: Out) -> Result<Out, ValueError> {
    value.serialize(Writer { out: &mut out, depth: 0 })?;
    Ok(out)
}

/// What is written.
#[derive(Default)]
pub struct Out {
    pub bytes: Vec<u8>,
    pub beside: Vec<Beside>,
    /// Large buffers go beside; else all of it stands in line.
    pub apart: bool,
    /// The tag of what is nothing.
    pub nothing: u8,
}

pub struct Writer<'o> {
    pub out: &'o mut Out,
    pub depth: u32,
}

// What is called for each field of each type is compiled once: inlined it would be most of what a type's serialisation takes.
impl<'o> Writer<'o> {
    #[inline(never)]
    fn tag(self, tag: u8) -> Result<(), ValueError> {
        self.out.bytes.push(tag);
        Ok(())
    }

    #[inline(never)]
    fn number(self, number: f64) -> Result<(), ValueError> {
        self.out.bytes.push(tag::FLOAT);
        self.out.bytes.extend_from_slice(&number.to_le_bytes());
        Ok(())
    }

    #[inline(never)]
    fn int(self, number: i32) -> Result<(), ValueError> {
        self.out.bytes.push(tag::INT);
        self.out.bytes.extend_from_slice(&number.to_le_bytes());
        Ok(())
    }

    #[inline(never)]
    fn bigint(self, signed: bool, bits: [u8; 16]) -> Result<(), ValueError> {
        self.out.bytes.push(tag::BIGINT);
        self.out.bytes.push(signed.into());
        self.out.bytes.extend_from_slice(&bits);
        Ok(())
    }

    #[inline(never)]
    fn buffer(self, kind: Kind, bytes: &[u8]) -> Result<(), ValueError> {
        let out = self.out;
        if out.apart && bytes.len() >= beside::FROM {
            let Some(copy) = Beside::copy(bytes) else {
                return Err(ValueError::custom(format_args!("there is no memory for a copy of {} bytes", bytes.len())));
            };
            out.bytes.extend_from_slice(&[tag::SEGMENT, kind as u8]);
            put_length(&mut out.bytes, out.beside.len())?;
            out.beside.push(copy);
            return Ok(());
        }
        out.bytes.reserve(bytes.len() + 6);
        out.bytes.extend_from_slice(&[tag::BUFFER, kind as u8]);
        put_length(&mut out.bytes, bytes.len())?;
        out.bytes.extend_from_slice(bytes);
        Ok(())
    }

    #[inline(never)]
    pub fn fields(self, tag: u8) -> Result<Counted<'o>, ValueError> {
        let depth = self.deeper()?;
        self.out.bytes.push(tag);
        Ok(Counted::new(self.out, depth))
    }

    /// The depth of what is in here. Bounded, for a thread's stack is.
    pub fn deeper(&self) -> Result<u32, ValueError> {
        match self.depth {
            DEPTH_MAX.. => Err(ValueError::custom(format!("nested deeper than {DEPTH_MAX}"))),
            depth => Ok(depth + 1),
        }
    }

    /// The object `{ variant: ... }`, up to its value.
    fn variant(self, variant: &str) -> Result<&'o mut Out, ValueError> {
        self.out.bytes.push(tag::OBJECT);
        put_length(&mut self.out.bytes, 1)?;
        put_text(&mut self.out.bytes, variant)?;
        Ok(self.out)
    }
}

#[inline(never)]
pub fn put_length(out: &mut Vec<u8>, length: usize) -> Result<(), ValueError> {
    let length =
        u32::try_from(length).map_err(|_| ValueError::custom(format!("{length} bytes or elements in one value")))?;
    out.extend_from_slice(&length.to_le_bytes());
    Ok(())
}

#[inline(never)]
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
    type SerializeMap = Entries<'o>;
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
    #[inline(never)]
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
    #[inline(never)]
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
    #[inline(never)]
    fn serialize_str(self, value: &str) -> Result<(), ValueError> {
        self.out.bytes.push(tag::STRING);
        put_text(&mut self.out.bytes, value)
    }
    fn serialize_bytes(self, value: &[u8]) -> Result<(), ValueError> {
        self.buffer(Kind::U8, value)
    }
    fn serialize_none(self) -> Result<(), ValueError> {
        let nothing = self.out.nothing;
        self.tag(nothing)
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
        List::new(self, None)
    }
    fn collect_seq<I: IntoIterator<Item: Serialize>>(self, list: I) -> Result<(), ValueError> {
        if let Some((kind, bytes)) = plain::bytes_of(&list) {
            return self.buffer(kind, bytes);
        }
        let mut elements = List::new(self, plain::kind_of::<I::Item>())?;
        list.into_iter().try_for_each(|element| elements.serialize_element(&element))?;
        elements.end()
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
    fn serialize_map(self, _: Option<usize>) -> Result<Entries<'o>, ValueError> {
        Entries::new(self, None)
    }
    fn collect_map<K: Serialize, V: Serialize, I: IntoIterator<Item = (K, V)>>(self, map: I) -> Result<(), ValueError> {
        let mut entries = Entries::new(self, Some(plain::is_text::<K>()))?;
        map.into_iter().try_for_each(|(key, value)| ser::SerializeMap::serialize_entry(&mut entries, &key, &value))?;
        ser::SerializeMap::end(entries)
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
    pub out: &'o mut Out,
    pub depth: u32,
    count_at: usize,
    count: usize,
}

impl<'o> Counted<'o> {
    fn new(out: &'o mut Out, depth: u32) -> Self {
        let count_at = out.bytes.len();
        out.bytes.extend_from_slice(&[0; 4]);
        Counted { out, depth, count_at, count: 0 }
    }

    pub fn value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), ValueError> {
        self.count += 1;
        value.serialize(Writer { out: self.out, depth: self.depth })
    }

    fn field<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> Result<(), ValueError> {
        put_text(&mut self.out.bytes, name)?;
        self.value(value)
    }

    pub fn finish(self) -> Result<(), ValueError> {
        patch(&mut self.out.bytes, self.count_at, self.count)
    }
}

pub fn patch(out: &mut [u8], at: usize, length: usize) -> Result<(), ValueError> {
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
