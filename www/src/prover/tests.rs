use std::sync::OnceLock;

use proptest::prelude::*;

use super::*;
use crate::Keys;

const DEPTH: u32 = 3;

/// Keys and a prover that the tests share, as a set-up takes a while.
fn shared() -> &'static (Keys, Prover) {
    static SHARED: OnceLock<(Keys, Prover)> = OnceLock::new();
    SHARED.get_or_init(|| {
        let keys = Keys::generate(DEPTH, 1).unwrap();
        let prover = Prover::from_bytes(&keys.proving_key).unwrap();
        (keys, prover)
    })
}

fn prove(prover: &Prover, leaf: u32, seed: u32) -> Proof {
    prover.prove(ProveRequest { leaf, seed }, |_| Ok::<_, ProveError>(())).unwrap()
}

fn check(keys: &Keys, proof: &Proof) -> Result<bool, ProveError> {
    verify(&VerifyRequest {
        verifying_key: keys.verifying_key.clone(),
        bytes: proof.bytes.clone(),
        public_inputs: proof.public_inputs.clone(),
    })
}

#[test]
fn a_proof_verifies_at_each_small_depth() {
    for depth in 1..=5 {
        let keys = Keys::generate(depth, 1).unwrap();
        let prover = Prover::from_bytes(&keys.proving_key).unwrap();
        assert_eq!(prover.constraints(), keys.constraints as usize);
        assert_eq!(prover.members(), keys.members);
        let proof = prove(&prover, keys.members - 1, 9);
        assert_eq!(check(&keys, &proof), Ok(true), "depth {depth}");
    }
}

#[test]
fn a_proof_verifies_under_the_first_key_only() {
    let (keys, prover) = shared();
    let other = Keys::generate(DEPTH, 2).unwrap();
    let proof = prove(prover, 0, 0);
    assert_eq!(check(keys, &proof), Ok(true));
    assert_eq!(check(&other, &proof), Ok(false));
}

#[test]
fn a_prover_read_again_makes_the_same_proof() {
    let (keys, prover) = shared();
    let again = Prover::from_bytes(&keys.proving_key.clone()).unwrap();
    assert_eq!(prove(prover, 5, 6).bytes, prove(&again, 5, 6).bytes);
}

#[test]
fn another_statement_does_not_verify() {
    let (keys, prover) = shared();
    let proof = prove(prover, 1, 2);
    let [root, topic, nullifier] = prover.circuit(ProveRequest { leaf: 1, seed: 2 }).unwrap().public_inputs();
    let one = Fr::from(1u64);
    for inputs in [[root + one, topic, nullifier], [root, topic + one, nullifier], [root, topic, nullifier + one]] {
        let public_inputs = keys::serialize("inputs", &inputs.to_vec()).unwrap();
        assert_eq!(check(keys, &Proof { public_inputs, ..proof.clone() }), Ok(false));
    }
    let other = prove(prover, 2, 2);
    let mixed = Proof { public_inputs: other.public_inputs, ..proof };
    assert_eq!(check(keys, &mixed), Ok(false));
}

#[test]
fn progress_rises_from_nothing_to_all() {
    let mut seen = Vec::new();
    shared()
        .1
        .prove(ProveRequest { leaf: 0, seed: 0 }, |fraction| {
            seen.push(fraction);
            Ok::<_, ProveError>(())
        })
        .unwrap();
    assert!(seen.is_sorted(), "{seen:?}");
    assert_eq!((seen[0], seen[seen.len() - 1]), (0.0, 1.0));
}

#[test]
fn a_proof_stops_at_any_checkpoint() {
    for last in [0.0, 0.2, 0.45, 1.0] {
        let outcome = shared().1.prove(ProveRequest { leaf: 0, seed: 0 }, |fraction| {
            if fraction >= last { Err(ProveError::Stopped) } else { Ok(()) }
        });
        assert_eq!(outcome.unwrap_err(), ProveError::Stopped);
    }
}

#[test]
fn bad_input_is_an_error_in_words() {
    for depth in [0, 33, 99, u32::MAX] {
        let error = Keys::generate(depth, 1).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("a tree of depth {depth} is not possible here: give a depth from 1 to 32")
        );
    }
    let outcome = shared().1.prove(ProveRequest { leaf: 8, seed: 0 }, |_| Ok::<_, ProveError>(()));
    assert_eq!(outcome.unwrap_err(), ProveError::LeafOutOfRange { leaf: 8, last: 7 });
}

#[test]
fn public_inputs_of_another_number_are_refused() {
    let (keys, prover) = shared();
    let public_inputs = keys::serialize("inputs", &vec![Fr::from(1u64); 2]).unwrap();
    let error = check(keys, &Proof { public_inputs, ..prove(prover, 0, 0) }).unwrap_err();
    assert!(error.to_string().contains("the key is for 3 inputs, these are 2"), "{error}");
}

fn is_malformed<T>(outcome: Result<T, ProveError>) -> bool {
    matches!(outcome, Err(ProveError::Malformed { .. }))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_member_proves_for_every_topic(leaf in 0..8u32, seed: u32) {
        let (keys, prover) = shared();
        prop_assert_eq!(check(keys, &prove(prover, leaf, seed)), Ok(true));
    }

    #[test]
    fn a_cut_key_is_refused(keep in 0.0..1.0f64) {
        let key = &shared().0.proving_key;
        let keep = (key.len() as f64 * keep) as usize;
        prop_assert!(is_malformed(Prover::from_bytes(&key[..keep])));
    }

    #[test]
    fn a_damaged_key_is_refused(place: prop::sample::Index, change in 1..=255u8) {
        let mut key = shared().0.proving_key.clone();
        let place = place.index(key.len());
        key[place] ^= change;
        prop_assert!(is_malformed(Prover::from_bytes(&key)));
    }

    #[test]
    fn a_damaged_proof_never_verifies(place: prop::sample::Index, change in 1..=255u8) {
        let (keys, prover) = shared();
        let mut proof = prove(prover, 0, 0);
        let place = place.index(proof.bytes.len());
        proof.bytes[place] ^= change;
        prop_assert_ne!(check(keys, &proof), Ok(true));
    }

    #[test]
    fn any_bytes_at_all_are_answered(bytes: Vec<u8>) {
        prop_assert!(is_malformed(Prover::from_bytes(&bytes)));
        prop_assert!(is_malformed(keys::decode_verifying_key(&bytes)));
        prop_assert!(is_malformed(keys::deserialize::<Groth16Proof<Bn254>>("proof", &bytes)));
    }
}

/// What each depth costs: `cargo test --release -p perennial-demo -- --ignored --nocapture`.
#[test]
#[ignore = "it measures, and proves nothing"]
fn depths() {
    println!("depth constraints  key bytes  setup ms  load ms  points checked ms  prove ms  verify ms");
    for depth in [4, 8, 16, 24, 32] {
        let (keys, setup) = timed(|| Keys::generate(depth, 1).unwrap());
        let (prover, load) = timed(|| Prover::from_bytes(&keys.proving_key).unwrap());
        let (_, checked) = timed(|| keys::check_points(&keys.proving_key).unwrap());
        let mut proofs: Vec<_> = (0..7).map(|seed| prove(&prover, seed, seed)).collect();
        proofs.sort_by(|a, b| a.milliseconds.total_cmp(&b.milliseconds));
        let (holds, verified) = timed(|| check(&keys, &proofs[3]).unwrap());
        assert!(holds);
        println!(
            "{depth:5} {:11} {:10} {setup:9.0} {load:8.1} {checked:18.1} {:9.0} {verified:10.1}",
            keys.constraints,
            keys.proving_key.len(),
            proofs[3].milliseconds,
        );
    }
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, f64) {
    let started = Instant::now();
    let value = work();
    (value, started.elapsed().as_secs_f64() * 1e3)
}
