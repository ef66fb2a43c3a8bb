//! A sequence, as its elements come.

use serde::ser::{Serialize, SerializeSeq};

use super::ValueError;
use super::elements::Element;
use super::plain;
use super::ser::{Out, Writer, patch};
use super::tag::{self, Kind};

/// A sequence. One of numbers is written as a typed array, element after element without tags. What it is depends on the
/// type of its elements, not on their values; where that is not known before the first one, an empty sequence is an array.
pub struct List<'o> {
    out: &'o mut Out,
    depth: u32,
    start: usize,
    count: usize,
    elements: ElementsAre,
}

#[derive(Clone, Copy)]
enum ElementsAre {
    Unknown,
    Typed(Kind),
    Values,
}

/// Where a typed array's elements begin, after its tag.
const TYPED_HEADER: usize = 6;
const VALUES_HEADER: usize = 5;

impl<'o> List<'o> {
    /// Of elements that are known to be of this kind, or not.
    pub fn new(writer: Writer<'o>, kind: Option<Kind>) -> Result<Self, ValueError> {
        let (start, depth) = (writer.out.bytes.len(), writer.deeper()?);
        let mut list = List { out: writer.out, depth, start, count: 0, elements: ElementsAre::Unknown };
        if kind.is_some() {
            list.begin(kind);
        }
        Ok(list)
    }

    fn begin(&mut self, kind: Option<Kind>) {
        match kind {
            Some(kind) => {
                self.out.bytes.extend_from_slice(&[tag::BUFFER, kind as u8, 0, 0, 0, 0]);
                self.elements = ElementsAre::Typed(kind);
            }
            None => {
                self.out.bytes.extend_from_slice(&[tag::ARRAY, 0, 0, 0, 0]);
                self.elements = ElementsAre::Values;
            }
        }
    }

    /// Writes what was a typed array as a plain one.
    fn mix(&mut self, kind: Kind) -> Result<(), ValueError> {
        let raw = self.out.bytes.split_off(self.start + TYPED_HEADER);
        self.out.bytes.truncate(self.start);
        self.begin(None);
        raw.chunks_exact(kind.size()).try_for_each(|element| write_one(kind, element, self.out))
    }

    fn value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), ValueError> {
        value.serialize(Writer { out: self.out, depth: self.depth })
    }
}

fn write_one(kind: Kind, element: &[u8], out: &mut Out) -> Result<(), ValueError> {
    let writer = Writer { out, depth: 0 };
    match Element::read(kind, element) {
        Element::Unsigned(number) => number.serialize(writer),
        Element::Signed(number) => number.serialize(writer),
        Element::Float(number) => number.serialize(writer),
    }
}

impl SerializeSeq for List<'_> {
    type Ok = ();
    type Error = ValueError;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), ValueError> {
        self.count += 1;
        if let ElementsAre::Values = self.elements {
            return self.value(value);
        }
        let number = plain::number_of(value);
        if let ElementsAre::Unknown = self.elements {
            self.begin(number.as_ref().map(|number| number.kind));
        }
        match (self.elements, number) {
            (ElementsAre::Typed(kind), Some(number)) if number.kind == kind => {
                self.out.bytes.extend_from_slice(number.bytes());
                Ok(())
            }
            (ElementsAre::Typed(kind), _) => {
                self.mix(kind)?;
                self.value(value)
            }
            _ => self.value(value),
        }
    }

    fn end(mut self) -> Result<(), ValueError> {
        if let ElementsAre::Unknown = self.elements {
            self.begin(None);
        }
        match self.elements {
            ElementsAre::Typed(_) => {
                let length = self.out.bytes.len() - self.start - TYPED_HEADER;
                patch(&mut self.out.bytes, self.start + TYPED_HEADER - 4, length)
            }
            _ => patch(&mut self.out.bytes, self.start + VALUES_HEADER - 4, self.count),
        }
    }
}
