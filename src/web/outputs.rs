//! What the coordinator asks of the driver, as numbers where the driver finds them: many outputs a call. A call into Rust and
//! back takes longer than most outputs.

use crate::coordinator::*;

/// Numbers of an output, as `OUTPUT` in `src/js/protocol.js`: what it is, its generation, its job, the job's task, and whether
/// the start of the job has to be told.
const LENGTH: usize = 5;
/// Outputs that are given out at once.
const COUNT: usize = 128;

pub(super) struct Outputs {
    numbers: Box<[f64]>,
    /// The last one given out, if it has more to say than numbers.
    last: Option<Output>,
}

impl Outputs {
    pub fn new() -> Self {
        Outputs { numbers: vec![0.0; LENGTH * COUNT].into(), last: None }
    }

    /// Where they are, for as long as this lives.
    pub fn numbers(&self) -> &[f64] {
        &self.numbers
    }

    /// The one that has more to say.
    pub fn last(&self) -> Option<&Output> {
        self.last.as_ref()
    }

    /// Takes the next ones, and says how many. One that has more to say ends them.
    pub fn take(&mut self, coordinator: &mut Coordinator) -> usize {
        self.last = None;
        let mut count = 0;
        for place in self.numbers.chunks_exact_mut(LENGTH) {
            let Some(output) = coordinator.poll_output() else { break };
            place.copy_from_slice(&numbers_of(&output));
            count += 1;
            if says_more(&output) {
                self.last = Some(output);
                break;
            }
        }
        count
    }
}

fn says_more(output: &Output) -> bool {
    match output {
        Output::Emit(_) => true,
        Output::Settle { settlement, .. } => *settlement != Settlement::AsSaid,
        _ => false,
    }
}

fn numbers_of(output: &Output) -> [f64; LENGTH] {
    let of = |what: u8, generation: GenerationId| [what.into(), generation.0.into(), 0.0, 0.0, 0.0];
    match *output {
        Output::Start(id) => of(1, id),
        Output::Post { generation, job, task, announce } => {
            [2.0, generation.0.into(), job.0 as f64, task.0.into(), f64::from(u8::from(announce))]
        }
        Output::Stop { generation, job } => [3.0, generation.0.into(), job.0 as f64, 0.0, 0.0],
        Output::Retire(id) => of(4, id),
        Output::Terminate(id) => of(5, id),
        Output::Settle { job, settlement: Settlement::AsSaid } => [6.0, 0.0, job.0 as f64, 0.0, 0.0],
        Output::Settle { job, .. } => [7.0, 0.0, job.0 as f64, 0.0, 0.0],
        Output::Emit(Event::Reported { .. }) => [10.0, 0.0, 0.0, 0.0, 0.0],
        Output::Emit(_) => [8.0, 0.0, 0.0, 0.0, 0.0],
        Output::Snapshot(id) => of(9, id),
        Output::Ask(id) => of(11, id),
    }
}
