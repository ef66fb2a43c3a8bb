//! A life before it is lived: options, what the user does, what goes wrong and when. All of it follows from a seed, and
//! each part can be left out without a change to the others.

use serde_json::Value;

use crate::faults::{Fault, Faults};
use crate::random::{Random, Stream};
use crate::user;

/// Microseconds of the world.
pub type Micros = u64;
pub const MS: Micros = 1000;
pub const SECOND: Micros = 1000 * MS;

#[derive(Clone, Debug)]
pub struct Plan {
    pub seed: u64,
    pub faults: Faults,
    /// Of `Pool.start`.
    pub options: Value,
    /// Whether the crate has a `#[snapshot]`.
    pub snapshots: bool,
    /// In the order of their times. The number is the action's own, and stays when others are left out.
    pub actions: Vec<(usize, Micros, Action)>,
}

#[derive(Clone, Copy, Debug)]
pub enum Action {
    Run(JobPlan),
    Recycle,
    Exit,
    Init,
    /// A generation traps: the newest, or the one before.
    Crash {
        older: bool,
    },
    Kill {
        older: bool,
    },
    /// A leader's event loop stands still.
    Stick {
        older: bool,
    },
    Busy {
        for_ms: u64,
    },
    /// The tab is hidden for so long; its timers come at multiples of the step.
    Hide {
        for_ms: u64,
        step_ms: u64,
    },
    Sleep {
        for_ms: u64,
    },
    Tick,
    /// A signal that belongs to no job any more.
    StrayAbort {
        back: u64,
    },
}

/// What a job asks for, and what it does.
#[derive(Clone, Copy, Debug)]
pub struct JobPlan {
    pub task: u32,
    pub priority: i32,
    pub timeout_ms: Option<u64>,
    pub queue_timeout_ms: Option<u64>,
    pub idempotent: bool,
    /// Its signal aborts so long after the call.
    pub abort_after: Option<Micros>,
    pub behaviour: Behaviour,
    pub duration: Micros,
    /// How soon it heeds a stop.
    pub checkpoint: Option<Micros>,
    /// How long its leader copies its argument.
    pub decoding: Micros,
    /// Percent of the limit that it needs while it runs, and that it keeps.
    pub needs: u64,
    pub keeps: u64,
    /// Whether the call says what it needs.
    pub states: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Behaviour {
    Fulfils,
    Panics,
    Traps,
    Hangs,
}

impl Plan {
    /// `events` is about how many inputs the coordinator will have.
    pub fn new(seed: u64, events: usize) -> Plan {
        let mut random = Random::new(seed, Stream::Plan);
        let faults = Faults::random(&mut random);
        let options = user::options(&mut random, faults);
        let snapshots = random.percent(40);
        let actions = user::actions(&mut random, faults, events);
        let actions = actions.into_iter().enumerate().map(|(number, (at, action))| (number, at, action)).collect();
        Plan { seed, faults, options, snapshots, actions }
    }

    /// The same life without these faults.
    #[must_use]
    pub fn without(&self, fault: Fault) -> Plan {
        let mut plan = self.clone();
        plan.faults = plan.faults.without(fault);
        plan.actions.retain_mut(|(_, _, action)| action.leave_out(fault));
        plan
    }

    /// The same life with these of its actions alone.
    #[must_use]
    pub fn only(&self, numbers: &[usize]) -> Plan {
        let mut plan = self.clone();
        plan.actions.retain(|(number, ..)| numbers.contains(number));
        plan
    }

    pub fn numbers(&self) -> Vec<usize> {
        self.actions.iter().map(|&(number, ..)| number).collect()
    }
}

impl Action {
    /// Whether anything is left of it without this fault.
    fn leave_out(&mut self, fault: Fault) -> bool {
        match (self, fault) {
            (Action::Run(job), _) => job.leave_out(fault),
            (Action::Crash { .. }, Fault::Crash)
            | (Action::Kill { .. }, Fault::Kill)
            | (Action::Stick { .. }, Fault::Stuck)
            | (Action::Busy { .. }, Fault::Busy)
            | (Action::Hide { .. }, Fault::Hidden)
            | (Action::Sleep { .. }, Fault::Asleep)
            | (Action::Tick | Action::StrayAbort { .. }, Fault::Spurious) => return false,
            _ => {}
        }
        true
    }
}

impl JobPlan {
    fn leave_out(&mut self, fault: Fault) {
        match (fault, self.behaviour) {
            (Fault::Hang, Behaviour::Hangs) | (Fault::Trap, Behaviour::Traps) | (Fault::Panic, Behaviour::Panics) => {
                self.behaviour = Behaviour::Fulfils;
            }
            _ => {}
        }
        match fault {
            Fault::Burst => self.needs = self.needs.min(5),
            Fault::Leak => self.keeps = 0,
            Fault::Decoding => self.decoding = 0,
            _ => {}
        }
    }
}
