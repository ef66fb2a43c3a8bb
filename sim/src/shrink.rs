//! A failing life made short: fewer actions, fewer faults, the same violation.

use perennial::coordinator::Canary;

use crate::faults::Fault;
use crate::life;
use crate::plan::Plan;
use crate::trace::Trace;

/// Lives that are tried at the most.
const TRIES_MAX: usize = 3000;

/// A life that fails, and the number of lives that were tried for it.
pub fn shrink(plan: &Plan, canary: Option<Canary>, invariant: &'static str) -> Shrunk {
    let mut best = plan.clone();
    let mut left_out = Vec::new();
    let mut tries = 0;
    let mut fails = |plan: &Plan| {
        tries += 1;
        let verdict = life::live(plan, canary, Trace::none()).verdict;
        tries <= TRIES_MAX && verdict.is_err_and(|violation| violation.invariant == invariant)
    };
    loop {
        let before = (best.actions.len(), left_out.len());
        for fault in Fault::ALL {
            let without = best.without(fault);
            if best.faults.has(fault) && fails(&without) {
                best = without;
                left_out.push(fault);
            }
        }
        let mut chunk = best.actions.len().div_ceil(2);
        while chunk > 0 {
            let mut at = 0;
            while at < best.actions.len() {
                let mut numbers = best.numbers();
                numbers.drain(at..(at + chunk).min(numbers.len()));
                let fewer = best.only(&numbers);
                if fails(&fewer) {
                    best = fewer;
                } else {
                    at += chunk;
                }
            }
            chunk /= 2;
        }
        if (best.actions.len(), left_out.len()) == before {
            return Shrunk { plan: best, left_out };
        }
    }
}

#[derive(Debug)]
pub struct Shrunk {
    pub plan: Plan,
    pub left_out: Vec<Fault>,
}
