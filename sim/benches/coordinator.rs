//! Inputs a second that the coordinator takes on this machine: lives of the simulator, recorded once, then handled again
//! without the simulator. `--runs N` says how often (30).

use std::time::Instant;

use perennial::coordinator::{Config, Coordinator, Input, Time};
use perennial_sim::plan::Plan;
use perennial_sim::{life, world};

const LIVES: u64 = 500;
const EVENTS: usize = 200;

struct Tape {
    config: Config,
    inputs: Vec<(Time, Input)>,
}

fn main() {
    let mut arguments = std::env::args().skip_while(|word| word != "--runs").skip(1);
    let runs = arguments.next().map_or(30, |word| word.parse().expect("--runs takes a number"));
    let tapes: Vec<Tape> = (1..=LIVES)
        .map(|seed| {
            let plan = Plan::new(seed, EVENTS);
            let config = world::config(&plan).expect("a plan's options are taken");
            Tape { config, inputs: life::record(&plan) }
        })
        .collect();
    let inputs: usize = tapes.iter().map(|tape| tape.inputs.len()).sum();
    // Of all runs, so that none is the one that warms up.
    let mut rates: Vec<f64> = (0..runs).map(|_| run(&tapes, inputs)).collect();
    rates.sort_by(f64::total_cmp);
    let at = |part: f64| rates[((rates.len() - 1) as f64 * part) as usize] / 1e6;
    println!(
        "coordinator: {:.2} million inputs a second (median of {runs} runs; 10 % below {:.2}, 10 % above {:.2}), {:.0} ns each;",
        at(0.5),
        at(0.1),
        at(0.9),
        1e3 / at(0.5)
    );
    println!("  {inputs} inputs of {LIVES} pools, one thread");
}

/// Inputs a second.
fn run(tapes: &[Tape], inputs: usize) -> f64 {
    // Cloned before the clock starts: the driver owns what it tells.
    let copies: Vec<Vec<(Time, Input)>> = tapes.iter().map(|tape| tape.inputs.clone()).collect();
    let started = Instant::now();
    let mut outputs = 0;
    for (tape, inputs) in tapes.iter().zip(copies) {
        let mut coordinator = Coordinator::new(tape.config.clone());
        for (now, input) in inputs {
            coordinator.handle(now, input);
            while coordinator.poll_output().is_some() {
                outputs += 1;
            }
            std::hint::black_box(coordinator.wake_at());
        }
    }
    std::hint::black_box(outputs);
    inputs as f64 / started.elapsed().as_secs_f64()
}
