//! Zero-knowledge proofs on a perennial pool.
