//! The work itself. Peers in JavaScript do the same: see `page/peers/work.js` beside the crate for the browser.

use std::time::Duration;

use rayon::prelude::*;
use web_time::Instant;

const PAGE: usize = 4096;

/// Keeps this thread busy for so many microseconds.
pub fn spin(us: f64) {
    let time = Duration::from_secs_f64(us / 1e6);
    let begun = Instant::now();
    while begun.elapsed() < time {}
}

/// So many pieces in parallel, each of which keeps a thread busy for so many microseconds.
pub fn spin_all(pieces: u32, us: f64) {
    (0..pieces).into_par_iter().for_each(|_| spin(us));
}

/// Writes to every page of so many bytes and frees them. Returns how many pages that were.
pub fn fill(bytes: u32) -> u32 {
    let mut block = vec![0_u8; bytes as usize];
    block.par_chunks_mut(PAGE).for_each(|page| page[0] = 1);
    block.par_chunks(PAGE).map(|page| u32::from(page[0])).sum()
}
