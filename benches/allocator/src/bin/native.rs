//! The kernels for this machine, with its own allocator. A line `kernel rounds` in, a line of JSON out.

use std::io::{BufRead, Write, stdin, stdout};
use std::time::Instant;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    for line in stdin().lock().lines() {
        let line = line?;
        let (kernel, rounds) = line.split_once(' ').ok_or("a line is a kernel and its rounds")?;
        let rounds = rounds.parse()?;
        let begun = Instant::now();
        if !perennial_bench_allocator::run(kernel, rounds) {
            return Err(format!("there is no kernel {kernel}").into());
        }
        println!("{{\"ms\": {}}}", begun.elapsed().as_secs_f64() * 1000.0);
        stdout().flush()?;
    }
    Ok(())
}
