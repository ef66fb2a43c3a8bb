//! The kernels: some allocate much, one does not.

use std::collections::{BTreeMap, HashMap};
use std::hint::black_box;

use rayon::prelude::*;

/// What each is called, by the name that `run.mjs` asks for.
pub const KERNELS: [(&str, fn(u32)); 8] = [
    ("small", small),
    ("small_on_all", small_on_all),
    ("growth", growth),
    ("words", words),
    ("strings", strings),
    ("collects", collects),
    ("maps", maps),
    ("compute", compute),
];

/// Runs one. Whether there is one of this name.
pub fn run(name: &str, rounds: u32) -> bool {
    let kernel = KERNELS.iter().find(|(of, _)| *of == name);
    kernel.map(|(_, kernel)| kernel(rounds)).is_some()
}

/// Blocks of 8 to 135 bytes, 64 of them live at a time.
fn small(rounds: u32) {
    small_blocks(rounds);
}

/// The same on all threads of the pool at once, which meet at the allocator's lock.
fn small_on_all(rounds: u32) {
    rayon::broadcast(|_| small_blocks(rounds));
}

/// A vector that grows by pushing, to 100 000 words.
fn growth(rounds: u32) {
    for _ in 0..rounds {
        let mut words = Vec::new();
        for word in 0..100_000u32 {
            words.push(black_box(word));
        }
        black_box(&words);
    }
}

/// What ordinary code does: short strings, a map of vectors, a sort; on all threads.
fn words(rounds: u32) {
    rayon::broadcast(|context| {
        let mut random = Random(context.index() as u32 + 1);
        for _ in 0..rounds {
            let mut map = BTreeMap::<String, Vec<String>>::new();
            for _ in 0..500 {
                let word = random.next() % 4096;
                map.entry(format!("key {}", word % 64)).or_default().push(word.to_string());
            }
            map.values_mut().for_each(|words| words.sort());
            black_box(&map);
        }
    });
}

/// Many short texts, made in parallel and put into one.
fn strings(rounds: u32) {
    for _ in 0..rounds {
        let lines =
            (0..4_000_u32).into_par_iter().map(|number| format!("{number}: {:x}", number.wrapping_mul(0x9e37_79b9)));
        let text = lines.reduce(String::new, |mut text, line| {
            text.push_str(&line);
            text
        });
        black_box(&text);
    }
}

/// Lists of lists, each collected in parallel.
fn collects(rounds: u32) {
    for _ in 0..rounds {
        let lists: Vec<Vec<u32>> =
            (0..3_000_u32).into_par_iter().map(|number| (0..number % 64).map(|n| n ^ number).collect()).collect();
        let lengths: Vec<usize> = lists.par_iter().map(|list| list.iter().filter(|n| *n % 2 == 0).count()).collect();
        black_box(&lengths);
    }
}

/// Hash maps of texts, one for each piece of the work, put into one.
fn maps(rounds: u32) {
    for _ in 0..rounds {
        let counts = (0..20_000_u32)
            .into_par_iter()
            .fold(HashMap::<String, Vec<u32>>::new, |mut map, number| {
                map.entry(format!("key {}", number.wrapping_mul(0x9e37_79b9) % 512)).or_default().push(number);
                map
            })
            .reduce(HashMap::new, |mut one, other| {
                for (key, numbers) in other {
                    one.entry(key).or_default().extend(numbers);
                }
                one
            });
        black_box(&counts);
    }
}

/// No allocation worth naming: the escape times of a piece of the Mandelbrot set, in parallel.
fn compute(rounds: u32) {
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
