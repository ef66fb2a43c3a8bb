use std::collections::{BTreeMap, HashMap};

use proptest::prelude::*;
use serde::{Deserialize, Serialize};

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
    wide: Vec<i64>,
    nested: Vec<Vec<u16>>,
    pair: (u8, String),
    by_name: BTreeMap<String, i32>,
    by_number: HashMap<u32, bool>,
    shapes: Vec<Shape>,
    unit: (),
}

fn round_trip<T: Serialize + serde::de::DeserializeOwned>(value: &T) -> T {
    decode(Encoded { head: encode(value).unwrap(), segments: vec![] }).unwrap()
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
        (wide, nested) in (prop::collection::vec(any::<i64>(), 0..9), prop::collection::vec(prop::collection::vec(any::<u16>(), 0..4), 0..4)),
        pair in (any::<u8>(), ".{0,3}"),
        by_name in prop::collection::btree_map(".{0,5}", any::<i32>(), 0..5),
        by_number in prop::collection::hash_map(any::<u32>(), any::<bool>(), 0..5),
        shapes in prop::collection::vec(shape(), 0..5),
    ) {
        let value = Everything {
            flag, small, big, signed, huge, float, single, letter, text, maybe, bytes, floats, wide, nested, pair,
            by_name, by_number, shapes, unit: (),
        };
        prop_assert_eq!(round_trip(&value), value);
    }

    #[test]
    fn made_up_bytes_never_panic(bytes in prop::collection::vec(prop_oneof![0u8..16, any::<u8>()], 0..60)) {
        let encoded = Encoded { head: bytes, segments: vec![vec![1, 2, 3]] };
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
fn plain_numbers_of_one_type_are_a_typed_array() {
    assert_eq!(encode(&vec![1.0f32]).unwrap(), [tag::BUFFER, 6, 4, 0, 0, 0, 0, 0, 128, 63]);
    assert_eq!(encode(&vec![7u8, 8]).unwrap(), [tag::BUFFER, 0, 2, 0, 0, 0, 7, 8]);
    assert_eq!(encode(&vec![true]).unwrap()[0], tag::ARRAY);
    assert_eq!(encode(&Vec::<f32>::new()).unwrap(), [tag::ARRAY, 0, 0, 0, 0]);
}

#[test]
fn a_list_that_stops_being_plain_keeps_all_its_elements() {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(untagged)]
    enum Either {
        Number(u8),
        Text(String),
    }
    let mixed = vec![Either::Number(1), Either::Number(2), Either::Text("three".into()), Either::Number(4)];
    assert_eq!(round_trip(&mixed), mixed);
}

#[test]
fn a_segment_becomes_a_buffer_without_a_copy() {
    let segment = vec![5u8; 100];
    let address = segment.as_ptr();
    let encoded = Encoded { head: vec![tag::SEGMENT, 0, 0, 0, 0, 0], segments: vec![segment] };
    let bytes: bytes::Bytes = decode(encoded).unwrap();
    assert_eq!((bytes.len(), bytes.as_ptr()), (100, address));
}

#[test]
fn segments_are_typed_arrays_too() {
    let bytes: Vec<u8> = [1.5f64, -2.0].iter().flat_map(|f| f.to_le_bytes()).collect();
    let head = vec![tag::SEGMENT, 7, 0, 0, 0, 0];
    assert_eq!(decode::<Vec<f64>>(Encoded { head, segments: vec![bytes] }).unwrap(), [1.5, -2.0]);
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
