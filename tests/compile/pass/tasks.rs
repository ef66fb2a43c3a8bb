//! Every form of a task.

use std::borrow::Cow;
use std::io;

use perennial::{Bytes, Context, Stopped, TypeScript, task};
use serde::{Deserialize, Serialize};

/// Names that the macros use in their own code.
#[derive(Serialize, Deserialize, TypeScript)]
struct Text(u8);

#[derive(Serialize, Deserialize, TypeScript)]
struct Description<T, const N: usize> {
    text: Text,
    items: Vec<T>,
    #[serde(with = "nested")]
    odd: u8,
}

#[derive(Serialize, Deserialize, Clone, TypeScript)]
#[serde(try_from = "u8", into = "u8")]
struct Even(u8);

impl TryFrom<u8> for Even {
    type Error = &'static str;

    fn try_from(number: u8) -> Result<Self, Self::Error> {
        if number % 2 == 0 { Ok(Even(number)) } else { Err("odd") }
    }
}

impl From<Even> for u8 {
    fn from(even: Even) -> u8 {
        even.0
    }
}

/// Only its argument goes by another type.
#[derive(Serialize, Deserialize, TypeScript)]
#[serde(from = "u8")]
struct Half {
    of: u8,
}

impl From<u8> for Half {
    fn from(of: u8) -> Self {
        Half { of }
    }
}

mod nested {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub fn serialize<S: Serializer>(number: &u8, serializer: S) -> Result<S::Ok, S::Error> {
        number.to_string().serialize(serializer)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u8, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[task]
fn nothing() {}

#[task(name = "another name")]
fn with_context(cx: &Context) -> Result<(), Stopped> {
    cx.checkpoint(0.0)
}

#[task]
fn both(_: &perennial::Context, (text, even): (Text, Even)) -> (Text, Even) {
    (text, even)
}

#[task]
fn generic(value: Description<f32, 3>) -> Description<f32, 3> {
    value
}

#[task]
fn half(half: Half) -> Half {
    half
}

#[task]
fn elided(text: Cow<'_, str>) -> usize {
    text.len()
}

#[task]
fn hidden() -> impl Serialize {
    7
}

#[task]
fn other_result(bytes: Bytes) -> io::Result<u8> {
    bytes.first().copied().ok_or(io::ErrorKind::UnexpectedEof.into())
}

mod inner {
    /// The same name in another module, called otherwise.
    #[perennial::task(name = "inner nothing")]
    fn nothing() {}
}

#[perennial::on_start]
fn warm_up(_input: Option<Bytes>, _snapshot: Option<Bytes>) -> io::Result<()> {
    Ok(())
}

fn main() {}
