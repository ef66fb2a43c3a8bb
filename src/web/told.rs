//! Objects for JavaScript: written as a task's result is, and read by the same script.

use serde::ser::{Serialize, SerializeMap, Serializer};
use wasm_bindgen::prelude::*;

use crate::value;

#[wasm_bindgen(module = "/src/js/pool.js")]
extern "C" {
    /// The value of these bytes. They are a view of this memory, copied before the call returns.
    #[wasm_bindgen(js_name = told)]
    fn read(bytes: &[u8]) -> JsValue;
}

/// A value in JavaScript; `None` is `null`.
pub(super) fn told<T: Serialize + ?Sized>(value: &T) -> JsValue {
    read(&value::encode_with_nulls(value).expect("numbers, texts, lists and objects of them can be encoded"))
}

/// The object of these fields.
pub(super) struct Object<'a>(pub &'a [(&'static str, Field<'a>)]);

/// What is in an object. Of few kinds, so that there is one way to write all of them.
pub(super) enum Field<'a> {
    Null,
    Number(f64),
    Text(&'a str),
    List(&'a [Object<'a>]),
}

impl From<u32> for Field<'_> {
    fn from(number: u32) -> Self {
        Field::Number(number.into())
    }
}

impl From<u64> for Field<'_> {
    fn from(number: u64) -> Self {
        Field::Number(number as f64)
    }
}

impl From<usize> for Field<'_> {
    fn from(number: usize) -> Self {
        Field::Number(number as f64)
    }
}

impl From<f64> for Field<'_> {
    fn from(number: f64) -> Self {
        Field::Number(number)
    }
}

impl From<Option<f64>> for Field<'_> {
    fn from(number: Option<f64>) -> Self {
        number.map_or(Field::Null, Field::Number)
    }
}

impl<'a> From<&'a str> for Field<'a> {
    fn from(text: &'a str) -> Self {
        Field::Text(text)
    }
}

impl<'a> From<&'a String> for Field<'a> {
    fn from(text: &'a String) -> Self {
        Field::Text(text)
    }
}

impl Serialize for Field<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Field::Null => serializer.serialize_none(),
            Field::Number(number) => serializer.serialize_f64(*number),
            Field::Text(text) => serializer.serialize_str(text),
            Field::List(list) => serializer.collect_seq(*list),
        }
    }
}

impl Serialize for Object<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_map(Some(self.0.len()))?;
        for (name, field) in self.0 {
            fields.serialize_entry(name, field)?;
        }
        fields.end()
    }
}
