use std::collections::{BTreeMap, HashMap};

use proptest::prelude::*;
use serde::{Deserialize, Serialize};

use super::in_line as in_line_while;
use super::tag::Kind;
use super::*;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Shape {
    Point,
    Circle(f64),
    Line(i32, i32),
    Named { name: String, tags: Vec<String> },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Everything {
    flag: bool,
    small: i8,
    big: u64,
    signed: i64,
    huge: u128,
    float: f64,
    single: f32,
    letter: char,
    text: String,
    maybe: Option<u32>,
    bytes: Vec<u8>,
    floats: Vec<f32>,
    doubles: Box<[f64]>,
    queue: std::collections::VecDeque<u16>,
    wide: Vec<i64>,
    sizes: Vec<usize>,
    nested: Vec<Vec<u16>>,
    pair: (u8, String),
    by_name: BTreeMap<String, i32>,
    by_number: HashMap<u32, bool>,
    shapes: Vec<Shape>,
    unit: (),
}

fn in_line(head: Vec<u8>) -> Encoded {
    Encoded { head, segments: vec![] }
}

/// In line, and with its large buffers beside.
fn round_trip<T: Serialize + serde::de::DeserializeOwned + PartialEq + std::fmt::Debug>(value: &T) -> T {
    let back: T = decode(write(value).unwrap().into()).unwrap();
    assert_eq!(decode::<T>(in_line(encode(value).unwrap())).unwrap(), back);
    back
}

fn shape() -> impl Strategy<Value = Shape> {
    prop_oneof![
        Just(Shape::Point),
        any::<f64>().prop_filter("NaN is not equal to itself", |f| !f.is_nan()).prop_map(Shape::Circle),
        any::<(i32, i32)>().prop_map(|(a, b)| Shape::Line(a, b)),
        (".{0,8}", prop::collection::vec(".{0,4}", 0..3)).prop_map(|(name, tags)| Shape::Named { name, tags }),
    ]
}

proptest! {
    #[test]
    fn everything_survives_the_round_trip(
        (flag, small, big, signed, huge) in any::<(bool, i8, u64, i64, u128)>(),
        (float, single) in (-1e300f64..1e300, -1e30f32..1e30),
        (letter, text, maybe) in (any::<char>(), ".{0,20}", any::<Option<u32>>()),
        (bytes, floats) in (prop::collection::vec(any::<u8>(), 0..50), prop::collection::vec(-1e9f32..1e9, 0..20)),
        (doubles, queue, sizes) in (prop::collection::vec(-1e9f64..1e9, 0..9), prop::collection::vec_deque(any::<u16>(), 0..9), prop::collection::vec(any::<usize>(), 0..9)),
        (wide, nested) in (prop::collection::vec(any::<i64>(), 0..9), prop::collection::vec(prop::collection::vec(any::<u16>(), 0..4), 0..4)),
        pair in (any::<u8>(), ".{0,3}"),
        by_name in prop::collection::btree_map(".{0,5}", any::<i32>(), 0..5),
        by_number in prop::collection::hash_map(any::<u32>(), any::<bool>(), 0..5),
        shapes in prop::collection::vec(shape(), 0..5),
    ) {
        let value = Everything {
            flag, small, big, signed, huge, float, single, letter, text, maybe, bytes, floats,
            doubles: doubles.into(), queue, sizes, wide, nested, pair,
            by_name, by_number, shapes, unit: (),
        };
        prop_assert_eq!(round_trip(&value), value);
    }

    #[test]
    fn made_up_bytes_never_panic(bytes in prop::collection::vec(prop_oneof![0u8..16, any::<u8>()], 0..60)) {
        let encoded = Encoded { head: bytes, segments: vec![vec![1, 2, 3].into(), Segment::B4(vec![7; 5])] };
        let _ = decode::<Everything>(encoded.clone());
        let _ = decode::<serde_json::Value>(encoded.clone());
        let _ = decode::<Vec<f32>>(encoded.clone());
        let _ = decode::<Shape>(encoded);
    }

    #[test]
    fn cut_off_bytes_are_an_error(cut in 0usize..40) {
        let head = encode(&Shape::Named { name: "a name".into(), tags: vec!["one".into(), "two".into()] }).unwrap();
        prop_assume!(cut < head.len());
        let encoded = Encoded { head: head[..cut].to_vec(), segments: vec![] };
        prop_assert!(decode::<Shape>(encoded).is_err());
    }
}

#[test]
fn a_list_of_numbers_is_a_typed_array() {
    assert_eq!(encode(&vec![1.0f32]).unwrap(), [tag::BUFFER, 6, 4, 0, 0, 0, 0, 0, 128, 63]);
    assert_eq!(encode(&vec![7u8, 8]).unwrap(), [tag::BUFFER, 0, 2, 0, 0, 0, 7, 8]);
    assert_eq!(encode(&Vec::<f32>::new()).unwrap(), [tag::BUFFER, 6, 0, 0, 0, 0]);
    assert_eq!(encode(&[1i16][..]).unwrap(), [tag::BUFFER, 3, 2, 0, 0, 0, 1, 0]);
    assert_eq!(encode(&vec![true]).unwrap()[0], tag::ARRAY);
    let bytes = encode(&vec![u64::MAX]).unwrap();
    assert_eq!(bytes, [&[tag::BUFFER, 8, 8, 0, 0, 0][..], &[255; 8]].concat());
}

/// What a type of its own does with its elements is not left out.
#[test]
fn a_visitor_of_ones_own_sees_each_element() {
    #[derive(Debug, PartialEq, Deserialize)]
    struct Doubled(#[serde(deserialize_with = "doubled")] Vec<f32>);
    fn doubled<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<f32>, D::Error> {
        struct Each;
        impl<'de> serde::de::Visitor<'de> for Each {
            type Value = Vec<f32>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("numbers")
            }
            fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut list: A) -> Result<Vec<f32>, A::Error> {
                let mut all = Vec::new();
                while let Some(number) = list.next_element::<f32>()? {
                    all.push(number * 2.0);
                }
                Ok(all)
            }
        }
        deserializer.deserialize_seq(Each)
    }
    let read: Doubled = decode(in_line(encode(&vec![1.0f32, 2.0]).unwrap())).unwrap();
    assert_eq!(read, Doubled(vec![2.0, 4.0]));
}

#[test]
fn a_map_with_keys_of_text_is_an_object() {
    let tag_of = |bytes: Vec<u8>| bytes[0];
    assert_eq!(tag_of(encode(&BTreeMap::from([("a", 1)])).unwrap()), tag::OBJECT);
    assert_eq!(tag_of(encode(&BTreeMap::<String, u8>::new()).unwrap()), tag::OBJECT);
    assert_eq!(tag_of(encode(&BTreeMap::from([(1, 2)])).unwrap()), tag::MAP);
    assert_eq!(tag_of(encode(&BTreeMap::<bool, u8>::new()).unwrap()), tag::MAP);
    assert_eq!(tag_of(encode(&serde_json::json!({})).unwrap()), tag::OBJECT);
}

#[test]
fn a_flattened_map_has_keys_of_text() {
    /// The last number that is one in JavaScript, and not a `bigint`.
    const LARGE: u64 = (1 << 53) - 1;
    #[derive(Serialize)]
    struct Flat<K: Ord + Serialize> {
        own: u8,
        #[serde(flatten)]
        rest: BTreeMap<K, u8>,
    }
    let written =
        encode(&Flat { own: 1, rest: BTreeMap::from([(u64::MAX, 2), (7, 3), (LARGE, 4), (LARGE - 1, 5)]) }).unwrap();
    let read: BTreeMap<String, u8> = decode(in_line(written)).unwrap();
    let key = |number: u64| number.to_string();
    let wanted = [("own".into(), 1), (key(7), 3), (key(u64::MAX), 2), (key(LARGE), 4), (key(LARGE - 1), 5)];
    assert_eq!(read, BTreeMap::from(wanted));
    #[derive(Serialize)]
    struct MapFirst {
        #[serde(flatten)]
        rest: BTreeMap<u8, u8>,
        own: u8,
    }
    assert_eq!(encode(&MapFirst { own: 1, rest: BTreeMap::from([(7, 3)]) }).unwrap()[0], tag::MAP);
    assert_eq!(encode(&MapFirst { own: 1, rest: BTreeMap::new() }).unwrap()[0], tag::OBJECT);
    let odd = encode(&Flat { own: 1, rest: BTreeMap::from([((1, 2), 2)]) }).unwrap_err();
    assert_eq!(odd.message, "a key of an object that is neither text nor a whole number");
}

#[test]
fn keys_of_an_object_are_read_as_what_is_asked_for() {
    #[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
    enum Colour {
        Red,
        Green,
    }
    fn keys<K: Ord + serde::de::DeserializeOwned>(text: &str) -> Result<Vec<K>, ValueError> {
        let written = encode(&BTreeMap::from([(text, 0)])).unwrap();
        decode::<BTreeMap<K, u8>>(in_line(written)).map(|map| map.into_keys().collect())
    }
    assert_eq!(keys::<i8>("-3"), Ok(vec![-3]));
    assert_eq!(keys::<bool>("true"), Ok(vec![true]));
    assert_eq!(keys::<u128>("340282366920938463463374607431768211455"), Ok(vec![u128::MAX]));
    assert_eq!(keys::<char>("x"), Ok(vec!['x']));
    assert_eq!(keys::<Colour>("Green"), Ok(vec![Colour::Green]));
    assert!(keys::<Colour>("Blue").unwrap_err().message.contains("unknown variant `Blue`"));
    assert!(keys::<u8>("x").unwrap_err().message.contains("string \"x\", expected u8"));
}

#[test]
fn a_date_is_text_or_milliseconds() {
    let text = "2026-11-21T08:00:00.000Z";
    let mut head = vec![tag::DATE];
    head.extend_from_slice(&1_795_248_000_000f64.to_le_bytes());
    head.extend_from_slice(&(text.len() as u32).to_le_bytes());
    head.extend_from_slice(text.as_bytes());
    assert_eq!(decode::<String>(in_line(head.clone())).unwrap(), text);
    assert_eq!(decode::<i64>(in_line(head.clone())).unwrap(), 1_795_248_000_000);
    assert_eq!(decode::<Option<f64>>(in_line(head.clone())).unwrap(), Some(1_795_248_000_000.0));
    assert_eq!(decode::<serde_json::Value>(in_line(head)).unwrap(), 1_795_248_000_000u64);
}

/// The limits that docs/values.md states.
#[test]
fn what_is_asked_for_after_it_was_read_is_as_it_came() {
    #[derive(Debug, Deserialize)]
    struct Flat<T> {
        #[serde(flatten)]
        inner: Inner<T>,
    }
    #[derive(Debug, Deserialize)]
    struct Inner<T> {
        at: T,
    }
    let object =
        [&[tag::OBJECT, 1, 0, 0, 0, 2, 0, 0, 0][..], b"at", &[tag::DATE], &5f64.to_le_bytes(), &[0; 4]].concat();
    assert_eq!(decode::<Inner<String>>(in_line(object.clone())).unwrap().at, "");
    assert_eq!(decode::<Flat<f64>>(in_line(object.clone())).unwrap().inner.at, 5.0);
    assert!(decode::<Flat<String>>(in_line(object)).is_err());

    let json = |value: Vec<u8>| decode::<serde_json::Value>(in_line(value));
    assert_eq!(json(encode(&f64::NAN).unwrap()), Ok(serde_json::Value::Null));
    assert_eq!(json(encode(&u128::from(u64::MAX)).unwrap()), Ok(u64::MAX.into()));
    assert_eq!(json(encode(&(1u128 << 64)).unwrap()).unwrap_err().message, "JSON number out of range");
}

#[test]
fn large_buffers_go_beside_and_come_back() {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Many {
        floats: Vec<f32>,
        small: Vec<f32>,
        bytes: bytes::Bytes,
        wide: Vec<u64>,
    }
    let floats: Vec<f32> = (0..20_000).map(|n| n as f32).collect();
    let many = Many { floats, small: vec![1.0], bytes: vec![7; 70_000].into(), wide: vec![u64::MAX; 9000] };
    let written = write(&many).unwrap();
    assert_eq!(written.beside.len(), 3);
    assert!(written.head.len() < 100);
    assert_eq!(round_trip(&many), many);
}

#[test]
fn what_runs_while_one_in_line_waits_has_its_buffers_beside() {
    let beside = || write(&vec![0u8; 70_000]).unwrap().beside.len();
    let counts = in_line_while(|| [beside(), apart(beside), beside(), apart(|| in_line_while(beside)), apart(beside)]);
    assert_eq!((counts, beside()), ([0, 1, 0, 0, 1], 1));
}

#[test]
fn an_array_of_values_is_written_once() {
    let values = ["one".to_owned(), "x".repeat(5000), String::new()];
    let written: Vec<Written> = values.iter().map(|value| write(value).unwrap()).collect();
    let array = array(&written);
    assert_eq!(array.capacity(), array.len());
    assert_eq!(decode::<Vec<String>>(in_line(array)).unwrap(), values);
    assert_eq!(super::array(&[]), [tag::ARRAY, 0, 0, 0, 0]);
}

#[test]
fn numbers_that_are_odd_stay_so() {
    for number in [-0.0, f64::NAN, f64::INFINITY, f64::MIN_POSITIVE, 2f64.powi(53), -1.5] {
        let back: f64 = decode(in_line(encode(&number).unwrap())).unwrap();
        assert_eq!(back.to_bits(), number.to_bits());
        let back: Vec<f64> = decode(in_line(encode(&vec![number]).unwrap())).unwrap();
        assert_eq!(back[0].to_bits(), number.to_bits());
    }
}

/// What is written by hand, with elements of more than one type.
#[test]
fn a_list_that_stops_being_plain_keeps_all_its_elements() {
    struct Mixed;
    impl Serialize for Mixed {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            use serde::ser::SerializeSeq;
            let mut list = serializer.serialize_seq(None)?;
            list.serialize_element(&1u8)?;
            list.serialize_element(&2u8)?;
            list.serialize_element("three")?;
            list.serialize_element(&4u8)?;
            list.end()
        }
    }
    let read: serde_json::Value = decode(in_line(encode(&Mixed).unwrap())).unwrap();
    assert_eq!(read, serde_json::json!([1, 2, "three", 4]));
}

#[test]
fn a_segment_becomes_a_buffer_without_a_copy() {
    let segment = vec![5u8; 100];
    let address = segment.as_ptr();
    let encoded = Encoded { head: vec![tag::SEGMENT, 0, 0, 0, 0, 0], segments: vec![segment.into()] };
    let bytes: bytes::Bytes = decode(encoded.clone()).unwrap();
    assert_eq!(bytes.len(), 100);
    let Encoded { head, segments } = encoded;
    let list: Vec<u8> = decode(Encoded { head, segments }).unwrap();
    assert_eq!((list.len(), list.as_ptr()), (100, address));
}

#[test]
fn a_segment_becomes_a_list_of_its_numbers_without_a_copy() {
    let segment = vec![1.5f32.to_bits(), (-2.0f32).to_bits()];
    let address = segment.as_ptr();
    let encoded = Encoded { head: vec![tag::SEGMENT, 6, 0, 0, 0, 0], segments: vec![Segment::B4(segment)] };
    let floats: Vec<f32> = decode(encoded).unwrap();
    assert_eq!((&floats[..], floats.as_ptr().cast()), (&[1.5, -2.0][..], address));
}

#[test]
fn segments_are_typed_arrays_too() {
    let bytes: Vec<u8> = [1.5f64, -2.0].iter().flat_map(|f| f.to_le_bytes()).collect();
    let head = vec![tag::SEGMENT, 7, 0, 0, 0, 0];
    assert_eq!(decode::<Vec<f64>>(Encoded { head, segments: vec![bytes.into()] }).unwrap(), [1.5, -2.0]);
}

/// As a typed array or an `ArrayBuffer`, whose elements are of this kind.
fn typed(kind: Kind, bytes: &[u8]) -> Encoded {
    let length = (bytes.len() as u32).to_le_bytes();
    in_line([&[tag::BUFFER, kind as u8], &length[..], bytes].concat())
}

#[test]
fn a_typed_array_is_a_list_of_what_is_around_its_numbers() {
    #[derive(Debug, PartialEq, Deserialize)]
    struct Metres(f32);
    #[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
    struct Id(u16);
    let floats: Vec<u8> = [1.5f32, -2.0, 0.25].iter().flat_map(|f| f.to_le_bytes()).collect();
    let metres = [Metres(1.5), Metres(-2.0), Metres(0.25)];
    assert_eq!(decode::<Vec<Metres>>(typed(Kind::F32, &floats)).unwrap(), metres);
    assert_eq!(decode::<[Metres; 3]>(typed(Kind::F32, &floats)).unwrap(), metres);
    let maybes = decode::<Vec<Option<Metres>>>(typed(Kind::F32, &floats[..4])).unwrap();
    assert_eq!(maybes, [Some(Metres(1.5))]);
    let ids = decode::<std::collections::BTreeSet<Id>>(typed(Kind::U16, &[9, 0, 7, 0])).unwrap();
    assert_eq!(ids.into_iter().collect::<Vec<_>>(), [Id(7), Id(9)]);
    assert_eq!(decode::<Vec<Option<u8>>>(typed(Kind::U8, &[1, 0])).unwrap(), [Some(1), Some(0)]);
    let large = decode::<Vec<Option<u8>>>(typed(Kind::U16, &[1, 0, 0, 1])).unwrap_err();
    assert_eq!(large.to_string(), "[1]: invalid value: integer `256`, expected u8");
}

#[test]
fn an_array_buffer_is_bytes_and_no_other_numbers() {
    #[derive(Debug, PartialEq, Deserialize)]
    struct Byte(u8);
    let bytes = [0, 0, 128, 63];
    let buffer = || typed(Kind::Buffer, &bytes);
    assert_eq!(decode::<Vec<u8>>(buffer()).unwrap(), bytes);
    assert_eq!(decode::<[u8; 4]>(buffer()).unwrap(), bytes);
    assert_eq!(decode::<Vec<Byte>>(buffer()).unwrap(), bytes.map(Byte));
    assert_eq!(decode::<Vec<Option<u8>>>(buffer()).unwrap(), bytes.map(Some));
    assert_eq!(decode::<bytes::Bytes>(buffer()).unwrap(), bytes[..]);
    assert_eq!(decode::<serde_json::Value>(buffer()).unwrap(), serde_json::json!(bytes));
    decode::<serde::de::IgnoredAny>(buffer()).unwrap();
    fn refused<T: fmt::Debug + serde::de::DeserializeOwned>(encoded: Encoded) -> String {
        decode::<T>(encoded).unwrap_err().to_string()
    }
    assert_eq!(
        refused::<Vec<f32>>(buffer()),
        "[0]: a byte of an ArrayBuffer or a DataView, expected f32: give a typed array, a Float32Array for one"
    );
    for told in [
        refused::<Vec<u32>>(buffer()),
        refused::<Vec<i8>>(buffer()),
        refused::<[f64; 4]>(buffer()),
        refused::<std::collections::BTreeSet<usize>>(buffer()),
        refused::<Vec<Option<u128>>>(buffer()),
        refused::<Vec<u16>>(Encoded { head: vec![tag::SEGMENT, 10, 0, 0, 0, 0], segments: vec![vec![1, 2].into()] }),
    ] {
        assert!(told.starts_with("[0]: a byte of an ArrayBuffer or a DataView, expected "), "{told}");
    }
    assert_eq!(decode::<Vec<f32>>(typed(Kind::U8, &bytes)).unwrap(), [0.0, 0.0, 128.0, 63.0]);
}

#[test]
fn a_buffer_that_nobody_asks_for_is_passed_over() {
    /// Takes nothing but a unit: a buffer that is walked through is an error.
    #[derive(Debug, PartialEq)]
    struct Skipped;
    impl<'de> serde::de::Visitor<'de> for Skipped {
        type Value = Skipped;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("nothing")
        }
        fn visit_unit<E>(self) -> Result<Skipped, E> {
            Ok(Skipped)
        }
    }
    impl<'de> Deserialize<'de> for Skipped {
        fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Skipped, D::Error> {
            deserializer.deserialize_ignored_any(Skipped)
        }
    }
    #[derive(Debug, PartialEq, Deserialize)]
    struct Known {
        skipped: Skipped,
        size: u8,
    }
    assert_eq!(decode::<Skipped>(typed(Kind::F32, &[0; 8])), Ok(Skipped));
    assert_eq!(decode::<Vec<Skipped>>(typed(Kind::F32, &[0; 8])), Ok(vec![Skipped, Skipped]));
    let beside = |number| Encoded { head: vec![tag::SEGMENT, 0, number, 0, 0, 0], segments: vec![vec![1, 2].into()] };
    assert_eq!(decode::<Skipped>(beside(0)), Ok(Skipped));
    assert_eq!(decode::<Skipped>(beside(1)).unwrap_err().message, "a segment is missing");
    assert_eq!(
        decode::<Skipped>(in_line(vec![tag::BUFFER, 0, 2, 0, 0, 0, 1])).unwrap_err().message,
        "the value is cut off"
    );
    // What stands behind it is read.
    let buffer = [tag::BUFFER, 6, 4, 0, 0, 0, 0, 0, 128, 63];
    let head = [
        &[tag::OBJECT, 2, 0, 0, 0, 7, 0, 0, 0][..],
        b"skipped",
        &buffer,
        &[4, 0, 0, 0],
        b"size",
        &[tag::INT, 3, 0, 0, 0],
    ];
    assert_eq!(decode::<Known>(in_line(head.concat())), Ok(Known { skipped: Skipped, size: 3 }));
}

#[test]
fn minus_zero_is_a_whole_number_and_stays_a_float() {
    fn read<T: serde::de::DeserializeOwned>() -> T {
        decode(in_line(encode(&-0.0).unwrap())).unwrap()
    }
    assert_eq!((read::<u8>(), read::<i8>(), read::<u16>(), read::<i16>(), read::<u32>()), (0, 0, 0, 0, 0));
    assert_eq!((read::<i32>(), read::<u64>(), read::<i64>(), read::<u128>(), read::<i128>()), (0, 0, 0, 0, 0));
    assert_eq!((read::<Option<usize>>(), read::<std::num::Wrapping<isize>>().0), (Some(0), 0));
    assert!(read::<f64>().is_sign_negative() && read::<f32>().is_sign_negative());
    assert!(read::<serde_json::Value>().as_f64().unwrap().is_sign_negative());
    assert_eq!(decode::<u8>(in_line(vec![tag::FLOAT, 0, 0, 0])).unwrap_err().message, "the value is cut off");
}

#[test]
fn an_error_names_the_field() {
    #[derive(Debug, Deserialize)]
    struct Circuit {
        #[expect(dead_code)]
        steps: Vec<Step>,
    }
    #[derive(Debug, Deserialize)]
    struct Step {
        #[expect(dead_code)]
        cost: u32,
    }
    let head = encode(&serde_json::json!({"steps": [{"cost": 1}, {"cost": "two"}]})).unwrap();
    let error = decode::<Circuit>(Encoded { head, segments: vec![] }).unwrap_err();
    assert_eq!(error.to_string(), "steps[1].cost: invalid type: string \"two\", expected u32");
    let error = decode::<u32>(Encoded { head: encode("x").unwrap(), segments: vec![] }).unwrap_err();
    assert_eq!(error.to_string(), "invalid type: string \"x\", expected u32");
}

#[test]
fn nesting_has_a_bound() {
    let head: Vec<u8> = std::iter::repeat_n([tag::ARRAY, 1, 0, 0, 0], 100_000).flatten().collect();
    assert!(decode::<serde_json::Value>(Encoded { head, segments: vec![] }).is_err());
    let deep = (0..200).fold(serde_json::Value::Null, |inner, _| serde_json::Value::Array(vec![inner]));
    assert_eq!(encode(&deep).unwrap_err().message, "nested deeper than 128");
}
