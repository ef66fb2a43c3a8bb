//! The native side: reads names of kernels from standard input, one a line, and answers each with a line of JSON.
//!
//! `echo sort | RAYON_NUM_THREADS=2 cargo run --release --package perennial-bench --bin native`

use std::io::{BufRead, Write, stdin, stdout};
use std::time::Instant;

use perennial_bench::kernels;

fn main() -> std::io::Result<()> {
    for name in stdin().lock().lines() {
        let name = name?;
        let begun = Instant::now();
        let result = kernels::run(name.trim());
        let ms = begun.elapsed().as_secs_f64() * 1e3;
        match result {
            Ok(checksum) => println!(r#"{{"ms": {ms}, "checksum": {checksum}}}"#),
            Err(words) => println!(r#"{{"error": {words:?}}}"#),
        }
        stdout().flush()?;
    }
    Ok(())
}
