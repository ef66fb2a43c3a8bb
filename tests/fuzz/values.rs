//! Bytes that should be values, and values that are.

use std::collections::{BTreeMap, HashMap, HashSet};

use perennial::Bytes;
use perennial::private::{Encoded, Segment, give, take};
use proptest::prelude::*;
use proptest::sample::Index;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Serialize};

use crate::harness::{fuzz, peak_of};
use crate::json::any_value;

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)]
struct Strict {
    a: u8,
    b: Option<String>,
    c: Vec<Shape>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
enum Shape {
    Point,
    Circle(f64),
    Line(i32, u64),
    Named { name: char, tags: [i8; 2] },
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
#[allow(dead_code)]
enum Loose {
    Number(i128),
    Text(String),
    List(Vec<Loose>),
    Fields(BTreeMap<String, Loose>),
    Other(IgnoredAny),
}

/// Memory in proportion: a value in Rust may be this many times larger than its bytes (a `Value` for each tag), and serde
/// makes room for a megabyte of elements ahead of them, in some nested lists at once.
const TIMES: usize = 400;
const AHEAD: usize = 16 << 20;

fn read<T: DeserializeOwned>(encoded: &Encoded) -> Result<(), TestCaseError> {
    let given = encoded.clone();
    let size = given.head.len() + given.segments.iter().map(|segment| segment.bytes().len()).sum::<usize>();
    let mut outcome = None;
    let peak = peak_of(|| outcome = Some(take::<T>(given).map(drop)));
    prop_assert!(peak <= AHEAD + TIMES * size, "{peak} bytes for {size}, as {}", std::any::type_name::<T>());
    if let Some(Err(failure)) = outcome {
        prop_assert!(format!("{failure:?}").len() < 3000, "{failure:?}");
    }
    Ok(())
}

fn read_as_all(encoded: Encoded) -> Result<(), TestCaseError> {
    read::<()>(&encoded)?;
    read::<u8>(&encoded)?;
    read::<f64>(&encoded)?;
    read::<String>(&encoded)?;
    read::<Bytes>(&encoded)?;
    read::<Option<(i64, char)>>(&encoded)?;
    read::<Vec<f32>>(&encoded)?;
    read::<Vec<()>>(&encoded)?;
    read::<[u128; 3]>(&encoded)?;
    read::<Vec<Vec<[u64; 8]>>>(&encoded)?;
    read::<HashSet<String>>(&encoded)?;
    read::<HashMap<i32, Shape>>(&encoded)?;
    read::<BTreeMap<String, Strict>>(&encoded)?;
    read::<Strict>(&encoded)?;
    read::<Shape>(&encoded)?;
    read::<Loose>(&encoded)?;
    read::<IgnoredAny>(&encoded)?;
    read::<serde_json::Value>(&encoded)
}

fn segments() -> impl Strategy<Value = Vec<Segment>> {
    fn list<T: Arbitrary + 'static>(to: fn(Vec<T>) -> Segment) -> BoxedStrategy<Segment> {
        prop::collection::vec(any::<T>(), 0..12).prop_map(to).boxed()
    }
    let segment = prop_oneof![list(Segment::B1), list(Segment::B2), list(Segment::B4), list(Segment::B8)];
    prop::collection::vec(segment, 0..3)
}

/// Bytes that are tags, counts and letters more often than others.
fn likely_byte() -> impl Strategy<Value = u8> {
    prop_oneof![6 => 0u8..16, 1 => b'a'..=b'd', 1 => Just(255u8), 2 => any::<u8>()]
}

#[test]
fn made_up_bytes() {
    let strategy = (prop::collection::vec(likely_byte(), 0..120), segments());
    fuzz("made_up_bytes", strategy, |(head, segments)| read_as_all(Encoded { head, segments }));
}

#[derive(Clone, Debug)]
enum Damage {
    Replace(Index, u8),
    Insert(Index, u8),
    Remove(Index),
    Cut(Index),
    /// A count, or whatever is there.
    Number(Index, u32),
    /// A part of the value once more, elsewhere.
    Repeat(Index, Index),
    /// So many lists around it.
    Nest(u16),
}

fn damage() -> impl Strategy<Value = Damage> {
    let count = prop_oneof![Just(u32::MAX), Just(1 << 31), 0u32..20, any::<u32>()];
    prop_oneof![
        4 => (any::<Index>(), likely_byte()).prop_map(|(at, byte)| Damage::Replace(at, byte)),
        2 => (any::<Index>(), likely_byte()).prop_map(|(at, byte)| Damage::Insert(at, byte)),
        2 => any::<Index>().prop_map(Damage::Remove),
        1 => any::<Index>().prop_map(Damage::Cut),
        3 => (any::<Index>(), count).prop_map(|(at, number)| Damage::Number(at, number)),
        1 => any::<(Index, Index)>().prop_map(|(from, to)| Damage::Repeat(from, to)),
        1 => (0u16..400).prop_map(Damage::Nest),
    ]
}

impl Damage {
    fn apply(self, bytes: &mut Vec<u8>) {
        if bytes.is_empty() {
            return;
        }
        let length = bytes.len();
        match self {
            Damage::Replace(at, byte) => bytes[at.index(length)] = byte,
            Damage::Insert(at, byte) => bytes.insert(at.index(length), byte),
            Damage::Remove(at) => drop(bytes.remove(at.index(length))),
            Damage::Cut(at) => bytes.truncate(at.index(length)),
            Damage::Number(at, number) => {
                let at = at.index(length);
                for (byte, new) in bytes[at..].iter_mut().zip(number.to_le_bytes()) {
                    *byte = new;
                }
            }
            Damage::Repeat(from, to) => {
                let part = bytes[from.index(length)..].to_vec();
                let to = to.index(length);
                bytes.splice(to..to, part);
            }
            Damage::Nest(depth) => {
                let lists = std::iter::repeat_n([10, 1, 0, 0, 0], depth.into()).flatten();
                bytes.splice(0..0, lists);
            }
        }
    }
}

/// Small values have all in their head.
fn written<T: Serialize>(value: &T) -> Vec<u8> {
    give(value).expect("it can be written").head
}

#[test]
fn damaged_values() {
    let name = "(a|b|c|name|tags|Circle|Line|Named)";
    let shape = prop_oneof![
        Just(Shape::Point),
        any::<f64>().prop_map(Shape::Circle),
        any::<(i32, u64)>().prop_map(|(x, y)| Shape::Line(x, y)),
        any::<(char, [i8; 2])>().prop_map(|(name, tags)| Shape::Named { name, tags }),
    ];
    let strict = (any::<u8>(), any::<Option<String>>(), prop::collection::vec(shape, 0..4));
    let head = prop_oneof![
        any_value(name).prop_map(|value| written(&value)),
        strict.prop_map(|(a, b, c)| written(&Strict { a, b, c })),
        prop::collection::vec(any::<i64>(), 0..20).prop_map(|list| written(&list)),
        prop::collection::vec(any::<f32>(), 0..20).prop_map(|list| written(&list)),
        any::<Vec<(u8, Option<f32>)>>().prop_map(|list| written(&list)),
    ];
    let strategy = (head, prop::collection::vec(damage(), 0..5), segments());
    fuzz("damaged_values", strategy, |(mut head, damages, segments)| {
        damages.into_iter().for_each(|damage| damage.apply(&mut head));
        read_as_all(Encoded { head, segments })
    });
}

#[test]
fn values_there_and_back() {
    fuzz("values_there_and_back", any_value("\\PC{0,8}"), |value| {
        let written = give(&value).map_err(|failure| TestCaseError::fail(format!("{failure:?}")))?;
        let back: serde_json::Value =
            take(written.into()).map_err(|failure| TestCaseError::fail(format!("{failure:?}")))?;
        prop_assert!(is_same(&value, &back), "{back:?}");
        Ok(())
    });
}

/// A whole number may come back as one of another type.
fn is_same(one: &serde_json::Value, other: &serde_json::Value) -> bool {
    use serde_json::Value::{Array, Number, Object};
    match (one, other) {
        (Number(one), Number(other)) => one == other || one.as_f64() == other.as_f64(),
        (Array(one), Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| is_same(one, other))
        }
        (Object(one), Object(other)) => {
            one.len() == other.len()
                && one.iter().all(|(key, value)| other.get(key).is_some_and(|other| is_same(value, other)))
        }
        _ => one == other,
    }
}
