//! What JavaScript can ask of the pool, by name.

use std::sync::OnceLock;

use perennial::{Bytes, Context, task};
use rayon::prelude::*;

use crate::keys::Keys;
use crate::prover::{self, Proof, ProveRequest, Prover, VerifyRequest};
use crate::{ProveError, nest};

/// One per generation: each has its own memory, so each reads the key once.
static PROVER: OnceLock<Prover> = OnceLock::new();

/// Fixed, so that every visitor sees the same key. A real ceremony exists to make sure that nobody knows it.
const SETUP_SEED: u64 = 0x0070_6572_656e_6e69;

/// Makes the keys for a tree of this depth. Run it once; the proving key then goes to `Pool.start` as its `input`.
#[task]
fn setup(depth: u32) -> Result<Keys, ProveError> {
    Keys::generate(depth, SETUP_SEED)
}

/// Reads the proving key before the generation takes its first job. Without one, only proving is refused.
#[perennial::on_start]
fn warm_up(input: Option<Bytes>, _snapshot: Option<Bytes>) -> Result<(), ProveError> {
    if let Some(proving_key) = input {
        let prover = Prover::from_bytes(&proving_key)?;
        let _ = PROVER.set(prover);
    }
    Ok(())
}

#[task]
fn prove(cx: &Context, request: ProveRequest) -> Result<Proof, ProveError> {
    let prover = PROVER.get().ok_or(ProveError::NoKey)?;
    prover.prove(request, |done| cx.checkpoint(done))
}

#[task]
fn verify(request: VerifyRequest) -> Result<bool, ProveError> {
    prover::verify(&request)
}

/// Allocates so many bytes and forgets them, as a leak would. Returns how many bytes it took.
#[task]
fn leak(bytes: u32) -> u32 {
    let block = vec![0xa5_u8; bytes as usize];
    block.leak().len() as u32
}

/// Writes to so many bytes and frees them: memory stays reserved, and none of it is live. Returns the pages written.
#[task]
fn touch(bytes: u32) -> u32 {
    let mut block = vec![0_u8; bytes as usize];
    block.par_chunks_mut(4096).for_each(|page| page[0] = 1);
    block.par_chunks(4096).map(|page| u32::from(page[0])).sum()
}

/// Panics where it hurts most: under a `par_iter` inside `join`s inside one another.
#[task]
fn panic_deep() -> u32 {
    nest::sum(6, &|leaf| {
        assert!(leaf != 37, "leaf {leaf} panicked, as it was asked to");
        leaf
    })
}

/// Takes blocks of this size on every thread until there is no memory left.
#[task]
fn exhaust(block: u32) -> u32 {
    let taken: Vec<Vec<Vec<u8>>> = (0..rayon::current_num_threads())
        .into_par_iter()
        .map(|_| {
            let mut blocks = Vec::new();
            loop {
                blocks.push(vec![1_u8; block.max(1) as usize]);
            }
        })
        .collect();
    taken.len() as u32
}

impl From<perennial::Stopped> for ProveError {
    fn from(_: perennial::Stopped) -> Self {
        ProveError::Stopped
    }
}
