//! A model of `src/js/driver.js`: its clock, its one timer, and the promises of `start`, `recycle` and `exit`.

use perennial::coordinator::{Event, Time};

use crate::plan::Micros;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Life {
    Exited,
    Live,
    Exiting,
}

#[derive(Debug)]
pub struct Page {
    pub life: Life,
    /// Promises of `init` that are open.
    pub starting: usize,
    /// Promises of `recycle` that are open: the least generation that each waits for, once its start was told.
    pub recycling: Vec<Option<u32>>,
    /// `init` that waits for `exit`.
    pub init_after_exit: bool,
    pub timer: Option<Timer>,
    pub busy_until: Micros,
    /// Until when timers come at multiples of this step.
    pub hidden: (Micros, Micros),
    /// How far the page's clock is ahead of the world's.
    pub slept: Micros,
    timers: u64,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Timer {
    pub number: u64,
    /// What the coordinator asked for.
    pub at_ms: f64,
    /// When it comes, on the page's clock.
    pub due: Micros,
}

impl Default for Page {
    fn default() -> Self {
        Page {
            life: Life::Exited,
            starting: 0,
            recycling: Vec::new(),
            init_after_exit: false,
            timer: None,
            busy_until: 0,
            hidden: (0, 1),
            slept: 0,
            timers: 0,
        }
    }
}

impl Page {
    /// `performance.now()`, in milliseconds.
    pub fn clock_ms(&self, now: Micros) -> f64 {
        (now + self.slept) as f64 / 1000.0
    }

    /// Sets the timer if the coordinator wants another one than is set. Says whether it did.
    pub fn schedule(&mut self, now: Micros, wake_at: Option<Time>) -> bool {
        let at_ms = wake_at.map(Time::as_ms);
        if at_ms == self.timer.map(|timer| timer.at_ms) {
            return false;
        }
        self.timer = at_ms.map(|at_ms| {
            let wait = (at_ms - self.clock_ms(now)).ceil().clamp(0.0, f64::from(0x7fff_ffff));
            self.timers += 1;
            Timer { number: self.timers, at_ms, due: self.throttled(now, now + self.slept + (wait * 1000.0) as Micros) }
        });
        self.timer.is_some()
    }

    /// When a timer comes that is due then. It takes a moment at the least.
    pub fn throttled(&self, now: Micros, due: Micros) -> Micros {
        let (until, step) = self.hidden;
        let due = due.max(now + self.slept + 100);
        if now < until { due.next_multiple_of(step) } else { due }
    }

    /// What the pool's own promises learn.
    pub fn hear(&mut self, event: &Event) {
        match event {
            Event::Started { .. } => self.starting = 0,
            Event::StartFailed { .. } => {
                if self.life != Life::Exiting {
                    self.life = Life::Exited;
                }
                self.starting = 0;
            }
            Event::RecycleStarted { to, .. } => {
                self.recycling.iter_mut().for_each(|target| _ = target.get_or_insert(to.0))
            }
            Event::RecycleEnded(recycled) => {
                self.recycling.retain(|target| target.is_none_or(|target| target > recycled.to.0));
            }
            Event::RecycleFailed { from, .. } => {
                self.recycling.retain(|target| target.is_some_and(|target| target <= from.0));
            }
            Event::Exited => {
                self.life = Life::Exited;
                self.recycling.clear();
            }
            _ => {}
        }
    }
}
