//! What no task should do. Each does its harm inside Rayon, where it hurts most.

use std::hint::{black_box, spin_loop};

use rayon::prelude::*;

use crate::nest;

const PAGE: usize = 4096;
/// Of the nested work's 64 leaves, the one that goes wrong.
const BAD_LEAF: u32 = 37;

/// Allocates so many bytes and forgets them. Returns how many bytes it took.
pub fn leak(bytes: u32) -> u32 {
    let block = vec![0xa5_u8; bytes as usize];
    block.leak().len() as u32
}

/// Writes to so many bytes and frees them: memory stays reserved, and none of it is live. Returns the pages written.
pub fn touch(bytes: u32) -> u32 {
    let mut block = vec![0_u8; bytes as usize];
    block.par_chunks_mut(PAGE).for_each(|page| page[0] = 1);
    block.par_chunks(PAGE).map(|page| u32::from(page[0])).sum()
}

/// Panics under a `par_iter` inside `join`s inside one another.
pub fn panic_deep() -> u32 {
    at_the_bad_leaf(|leaf| panic!("leaf {leaf} panicked, as it was asked to"))
}

/// Takes blocks of this size on every thread until there is no memory left.
pub fn exhaust(block: u32) -> u32 {
    let taken: Vec<Vec<Vec<u8>>> = (0..rayon::current_num_threads())
        .into_par_iter()
        .map(|_| {
            let mut blocks = Vec::new();
            loop {
                blocks.push(vec![1_u8; block.max(1) as usize]);
            }
        })
        .collect();
    taken.len() as u32
}

/// Traps: what an `unreachable`, an index out of the memory or a failed check of the engine's does.
pub fn trap() -> u32 {
    at_the_bad_leaf(|_| std::process::abort())
}

/// Recurses without an end, in frames of a kibibyte.
pub fn overflow() -> u32 {
    at_the_bad_leaf(descend)
}

/// Computes without an end, and asks nobody whether it should go on.
pub fn loop_forever() -> u32 {
    at_the_bad_leaf(|leaf| {
        while black_box(leaf) != 0 {
            spin_loop();
        }
        leaf
    })
}

/// Computes without an end, but for `checkpoint` to say so.
pub fn loop_patiently<E>(mut checkpoint: impl FnMut() -> Result<(), E>) -> Result<u32, E> {
    loop {
        checkpoint()?;
        spin_loop();
    }
}

fn at_the_bad_leaf(harm: impl Fn(u32) -> u32 + Sync) -> u32 {
    nest::sum(6, &|leaf| if leaf == BAD_LEAF { harm(leaf) } else { leaf })
}

#[inline(never)]
fn descend(depth: u32) -> u32 {
    let mut frame = [depth; 256];
    match black_box(&mut frame)[0] {
        u32::MAX => 0,
        depth => descend(depth + 1).wrapping_add(black_box(&frame)[1]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_taken_as_asked() {
        assert_eq!(leak(5), 5);
        assert_eq!(touch(0), 0);
        assert_eq!(touch(10 * PAGE as u32 + 1), 11);
    }

    #[test]
    fn the_panic_comes_out_with_its_words() {
        let panic = std::panic::catch_unwind(panic_deep).unwrap_err();
        assert_eq!(panic.downcast_ref::<String>().unwrap(), "leaf 37 panicked, as it was asked to");
    }

    #[test]
    fn the_patient_loop_ends_when_it_is_told_to() {
        let mut rounds = 0;
        let outcome = loop_patiently(|| {
            rounds += 1;
            if rounds == 1000 { Err("enough") } else { Ok(()) }
        });
        assert_eq!((outcome, rounds), (Err("enough"), 1000));
    }
}
