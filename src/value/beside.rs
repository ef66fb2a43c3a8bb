//! Large buffers of a result, which leave this memory while the result is written.

/// From this size on a buffer travels beside its value. As in `src/js/value.js`.
pub const FROM: usize = 64 * 1024;

/// A large buffer outside of this memory: copied once, out of where it stands in the result.
#[derive(Debug, PartialEq)]
pub struct Beside(Held);

#[cfg(target_arch = "wasm32")]
type Held = crate::web::Held;
#[cfg(not(target_arch = "wasm32"))]
type Held = Vec<u8>;

impl Beside {
    /// A copy. `None` if there is no memory for it outside.
    #[cfg(target_arch = "wasm32")]
    pub fn copy(bytes: &[u8]) -> Option<Self> {
        crate::web::Held::copy(bytes).map(Beside)
    }

    /// A copy.
    #[cfg(not(target_arch = "wasm32"))]
    pub fn copy(bytes: &[u8]) -> Option<Self> {
        Some(Beside(bytes.to_vec()))
    }

    #[cfg_attr(not(target_arch = "wasm32"), allow(dead_code))]
    pub fn held(&self) -> &Held {
        &self.0
    }
}

/// As the page reads it.
#[cfg(not(target_arch = "wasm32"))]
impl From<Beside> for super::Segment {
    fn from(Beside(bytes): Beside) -> Self {
        bytes.into()
    }
}
