//! What can go wrong, in words for whoever made the call.

use serde::Serialize;
use thiserror::Error;

/// Why a proof, a key or a verification did not come about.
#[derive(Debug, Clone, PartialEq, Eq, Error, Serialize)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
#[non_exhaustive]
pub enum ProveError {
    /// The tree cannot have this depth.
    #[error("a tree of depth {depth} is not possible here: give a depth from {min} to {max}")]
    DepthOutOfRange { depth: u32, min: u32, max: u32 },

    /// There is no member at this leaf.
    #[error("leaf {leaf} has no member: give a leaf from 0 to {last}")]
    LeafOutOfRange { leaf: u32, last: u32 },

    /// Bytes that should be a key, a proof or public inputs are something else.
    #[error("these {length} bytes are not a {what}: {reason}")]
    Malformed { what: &'static str, length: usize, reason: String },

    /// The generation was started without a proving key.
    #[error("this generation has no proving key: run `setup`, then start a pool with the key as its `input`")]
    NoKey,

    /// The circuit could not be put together, which is a bug of the demo.
    #[error("the circuit could not be put together: {reason}")]
    Synthesis { reason: String },

    /// The caller, or the pool, asked the job to stop.
    #[error("the proof was stopped at a checkpoint")]
    Stopped,
}

impl ProveError {
    pub(crate) fn malformed(what: &'static str, bytes: &[u8], reason: impl ToString) -> Self {
        ProveError::Malformed { what, length: bytes.len(), reason: reason.to_string() }
    }
}

impl From<ark_relations::r1cs::SynthesisError> for ProveError {
    fn from(error: ark_relations::r1cs::SynthesisError) -> Self {
        ProveError::Synthesis { reason: error.to_string() }
    }
}

impl From<ark_crypto_primitives::Error> for ProveError {
    fn from(error: ark_crypto_primitives::Error) -> Self {
        ProveError::Synthesis { reason: error.to_string() }
    }
}
