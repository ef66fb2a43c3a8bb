//! The Poseidon hash over BN254's scalar field, two inputs to one output.

use std::sync::OnceLock;

use ark_bn254::Fr;
use ark_crypto_primitives::crh::poseidon::{CRH, TwoToOneCRH};
use ark_crypto_primitives::crh::{CRHScheme, TwoToOneCRHScheme};
use ark_crypto_primitives::sponge::poseidon::{PoseidonConfig, find_poseidon_ark_and_mds};
use ark_ff::PrimeField;

use crate::ProveError;

const RATE: usize = 2;
const CAPACITY: usize = 1;
/// x⁵ is a permutation of this field, as 5 does not divide its order less one.
const ALPHA: u64 = 5;
/// Rounds for 128 bits of security at a width of three, from the Poseidon paper's table.
const FULL_ROUNDS: usize = 8;
const PARTIAL_ROUNDS: usize = 57;

/// The round constants and the matrix, derived by the paper's own generator: nothing up the sleeve.
pub fn parameters() -> &'static PoseidonConfig<Fr> {
    static PARAMETERS: OnceLock<PoseidonConfig<Fr>> = OnceLock::new();
    PARAMETERS.get_or_init(|| {
        let (ark, mds) = find_poseidon_ark_and_mds::<Fr>(
            u64::from(Fr::MODULUS_BIT_SIZE),
            RATE,
            FULL_ROUNDS as u64,
            PARTIAL_ROUNDS as u64,
            0,
        );
        PoseidonConfig::new(FULL_ROUNDS, PARTIAL_ROUNDS, ALPHA, mds, ark, RATE, CAPACITY)
    })
}

/// The hash of one field element: how a secret becomes a commitment.
pub fn hash(value: Fr) -> Result<Fr, ProveError> {
    Ok(CRH::<Fr>::evaluate(parameters(), [value])?)
}

/// The hash of two field elements: a node of the tree, or a nullifier.
pub fn hash_pair(left: Fr, right: Fr) -> Result<Fr, ProveError> {
    Ok(TwoToOneCRH::<Fr>::compress(parameters(), left, right)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn has_a_square_matrix_and_a_constant_for_every_round() {
        let parameters = parameters();
        assert_eq!(parameters.mds.len(), RATE + CAPACITY);
        assert!(parameters.mds.iter().all(|row| row.len() == RATE + CAPACITY));
        assert_eq!(parameters.ark.len(), FULL_ROUNDS + PARTIAL_ROUNDS);
    }

    #[test]
    fn tells_left_from_right() {
        let (one, two) = (Fr::from(1u64), Fr::from(2u64));
        assert_ne!(hash_pair(one, two), hash_pair(two, one));
        assert_ne!(hash(one), hash(two));
    }
}
