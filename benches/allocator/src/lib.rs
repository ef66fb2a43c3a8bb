//! Kernels that allocate much, or not at all, to be timed under either allocator. See `run.mjs`.
#![cfg(target_arch = "wasm32")]

use std::hint::black_box;

use perennial::memory;
use rayon::prelude::*;
use wasm_bindgen::prelude::*;
pub use wasm_bindgen_rayon::init_thread_pool;

/// To be called once the pool is up.
#[wasm_bindgen]
pub fn prepare(may_block: bool) {
    rayon::broadcast(|_| memory::allow_blocking(may_block));
}

/// Which allocator this is: with the package's own the live bytes are counted.
#[wasm_bindgen]
pub fn is_counted() -> bool {
    memory::stats().live > 0
}

/// Blocks of 8 to 135 bytes, 64 of them live at a time.
#[wasm_bindgen]
pub fn small(rounds: u32) {
    small_blocks(rounds);
}

/// The same on all threads of the pool at once, which meet at the allocator's lock.
#[wasm_bindgen]
pub fn small_on_all(rounds: u32) {
    rayon::broadcast(|_| small_blocks(rounds));
}

/// A vector that grows by pushing, to 100 000 words.
#[wasm_bindgen]
pub fn growth(rounds: u32) {
    for _ in 0..rounds {
        let mut words = Vec::new();
        for word in 0..100_000u32 {
            words.push(black_box(word));
        }
        black_box(&words);
    }
}

/// What ordinary code does: short strings, a map of vectors, a sort; on all threads.
#[wasm_bindgen]
pub fn words(rounds: u32) {
    rayon::broadcast(|context| {
        let mut random = Random(context.index() as u32 + 1);
        for _ in 0..rounds {
            let mut map = std::collections::BTreeMap::<String, Vec<String>>::new();
            for _ in 0..500 {
                let word = random.next() % 4096;
                map.entry(format!("key {}", word % 64)).or_default().push(word.to_string());
            }
            map.values_mut().for_each(|words| words.sort());
            black_box(&map);
        }
    });
}

/// No allocation worth naming: the escape times of a piece of the Mandelbrot set, in parallel.
#[wasm_bindgen]
pub fn compute(rounds: u32) {
    let total: u32 = (0..rounds * 100)
        .into_par_iter()
        .map(|row| {
            let y = f64::from(row % 400) / 200.0 - 1.0;
            (0..400).map(|column| escape_time(f64::from(column) / 160.0 - 2.0, y)).sum::<u32>()
        })
        .sum();
    black_box(total);
}

fn small_blocks(rounds: u32) {
    let mut random = Random(1);
    let mut live: [Vec<u8>; 64] = [const { Vec::new() }; 64];
    for round in 0..rounds {
        let size = 8 + random.next() % 128;
        live[round as usize % 64] = black_box(Vec::with_capacity(size as usize));
    }
}

fn escape_time(re: f64, im: f64) -> u32 {
    let (mut x, mut y) = (0.0, 0.0);
    for time in 0..100 {
        if x * x + y * y > 4.0 {
            return time;
        }
        (x, y) = (x * x - y * y + re, 2.0 * x * y + im);
    }
    100
}

struct Random(u32);

impl Random {
    fn next(&mut self) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 17;
        self.0 ^= self.0 << 5;
        self.0
    }
}
