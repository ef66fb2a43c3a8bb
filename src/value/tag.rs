//! The tag bytes of the format, and the kinds of typed arrays.

pub const UNDEFINED: u8 = 0;
pub const NULL: u8 = 1;
pub const FALSE: u8 = 2;
pub const TRUE: u8 = 3;
pub const INT: u8 = 4;
pub const FLOAT: u8 = 5;
pub const BIGINT: u8 = 6;
pub const STRING: u8 = 7;
pub const BUFFER: u8 = 8;
pub const SEGMENT: u8 = 9;
pub const ARRAY: u8 = 10;
pub const OBJECT: u8 = 11;
pub const MAP: u8 = 12;
pub const SET: u8 = 13;
pub const DATE: u8 = 14;

/// What the elements of a buffer are. The numbers are part of the format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    U8 = 0,
    I8 = 1,
    U16 = 2,
    I16 = 3,
    U32 = 4,
    I32 = 5,
    F32 = 6,
    F64 = 7,
    U64 = 8,
    I64 = 9,
    /// `ArrayBuffer`: bytes.
    Buffer = 10,
}

impl Kind {
    pub fn from_byte(byte: u8) -> Option<Kind> {
        use Kind::*;
        [U8, I8, U16, I16, U32, I32, F32, F64, U64, I64, Buffer].get(usize::from(byte)).copied()
    }

    /// Bytes of one element.
    pub fn size(self) -> usize {
        match self {
            Kind::U8 | Kind::I8 | Kind::Buffer => 1,
            Kind::U16 | Kind::I16 => 2,
            Kind::U32 | Kind::I32 | Kind::F32 => 4,
            Kind::F64 | Kind::U64 | Kind::I64 => 8,
        }
    }
}
