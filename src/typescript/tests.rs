#![allow(dead_code)]

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Description, Of, Text, Unknown as _};
use crate::TypeScript;

fn texts(of: Description) -> (String, String) {
    (of.argument.to_string(), of.result.to_string())
}

macro_rules! is {
    ($type:ty, $argument:literal, $result:literal) => {
        assert_eq!(texts(Of::<$type>::DESCRIPTION), ($argument.into(), $result.into()), stringify!($type));
    };
    ($type:ty, $both:literal) => {
        is!($type, $both, $both)
    };
}

#[test]
fn plain_values() {
    is!(f64, "number");
    is!(u64, "number | bigint");
    is!(usize, "number");
    is!(i128, "number | bigint", "bigint");
    is!(char, "string");
    is!(Arc<str>, "string");
    is!((), "undefined | null", "undefined");
    is!(Option<bool>, "boolean | null | undefined", "boolean | undefined");
    is!((f64, String), "readonly [number, string]", "[number, string]");
    is!(crate::Bytes, "Pool.BytesLike", "Pool.Own<Uint8Array>");
    is!(
        Result<(), String>,
        "{ Ok: Exclude<undefined | null, undefined> } | { Err: string }",
        "{ Ok: undefined } | { Err: string }"
    );
}

#[test]
fn lists_and_maps() {
    is!(Vec<f32>, "ReadonlyArray<number> | Pool.IntegerArray | Float32Array | Float64Array", "Pool.Own<Float32Array>");
    is!(
        Vec<u8>,
        "ReadonlyArray<number> | Pool.IntegerArray | ArrayBuffer | SharedArrayBuffer | DataView",
        "Pool.Own<Uint8Array>"
    );
    is!(
        Vec<u64>,
        "ReadonlyArray<number | bigint> | Pool.IntegerArray | BigInt64Array | BigUint64Array",
        "Pool.Own<BigUint64Array>"
    );
    is!(Vec<usize>, "ReadonlyArray<number> | Pool.IntegerArray", "Pool.Own<Uint32Array>");
    is!(
        Vec<i128>,
        "ReadonlyArray<number | bigint> | Pool.IntegerArray | BigInt64Array | BigUint64Array",
        "Array<bigint>"
    );
    is!(Vec<std::num::NonZero<u16>>, "ReadonlyArray<number> | Pool.IntegerArray", "Array<number>");
    is!(Vec<Option<u16>>, "ReadonlyArray<number | null | undefined> | Pool.IntegerArray", "Array<number | undefined>");
    is!(Vec<Option<bool>>, "ReadonlyArray<boolean | null | undefined>", "Array<boolean | undefined>");
    is!(BTreeSet<u16>, "ReadonlyArray<number> | Pool.IntegerArray | Set<number>", "Pool.Own<Uint16Array>");
    is!([i8; 2], "readonly [number, number] | Pool.IntegerArray", "[number, number]");
    is!([bool; 20], "ReadonlyArray<boolean>", "Array<boolean>");
    is!(
        HashMap<String, Vec<bool>>,
        "Map<string, ReadonlyArray<boolean>> | { [key: string]: ReadonlyArray<boolean> }",
        "{ [key: string]: Array<boolean> }"
    );
    is!(BTreeMap<Arc<str>, u8>, "Map<string, number> | { [key: string]: number }", "{ [key: string]: number }");
    is!(BTreeMap<u32, u8>, "Map<number, number> | { [key: number]: number }", "Map<number, number>");
    is!(BTreeMap<Named, u8>, "Map<string, number> | { [key: string]: number }", "Map<string, number>");
    is!(
        BTreeMap<bool, u8>,
        r#"Map<boolean, number> | { [key in "true" | "false"]?: number }"#,
        "Map<boolean, number>"
    );
    is!(
        BTreeMap<Colour, u8>,
        r#"Map<"dark-red" | "Green", number> | { [key in "dark-red" | "Green"]?: number }"#,
        r#"Map<"dark-red" | "Green", number>"#
    );
    is!(
        BTreeMap<Wrapped<Colour>, u8>,
        r#"Map<"dark-red" | "Green", number> | { [key in "dark-red" | "Green"]?: number }"#,
        r#"Map<"dark-red" | "Green", number>"#
    );
    is!(HashMap<Beside, u8>, r#"Map<{ "t": "None" } | { "t": "One"; "c": number }, number>"#);
    is!(BTreeMap<(u8, u8), bool>, "Map<readonly [number, number], boolean>", "Map<[number, number], boolean>");
}

#[derive(Serialize, Deserialize, TypeScript)]
#[serde(rename_all = "camelCase")]
struct Circuit {
    gate_count: u32,
    label: Option<String>,
    #[serde(default)]
    seed: u64,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    wires: Vec<f64>,
    #[serde(skip)]
    cache: Vec<u8>,
    #[serde(rename(serialize = "out", deserialize = "in"))]
    port: Wrapped<Foreign>,
    nothing: (),
}

#[derive(Serialize, Deserialize, Default)]
struct Foreign;

#[derive(Serialize, Deserialize, TypeScript)]
struct Wrapped<T>(T);

#[derive(Serialize, Deserialize, PartialEq, Eq, Hash, TypeScript)]
struct Named(String);

#[derive(Serialize, Deserialize, PartialEq, Eq, PartialOrd, Ord, TypeScript)]
enum Colour {
    #[serde(rename = "dark-red")]
    Red,
    Green,
    #[serde(skip)]
    Unseen,
}

#[test]
fn structs_follow_serde() {
    is!(
        Circuit,
        r#"{ "gateCount": number; "label"?: string | null | undefined; "seed"?: number | bigint | undefined; "wires": ReadonlyArray<number> | Pool.IntegerArray | Float32Array | Float64Array; "in": unknown; "nothing": Exclude<undefined | null, undefined>; }"#,
        r#"{ "gateCount": number; "label": string | undefined; "seed": number | bigint; "wires"?: Pool.Own<Float64Array>; "out": unknown; "nothing": undefined; }"#
    );
    is!(Vec<Wrapped<f32>>, "ReadonlyArray<number> | Pool.IntegerArray | Float32Array | Float64Array", "Array<number>");
    is!(
        Wrapped<Vec<f32>>,
        "ReadonlyArray<number> | Pool.IntegerArray | Float32Array | Float64Array",
        "Pool.Own<Float32Array>"
    );
    is!(Foreign, "unknown");
    is!(Vec<Foreign>, "unknown");
}

#[derive(Serialize, Deserialize, TypeScript)]
struct Flat {
    own: u8,
    #[serde(flatten)]
    inner: Inner,
    #[serde(flatten)]
    rest: HashMap<String, bool>,
}

#[derive(Serialize, Deserialize, TypeScript)]
struct Inner {
    port: u16,
}

#[derive(Serialize, Deserialize, TypeScript)]
#[serde(transparent)]
struct Clear {
    inner: Option<u8>,
}

#[derive(Serialize, Deserialize, TypeScript)]
struct Opaque(Option<u8>);

#[derive(Serialize, Deserialize, TypeScript)]
struct Absent {
    clear: Clear,
    opaque: Opaque,
}

#[derive(Serialize, Deserialize, TypeScript)]
struct Said {
    #[typescript(type = "Date")]
    at: f64,
    #[typescript(type = "Tree")]
    children: Vec<Said>,
}

#[test]
fn special_structs() {
    is!(Flat, r#"{ "own": number; } & { "port": number; } & { [field: string]: unknown }"#);
    is!(
        Absent,
        r#"{ "clear"?: number | null | undefined; "opaque": Exclude<number | null | undefined, undefined>; }"#,
        r#"{ "clear": number | undefined; "opaque": number | undefined; }"#
    );
    is!(Said, r#"{ "at": Date; "children": Tree; }"#);
}

#[derive(Serialize, Deserialize, TypeScript)]
enum Shape {
    Point,
    Circle { radius: f64 },
    Label(String),
    Pair(u8, u8),
}

#[derive(Serialize, Deserialize, TypeScript)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum Tagged {
    Point,
    Circle { radius: f64 },
    Said(Said),
    Text(String),
}

#[derive(Serialize, Deserialize, TypeScript)]
#[serde(tag = "t", content = "c")]
enum Beside {
    None,
    One(u8),
}

#[derive(Serialize, Deserialize, TypeScript)]
#[serde(untagged)]
enum Either {
    Number(i32),
    Word { word: String },
}

#[test]
fn enums_follow_serde() {
    is!(
        Shape,
        r#""Point" | { "Circle": { "radius": number; } } | { "Label": string } | { "Pair": readonly [number, number] }"#,
        r#""Point" | { "Circle": { "radius": number; } } | { "Label": string } | { "Pair": [number, number] }"#
    );
    is!(
        Tagged,
        r#"{ "kind": "point" } | { "kind": "circle"; "radius": number; } | { "kind": "said" } & ({ "at": Date; "children": Tree; }) | unknown"#
    );
    is!(Beside, r#"{ "t": "None" } | { "t": "One"; "c": number }"#);
    is!(Either, r#"number | { "word": string; }"#);
    is!(Vec<Either>, r#"ReadonlyArray<number | { "word": string; }>"#, r#"Array<number | { "word": string; }>"#);
}

/// What is declared is what arrives: the texts against the format itself.
#[test]
fn the_format_is_as_declared() {
    use crate::value::encode;
    fn tags<T: Serialize>(value: T) -> [u8; 2] {
        let bytes = encode(&value).unwrap();
        [bytes[0], bytes.get(1).copied().unwrap_or_default()]
    }
    const BUFFER: u8 = 8;
    const ARRAY: u8 = 10;
    const OBJECT: u8 = 11;
    const MAP: u8 = 12;
    assert_eq!(tags(vec![1.5f32]), [BUFFER, 6]);
    assert_eq!(tags(Vec::<f32>::new()), [BUFFER, 6]);
    assert_eq!(tags(vec![1u64]), [BUFFER, 8]);
    assert_eq!(tags(BTreeSet::from([1i64])), [BUFFER, 9]);
    assert_eq!(tags(crate::Bytes::new()), [BUFFER, 0]);
    assert_eq!(tags(Vec::<Wrapped<f32>>::new())[0], ARRAY);
    assert_eq!(tags(vec![Wrapped(1.5f32)])[0], ARRAY);
    assert_eq!(tags(vec![Either::Number(1)])[0], ARRAY);
    assert_eq!(tags(vec![Some(1u8)])[0], ARRAY);
    assert_eq!(tags([1u8; 4])[0], ARRAY);
    assert_eq!(tags(vec![std::num::NonZero::<u8>::MIN])[0], ARRAY);
    assert_eq!(tags(Flat { own: 1, inner: Inner { port: 2 }, rest: HashMap::new() })[0], OBJECT);
    assert_eq!(tags(HashMap::<String, u8>::new())[0], OBJECT);
    assert_eq!(tags(HashMap::<Box<str>, u8>::new())[0], OBJECT);
    assert_eq!(tags(HashMap::from([("a", 1)]))[0], OBJECT);
    assert_eq!(tags(HashMap::<u32, u8>::new())[0], MAP);
    assert_eq!(tags(HashMap::from([(Named("a".into()), 1)]))[0], MAP);
    assert_eq!(tags(Tagged::Point)[0], OBJECT);
    assert_eq!(tags(Beside::None)[0], OBJECT);
    assert_eq!(tags(1i128)[0], 6);
}

#[test]
fn a_text_is_as_long_as_it_says() {
    const TEXT: Text = Of::<Circuit>::DESCRIPTION.argument;
    const BYTES: [u8; TEXT.len()] = TEXT.bytes();
    assert_eq!(super::utf8(&BYTES), TEXT.to_string());
    const NINE: Text = Of::<[u8; 9]>::DESCRIPTION.result;
    assert_eq!(NINE.len(), NINE.to_string().len());
}
