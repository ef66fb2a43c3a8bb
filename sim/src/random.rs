//! Random numbers that a seed repeats.

use std::ops::RangeInclusive;

/// A stream of random numbers. Two streams of one seed have nothing to do with each other, so that a change in one part
/// of a life leaves the other parts alone, which is what makes shrinking work.
#[derive(Clone, Debug)]
pub struct Random(oorandom::Rand64);

/// What a stream is for.
#[derive(Clone, Copy, Debug)]
pub enum Stream {
    Plan,
    Generation(u32),
    Network(u32),
    Page,
}

impl Random {
    pub fn new(seed: u64, stream: Stream) -> Self {
        let (kind, number) = match stream {
            Stream::Plan => (1, 0),
            Stream::Generation(id) => (2, id),
            Stream::Network(id) => (3, id),
            Stream::Page => (4, 0),
        };
        let mut random = oorandom::Rand64::new(u128::from(seed) << 40 | u128::from(number) << 8 | kind);
        // Neighbouring seeds begin alike.
        for _ in 0..4 {
            random.rand_u64();
        }
        Random(random)
    }

    /// Below `end`, which is not 0.
    pub fn below(&mut self, end: u64) -> u64 {
        self.0.rand_range(0..end)
    }

    pub fn within(&mut self, range: RangeInclusive<u64>) -> u64 {
        range.start() + self.below(range.end() - range.start() + 1)
    }

    /// Small ones as often as large ones.
    pub fn across(&mut self, range: RangeInclusive<u64>) -> u64 {
        let (low, high) = (*range.start(), *range.end());
        let (least, most) = (u64::BITS - low.leading_zeros(), u64::BITS - high.leading_zeros());
        let bits = self.within(u64::from(least)..=u64::from(most)) as u32;
        let (floor, ceiling) = (if bits == 0 { 0 } else { 1 << (bits - 1) }, (1u64 << bits) - 1);
        self.within(floor.max(low)..=ceiling.min(high))
    }

    pub fn percent(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    pub fn pick<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.below(list.len() as u64) as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_is_the_same_life_for_good() {
        let mut random = Random::new(7, Stream::Plan);
        let drawn: Vec<u64> = (0..4).map(|_| random.below(1000)).collect();
        assert_eq!(drawn, [550, 723, 581, 694]);
    }

    #[test]
    fn ranges_are_kept() {
        let mut random = Random::new(1, Stream::Page);
        for _ in 0..10_000 {
            assert!((3..=9).contains(&random.within(3..=9)));
            assert!((5..=70_000).contains(&random.across(5..=70_000)));
            assert!((0..=3).contains(&random.across(0..=3)));
        }
    }
}
