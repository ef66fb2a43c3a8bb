//! Text that is put together in constants.

use std::fmt;

/// Pieces, as a constant of a generic type can hold them: only a constant of a known type can have their sum's length.
#[derive(Clone, Copy)]
pub enum Text {
    /// A piece that is written out.
    Str(&'static str),
    /// One after the other.
    All(&'static [Text]),
    /// With `between` in between.
    Repeat {
        /// What is repeated.
        piece: &'static Text,
        /// What stands between two.
        between: &'static str,
        /// How often.
        times: usize,
    },
}

impl Text {
    /// Nothing.
    pub const EMPTY: Text = Text::Str("");

    /// Whether it has no byte.
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// In bytes.
    pub const fn len(&self) -> usize {
        match self {
            Text::Str(text) => text.len(),
            Text::All(pieces) => {
                let (mut length, mut i) = (0, 0);
                while i < pieces.len() {
                    length += pieces[i].len();
                    i += 1;
                }
                length
            }
            Text::Repeat { times: 0, .. } => 0,
            Text::Repeat { piece, between, times } => (piece.len() + between.len()) * *times - between.len(),
        }
    }

    /// `N` has to be [`len`](Self::len).
    pub const fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        assert!(self.put(&mut bytes, 0) == N, "the length is another");
        bytes
    }

    const fn put(&self, out: &mut [u8], mut at: usize) -> usize {
        match self {
            Text::Str(text) => {
                let bytes = text.as_bytes();
                let mut i = 0;
                while i < bytes.len() {
                    out[at] = bytes[i];
                    at += 1;
                    i += 1;
                }
            }
            Text::All(pieces) => {
                let mut i = 0;
                while i < pieces.len() {
                    at = pieces[i].put(out, at);
                    i += 1;
                }
            }
            Text::Repeat { piece, between, times } => {
                let mut i = 0;
                while i < *times {
                    if i > 0 {
                        at = Text::Str(between).put(out, at);
                    }
                    at = piece.put(out, at);
                    i += 1;
                }
            }
        }
        at
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Text::Str(text) => f.write_str(text),
            Text::All(pieces) => pieces.iter().try_for_each(|piece| piece.fmt(f)),
            Text::Repeat { piece, between, times } => (0..*times).try_for_each(|i| {
                f.write_str(if i > 0 { between } else { "" })?;
                piece.fmt(f)
            }),
        }
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.to_string(), f)
    }
}
