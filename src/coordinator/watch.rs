//! Deaths that nobody tells in order: a leader that does not answer, a start that stands still, and a trap that is told past its leader.

use super::generation::GenerationPhase;
use super::timers::Deadline;
use super::vocabulary::*;
use super::{Canary, Coordinator, Decimal};

/// A leader that starts, or has jobs, and was not heard for so long is asked. Its threads' reports come more often, as a rule.
const QUIET_MS: f64 = 1_000.0;
/// A leader that has not answered by then has no event loop any more. Its longest turn copies 4 MiB; a message of a
/// gigabyte takes it half a second.
const ANSWER_MS: f64 = 5_000.0;
/// One that starts copies in slices, too, and has no jobs: a start that was given up for nothing costs another one.
const ANSWER_STARTING_MS: f64 = 2_000.0;
/// What a generation had said before it trapped has come through its leader by then: results among it.
const LAST_WORDS_MS: f64 = 50.0;

impl Coordinator {
    /// A generation starts, or was given a job: from now on its leader has to be heard.
    pub(super) fn watch(&mut self, id: GenerationId) {
        let is_watched = self.timers.is_set(Deadline::Quiet(id)) || self.timers.is_set(Deadline::Answer(id));
        if !is_watched && !self.canary(Canary::Unwatched) {
            self.timers.set(Deadline::Quiet(id), self.now.after_ms(QUIET_MS));
        }
    }

    /// Its leader said something, whatever it was: it turns its event loop.
    pub(super) fn leader_spoke(&mut self, id: GenerationId) {
        if self.canary(Canary::DeafWatch) {
            return;
        }
        let Some(generation) = self.generations.get_mut(id) else { return };
        generation.heard_at = self.now;
        if self.timers.is_set(Deadline::Answer(id)) {
            self.timers.cancel(Deadline::Answer(id));
            self.watch(id);
        }
    }

    /// Time to look whether a leader was heard. The deadline is not moved at each message, and not cancelled at each job's
    /// end: that would cost more than a look a second.
    pub(super) fn look_after(&mut self, id: GenerationId) {
        let Some(generation) = self.generations.get(id) else { return };
        let answer_ms = match generation.phase {
            GenerationPhase::Starting => ANSWER_STARTING_MS,
            _ if generation.jobs.is_empty() => return,
            _ => ANSWER_MS,
        };
        let quiet_at = generation.heard_at.after_ms(QUIET_MS);
        if quiet_at > self.now {
            return self.timers.set(Deadline::Quiet(id), quiet_at);
        }
        self.timers.set(Deadline::Answer(id), self.now.after_ms(answer_ms));
        self.outputs.push_back(Output::Ask(id));
    }

    pub(super) fn not_answered(&mut self, id: GenerationId) {
        match self.generations.get(id).map(|generation| &generation.phase) {
            Some(GenerationPhase::Starting) => self.start_stalled(id),
            _ => self.died(id, &format!("its leader has not answered for {} ms", Decimal(ANSWER_MS))),
        }
    }

    /// A thread has trapped, and says so itself. What was said before it is on its way through the leader, and so is the
    /// leader's own word of the death, behind it. No job is posted from here on (invariant 3).
    pub(super) fn trapped(&mut self, id: GenerationId, cause: String) {
        let Some(generation) = self.generations.get_mut(id) else { return };
        // Retirement ends its threads by a trap.
        if generation.trapped.is_none() && !matches!(generation.phase, GenerationPhase::Retiring { .. }) {
            generation.trapped = Some(cause);
            self.timers.set(Deadline::LastWords(id), self.now.after_ms(LAST_WORDS_MS));
        }
    }

    /// Asks something of a generation that would call into its memory. Invariant 3: not if that is known to have trapped;
    /// then its end, which is near, answers.
    pub(super) fn ask(&mut self, id: GenerationId, output: Output) {
        if self.generations.get(id).is_some_and(|generation| generation.trapped.is_none()) {
            self.outputs.push_back(output);
        }
    }

    /// The leader is too busy, or dead: its word is not waited for.
    pub(super) fn last_words_over(&mut self, id: GenerationId) {
        if let Some(cause) = self.generations.get_mut(id).and_then(|generation| generation.trapped.clone()) {
            self.died(id, &cause);
        }
    }
}
