//! Types of Rust that lie in memory as a typed array does: lists of them are copied as a whole.
//!
//! serde hands a list over element by element, whatever its type. But the (de)serializer can ask which type it is, so a
//! `Vec<f32>` is recognised wherever it is in a value: no attribute is needed, and any other type goes serde's way.

use std::any::TypeId;
use std::borrow::Cow;
use std::mem::{ManuallyDrop, transmute_copy};
use std::rc::Rc;
use std::sync::Arc;

use bytemuck::AnyBitPattern;
use serde::de::{Deserialize, Visitor};

use super::probe::visitor_of;
use super::segment::{Buffer, Segment};
use super::tag::Kind;

/// Numbers whose lists are typed arrays, each with its kind.
macro_rules! for_each_number {
    ($do:ident) => {
        $do! {
            u8 U8, i8 I8, u16 U16, i16 I16, u32 U32, i32 I32, f32 F32, f64 F64, u64 U64, i64 I64,
            usize USIZE, isize ISIZE
        }
    };
}

#[allow(non_upper_case_globals)]
impl Kind {
    const USIZE: Kind = if size_of::<usize>() == 4 { Kind::U32 } else { Kind::U64 };
    const ISIZE: Kind = if size_of::<usize>() == 4 { Kind::I32 } else { Kind::I64 };
}

fn is<T: ?Sized, U: ?Sized>() -> bool {
    typeid::of::<T>() == typeid::of::<U>()
}

/// What a list of `T` is as a typed array, if it is one. `T` may be a reference to its elements.
pub fn kind_of<T: ?Sized>() -> Option<Kind> {
    macro_rules! compare {
        ($($type:ident $kind:ident),*) => {
            $(if is::<T, $type>() || is::<T, &$type>() {
                return Some(Kind::$kind);
            })*
        };
    }
    for_each_number!(compare);
    None
}

/// A number as it stands in a typed array.
pub struct Number {
    pub kind: Kind,
    bytes: [u8; 8],
}

impl Number {
    fn new<const N: usize>(kind: Kind, little_endian: [u8; N]) -> Self {
        let mut bytes = [0; 8];
        bytes[..N].copy_from_slice(&little_endian);
        Number { kind, bytes }
    }

    pub fn bytes(&self) -> &[u8] {
        &self.bytes[..self.kind.size()]
    }
}

/// `value` as an element, if it is of a type whose lists are typed arrays.
pub fn number_of<T: ?Sized>(value: &T) -> Option<Number> {
    let address = (&raw const *value).cast::<()>();
    macro_rules! read {
        ($($type:ident $kind:ident),*) => {
            $(if is::<T, $type>() {
                // SAFETY: `T` is this type.
                return Some(Number::new(Kind::$kind, unsafe { *address.cast::<$type>() }.to_le_bytes()));
            }
            if is::<T, &$type>() {
                // SAFETY: `T` is a reference to this type, and `value` lives.
                return Some(Number::new(Kind::$kind, unsafe { **address.cast::<&$type>() }.to_le_bytes()));
            })*
        };
    }
    for_each_number!(read);
    None
}

/// The bytes of a list, if they stand in it as in a typed array.
pub fn bytes_of<I>(list: &I) -> Option<(Kind, &[u8])> {
    if cfg!(target_endian = "big") {
        return None;
    }
    let address = (&raw const *list).cast::<()>();
    macro_rules! read {
        ($($type:ident $kind:ident),*) => {
            $(if is::<I, &Vec<$type>>() {
                // SAFETY: `I` is such a reference, and what it refers to outlives `list`.
                let elements = unsafe { (*address.cast::<&Vec<$type>>()).as_slice() };
                return Some((Kind::$kind, bytemuck::cast_slice(elements)));
            }
            if is::<I, &[$type]>() {
                // SAFETY: as above.
                let elements = unsafe { *address.cast::<&[$type]>() };
                return Some((Kind::$kind, bytemuck::cast_slice(elements)));
            })*
        };
    }
    for_each_number!(read);
    None
}

/// Whether a map with such keys is a plain object. `K` may be a reference to its keys.
pub fn is_text<K: ?Sized>() -> bool {
    macro_rules! compare {
        ($($type:ty),*) => { $(is::<K, $type>() || is::<K, &$type>())||* };
    }
    compare!(str, String, char, &'static str, Box<str>, Rc<str>, Arc<str>, Cow<'static, str>)
}

/// What a visitor makes of a whole buffer, if it is serde's own of a `Vec` of just such elements; else the buffer.
pub fn whole<'a, V: Visitor<'a>>(kind: Kind, buffer: Buffer<'_>) -> Result<V::Value, Buffer<'_>> {
    if cfg!(target_endian = "big") {
        return Err(buffer);
    }
    let visitor = typeid::of::<V>();
    macro_rules! make {
        ($($type:ident $kind:ident),*) => {
            $(if (kind == Kind::$kind || (kind == Kind::Buffer && is::<$type, u8>())) && is_for::<V::Value, $type>(visitor) {
                let list = ManuallyDrop::new(list_of::<$type>(buffer));
                // SAFETY: both are `Vec`s of this type, and the one that is copied is not dropped.
                return Ok(unsafe { transmute_copy::<Vec<$type>, V::Value>(&list) });
            })*
        };
    }
    for_each_number!(make);
    Err(buffer)
}

fn is_for<Value, T: for<'de> Deserialize<'de>>(visitor: TypeId) -> bool {
    is::<Value, Vec<T>>() && Some(visitor) == visitor_of::<Vec<T>>()
}

/// Of a segment with elements of this size it is the segment itself.
fn list_of<T: AnyBitPattern + bytemuck::NoUninit>(buffer: Buffer<'_>) -> Vec<T> {
    let segment = match buffer {
        Buffer::InLine(bytes) => return bytemuck::pod_collect_to_vec(bytes),
        Buffer::Beside(segment) => segment,
    };
    let cast = match segment {
        Segment::B1(list) => bytemuck::try_cast_vec(list).map_err(|(_, list)| Segment::B1(list)),
        Segment::B2(list) => bytemuck::try_cast_vec(list).map_err(|(_, list)| Segment::B2(list)),
        Segment::B4(list) => bytemuck::try_cast_vec(list).map_err(|(_, list)| Segment::B4(list)),
        Segment::B8(list) => bytemuck::try_cast_vec(list).map_err(|(_, list)| Segment::B8(list)),
    };
    cast.unwrap_or_else(|other| bytemuck::pod_collect_to_vec(other.bytes()))
}
