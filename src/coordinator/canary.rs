//! Known bugs that can be put into a coordinator, so that the simulator in `sim` proves that it would find them.
//!
//! Without the feature `canary` there is none to put in, and every hook is the constant `false`.

#[cfg(all(feature = "canary", not(target_arch = "wasm32")))]
use super::Config;
use super::Coordinator;

/// A known bug.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Canary {
    /// A job that was in a generation when it died is forgotten.
    LostJob,
    /// A job that has settled early settles again at its end.
    DoubleSettle,
    /// Planned recycles never rest.
    RecycleLoop,
    /// A job starts whatever is known of the memory it takes.
    OverAdmission,
    /// A generation is given more jobs than it may have.
    OverCredit,
    /// What a generation says that is gone is taken for the current one's word.
    StaleMessage,
    /// A job runs again that must not.
    SecondRun,
    /// A drain waits for ever.
    EndlessDrain,
    /// `exit` leaves a deadline behind.
    LeakedTimer,
    /// A recycle begins while an older generation is left over from the one before.
    CrowdedBudget,
    /// A generation that has died is kept.
    UndeadGeneration,
    /// Failures never degrade the pool, and never delay a start.
    EndlessRestart,
    /// A timeout counts from the queueing, not from the start of the run.
    EarlyTimeout,
    /// A queue takes whatever comes.
    EndlessQueue,
    /// A recycle that is cut short by a death is not answered.
    SilentRecycle,
    /// A leader that does not answer is never found.
    Unwatched,
    /// What a leader says is not taken for a sign of life.
    DeafWatch,
}

impl Coordinator {
    /// A pool with a known bug, for the simulator alone.
    #[cfg(all(feature = "canary", not(target_arch = "wasm32")))]
    pub fn with_canary(config: Config, canary: Canary) -> Self {
        Coordinator { canary: Some(canary), ..Coordinator::new(config) }
    }

    #[cfg(all(feature = "canary", not(target_arch = "wasm32")))]
    pub(super) fn canary(&self, canary: Canary) -> bool {
        self.canary == Some(canary)
    }

    #[cfg(not(all(feature = "canary", not(target_arch = "wasm32"))))]
    pub(super) const fn canary(&self, _: Canary) -> bool {
        false
    }
}

#[cfg(all(feature = "canary", not(target_arch = "wasm32")))]
impl Canary {
    /// Each once.
    pub const ALL: [Canary; 17] = [
        Canary::LostJob,
        Canary::DoubleSettle,
        Canary::RecycleLoop,
        Canary::OverAdmission,
        Canary::OverCredit,
        Canary::StaleMessage,
        Canary::SecondRun,
        Canary::EndlessDrain,
        Canary::LeakedTimer,
        Canary::CrowdedBudget,
        Canary::UndeadGeneration,
        Canary::EndlessRestart,
        Canary::EarlyTimeout,
        Canary::EndlessQueue,
        Canary::SilentRecycle,
        Canary::Unwatched,
        Canary::DeafWatch,
    ];
}
