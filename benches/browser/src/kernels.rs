//! The kernels. Each makes its own data from a seed and returns a checksum, so that every side does the same work and
//! nothing but a number crosses to JavaScript.

use std::hint::black_box;
use std::sync::OnceLock;

use perennial_demo::{Keys, ProveError, ProveRequest, Prover};
use rayon::prelude::*;

pub const NAMES: [&str; 3] = ["mandelbrot", "sort", "groth16"];

/// Runs a kernel and returns its checksum.
///
/// # Errors
///
/// In words, if there is none of this name or it fails.
pub fn run(name: &str) -> Result<u32, String> {
    match name {
        "mandelbrot" => Ok(mandelbrot()),
        "sort" => Ok(sort()),
        "groth16" => groth16().map_err(|error| error.to_string()),
        _ => Err(format!("no kernel is called {name:?}; there are {}", NAMES.join(", "))),
    }
}

/// The escape times of the Mandelbrot set, row by row in parallel: floating-point arithmetic and no memory.
pub fn mandelbrot() -> u32 {
    const WIDTH: u32 = 1024;
    const HEIGHT: u32 = 768;
    const TIME_MAX: u32 = 600;
    let row = |y: u32| {
        let im = f64::from(y) / f64::from(HEIGHT) * 2.4 - 1.2;
        (0..WIDTH).map(|x| escape_time(f64::from(x) / f64::from(WIDTH) * 3.2 - 2.2, im, TIME_MAX)).fold(y, mix)
    };
    (0..HEIGHT).into_par_iter().map(row).reduce(|| 0, u32::wrapping_add)
}

/// Ten million numbers from a seed, sorted in parallel: 40 MB of memory, read and written again and again.
pub fn sort() -> u32 {
    const LENGTH: u32 = 10_000_000;
    const SEED: u32 = 0x5eed;
    let mut numbers: Vec<u32> = (0..LENGTH).into_par_iter().map(|n| scramble(n ^ SEED)).collect();
    numbers.par_sort_unstable();
    numbers.iter().step_by(997).copied().fold(0, mix)
}

/// One Groth16 proof of the demo's circuit at its greatest depth: 256-bit arithmetic, small vectors, Rayon nested.
///
/// The first call also makes the keys, which is not to be timed.
///
/// # Errors
///
/// As the prover has them.
pub fn groth16() -> Result<u32, ProveError> {
    static PROVER: OnceLock<Prover> = OnceLock::new();
    let prover = match PROVER.get() {
        Some(prover) => prover,
        None => {
            let keys = Keys::generate(perennial_demo::MAX_DEPTH, 1)?;
            let prover = Prover::from_bytes(&keys.proving_key)?;
            PROVER.get_or_init(|| prover)
        }
    };
    let proof = prover.prove(ProveRequest { leaf: 7, seed: 11 }, |_| Ok::<(), ProveError>(()))?;
    Ok(proof.bytes.iter().map(|&byte| u32::from(byte)).fold(0, mix))
}

/// So many steps that cannot be left out.
pub fn steps(count: u32) -> u32 {
    (0..count).fold(1, |sum, n| black_box(mix(sum, n)))
}

fn escape_time(re: f64, im: f64, time_max: u32) -> u32 {
    let (mut x, mut y) = (0.0, 0.0);
    for time in 0..time_max {
        if x * x + y * y > 4.0 {
            return time;
        }
        (x, y) = (x * x - y * y + re, 2.0 * x * y + im);
    }
    time_max
}

/// A step of FNV-1a, by words.
fn mix(sum: u32, word: u32) -> u32 {
    (sum ^ word).wrapping_mul(0x0100_0193)
}

/// A permutation of the numbers that looks random.
fn scramble(mut n: u32) -> u32 {
    n = (n ^ (n >> 16)).wrapping_mul(0x7feb_352d);
    n = (n ^ (n >> 15)).wrapping_mul(0x846c_a68b);
    n ^ (n >> 16)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kernel_gives_the_same_checksum_each_time() {
        for name in ["mandelbrot", "sort"] {
            assert_eq!(run(name), run(name), "{name}");
        }
    }

    #[test]
    fn an_unknown_kernel_is_told_in_words() {
        assert_eq!(run("fft"), Err("no kernel is called \"fft\"; there are mandelbrot, sort, groth16".into()));
    }
}
