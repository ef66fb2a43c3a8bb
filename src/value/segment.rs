//! Large buffers of an argument, each in a block of its own.

use crate::memory::{self, Exhausted};

/// A large buffer, in a `Vec` whose elements have the size of the typed array's: so it becomes a `Vec<f32>` without a copy.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)]
pub enum Segment {
    B1(Vec<u8>),
    B2(Vec<u16>),
    B4(Vec<u32>),
    B8(Vec<u64>),
}

/// The bytes of a typed array, wherever they are.
pub enum Buffer<'a> {
    InLine(&'a [u8]),
    Beside(Segment),
}

impl Segment {
    /// Room for `length` bytes in elements of `size` bytes, and where it begins. What is in it is undefined.
    ///
    /// # Errors
    ///
    /// If the memory has no room.
    ///
    /// # Safety
    ///
    /// It has to be written before it is read.
    #[cfg_attr(not(target_arch = "wasm32"), allow(dead_code))]
    pub unsafe fn with_room(length: usize, size: usize) -> Result<(Self, *mut u8), Exhausted> {
        fn room<T>(length: usize) -> Result<(Vec<T>, *mut u8), Exhausted> {
            let mut list = memory::try_vec_of::<T>(length / size_of::<T>())?;
            // SAFETY: the capacity is that or more, and the caller writes it.
            unsafe { list.set_len(length / size_of::<T>()) };
            let address = list.as_mut_ptr().cast();
            Ok((list, address))
        }
        Ok(match size {
            2 => room(length).map(|(list, at)| (Segment::B2(list), at))?,
            4 => room(length).map(|(list, at)| (Segment::B4(list), at))?,
            8 => room(length).map(|(list, at)| (Segment::B8(list), at))?,
            _ => room(length).map(|(list, at)| (Segment::B1(list), at))?,
        })
    }

    /// All of it.
    pub fn bytes(&self) -> &[u8] {
        match self {
            Segment::B1(list) => list,
            Segment::B2(list) => bytemuck::cast_slice(list),
            Segment::B4(list) => bytemuck::cast_slice(list),
            Segment::B8(list) => bytemuck::cast_slice(list),
        }
    }

    /// Without a copy, if its elements are bytes.
    pub fn into_bytes(self) -> Vec<u8> {
        match self {
            Segment::B1(list) => list,
            other => other.bytes().to_vec(),
        }
    }
}

impl Default for Segment {
    fn default() -> Self {
        Segment::B1(Vec::new())
    }
}

impl From<Vec<u8>> for Segment {
    fn from(bytes: Vec<u8>) -> Self {
        Segment::B1(bytes)
    }
}
