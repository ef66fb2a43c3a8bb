//! `cargo xtask sim`. `--help` lists its options.

mod args;

use std::process::ExitCode;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use perennial_sim::plan::Plan;
use perennial_sim::trace::Trace;
use perennial_sim::{life, many, report};

use args::{Arguments, HELP};

fn main() -> ExitCode {
    let arguments = match args::parse() {
        Ok(Some(arguments)) => arguments,
        Ok(None) => {
            print!("{HELP}");
            return ExitCode::SUCCESS;
        }
        Err(refusal) => {
            eprintln!("{refusal}");
            return ExitCode::from(2);
        }
    };
    // A panic of the core is caught, and told with its life.
    std::panic::set_hook(Box::new(|_| {}));
    let passed = match arguments.lives {
        Some(_) => lives(&arguments),
        None => one(&arguments),
    };
    if passed { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// One life, with its trace.
fn one(arguments: &Arguments) -> bool {
    let mut plan = Plan::new(arguments.seed, arguments.events);
    for fault in &arguments.without {
        plan = plan.without(*fault);
    }
    if let Some(keep) = &arguments.keep {
        plan = plan.only(keep);
    }
    let lines = if arguments.keep.is_some() || !arguments.shrinks { 100_000 } else { 0 };
    let outcome = life::live(&plan, arguments.canary, Trace::last(lines));
    for line in outcome.trace.lines() {
        println!("{line}");
    }
    match outcome.verdict {
        Ok(()) => println!("seed {} passes: {} inputs", plan.seed, outcome.inputs),
        Err(violation) if lines > 0 => {
            println!("seed {} fails: {}\n  {}", plan.seed, violation.invariant, violation.words)
        }
        Err(violation) => {
            print!("{}", report::failure(&plan, arguments.events, arguments.canary, &violation));
            return false;
        }
    }
    lines == 0 || life::live(&plan, arguments.canary, Trace::none()).verdict.is_ok()
}

/// Many lives, up to the first that fails.
fn lives(arguments: &Arguments) -> bool {
    let Some(lives) = arguments.lives else { return true };
    let started = Instant::now();
    let until = arguments.minutes.map(|minutes| started + Duration::from_secs_f64(minutes * 60.0));
    let end = arguments.seed.saturating_add(lives);
    let last = Mutex::new(started);
    let told = |lives: u64, inputs: u64| {
        let Ok(mut last) = last.try_lock() else { return };
        if last.elapsed() >= Duration::from_secs(10) {
            *last = Instant::now();
            println!(
                "... {lives} lives, {:.1} million inputs, {:.0} s",
                inputs as f64 / 1e6,
                started.elapsed().as_secs_f64()
            );
        }
    };
    let tally = many::live(arguments.seed..end, arguments.events, arguments.canary, arguments.threads, until, told);
    let (seconds, inputs) = (tally.time.as_secs_f64(), tally.inputs as f64);
    println!(
        "{} lives from seed {}, {:.2} million inputs ({:.0} a life), {seconds:.1} s, {:.2} million inputs a second",
        tally.lives,
        arguments.seed,
        inputs / 1e6,
        inputs / tally.lives.max(1) as f64,
        inputs / 1e6 / seconds
    );
    match tally.failure {
        None => {
            println!("no invariant was broken");
            true
        }
        Some((seed, violation)) => {
            let plan = Plan::new(seed, arguments.events);
            print!("{}", report::failure(&plan, arguments.events, arguments.canary, &violation));
            false
        }
    }
}
