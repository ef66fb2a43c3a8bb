//! Proving and verifying.

use ark_bn254::{Bn254, Fr, G1Projective, G2Projective};
use ark_ec::{AffineRepr, CurveGroup, VariableBaseMSM};
use ark_ff::{PrimeField, UniformRand};
use ark_groth16::r1cs_to_qap::{LibsnarkReduction, R1CSToQAP};
use ark_groth16::{Groth16, Proof as Groth16Proof, ProvingKey, prepare_verifying_key};
use ark_poly::GeneralEvaluationDomain;
use ark_relations::r1cs::{
    ConstraintMatrices, ConstraintSynthesizer, ConstraintSystem, OptimizationGoal, SynthesisMode,
};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use web_time::Instant;

use crate::circuit::Membership;
use crate::merkle::{self, Tree};
use crate::{ProveError, keys, poseidon};

/// Which member proves, and for which topic.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct ProveRequest {
    pub leaf: u32,
    /// The topic of the proof, and where its blinding comes from: the same request makes the same proof. A prover
    /// with something to hide would draw the blinding from a true source of randomness.
    pub seed: u32,
}

/// A proof and what it says.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Proof {
    /// The proof itself, compressed.
    #[serde(with = "serde_bytes")]
    pub bytes: Vec<u8>,
    /// The root, the topic and the nullifier.
    #[serde(with = "serde_bytes")]
    pub public_inputs: Vec<u8>,
    pub leaf: u32,
    pub seed: u32,
    /// How long the proof took, without the wait for its turn.
    pub milliseconds: f64,
}

/// A proof to be checked, and the key to check it against.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct VerifyRequest {
    #[serde(with = "serde_bytes")]
    pub verifying_key: Vec<u8>,
    #[serde(with = "serde_bytes")]
    pub bytes: Vec<u8>,
    #[serde(with = "serde_bytes")]
    pub public_inputs: Vec<u8>,
}

/// Everything that proofs share: the key, the tree, and the circuit's matrices.
pub struct Prover {
    key: ProvingKey<Bn254>,
    tree: Tree,
    /// The circuit without values. It is the same for every proof, so a proof need not build it again.
    layout: ConstraintMatrices<Fr>,
}

impl Prover {
    /// Reads a key that [`Keys::generate`](crate::Keys::generate) wrote, plants the tree and lays out the circuit.
    pub fn from_bytes(proving_key: &[u8]) -> Result<Self, ProveError> {
        let (depth, key) = keys::decode(proving_key)?;
        let (tree, layout) = rayon::join(|| Tree::new(depth), || lay_out(depth));
        let (tree, layout) = (tree?, layout?);
        let found = [
            key.a_query.len(),
            key.b_g1_query.len(),
            key.b_g2_query.len(),
            key.l_query.len() + layout.num_instance_variables,
        ];
        let expected = layout.num_instance_variables + layout.num_witness_variables;
        if found != [expected; 4] {
            let reason = format!("it is for {found:?} variables, and a tree of depth {depth} has {expected}");
            return Err(ProveError::malformed("proving key", proving_key, reason));
        }
        Ok(Prover { key, tree, layout })
    }

    /// Makes one proof. `checkpoint` hears how much is done, from 0 to 1, and ends the proof by an error.
    pub fn prove<E>(
        &self,
        request: ProveRequest,
        mut checkpoint: impl FnMut(f64) -> Result<(), E>,
    ) -> Result<Proof, ProveError>
    where
        ProveError: From<E>,
    {
        let started = Instant::now();
        checkpoint(0.0)?;
        let circuit = self.circuit(request)?;
        let public = circuit.public_inputs();
        let (inputs, witness) = assign(circuit)?;
        checkpoint(0.1)?;

        let h = LibsnarkReduction::witness_map_from_matrices::<Fr, GeneralEvaluationDomain<Fr>>(
            &self.layout,
            inputs.len(),
            self.layout.num_constraints,
            &[&inputs[..], &witness[..]].concat(),
        )?;
        checkpoint(0.2)?;

        let proof = self.combine(request, &inputs[1..], &witness, &h, checkpoint)?;
        Ok(Proof {
            bytes: keys::serialize("proof", &proof)?,
            public_inputs: keys::serialize("list of public inputs", &public.to_vec())?,
            leaf: request.leaf,
            seed: request.seed,
            milliseconds: started.elapsed().as_secs_f64() * 1e3,
        })
    }

    /// How many constraints a proof satisfies.
    pub fn constraints(&self) -> usize {
        self.layout.num_constraints
    }

    /// How many leaves have a member.
    pub fn members(&self) -> u32 {
        self.tree.members()
    }

    fn circuit(&self, request: ProveRequest) -> Result<Membership, ProveError> {
        let secret = merkle::secret(request.leaf);
        let topic = Fr::from(request.seed);
        Ok(Membership {
            root: self.tree.root(),
            topic,
            nullifier: poseidon::hash_pair(secret, topic)?,
            secret,
            path: self.tree.path(request.leaf)?,
        })
    }

    /// Groth16's five multi-scalar multiplications, where nearly all the time goes. `ark-groth16` makes them in
    /// one call; taken one by one, a proof can report and stop between them.
    fn combine<E>(
        &self,
        request: ProveRequest,
        inputs: &[Fr],
        witness: &[Fr],
        h: &[Fr],
        mut checkpoint: impl FnMut(f64) -> Result<(), E>,
    ) -> Result<Groth16Proof<Bn254>, ProveError>
    where
        ProveError: From<E>,
    {
        let key = &self.key;
        let mut rng = ChaCha20Rng::seed_from_u64(u64::from(request.seed) << 32 | u64::from(request.leaf));
        let (r, s) = (Fr::rand(&mut rng), Fr::rand(&mut rng));
        let all = [inputs, witness].concat();

        let a = key.vk.alpha_g1 + key.delta_g1 * r + sum::<G1Projective>(&key.a_query, &all);
        checkpoint(0.35)?;
        let b_g1 = key.beta_g1 + key.delta_g1 * s + sum::<G1Projective>(&key.b_g1_query, &all);
        checkpoint(0.45)?;
        let b = key.vk.beta_g2 + key.vk.delta_g2 * s + sum::<G2Projective>(&key.b_g2_query, &all);
        checkpoint(0.7)?;
        let l = G1Projective::msm_bigint(&key.l_query, &integers(witness));
        checkpoint(0.85)?;
        let h = G1Projective::msm_bigint(&key.h_query, &integers(h));
        checkpoint(1.0)?;

        let c = a * s + b_g1 * r - key.delta_g1 * (r * s) + l + h;
        Ok(Groth16Proof { a: a.into_affine(), b: b.into_affine(), c: c.into_affine() })
    }
}

/// Whether a proof holds under this verifying key. Bytes that are no proof, key or inputs at all are an error.
pub fn verify(request: &VerifyRequest) -> Result<bool, ProveError> {
    let key = keys::decode_verifying_key(&request.verifying_key)?;
    let proof = keys::deserialize::<Groth16Proof<Bn254>>("proof", &request.bytes)?;
    let inputs = keys::deserialize::<Vec<Fr>>("list of public inputs", &request.public_inputs)?;
    let expected = key.gamma_abc_g1.len().saturating_sub(1);
    if inputs.len() != expected {
        let reason = format!("the key is for {expected} inputs, these are {}", inputs.len());
        return Err(ProveError::malformed("list of public inputs", &request.public_inputs, reason));
    }
    Ok(Groth16::<Bn254>::verify_proof(&prepare_verifying_key(&key), &proof, &inputs)?)
}

fn lay_out(depth: u32) -> Result<ConstraintMatrices<Fr>, ProveError> {
    let cs = synthesize(Membership::blank(depth), SynthesisMode::Setup)?;
    cs.to_matrices().ok_or_else(|| ProveError::Synthesis { reason: "the circuit has no matrices".into() })
}

/// The values of the public variables, with the leading one, and of the private ones.
fn assign(circuit: Membership) -> Result<(Vec<Fr>, Vec<Fr>), ProveError> {
    let mode = SynthesisMode::Prove { construct_matrices: false };
    let cs = synthesize(circuit, mode)?;
    Ok((cs.instance_assignment, cs.witness_assignment))
}

fn synthesize(circuit: Membership, mode: SynthesisMode) -> Result<ConstraintSystem<Fr>, ProveError> {
    let cs = ConstraintSystem::new_ref();
    cs.set_optimization_goal(OptimizationGoal::Constraints);
    cs.set_mode(mode);
    circuit.generate_constraints(cs.clone())?;
    cs.finalize();
    cs.into_inner().ok_or_else(|| ProveError::Synthesis { reason: "a gadget held on to the constraint system".into() })
}

/// A query's first point, which belongs to the constant one, and the others each times its value.
fn sum<G>(query: &[G::Affine], values: &[Fr]) -> G
where
    G: CurveGroup<ScalarField = Fr> + VariableBaseMSM<MulBase = G::Affine>,
{
    query[0].into_group() + G::msm_bigint(&query[1..], &integers(values))
}

fn integers(values: &[Fr]) -> Vec<<Fr as PrimeField>::BigInt> {
    values.par_iter().map(|value| value.into_bigint()).collect()
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;
