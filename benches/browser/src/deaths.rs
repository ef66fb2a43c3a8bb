//! Tasks that die, each in its way. What dies tells the page when, just before. Their names are apart from the demo's, which
//! is linked too.

use std::hint::black_box;

use perennial::{Context, Stopped, task};
use wasm_bindgen::prelude::*;

use crate::kernels;

#[wasm_bindgen(module = "/src/deaths.js")]
extern "C" {
    fn tell();
    #[wasm_bindgen(js_name = tellAndThrow)]
    fn tell_and_throw();
    fn turn();
}

#[task(name = "deaths::trap")]
fn trap() {
    tell();
    std::process::abort();
}

/// Traps in the instance that it is called in.
#[wasm_bindgen]
pub fn trap_here() {
    tell();
    std::process::abort();
}

/// Needs more of the stack in the memory than there is.
#[task(name = "deaths::overflow_memory")]
fn overflow_memory() -> u32 {
    tell();
    large(u32::MAX)
}

/// Needs more of the browser's stack than there is.
#[task(name = "deaths::overflow_browser")]
fn overflow_browser() -> u32 {
    tell();
    small(u32::MAX)
}

#[inline(never)]
fn large(depth: u32) -> u32 {
    let mut frame = [depth; 4 << 10];
    match black_box(&mut frame)[0] {
        0 => 0,
        depth => large(depth - 1) + black_box(&frame)[1],
    }
}

#[inline(never)]
fn small(depth: u32) -> u32 {
    let mut here = depth;
    match *black_box(&mut here) {
        0 => 0,
        depth => small(depth - 1) + *black_box(&mut 1),
    }
}

/// A JavaScript exception through Rayon's frames.
#[task(name = "deaths::throw_across")]
fn throw_across() {
    rayon::scope(|scope| {
        // More than other threads take away meanwhile: an exception that leaves none behind is the job's alone.
        for _ in 0..64 {
            scope.spawn(|_| {
                black_box(kernels::steps(1_000_000));
            });
        }
        tell_and_throw();
    });
}

/// A panic that no job waits for.
#[task(name = "deaths::panic_detached")]
fn panic_detached() {
    rayon::spawn(|| {
        tell();
        panic!("in a detached closure");
    });
    loop {
        // What this thread has spawned may have to run here.
        rayon::yield_now();
    }
}

/// Never ends, and passes no checkpoint.
#[task(name = "deaths::hang")]
fn hang() {
    tell();
    loop {
        black_box(());
    }
}

/// Is under way until its worker dies.
#[task(name = "deaths::hold")]
fn hold(cx: &Context) -> Result<(), Stopped> {
    tell();
    loop {
        cx.checkpoint(f64::NAN)?;
    }
}

/// The same for an engine that ends no worker which stays in WebAssembly.
#[task(name = "deaths::hold_by_turns")]
fn hold_by_turns(cx: &Context) -> Result<(), Stopped> {
    tell();
    loop {
        turn();
        cx.checkpoint(f64::NAN)?;
    }
}

/// Asks for so many bytes, which are more than there can be. No death: the job alone fails.
#[task(name = "deaths::exhaust")]
fn exhaust(bytes: u32) -> u32 {
    tell();
    vec![1_u8; bytes as usize].iter().map(|&byte| u32::from(byte)).sum()
}
