//! The side of the pool.

use perennial::{Bytes, task};

use crate::work;

#[task]
fn noop(number: u32) -> u32 {
    number
}

#[task]
fn echo(bytes: Bytes) -> Bytes {
    bytes
}

#[task]
fn spin(us: f64) {
    work::spin(us);
}

#[task]
fn spin_all((pieces, us): (u32, f64)) {
    work::spin_all(pieces, us);
}

#[task]
fn fill(bytes: u32) -> u32 {
    work::fill(bytes)
}
