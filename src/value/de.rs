//! From bytes to a value.

use std::cell::RefCell;

use serde::de::value::StrDeserializer;
use serde::de::{
    self, DeserializeOwned, DeserializeSeed, EnumAccess, Error as _, IntoDeserializer, MapAccess, SeqAccess,
    Unexpected, VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;

use super::elements::visit_buffer;
use super::segment::{Buffer, Segment};
use super::tag::{self, Kind};
use super::{DEPTH_MAX, SAFE, ValueError};

/// Reads one value after the other. What it is given may be cut off or made up: it gives an error, never a panic.
pub struct Reader<'a> {
    rest: &'a [u8],
    segments: &'a RefCell<Vec<Segment>>,
    depth: u32,
}

impl<'a> Reader<'a> {
    pub fn new(bytes: &'a [u8], segments: &'a RefCell<Vec<Segment>>) -> Self {
        Reader { rest: bytes, segments, depth: 0 }
    }

    pub fn read_all<T: DeserializeOwned>(mut self) -> Result<T, ValueError> {
        let value = T::deserialize(&mut self)?;
        match self.rest {
            [] => Ok(value),
            rest => Err(ValueError::custom(format!("{} bytes after the value's end", rest.len()))),
        }
    }

    fn take(&mut self, n: usize) -> Result<&'a [u8], ValueError> {
        let Some((taken, rest)) = self.rest.split_at_checked(n) else {
            return Err(ValueError::custom("the value is cut off"));
        };
        self.rest = rest;
        Ok(taken)
    }

    fn byte(&mut self) -> Result<u8, ValueError> {
        Ok(self.take(1)?[0])
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], ValueError> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N)?);
        Ok(array)
    }

    fn length(&mut self) -> Result<usize, ValueError> {
        Ok(u32::from_le_bytes(self.array()?) as usize)
    }

    fn text(&mut self) -> Result<&'a str, ValueError> {
        let length = self.length()?;
        std::str::from_utf8(self.take(length)?).map_err(|_| ValueError::custom("a string is not UTF-8"))
    }

    fn kind(&mut self) -> Result<Kind, ValueError> {
        let byte = self.byte()?;
        Kind::from_byte(byte).ok_or_else(|| ValueError::custom(format!("unknown kind of buffer {byte}")))
    }

    /// Takes a segment, whole: it has one place in the value.
    fn segment(&mut self) -> Result<Segment, ValueError> {
        let number = self.length()?;
        let mut segments = self.segments.borrow_mut();
        let segment = segments.get_mut(number).ok_or_else(|| ValueError::custom("a segment is missing"))?;
        Ok(std::mem::take(segment))
    }

    fn token(&mut self) -> Result<Token<'a>, ValueError> {
        Ok(match self.byte()? {
            tag::UNDEFINED | tag::NULL => Token::Nothing,
            tag::FALSE => Token::Flag(false),
            tag::TRUE => Token::Flag(true),
            tag::INT => match i32::from_le_bytes(self.array()?) {
                number @ 0.. => Token::Unsigned(number as u64),
                number => Token::Signed(number.into()),
            },
            tag::FLOAT => f64::from_le_bytes(self.array()?).into(),
            tag::BIGINT => {
                let signed = self.byte()? == 1;
                bigint(signed, self.array()?)
            }
            tag::STRING => Token::Text(self.text()?),
            tag::BUFFER => {
                let kind = self.kind()?;
                let length = self.length()?;
                Token::Buffer(kind, Buffer::InLine(self.take(length)?))
            }
            tag::SEGMENT => {
                let kind = self.kind()?;
                Token::Buffer(kind, Buffer::Beside(self.segment()?))
            }
            tag::ARRAY | tag::SET => Token::List,
            tag::OBJECT => Token::Fields(Keys::Text),
            tag::MAP => Token::Fields(Keys::Any),
            tag::DATE => {
                let milliseconds = f64::from_le_bytes(self.array()?);
                self.text()?;
                milliseconds.into()
            }
            other => return Err(ValueError::custom(format!("unknown tag {other}"))),
        })
    }

    fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    fn nested<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, ValueError>) -> Result<T, ValueError> {
        if self.depth == DEPTH_MAX {
            return Err(ValueError::custom(format!("nested deeper than {DEPTH_MAX}")));
        }
        self.depth += 1;
        let result = read(self);
        self.depth -= 1;
        result
    }

    fn visit_list<V: Visitor<'a>>(&mut self, visitor: V) -> Result<V::Value, ValueError> {
        let left = self.length()?;
        self.nested(|reader| {
            let mut items = Items { reader, index: 0, left };
            let value = visitor.visit_seq(&mut items)?;
            items.done(value)
        })
    }

    fn visit_fields<V: Visitor<'a>>(&mut self, keys: Keys, visitor: V) -> Result<V::Value, ValueError> {
        let left = self.length()?;
        self.nested(|reader| {
            let mut fields = Fields { items: Items { reader, index: 0, left }, keys, key: &[] };
            let value = visitor.visit_map(&mut fields)?;
            fields.items.done(value)
        })
    }
}

/// A value, or the beginning of one that holds others. Read by one function for all visitors.
enum Token<'a> {
    Nothing,
    Flag(bool),
    Unsigned(u64),
    Signed(i64),
    Float(f64),
    UnsignedLarge(u128),
    SignedLarge(i128),
    Text(&'a str),
    Buffer(Kind, Buffer<'a>),
    List,
    Fields(Keys),
}

impl From<f64> for Token<'_> {
    fn from(number: f64) -> Self {
        let whole =
            number.fract() == 0.0 && number.abs() <= SAFE as f64 && !(number == 0.0 && number.is_sign_negative());
        match whole {
            true if number >= 0.0 => Token::Unsigned(number as u64),
            true => Token::Signed(number as i64),
            false => Token::Float(number),
        }
    }
}

fn bigint<'a>(signed: bool, bits: [u8; 16]) -> Token<'a> {
    if signed {
        let number = i128::from_le_bytes(bits);
        i64::try_from(number).map_or(Token::SignedLarge(number), Token::Signed)
    } else {
        let number = u128::from_le_bytes(bits);
        u64::try_from(number).map_or(Token::UnsignedLarge(number), Token::Unsigned)
    }
}

/// `-0` as it is written. It is a float where one is asked for, and 0 where a whole number is.
const MINUS_ZERO: [u8; 9] = [tag::FLOAT, 0, 0, 0, 0, 0, 0, 0, 0x80];

macro_rules! whole_numbers {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, ValueError> {
            match self.rest.strip_prefix(&MINUS_ZERO) {
                Some(rest) => {
                    self.rest = rest;
                    visitor.visit_u64(0)
                }
                None => self.deserialize_any(visitor),
            }
        }
    )*};
}

impl<'a> de::Deserializer<'a> for &mut Reader<'a> {
    type Error = ValueError;

    fn deserialize_any<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, ValueError> {
        match self.token()? {
            Token::Nothing => visitor.visit_unit(),
            Token::Flag(flag) => visitor.visit_bool(flag),
            Token::Unsigned(number) => visitor.visit_u64(number),
            Token::Signed(number) => visitor.visit_i64(number),
            Token::Float(number) => visitor.visit_f64(number),
            Token::UnsignedLarge(number) => visitor.visit_u128(number),
            Token::SignedLarge(number) => visitor.visit_i128(number),
            Token::Text(text) => visitor.visit_borrowed_str(text),
            Token::Buffer(kind, buffer) => visit_buffer(kind, buffer, visitor),
            Token::List => self.visit_list(visitor),
            Token::Fields(keys) => self.visit_fields(keys, visitor),
        }
    }

    fn deserialize_option<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, ValueError> {
        match self.peek() {
            Some(tag::UNDEFINED | tag::NULL) => {
                self.byte()?;
                visitor.visit_none()
            }
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_bytes<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, ValueError> {
        match self.peek() {
            Some(tag::BUFFER | tag::SEGMENT) => {
                let beside = self.byte()? == tag::SEGMENT;
                self.kind()?;
                if beside {
                    return visitor.visit_byte_buf(self.segment()?.into_bytes());
                }
                let length = self.length()?;
                visitor.visit_borrowed_bytes(self.take(length)?)
            }
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_byte_buf<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, ValueError> {
        self.deserialize_bytes(visitor)
    }

    /// A date, where text is asked for, is the one that `Date` itself writes into JSON.
    fn deserialize_str<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, ValueError> {
        match self.peek() {
            Some(tag::DATE) => {
                self.take(1 + size_of::<f64>())?;
                visitor.visit_borrowed_str(self.text()?)
            }
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_string<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, ValueError> {
        self.deserialize_str(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'a>>(self, _: &'static str, visitor: V) -> Result<V::Value, ValueError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'a>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ValueError> {
        match self.byte()? {
            tag::STRING => visitor.visit_enum(self.text()?.into_deserializer()),
            tag::OBJECT => match self.length()? {
                1 => self.nested(|reader| visitor.visit_enum(Variant { reader })),
                n => {
                    Err(ValueError::custom(format!("an object of {n} fields where an enum's one variant is expected")))
                }
            },
            _ => Err(ValueError::custom(
                "an enum is a variant's name, or an object with a variant's name as its one field",
            )),
        }
    }

    /// A buffer that nobody asks for is passed over, not walked through.
    fn deserialize_ignored_any<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, ValueError> {
        match self.peek() {
            Some(tag::BUFFER | tag::SEGMENT) => {
                self.token()?;
                visitor.visit_unit()
            }
            _ => self.deserialize_any(visitor),
        }
    }

    whole_numbers! {
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128 deserialize_u8 deserialize_u16
        deserialize_u32 deserialize_u64 deserialize_u128
    }

    forward_to_deserialize_any! {
        <W: Visitor<'a>>
        bool f32 f64 char unit unit_struct seq tuple tuple_struct map struct identifier
    }
}

struct Items<'r, 'a> {
    reader: &'r mut Reader<'a>,
    index: usize,
    left: usize,
}

/// Of a list, by so many.
pub fn too_many(left: usize) -> ValueError {
    let elements = if left == 1 { "element" } else { "elements" };
    ValueError::custom(format_args!("{left} {elements} more than expected"))
}

impl Items<'_, '_> {
    /// What the visitor left unread would be taken for the next value.
    fn done<T>(&self, value: T) -> Result<T, ValueError> {
        match self.left {
            0 => Ok(value),
            left => Err(too_many(left)),
        }
    }
}

impl<'a> SeqAccess<'a> for &mut Items<'_, 'a> {
    type Error = ValueError;

    fn next_element_seed<T: DeserializeSeed<'a>>(&mut self, seed: T) -> Result<Option<T::Value>, ValueError> {
        match self.left {
            0 => Ok(None),
            _ => {
                self.left -= 1;
                let index = self.index;
                self.index += 1;
                seed.deserialize(&mut *self.reader).map(Some).map_err(|error| error.in_element(index))
            }
        }
    }

    /// A hint, so an invented count does no harm: each element takes a byte at the least.
    fn size_hint(&self) -> Option<usize> {
        Some(self.left.min(self.reader.rest.len()))
    }
}

#[derive(Clone, Copy)]
enum Keys {
    Text,
    Any,
}

struct Fields<'r, 'a> {
    items: Items<'r, 'a>,
    keys: Keys,
    /// All from the last key on.
    key: &'a [u8],
}

impl Fields<'_, '_> {
    /// An error of the last key or its value, with the place.
    #[cold]
    #[inline(never)]
    fn located(&self, error: ValueError) -> ValueError {
        let mut reader = Reader { rest: self.key, segments: self.items.reader.segments, depth: 0 };
        let is_text = matches!(self.keys, Keys::Text) || reader.byte().is_ok_and(|tag| tag == tag::STRING);
        match reader.text() {
            Ok(key) if is_text => error.in_field(key),
            _ => error.in_field("?"),
        }
    }
}

impl<'a> MapAccess<'a> for &mut Fields<'_, 'a> {
    type Error = ValueError;

    fn next_key_seed<K: DeserializeSeed<'a>>(&mut self, seed: K) -> Result<Option<K::Value>, ValueError> {
        if self.items.left == 0 {
            return Ok(None);
        }
        self.items.left -= 1;
        self.key = self.items.reader.rest;
        let key = match self.keys {
            Keys::Text => seed.deserialize(Key(self.items.reader.text()?)),
            Keys::Any => seed.deserialize(&mut *self.items.reader),
        };
        key.map(Some).map_err(|error| self.located(error))
    }

    fn next_value_seed<V: DeserializeSeed<'a>>(&mut self, seed: V) -> Result<V::Value, ValueError> {
        seed.deserialize(&mut *self.items.reader).map_err(|error| self.located(error))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.items.left.min(self.items.reader.rest.len()))
    }
}

/// An object's key: text, but a map with number keys is written as an object by many.
struct Key<'a>(&'a str);

macro_rules! parsed {
    ($($method:ident $type:ident $visit:ident),* $(,)?) => {$(
        fn $method<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, ValueError> {
            match self.0.parse::<$type>() {
                Ok(parsed) => visitor.$visit(parsed),
                Err(_) => Err(ValueError::invalid_type(Unexpected::Str(self.0), &visitor)),
            }
        }
    )*};
}

impl<'a> de::Deserializer<'a> for Key<'a> {
    type Error = ValueError;

    fn deserialize_any<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, ValueError> {
        visitor.visit_borrowed_str(self.0)
    }

    parsed! {
        deserialize_bool bool visit_bool,
        deserialize_i8 i64 visit_i64,
        deserialize_i16 i64 visit_i64,
        deserialize_i32 i64 visit_i64,
        deserialize_i64 i64 visit_i64,
        deserialize_i128 i128 visit_i128,
        deserialize_u8 u64 visit_u64,
        deserialize_u16 u64 visit_u64,
        deserialize_u32 u64 visit_u64,
        deserialize_u64 u64 visit_u64,
        deserialize_u128 u128 visit_u128,
    }

    fn deserialize_enum<V: Visitor<'a>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ValueError> {
        StrDeserializer::new(self.0).deserialize_enum(name, variants, visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'a>>(self, _: &'static str, visitor: V) -> Result<V::Value, ValueError> {
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! {
        <W: Visitor<'a>>
        f32 f64 char str string bytes byte_buf option unit unit_struct seq tuple tuple_struct map struct
        identifier ignored_any
    }
}

/// An enum's variant with data.
struct Variant<'r, 'a> {
    reader: &'r mut Reader<'a>,
}

impl<'r, 'a> EnumAccess<'a> for Variant<'r, 'a> {
    type Error = ValueError;
    type Variant = Data<'r, 'a>;

    fn variant_seed<V: DeserializeSeed<'a>>(self, seed: V) -> Result<(V::Value, Self::Variant), ValueError> {
        let name = self.reader.text()?;
        let variant: StrDeserializer<'_, ValueError> = name.into_deserializer();
        Ok((seed.deserialize(variant)?, Data { reader: self.reader, name }))
    }
}

/// The data of an enum's variant.
struct Data<'r, 'a> {
    reader: &'r mut Reader<'a>,
    name: &'a str,
}

impl<'a> VariantAccess<'a> for Data<'_, 'a> {
    type Error = ValueError;

    fn unit_variant(self) -> Result<(), ValueError> {
        serde::Deserialize::deserialize(self.reader).map_err(|error: ValueError| error.in_field(self.name))
    }

    fn newtype_variant_seed<T: DeserializeSeed<'a>>(self, seed: T) -> Result<T::Value, ValueError> {
        seed.deserialize(self.reader).map_err(|error| error.in_field(self.name))
    }

    fn tuple_variant<V: Visitor<'a>>(self, _: usize, visitor: V) -> Result<V::Value, ValueError> {
        de::Deserializer::deserialize_any(self.reader, visitor).map_err(|error| error.in_field(self.name))
    }

    fn struct_variant<V: Visitor<'a>>(self, _: &'static [&'static str], visitor: V) -> Result<V::Value, ValueError> {
        de::Deserializer::deserialize_any(self.reader, visitor).map_err(|error| error.in_field(self.name))
    }
}
