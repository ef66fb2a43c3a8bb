//! What JavaScript can ask of the pool, by name.

use std::sync::OnceLock;

use perennial::{Bytes, Context, Stopped, task};

use crate::keys::Keys;
use crate::mandelbrot::{View, ViewError};
use crate::photo::{Photo, PhotoError, PhotoRequest};
use crate::prover::{self, Proof, ProveRequest, Prover, VerifyRequest};
use crate::{ProveError, abuse, mandelbrot, photo};

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

/// A picture of the Mandelbrot set, as RGBA bytes.
#[task]
fn mandelbrot(cx: &Context, view: View) -> Result<Bytes, ViewError> {
    mandelbrot::render(&view, |done| cx.checkpoint(done)).map(Bytes::from)
}

/// A photo in several sizes, as JPEG files.
#[task]
fn photo(cx: &Context, request: PhotoRequest) -> Result<Photo, PhotoError> {
    photo::convert(&request, || cx.checkpoint(f64::NAN))
}

#[task]
fn leak(bytes: u32) -> u32 {
    abuse::leak(bytes)
}

#[task]
fn touch(bytes: u32) -> u32 {
    abuse::touch(bytes)
}

#[task]
fn panic_deep() -> u32 {
    abuse::panic_deep()
}

#[task]
fn exhaust(block: u32) -> u32 {
    abuse::exhaust(block)
}

#[task]
fn trap() -> u32 {
    abuse::trap()
}

#[task]
fn overflow() -> u32 {
    abuse::overflow()
}

#[task]
fn loop_forever() -> u32 {
    abuse::loop_forever()
}

#[task]
fn loop_patiently(cx: &Context) -> Result<u32, Stopped> {
    abuse::loop_patiently(|| cx.checkpoint(f64::NAN))
}

impl From<Stopped> for ProveError {
    fn from(_: Stopped) -> Self {
        ProveError::Stopped
    }
}

impl From<Stopped> for ViewError {
    fn from(_: Stopped) -> Self {
        ViewError::Stopped
    }
}

impl From<Stopped> for PhotoError {
    fn from(_: Stopped) -> Self {
        PhotoError::Stopped
    }
}
