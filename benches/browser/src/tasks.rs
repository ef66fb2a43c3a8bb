//! The side of the pool.

use perennial::task;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::kernels;

/// A kernel by its name.
#[task]
fn kernel(name: String) -> Result<u32, String> {
    kernels::run(&name)
}

/// A small job: so many steps on one thread, about a nanosecond each.
#[task]
fn small(steps: u32) -> u32 {
    kernels::steps(steps)
}

/// Writes to every page of so many bytes and frees them. Returns how many pages that were.
#[task]
fn fill(bytes: u32) -> u32 {
    let mut block = vec![0_u8; bytes as usize];
    block.par_chunks_mut(4096).for_each(|page| page[0] = 1);
    block.par_chunks(4096).map(|page| u32::from(page[0])).sum()
}

/// Gives back what it got.
#[task]
fn echo_floats(list: Vec<f32>) -> Vec<f32> {
    list
}

/// A small object.
#[derive(Serialize, Deserialize)]
pub struct Small {
    id: u32,
    name: String,
    x: f64,
    y: f64,
    tags: Vec<String>,
}

/// Gives back what it got.
#[task]
fn echo_objects(objects: Vec<Small>) -> Vec<Small> {
    objects
}
