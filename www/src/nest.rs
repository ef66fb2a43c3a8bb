//! Work nested the ways Rayon offers, to see that a failure finds its way out of all of them.

use rayon::prelude::*;

/// The sum of `leaf` over the numbers below 2^`levels`, by `join` for each level and `par_iter` at its end.
pub fn sum(levels: u32, leaf: &(dyn Fn(u32) -> u32 + Sync)) -> u32 {
    sum_from(0, levels, leaf)
}

fn sum_from(first: u32, levels: u32, leaf: &(dyn Fn(u32) -> u32 + Sync)) -> u32 {
    if levels <= 2 {
        return (first..first + (1 << levels)).into_par_iter().map(leaf).sum();
    }
    let half = 1 << (levels - 1);
    let (left, right) = rayon::join(|| sum_from(first, levels - 1, leaf), || sum_from(first + half, levels - 1, leaf));
    left + right
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reaches_every_leaf() {
        assert_eq!(sum(6, &|leaf| leaf), (0..64).sum::<u32>());
    }

    #[test]
    fn a_panic_in_one_leaf_comes_out() {
        let outcome = std::panic::catch_unwind(|| sum(6, &|leaf| if leaf == 37 { panic!() } else { leaf }));
        assert!(outcome.is_err());
    }
}
