//! What goes wrong, by class. A life has some of them: all at once would hide what one alone does.

use crate::random::Random;

/// A class of faults.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A generation traps and says so.
    Crash,
    /// A leader is ended from outside; its lock tells.
    Kill,
    /// As `Kill`, where there are no locks: nobody tells.
    Silence,
    /// A leader's event loop stands still: it says nothing, and holds its lock.
    Stuck,
    /// A job traps.
    Trap,
    /// A job never ends, and passes no checkpoint.
    Hang,
    /// A job panics.
    Panic,
    /// A job wants most of the memory.
    Burst,
    /// A job keeps some of the memory.
    Leak,
    /// A message never arrives.
    Lost,
    /// A message, and all behind it, takes seconds.
    Late,
    /// A message arrives twice.
    Repeated,
    /// A message overtakes others.
    Reordered,
    /// The driver's own filter fails: what a terminated generation said is heard.
    Stale,
    /// A start takes about as long as it may, or longer.
    SlowStart,
    /// A start fails: its script, its threads, its `on_start`, or by silence.
    FailedStart,
    /// A generation does not retire.
    Deaf,
    /// A snapshot fails, or takes long, or never comes.
    Snapshot,
    /// The page's thread is busy for seconds.
    Busy,
    /// The tab is hidden: its timers come by the second, or by the minute.
    Hidden,
    /// The machine sleeps for hours.
    Asleep,
    /// The clock steps back.
    Clock,
    /// Ticks that nobody asked for.
    Spurious,
    /// A leader takes its time to copy a large argument.
    Decoding,
}

impl Fault {
    pub const ALL: [Fault; 24] = [
        Fault::Crash,
        Fault::Kill,
        Fault::Silence,
        Fault::Stuck,
        Fault::Trap,
        Fault::Hang,
        Fault::Panic,
        Fault::Burst,
        Fault::Leak,
        Fault::Lost,
        Fault::Late,
        Fault::Repeated,
        Fault::Reordered,
        Fault::Stale,
        Fault::SlowStart,
        Fault::FailedStart,
        Fault::Deaf,
        Fault::Snapshot,
        Fault::Busy,
        Fault::Hidden,
        Fault::Asleep,
        Fault::Clock,
        Fault::Spurious,
        Fault::Decoding,
    ];

    pub fn name(self) -> String {
        format!("{self:?}").to_lowercase()
    }

    /// Nothing that lives is hurt by it: a pool that loses something all the same has taken it for a death.
    pub fn is_harmless(self) -> bool {
        use Fault::{Asleep, Burst, Busy, Clock, Decoding, Hidden, Leak, Panic, Repeated, Snapshot, Spurious, Stale};
        matches!(
            self,
            Panic | Burst | Leak | Snapshot | Repeated | Stale | Busy | Hidden | Asleep | Clock | Spurious | Decoding
        )
    }
}

/// Some classes of faults.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Faults(u32);

impl Faults {
    pub fn random(random: &mut Random) -> Self {
        // Some lives have nothing at all, some nothing that hurts.
        let kind = random.below(10);
        let mut faults = Faults::default();
        for fault in Fault::ALL {
            let may = match kind {
                0 => false,
                1..=3 => fault.is_harmless(),
                _ => true,
            };
            if random.percent(30) && may {
                faults.0 |= 1 << fault as u32;
            }
        }
        faults
    }

    pub fn has(self, fault: Fault) -> bool {
        self.0 & 1 << fault as u32 != 0
    }

    #[must_use]
    pub fn without(self, fault: Fault) -> Self {
        Faults(self.0 & !(1 << fault as u32))
    }

    pub fn list(self) -> impl Iterator<Item = Fault> {
        Fault::ALL.into_iter().filter(move |&fault| self.has(fault))
    }

    pub fn are_harmless(self) -> bool {
        self.list().all(Fault::is_harmless)
    }
}
