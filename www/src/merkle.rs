//! A Merkle tree of members: deep, and mostly empty.
//!
//! The first leaves hold members, the rest are empty. An empty subtree's hash depends on its height alone, so a tree
//! with room for four thousand million leaves costs no more than its members.

use ark_bn254::Fr;
use ark_crypto_primitives::crh::poseidon::constraints::{CRHGadget, TwoToOneCRHGadget};
use ark_crypto_primitives::crh::poseidon::{CRH, TwoToOneCRH};
use ark_crypto_primitives::merkle_tree::constraints::ConfigGadget;
use ark_crypto_primitives::merkle_tree::{Config, IdentityDigestConverter, Path};
use ark_r1cs_std::fields::fp::FpVar;
use rayon::prelude::*;

use crate::{ProveError, poseidon};

/// How many members a tree has where its depth leaves room for them.
const MEMBERS_MAX: u32 = 256;

/// The tree as `ark-crypto-primitives` knows it: Poseidon everywhere, a leaf is one secret.
#[derive(Debug, Clone)]
pub struct TreeConfig;

impl Config for TreeConfig {
    type Leaf = [Fr];
    type LeafDigest = Fr;
    type LeafInnerDigestConverter = IdentityDigestConverter<Fr>;
    type InnerDigest = Fr;
    type LeafHash = CRH<Fr>;
    type TwoToOneHash = TwoToOneCRH<Fr>;
}

/// The same tree inside a circuit.
#[derive(Debug, Clone)]
pub struct TreeConfigVar;

impl ConfigGadget<TreeConfig, Fr> for TreeConfigVar {
    type Leaf = [FpVar<Fr>];
    type LeafDigest = FpVar<Fr>;
    type LeafInnerConverter = IdentityDigestConverter<FpVar<Fr>>;
    type InnerDigest = FpVar<Fr>;
    type LeafHash = CRHGadget<Fr>;
    type TwoToOneHash = TwoToOneCRHGadget<Fr>;
}

/// The members' tree.
#[derive(Debug)]
pub struct Tree {
    /// `levels[0]` are the members' commitments, each further level the nodes above them that are not empty.
    levels: Vec<Vec<Fr>>,
    /// The hash of an empty subtree, by height.
    empty: Vec<Fr>,
}

impl Tree {
    /// Plants a tree of `depth` levels of hashing. The caller has checked the depth.
    pub fn new(depth: u32) -> Result<Self, ProveError> {
        let members = members(depth);
        let mut empty = vec![Fr::from(0u64)];
        let mut levels =
            vec![(0..members).into_par_iter().map(|leaf| poseidon::hash(secret(leaf))).collect::<Result<Vec<_>, _>>()?];
        for height in 0..depth as usize {
            let nothing = empty[height];
            let above = levels[height]
                .par_chunks(2)
                .map(|pair| poseidon::hash_pair(pair[0], pair.get(1).copied().unwrap_or(nothing)))
                .collect::<Result<Vec<_>, _>>()?;
            levels.push(above);
            empty.push(poseidon::hash_pair(nothing, nothing)?);
        }
        Ok(Tree { levels, empty })
    }

    pub fn root(&self) -> Fr {
        self.levels[self.levels.len() - 1][0]
    }

    pub fn members(&self) -> u32 {
        self.levels[0].len() as u32
    }

    /// The siblings from a member up to the root.
    pub fn path(&self, leaf: u32) -> Result<Path<TreeConfig>, ProveError> {
        if leaf >= self.members() {
            return Err(ProveError::LeafOutOfRange { leaf, last: self.members() - 1 });
        }
        let depth = self.levels.len() - 1;
        let sibling = |height: usize| {
            let index = (leaf as usize >> height) ^ 1;
            self.levels[height].get(index).copied().unwrap_or(self.empty[height])
        };
        Ok(Path {
            leaf_sibling_hash: sibling(0),
            auth_path: (1..depth).rev().map(sibling).collect(),
            leaf_index: leaf as usize,
        })
    }
}

/// How many members a tree of this depth has.
pub fn members(depth: u32) -> u32 {
    1u32.checked_shl(depth).unwrap_or(u32::MAX).min(MEMBERS_MAX)
}

/// The secret of a member. A real member would draw it and tell nobody; the demo needs one for each.
pub fn secret(leaf: u32) -> Fr {
    Fr::from(0x7065_7265_6e6e_6961_u64) + Fr::from(leaf)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_path_leads_to_the_root() {
        for depth in [1, 2, 5, 9, 32] {
            let tree = Tree::new(depth).unwrap();
            for leaf in [0, 1, tree.members() / 2, tree.members() - 1] {
                let path = tree.path(leaf).unwrap();
                let poseidon = poseidon::parameters();
                assert!(
                    path.verify(poseidon, poseidon, &tree.root(), [secret(leaf)]).unwrap(),
                    "leaf {leaf} at depth {depth}"
                );
                assert!(!path.verify(poseidon, poseidon, &tree.root(), [secret(leaf + 1)]).unwrap());
            }
        }
    }

    #[test]
    fn a_leaf_without_a_member_is_refused() {
        let error = Tree::new(3).unwrap().path(8).unwrap_err();
        assert_eq!(error, ProveError::LeafOutOfRange { leaf: 8, last: 7 });
        assert_eq!(error.to_string(), "leaf 8 has no member: give a leaf from 0 to 7");
    }

    #[test]
    fn members_are_bounded() {
        assert_eq!(members(4), 16);
        assert_eq!(members(31), MEMBERS_MAX);
        assert_eq!(members(32), MEMBERS_MAX);
    }
}
