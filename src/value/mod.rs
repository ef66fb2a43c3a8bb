//! How arguments and results travel between JavaScript and a thread's Rust.
//!
//! A JavaScript value belongs to one worker; a job's argument has to reach another one, through a leader that must not
//! block and must not fail when the memory is full. So a value is encoded where it is (`src/js/value.js` on the page,
//! [`encode`] on a thread), crosses as bytes, and is decoded where it is used. The leader only copies bytes.
//!
//! # The format
//!
//! One tag byte, then its payload, little-endian. `src/js/value.js` is the other side of this table.
//!
//! | tag | JavaScript | payload |
//! |---|---|---|
//! | 0, 1, 2, 3 | `undefined`, `null`, `false`, `true` | |
//! | 4 | number, whole, 32 bits | i32 |
//! | 5 | number | f64 |
//! | 6 | bigint within 128 bits | i128 or u128 bits: a byte that is 1 if signed, then 16 bytes |
//! | 7 | string | byte length u32, UTF-8 |
//! | 8 | typed array or buffer, in line | kind u8, byte length u32, bytes |
//! | 9 | typed array or buffer, beside | kind u8, number of its segment u32 |
//! | 10 | array | count u32, values |
//! | 11 | plain object | count u32, (string without tag, value) |
//! | 12 | `Map` | count u32, (value, value) |
//! | 13 | `Set` | count u32, values |
//! | 14 | `Date` | f64, milliseconds since 1970; then as a string of ISO 8601, without tag |
//!
//! Large buffers travel beside, so that each is copied once: into this memory in a [`Segment`], out of it in a [`Beside`].

mod beside;
mod de;
mod elements;
mod list;
mod map;
mod plain;
mod probe;
mod segment;
mod ser;
mod tag;

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;

use std::cell::{Cell, RefCell};
use std::fmt::{self, Display};

use serde::Serialize;
use serde::de::{DeserializeOwned, Expected, Unexpected};

use crate::decimal::Decimal;

pub use beside::Beside;
pub use segment::Segment;
use ser::Out;

/// Deeper than this a value would overflow a thread's stack.
const DEPTH_MAX: u32 = 128;

/// Whole numbers beyond this are not exact in JavaScript.
const SAFE: u64 = 9_007_199_254_740_991;

/// An argument as bytes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Encoded {
    /// The value, but for its large buffers.
    pub head: Vec<u8>,
    /// Large buffers, by number.
    pub segments: Vec<Segment>,
}

/// A result as bytes.
#[derive(Debug, Default, PartialEq)]
pub struct Written {
    /// The value, but for its large buffers.
    pub head: Vec<u8>,
    /// Large buffers, by number.
    pub beside: Vec<Beside>,
}

#[cfg(not(target_arch = "wasm32"))]
impl From<Written> for Encoded {
    fn from(Written { head, beside }: Written) -> Self {
        Encoded { head, segments: beside.into_iter().map(Segment::from).collect() }
    }
}

/// A value that is not what the task takes, or cannot be sent.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub struct ValueError {
    /// Where in the value, as `steps[3].name`; empty at its root.
    pub path: String,
    /// What is wrong there.
    pub message: String,
}

impl Display for ValueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.path.as_str() {
            "" => f.write_str(&self.message),
            path => write!(f, "{path}: {}", self.message),
        }
    }
}

impl ValueError {
    /// Its path begins in this element of a list.
    #[cold]
    #[inline(never)]
    fn in_element(mut self, index: usize) -> Self {
        self.lead(&format!("[{index}]"));
        self
    }

    /// Its path begins in this field of an object, or variant of an enum.
    #[cold]
    #[inline(never)]
    fn in_field(mut self, name: &str) -> Self {
        self.lead(name);
        self
    }

    fn lead(&mut self, step: &str) {
        if !self.path.is_empty() && !self.path.starts_with('[') {
            self.path.insert(0, '.');
        }
        self.path.insert_str(0, step);
    }
}

/// Bytes of a message. It may hold a text of the value's, which may be of any length.
const MESSAGE_MAX: usize = 500;

/// The beginning of a message.
#[derive(Default)]
struct Words(String);

impl fmt::Write for Words {
    fn write_str(&mut self, more: &str) -> fmt::Result {
        let room = MESSAGE_MAX.saturating_sub(self.0.len());
        if more.len() <= room {
            self.0.push_str(more);
            return Ok(());
        }
        self.0.push_str(&more[..more.floor_char_boundary(room)]);
        self.0.push('…');
        Err(fmt::Error)
    }
}

impl serde::de::Error for ValueError {
    fn custom<T: Display>(message: T) -> Self {
        let mut words = Words::default();
        // Its error says that the rest was left out.
        let _ = fmt::write(&mut words, format_args!("{message}"));
        ValueError { path: String::new(), message: words.0 }
    }

    fn invalid_type(unexpected: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::custom(format_args!("invalid type: {}, expected {expected}", Given(unexpected)))
    }

    fn invalid_value(unexpected: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::custom(format_args!("invalid value: {}, expected {expected}", Given(unexpected)))
    }
}

/// As serde shows it, with less code for numbers. What serde calls a unit, a map, a sequence has other names where the value
/// comes from.
struct Given<'a>(Unexpected<'a>);

impl Display for Given<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Unexpected::Bool(flag) => write!(f, "boolean `{flag}`"),
            Unexpected::Unsigned(number) => write!(f, "integer `{number}`"),
            Unexpected::Signed(number) => write!(f, "integer `{number}`"),
            Unexpected::Float(number) => write!(f, "floating point `{}`", Decimal(number)),
            Unexpected::Char(letter) => write!(f, "character `{letter}`"),
            Unexpected::Str(text) => write!(f, "string {text:?}"),
            Unexpected::Other(words) => f.write_str(words),
            Unexpected::Bytes(_) => f.write_str("byte array"),
            Unexpected::Unit => f.write_str("undefined or null"),
            Unexpected::Option => f.write_str("Option value"),
            Unexpected::NewtypeStruct => f.write_str("newtype struct"),
            Unexpected::Seq => f.write_str("an array"),
            Unexpected::Map => f.write_str("an object"),
            Unexpected::Enum => f.write_str("enum"),
            Unexpected::UnitVariant => f.write_str("unit variant"),
            Unexpected::NewtypeVariant => f.write_str("newtype variant"),
            Unexpected::TupleVariant => f.write_str("tuple variant"),
            Unexpected::StructVariant => f.write_str("struct variant"),
        }
    }
}

impl serde::ser::Error for ValueError {
    fn custom<T: Display>(message: T) -> Self {
        serde::de::Error::custom(message)
    }
}

/// The bytes of a value, all in line.
pub fn encode<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, ValueError> {
    Ok(ser::write(value, Out::default())?.bytes)
}

/// As [`encode`], with `null` for what is nothing.
#[cfg(target_arch = "wasm32")]
pub fn encode_with_nulls<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, ValueError> {
    Ok(ser::write(value, Out { nothing: tag::NULL, ..Out::default() })?.bytes)
}

/// The bytes of a result. Large buffers are copied out of this memory where they stand, and are never in it twice.
pub fn write<T: Serialize + ?Sized>(value: &T) -> Result<Written, ValueError> {
    let out = ser::write(value, Out { apart: !IN_LINE.get(), ..Out::default() })?;
    Ok(Written { head: out.bytes, beside: out.beside })
}

thread_local! {
    static IN_LINE: Cell<bool> = const { Cell::new(false) };
}

/// Results that are written meanwhile on this thread have all buffers in line: what is beside can only be posted by the
/// thread that has copied it out. `body` must not unwind.
pub fn in_line<R>(body: impl FnOnce() -> R) -> R {
    with_in_line(true, body)
}

/// Results that are written meanwhile have their large buffers beside again: for a job that runs while one of [`in_line`]
/// waits, on the same stack. `body` must not unwind.
#[cfg_attr(not(target_arch = "wasm32"), allow(dead_code))]
pub fn apart<R>(body: impl FnOnce() -> R) -> R {
    with_in_line(false, body)
}

fn with_in_line<R>(is_in_line: bool, body: impl FnOnce() -> R) -> R {
    let before = IN_LINE.replace(is_in_line);
    let result = body();
    IN_LINE.set(before);
    result
}

/// An array of values that are in line.
pub fn array(values: &[Written]) -> Vec<u8> {
    let length: usize = values.iter().map(|value| value.head.len()).sum();
    // Each may be large, and a list that grows takes room for both its sizes meanwhile.
    let mut array = Vec::with_capacity(1 + size_of::<u32>() + length);
    array.push(tag::ARRAY);
    array.extend_from_slice(&(values.len() as u32).to_le_bytes());
    for value in values {
        array.extend_from_slice(&value.head);
    }
    array
}

/// A value from its bytes. A whole segment becomes a byte buffer, or the `Vec` of its numbers, without a copy.
///
/// # Errors
///
/// With the path of the field that does not fit.
pub fn decode<T: DeserializeOwned>(encoded: Encoded) -> Result<T, ValueError> {
    let segments = RefCell::new(encoded.segments);
    de::Reader::new(&encoded.head, &segments).read_all()
}
