//! What threads say of small jobs, on its way to the leader.
//!
//! A message of its own for each word would cost more than a small job runs, three times: for the thread, the leader and
//! the page. So words gather in this shared memory, and only the first to find it empty has to tell the leader, who takes
//! out all that has gathered when it hears of it. Nothing waits for a batch to fill: while the leader is at rest, each word is
//! told at once.
//!
//! Two buffers of a fixed size: threads fill one while the leader's script reads the other. So saying something allocates
//! nothing, which matters at the end of the memory; what does not fit goes the slow way, as a message of its own.
//!
//! What is in a buffer begins with the length of all whole words. So what was said before the generation died can be read from where
//! [`filled`](Outbox::filled) says, without a call into it.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering::SeqCst};

use crate::memory::lock::Lock;

/// Bytes of each buffer.
const CAPACITY: usize = 128 * 1024;
/// Values above this are not copied twice more: they go as messages of their own.
const VALUE_MAX: usize = 8 * 1024;
/// Numbers of a word; as in `src/js/protocol.js`.
const NUMBERS: usize = 5 + HEALTH;
const NUMBER: usize = size_of::<f64>();
/// Numbers of a thread's health; as in `src/js/protocol.js`.
pub(crate) const HEALTH: usize = 6;

/// What is said.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Word<'a> {
    Started,
    Progress(f64),
    /// How it ended, as `ENDING` in `src/js/protocol.js`, and its result or error.
    Ended {
        ending: u32,
        ran_ms: f64,
        value: &'a [u8],
    },
}

/// What became of a word.
#[derive(Clone, Copy, Debug, PartialEq)]
#[must_use]
pub(crate) enum Said {
    /// The leader has to be told.
    First,
    /// It will be found.
    Along,
    /// There is no room: it has to be said in another way.
    No,
}

pub(crate) struct Outbox {
    halves: Lock<Halves>,
    /// Whether the leader was told since it last looked.
    is_told: AtomicBool,
    /// Where the buffer is that is filled.
    filled: AtomicUsize,
}

struct Halves {
    /// The one that is filled; the leader reads the other.
    filling: usize,
    buffers: [Vec<u8>; 2],
}

impl Outbox {
    pub const fn new() -> Self {
        let halves = Halves { filling: 0, buffers: [Vec::new(), Vec::new()] };
        Outbox { halves: Lock::new(halves), is_told: AtomicBool::new(false), filled: AtomicUsize::new(0) }
    }

    /// Makes its buffers. Before it, all has to be said in another way.
    pub fn install(&self) {
        let [mut first, mut second] = [const { Vec::new() }; 2];
        for buffer in [&mut first, &mut second] {
            buffer.reserve_exact(NUMBER + CAPACITY);
            buffer.extend([0; NUMBER]);
            // What is in it is read as numbers. Every allocator that there is aligns so much at least so.
            if !buffer.as_ptr().addr().is_multiple_of(NUMBER) {
                return;
            }
        }
        self.filled.store(first.as_ptr().expose_provenance(), SeqCst);
        self.halves.with(|halves| halves.buffers = [first, second]);
    }

    /// Where the address of the buffer is kept that is filled; 0 before there is one.
    pub fn filled(&self) -> *const usize {
        self.filled.as_ptr()
    }

    /// Says a word of a job. `health` is in the order of `HEALTH` in `src/js/protocol.js`.
    pub fn say(&self, job: u64, word: Word, health: [f64; HEALTH]) -> Said {
        let (kind, number, ran_ms, value) = match word {
            Word::Started => (0.0, 0.0, 0.0, &[][..]),
            Word::Progress(progress) => (1.0, progress, 0.0, &[][..]),
            Word::Ended { ending, ran_ms, value } => (2.0, f64::from(ending), ran_ms, value),
        };
        if value.len() > VALUE_MAX {
            return Said::No;
        }
        let numbers = [kind, job as f64, number, value.len() as f64, ran_ms];
        let padding = value.len().next_multiple_of(NUMBER) - value.len();
        let length = NUMBERS * NUMBER + value.len() + padding;
        let has_room = self.halves.with(|halves| {
            let buffer = &mut halves.buffers[halves.filling];
            let has_room = buffer.capacity() - buffer.len() >= length;
            if has_room {
                numbers.iter().chain(&health).for_each(|number| buffer.extend_from_slice(&number.to_le_bytes()));
                buffer.extend_from_slice(value);
                buffer.extend_from_slice(&[0; NUMBER][..padding]);
                mark(buffer);
            }
            has_room
        });
        match has_room {
            false => Said::No,
            true if self.is_told.swap(true, SeqCst) => Said::Along,
            true => Said::First,
        }
    }

    /// All that was said, behind its length in bytes: a `u32`, and as much that says nothing. It stays where it is until this is
    /// called again.
    pub fn take(&self) -> *const u8 {
        // Before it is looked at: what is said from here on is told anew.
        self.is_told.store(false, SeqCst);
        self.halves.with(|halves| {
            let read = halves.filling;
            halves.filling = 1 - read;
            let next = &mut halves.buffers[1 - read];
            next.truncate(NUMBER);
            mark(next);
            self.filled.store(next.as_ptr().expose_provenance(), SeqCst);
            halves.buffers[read].as_ptr()
        })
    }
}

/// All that is in it is whole.
fn mark(buffer: &mut Vec<u8>) {
    let Some(length) = buffer.len().checked_sub(NUMBER) else { return };
    // SAFETY: `install` has seen to the alignment, and whoever reads it meanwhile does so atomically.
    unsafe { AtomicU32::from_ptr(buffer.as_mut_ptr().cast()) }.store(length as u32, SeqCst);
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;

    fn ended(value: &[u8]) -> Word<'_> {
        Word::Ended { ending: 1, ran_ms: 0.5, value }
    }

    const SAID: [f64; HEALTH] = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];

    /// What was said.
    fn words(outbox: &Outbox) -> Vec<(u8, u64, f64, Vec<u8>)> {
        let at = outbox.take();
        words_at(at)
    }

    /// Kind, job, number and value of each word.
    fn words_at(at: *const u8) -> Vec<(u8, u64, f64, Vec<u8>)> {
        // SAFETY: an outbox's buffer begins with its length.
        let length = unsafe { at.cast::<u32>().read() } as usize;
        let number = |offset: usize| {
            // SAFETY: inside what was said, which stays until the next `take`.
            f64::from_le_bytes(unsafe { std::slice::from_raw_parts(at.add(offset), NUMBER) }.try_into().unwrap())
        };
        let (mut words, mut offset) = (Vec::new(), NUMBER);
        let end = NUMBER + length;
        while offset < end {
            let length = number(offset + 3 * NUMBER) as usize;
            let value = offset + NUMBERS * NUMBER;
            // SAFETY: as above.
            let bytes = unsafe { std::slice::from_raw_parts(at.add(value), length) };
            let [kind, job, said] = [0, 1, 2].map(|n| number(offset + n * NUMBER));
            words.push((kind as u8, job as u64, said, bytes.to_vec()));
            offset = value + length.next_multiple_of(NUMBER);
        }
        words
    }

    #[test]
    fn words_are_told_once_and_taken_in_order() {
        let outbox = Outbox::new();
        outbox.install();
        assert_eq!(outbox.say(7, Word::Started, SAID), Said::First);
        assert_eq!(outbox.say(7, Word::Progress(0.5), SAID), Said::Along);
        assert_eq!(outbox.say(7, ended(&[1, 2, 3]), SAID), Said::Along);
        let expected = [(0, 7, 0.0, vec![]), (1, 7, 0.5, vec![]), (2, 7, 1.0, vec![1, 2, 3])];
        assert_eq!(words(&outbox), expected);
        assert_eq!(words(&outbox), []);
        assert_eq!(outbox.say(8, Word::Started, SAID), Said::First);
        assert_eq!(words(&outbox), [(0, 8, 0.0, vec![])]);
    }

    #[test]
    fn what_nobody_has_taken_is_found_without_a_call() {
        let outbox = Outbox::new();
        // SAFETY: an outbox keeps it as long as it lives.
        let found = || unsafe { outbox.filled().read() };
        assert_eq!(found(), 0);
        outbox.install();
        for round in 0..4 {
            assert_eq!(words_at(std::ptr::with_exposed_provenance(found())), []);
            assert_eq!(outbox.say(round, ended(&[1]), SAID), Said::First);
            let left = words_at(std::ptr::with_exposed_provenance(found()));
            assert_eq!(left, [(2, round, 1.0, vec![1])]);
            assert_eq!(words(&outbox), left);
        }
    }

    #[test]
    fn what_has_no_room_is_said_in_another_way() {
        let outbox = Outbox::new();
        assert_eq!(outbox.say(1, Word::Started, SAID), Said::No, "it has no buffers yet");
        assert_eq!(words_of_none(&outbox), 0.0);
        outbox.install();
        assert_eq!(outbox.say(1, ended(&[0; VALUE_MAX + 1]), SAID), Said::No);
        let value = [5; 1000];
        let taken = (0..).take_while(|&job| outbox.say(job, ended(&value), SAID) != Said::No).count();
        assert_eq!(taken, CAPACITY / (NUMBERS * NUMBER + 1000));
        assert_eq!(words(&outbox).len(), taken);
    }

    fn words_of_none(outbox: &Outbox) -> f64 {
        outbox.take();
        outbox.halves.with(|halves| halves.buffers.iter().map(|buffer| buffer.len() as f64).sum())
    }

    #[test]
    fn threads_say_what_the_leader_hears_and_each_is_told() {
        const EACH: u64 = 5_000;
        let outbox = Outbox::new();
        outbox.install();
        let (tell, told) = std::sync::mpsc::channel();
        let mut heard = Vec::new();
        std::thread::scope(|scope| {
            for thread in 0..3 {
                let (outbox, tell) = (&outbox, tell.clone());
                scope.spawn(move || {
                    for n in 0..EACH {
                        loop {
                            match outbox.say(thread * EACH + n, ended(&n.to_le_bytes()), SAID) {
                                Said::First => break tell.send(()).unwrap(),
                                Said::Along => break,
                                Said::No => std::thread::yield_now(),
                            }
                        }
                    }
                });
            }
            drop(tell);
            while told.recv().is_ok() {
                heard.extend(words(&outbox));
            }
        });
        assert_eq!(heard.len() as u64, 3 * EACH, "whatever was said was told, without a last look");
        for (_, job, _, value) in &heard {
            assert_eq!(value, &(job % EACH).to_le_bytes());
        }
        heard.sort_by_key(|word| word.1);
        heard.dedup_by_key(|word| word.1);
        assert_eq!(heard.len() as u64, 3 * EACH);
    }
}
