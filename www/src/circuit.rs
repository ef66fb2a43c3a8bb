//! What is proved.

use ark_bn254::Fr;
use ark_crypto_primitives::crh::TwoToOneCRHSchemeGadget;
use ark_crypto_primitives::crh::poseidon::constraints::{CRHParametersVar, TwoToOneCRHGadget};
use ark_crypto_primitives::merkle_tree::Path;
use ark_crypto_primitives::merkle_tree::constraints::PathVar;
use ark_r1cs_std::alloc::AllocVar;
use ark_r1cs_std::eq::EqGadget;
use ark_r1cs_std::fields::fp::FpVar;
use ark_relations::r1cs::{ConstraintSynthesizer, ConstraintSystemRef, SynthesisError};

use crate::merkle::{TreeConfig, TreeConfigVar};
use crate::poseidon;

/// "I know a secret below this root, and this is its nullifier for this topic."
///
/// The root, the topic and the nullifier are public, in this order. The nullifier is the same each time one member
/// proves for one topic, so that a second vote is noticed, and tells nothing about who the member is.
#[derive(Clone)]
pub struct Membership {
    pub root: Fr,
    pub topic: Fr,
    pub nullifier: Fr,
    pub secret: Fr,
    pub path: Path<TreeConfig>,
}

impl Membership {
    /// A circuit of this depth with no values of meaning in it, for the set-up.
    pub fn blank(depth: u32) -> Self {
        let zero = Fr::from(0u64);
        Membership {
            root: zero,
            topic: zero,
            nullifier: zero,
            secret: zero,
            path: Path {
                leaf_sibling_hash: zero,
                auth_path: vec![zero; depth.saturating_sub(1) as usize],
                leaf_index: 0,
            },
        }
    }

    /// What the verifier sees.
    pub fn public_inputs(&self) -> [Fr; 3] {
        [self.root, self.topic, self.nullifier]
    }
}

impl ConstraintSynthesizer<Fr> for Membership {
    fn generate_constraints(self, cs: ConstraintSystemRef<Fr>) -> Result<(), SynthesisError> {
        let root = FpVar::new_input(cs.clone(), || Ok(self.root))?;
        let topic = FpVar::new_input(cs.clone(), || Ok(self.topic))?;
        let nullifier = FpVar::new_input(cs.clone(), || Ok(self.nullifier))?;
        let secret = FpVar::new_witness(cs.clone(), || Ok(self.secret))?;
        let path = PathVar::<TreeConfig, Fr, TreeConfigVar>::new_witness(cs.clone(), || Ok(&self.path))?;
        let hash = CRHParametersVar::new_constant(cs, poseidon::parameters())?;

        path.calculate_root(&hash, &hash, std::slice::from_ref(&secret))?.enforce_equal(&root)?;
        TwoToOneCRHGadget::compress(&hash, &secret, &topic)?.enforce_equal(&nullifier)
    }
}

#[cfg(test)]
mod tests {
    use ark_relations::r1cs::ConstraintSystem;

    use super::*;
    use crate::merkle::{self, Tree};

    fn honest(depth: u32, leaf: u32) -> Membership {
        let tree = Tree::new(depth).unwrap();
        let (secret, topic) = (merkle::secret(leaf), Fr::from(7u64));
        Membership {
            root: tree.root(),
            topic,
            nullifier: poseidon::hash_pair(secret, topic).unwrap(),
            secret,
            path: tree.path(leaf).unwrap(),
        }
    }

    fn is_satisfied(circuit: Membership) -> bool {
        let cs = ConstraintSystem::new_ref();
        circuit.generate_constraints(cs.clone()).unwrap();
        cs.is_satisfied().unwrap()
    }

    #[test]
    fn an_honest_witness_satisfies_it() {
        for leaf in 0..8 {
            assert!(is_satisfied(honest(3, leaf)));
        }
        assert!(is_satisfied(honest(32, 255)));
    }

    #[test]
    fn no_value_can_be_replaced() {
        let one = Fr::from(1u64);
        let tamperings: [fn(&mut Membership, Fr); 6] = [
            |c, one| c.root += one,
            |c, one| c.topic += one,
            |c, one| c.nullifier += one,
            |c, one| c.secret += one,
            |c, one| c.path.auth_path[1] += one,
            |c, one| c.path.leaf_sibling_hash += one,
        ];
        for (index, tamper) in tamperings.into_iter().enumerate() {
            let mut circuit = honest(4, 5);
            tamper(&mut circuit, one);
            assert!(!is_satisfied(circuit), "tampering {index} went unnoticed");
        }
    }

    #[test]
    fn a_leaf_cannot_move() {
        let mut circuit = honest(4, 5);
        circuit.path.leaf_index = 4;
        assert!(!is_satisfied(circuit));
    }
}
