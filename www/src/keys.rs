//! The keys: made once, carried as bytes, read again in every generation.

use ark_bn254::{Bn254, Fr};
use ark_groth16::{Groth16, ProvingKey, VerifyingKey};
use ark_relations::r1cs::{ConstraintSynthesizer, ConstraintSystem};
use ark_serialize::{CanonicalDeserialize, CanonicalSerialize};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use serde::{Deserialize, Serialize};

use crate::ProveError;
use crate::circuit::Membership;

/// The shallowest tree that has a sibling to hash with.
pub const MIN_DEPTH: u32 = 1;
/// The deepest tree whose leaves a `u32` can number.
pub const MAX_DEPTH: u32 = 32;

const MAGIC: [u8; 4] = *b"PRK1";
/// Magic, depth, checksum.
const HEADER: usize = 4 + 4 + 8;

/// What a set-up yields.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Keys {
    #[serde(with = "serde_bytes")]
    pub proving_key: Vec<u8>,
    #[serde(with = "serde_bytes")]
    pub verifying_key: Vec<u8>,
    pub constraints: u32,
    /// How many leaves have a member, and so may be proved.
    pub members: u32,
}

impl Keys {
    /// Makes the keys for trees of `depth`. Who knows the seed can forge proofs: fit for a demo only.
    pub fn generate(depth: u32, seed: u64) -> Result<Self, ProveError> {
        check_depth(depth)?;
        let mut rng = ChaCha20Rng::seed_from_u64(seed);
        let key = Groth16::<Bn254>::generate_random_parameters_with_reduction(Membership::blank(depth), &mut rng)?;
        Ok(Keys {
            proving_key: encode(depth, &key)?,
            verifying_key: serialize("verifying key", &key.vk)?,
            constraints: count_constraints(depth)?,
            members: crate::merkle::members(depth),
        })
    }
}

/// Reads a proving key that [`Keys::generate`] wrote.
///
/// The points are taken as they stand: to check that each lies on its curve and in its group takes far longer than
/// everything else a generation does to start (at depth 32, natively on two cores, some 340 ms against 9 ms without).
/// The checksum catches bytes that were cut or damaged on the way, which is all that can happen to a key we made
/// ourselves. It is no defence against a forged one.
pub fn decode(bytes: &[u8]) -> Result<(u32, ProvingKey<Bn254>), ProveError> {
    let malformed = |reason: String| ProveError::malformed("proving key", bytes, reason);
    let (header, points) =
        bytes.split_at_checked(HEADER).ok_or_else(|| malformed(format!("a key has at least {HEADER} bytes")))?;
    if header[..4] != MAGIC {
        return Err(malformed(format!(
            "it begins with {:?} and not with {:?}",
            header[..4].escape_ascii().to_string(),
            MAGIC.escape_ascii().to_string(),
        )));
    }
    let depth = u32::from_le_bytes([header[4], header[5], header[6], header[7]]);
    let stated = u64::from_le_bytes([
        header[8], header[9], header[10], header[11], header[12], header[13], header[14], header[15],
    ]);
    let found = checksum(depth, points);
    if stated != found {
        return Err(malformed(format!(
            "its checksum is {found:016x} and should be {stated:016x}: it was cut or damaged"
        )));
    }
    check_depth(depth)?;
    let mut rest = points;
    let key =
        ProvingKey::deserialize_uncompressed_unchecked(&mut rest).map_err(|error| malformed(error.to_string()))?;
    if !rest.is_empty() {
        return Err(malformed(format!("{} bytes are left over", rest.len())));
    }
    Ok((depth, key))
}

/// Reads a verifying key. It is small and comes from outside, so every point is checked.
pub fn decode_verifying_key(bytes: &[u8]) -> Result<VerifyingKey<Bn254>, ProveError> {
    deserialize("verifying key", bytes)
}

pub(crate) fn serialize(what: &'static str, value: &impl CanonicalSerialize) -> Result<Vec<u8>, ProveError> {
    let mut bytes = Vec::with_capacity(value.compressed_size());
    value.serialize_compressed(&mut bytes).map_err(|error| ProveError::malformed(what, &[], error))?;
    Ok(bytes)
}

pub(crate) fn deserialize<T: CanonicalDeserialize>(what: &'static str, bytes: &[u8]) -> Result<T, ProveError> {
    let mut rest = bytes;
    let value = T::deserialize_compressed(&mut rest).map_err(|error| ProveError::malformed(what, bytes, error))?;
    if !rest.is_empty() {
        let reason = format!("{} bytes are left over", rest.len());
        return Err(ProveError::malformed(what, bytes, reason));
    }
    Ok(value)
}

/// Reads a proving key point by point with every check, to know what [`decode`] saves.
#[cfg(all(test, not(target_arch = "wasm32")))]
pub(crate) fn check_points(bytes: &[u8]) -> Result<(), ark_serialize::SerializationError> {
    ProvingKey::<Bn254>::deserialize_uncompressed(&bytes[HEADER..]).map(|_| ())
}

fn check_depth(depth: u32) -> Result<(), ProveError> {
    if (MIN_DEPTH..=MAX_DEPTH).contains(&depth) {
        return Ok(());
    }
    Err(ProveError::DepthOutOfRange { depth, min: MIN_DEPTH, max: MAX_DEPTH })
}

fn count_constraints(depth: u32) -> Result<u32, ProveError> {
    let cs = ConstraintSystem::<Fr>::new_ref();
    Membership::blank(depth).generate_constraints(cs.clone())?;
    Ok(cs.num_constraints() as u32)
}

fn encode(depth: u32, key: &ProvingKey<Bn254>) -> Result<Vec<u8>, ProveError> {
    let mut bytes = Vec::with_capacity(HEADER + key.uncompressed_size());
    bytes.extend_from_slice(&MAGIC);
    bytes.extend_from_slice(&depth.to_le_bytes());
    bytes.extend_from_slice(&[0; 8]);
    key.serialize_uncompressed(&mut bytes).map_err(|error| ProveError::malformed("proving key", &[], error))?;
    let sum = checksum(depth, &bytes[HEADER..]);
    bytes[8..HEADER].copy_from_slice(&sum.to_le_bytes());
    Ok(bytes)
}

/// FNV-1a over words of eight bytes, with the length, so that a cut is noticed too.
fn checksum(depth: u32, bytes: &[u8]) -> u64 {
    let mix = |sum: u64, word: u64| (sum ^ word).wrapping_mul(0x0000_0100_0000_01b3);
    let start = mix(mix(0xcbf2_9ce4_8422_2325, u64::from(depth)), bytes.len() as u64);
    bytes.chunks(8).fold(start, |sum, chunk| {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        mix(sum, u64::from_le_bytes(word))
    })
}
