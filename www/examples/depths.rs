//! What each depth of the tree costs: `cargo run --release -p perennial-demo --example depths -- 4 16 32`.

use std::error::Error;
use std::time::Instant;

use ark_groth16::ProvingKey;
use ark_serialize::CanonicalDeserialize;
use perennial_demo::{Keys, ProveRequest, Prover, VerifyRequest, verify};

const HEADER: usize = 16;

fn main() -> Result<(), Box<dyn Error>> {
    let mut depths = std::env::args()
        .skip(1)
        .map(|depth| depth.parse())
        .collect::<Result<Vec<u32>, _>>()?;
    if depths.is_empty() {
        depths = vec![4, 8, 16, 24, 32];
    }
    println!("depth constraints    key kB  setup ms  load ms  (points checked)  prove ms  verify ms");
    for depth in depths {
        let (keys, setup) = timed(|| Keys::generate(depth, 1))?;
        let (prover, load) = timed(|| Prover::from_bytes(&keys.proving_key))?;
        let (_, checked) = timed(|| {
            ProvingKey::<ark_bn254::Bn254>::deserialize_uncompressed(&keys.proving_key[HEADER..])
        })?;
        let mut proofs = (0..5)
            .map(|seed| {
                let request = ProveRequest { leaf: seed, seed };
                prover.prove(request, |_| Ok::<_, perennial_demo::ProveError>(()))
            })
            .collect::<Result<Vec<_>, _>>()?;
        proofs.sort_by(|a, b| a.milliseconds.total_cmp(&b.milliseconds));
        let median = proofs.swap_remove(2);
        let request = VerifyRequest {
            verifying_key: keys.verifying_key,
            bytes: median.bytes,
            public_inputs: median.public_inputs,
        };
        let (holds, verified) = timed(|| verify(&request))?;
        assert!(holds, "a proof of depth {depth} does not verify");
        println!(
            "{depth:5} {:11} {:9} {setup:9.0} {load:8.1} {checked:17.1} {:9.0} {verified:10.1}",
            keys.constraints,
            keys.proving_key.len() / 1000,
            median.milliseconds,
        );
    }
    Ok(())
}

fn timed<T, E>(work: impl FnOnce() -> Result<T, E>) -> Result<(T, f64), E> {
    let started = Instant::now();
    let value = work()?;
    Ok((value, started.elapsed().as_secs_f64() * 1e3))
}
