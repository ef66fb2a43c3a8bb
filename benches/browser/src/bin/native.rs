//! The native side: reads names of kernels, or of loads of the coordinator, from standard input, one a line, and answers
//! each with a line of JSON.
//!
//! `echo sort | RAYON_NUM_THREADS=2 cargo run --release --package perennial-bench --bin native`
//!
//! `echo coordinator steady | cargo run --release --package perennial-bench --bin native`

use std::io::{BufRead, Write, stdin, stdout};
use std::time::Instant;

use perennial_bench::{coordinator, kernels};

/// Enough for some tenths of a second.
const JOBS: u64 = 100_000;

fn main() -> std::io::Result<()> {
    for line in stdin().lock().lines() {
        let line = line?;
        let line = line.trim();
        println!("{}", line.strip_prefix("coordinator ").map_or_else(|| kernel(line), load));
        stdout().flush()?;
    }
    Ok(())
}

fn kernel(name: &str) -> String {
    let begun = Instant::now();
    let result = kernels::run(name);
    let ms = begun.elapsed().as_secs_f64() * 1e3;
    match result {
        Ok(checksum) => format!(r#"{{"ms": {ms}, "checksum": {checksum}}}"#),
        Err(words) => format!(r#"{{"error": {words:?}}}"#),
    }
}

fn load(name: &str) -> String {
    let begun = Instant::now();
    let fed = coordinator::feed(name, JOBS);
    let ms = begun.elapsed().as_secs_f64() * 1e3;
    match fed {
        Some(coordinator::Fed { inputs, outputs }) => {
            format!(r#"{{"ms": {ms}, "inputs": {inputs}, "outputs": {outputs}}}"#)
        }
        None => {
            let words = format!("there is no load {name:?}; there are {}", coordinator::NAMES.join(", "));
            format!(r#"{{"error": {words:?}}}"#)
        }
    }
}
