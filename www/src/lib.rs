//! What the demo lets a pool do: zero-knowledge proofs, a zoom into the Mandelbrot set, photos in several sizes, and abuse.
//!
//! The statement of the proofs: *I know a secret whose commitment is a leaf of the Merkle tree with this root, and this is the
//! nullifier of that secret for this topic.* Nothing else about the secret, not even which leaf, is told. Groups,
//! anonymous votes and private payments are built on this statement, and a proof takes seconds on a phone.
//!
//! ```text
//!  poseidon ──▶ merkle ──▶ circuit ──▶ keys ──▶ prover ──▶ tasks
//!  the hash     a tree of   what is     made     one per    what JavaScript
//!               members     proved      once     generation calls by name
//! ```
//!
//! Everything but `tasks` is plain Rust and is tested natively. The crate in `bare` exports the same functions to a worker that
//! starts wasm-bindgen-rayon by itself.

pub mod abuse;
pub mod circuit;
pub mod error;
pub mod keys;
pub mod mandelbrot;
pub mod merkle;
pub mod nest;
pub mod photo;
pub mod poseidon;
pub mod prover;
#[cfg(feature = "pool")]
mod tasks;

pub use error::ProveError;
pub use keys::{Keys, MAX_DEPTH, MIN_DEPTH};
pub use prover::{Proof, ProveRequest, Prover, VerifyRequest, verify};
