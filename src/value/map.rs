//! A map, as its entries come.

use serde::ser::{Error as _, Serialize, SerializeMap};

use super::ValueError;
use super::ser::{Counted, Writer, put_length};
use super::tag;

/// A map. With keys of text it is a plain object, else a `Map`. Where the type of its keys is not known, as with flattened
/// fields, the first key decides; without any it is an object.
pub struct Entries<'o> {
    entries: Counted<'o>,
    tag_at: usize,
    /// Whether it is an object; not known yet without a key.
    object: Option<bool>,
}

impl<'o> Entries<'o> {
    pub fn new(writer: Writer<'o>, object: Option<bool>) -> Result<Self, ValueError> {
        let tag_at = writer.out.bytes.len();
        let entries = writer.fields(if object == Some(false) { tag::MAP } else { tag::OBJECT })?;
        Ok(Entries { entries, tag_at, object })
    }
}

impl SerializeMap for Entries<'_> {
    type Ok = ();
    type Error = ValueError;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), ValueError> {
        let Counted { out, depth, .. } = &mut self.entries;
        let at = out.bytes.len();
        key.serialize(Writer { out, depth: *depth })?;
        let bytes = &mut out.bytes;
        let is_text = bytes.get(at) == Some(&tag::STRING);
        if !*self.object.get_or_insert(is_text) {
            bytes[self.tag_at] = tag::MAP;
            return Ok(());
        }
        // A key of an object stands without its tag.
        if is_text {
            bytes.remove(at);
            return Ok(());
        }
        // As in JSON, and as in JavaScript itself.
        let Some(text) = number_as_text(&bytes[at..]) else {
            return Err(ValueError::custom("a key of an object that is neither text nor a whole number"));
        };
        bytes.truncate(at);
        put_length(bytes, text.len())?;
        bytes.extend_from_slice(text.as_bytes());
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), ValueError> {
        self.entries.value(value)
    }

    fn end(self) -> Result<(), ValueError> {
        self.entries.finish()
    }
}

fn number_as_text(written: &[u8]) -> Option<String> {
    let (tag, payload) = written.split_first()?;
    match *tag {
        tag::INT => Some(i32::from_le_bytes(payload.try_into().ok()?).to_string()),
        tag::FLOAT => {
            let number = f64::from_le_bytes(payload.try_into().ok()?);
            (number.fract() == 0.0).then(|| (number as i128).to_string())
        }
        tag::BIGINT => {
            let (signed, bits) = payload.split_first()?;
            let bits: [u8; 16] = bits.try_into().ok()?;
            Some(if *signed == 1 {
                i128::from_le_bytes(bits).to_string()
            } else {
                u128::from_le_bytes(bits).to_string()
            })
        }
        _ => None,
    }
}
