//! Jobs on their way from the leader to its threads.
//!
//! Waking a thread costs more than a small job runs. So a job is no Rayon task of its own: a few tasks, the pumps, take job
//! after job while there are any, and one that is awake is not woken again. Rayon nests what it finds while a thread waits;
//! that it finds pumps, and few of them, bounds how deep jobs lie on one stack.

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use crossbeam_queue::SegQueue;

/// Jobs that a pump runs. To start another one costs little beside so many.
const TURN: u32 = 16;

/// First in, first out, of any length: the coordinator's credits bound it.
pub(crate) struct Inbox<J> {
    jobs: SegQueue<J>,
    pumps: AtomicUsize,
    pumps_max: usize,
}

impl<J> Inbox<J> {
    pub fn new(pumps_max: usize) -> Self {
        Inbox { jobs: SegQueue::new(), pumps: AtomicUsize::new(0), pumps_max }
    }

    pub fn push(&self, job: J) {
        self.jobs.push(job);
    }

    /// Whether one more pump has to be started. Ask after each push: a pump that is on its way out looks once more after it
    /// has said so, and either it or the asker sees the job.
    #[must_use]
    pub fn wants_pump(&self) -> bool {
        let more = |pumps| (pumps < self.pumps_max).then_some(pumps + 1);
        !self.jobs.is_empty() && self.pumps.fetch_update(SeqCst, SeqCst, more).is_ok()
    }

    /// Runs some jobs. For who was told that a pump is wanted. Whether another one is wanted in place of this one, which the caller
    /// has to start.
    ///
    /// Some only: what waits below it on the same stack, or in Rayon's other queues, is looked at when it returns, and where short
    /// jobs keep coming there are always more.
    #[must_use]
    pub fn pump(&self, mut run: impl FnMut(J)) -> bool {
        for _ in 0..TURN {
            let Some(job) = self.jobs.pop() else { break };
            run(job);
        }
        self.pumps.fetch_sub(1, SeqCst);
        self.wants_pump()
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use std::collections::HashSet;
    use std::sync::atomic::AtomicBool;
    use std::sync::{LazyLock, Mutex, mpsc};
    use std::time::Duration;

    use super::*;

    #[test]
    fn as_many_pumps_as_may_be_and_none_for_nothing() {
        let inbox = Inbox::new(2);
        assert!(!inbox.wants_pump());
        inbox.push(1);
        assert!(inbox.wants_pump());
        assert!(inbox.wants_pump());
        assert!(!inbox.wants_pump());
        let mut ran = Vec::new();
        assert!(!inbox.pump(|job| ran.push(job)));
        assert_eq!(ran, [1]);
        inbox.push(2);
        assert!(inbox.wants_pump());
    }

    #[test]
    fn a_parallel_job_ends_however_many_short_ones_keep_coming() {
        type Job = Box<dyn FnOnce() + Send>;
        static INBOX: LazyLock<Inbox<Job>> = LazyLock::new(|| Inbox::new(3));
        static STOLEN: AtomicBool = AtomicBool::new(false);
        static ENDED: AtomicBool = AtomicBool::new(false);
        static SHORT_DONE: AtomicUsize = AtomicUsize::new(0);

        /// As the leader starts them.
        fn pump() {
            if INBOX.pump(|job| job()) {
                rayon::yield_now();
                rayon::spawn(pump);
            }
        }

        fn post(job: Job) {
            INBOX.push(job);
            if INBOX.wants_pump() {
                rayon::spawn(pump);
            }
        }
        /// Another one comes before it ends.
        fn short() {
            SHORT_DONE.fetch_add(1, SeqCst);
            if !ENDED.load(SeqCst) {
                post(Box::new(short));
            }
        }
        fn until(done: impl Fn() -> bool) {
            while !done() {
                std::thread::yield_now();
            }
        }

        let threads = rayon::ThreadPoolBuilder::new().num_threads(2).build().unwrap();
        let (told, ended) = mpsc::channel();
        threads.spawn(move || {
            post(Box::new(move || {
                let first = || {
                    until(|| STOLEN.load(SeqCst));
                    (0..4).for_each(|_| post(Box::new(short)));
                };
                // On the other thread, where it waits in its turn for what the first one takes of it.
                let second = || {
                    let taken = || until(|| SHORT_DONE.load(SeqCst) > 3);
                    STOLEN.store(true, SeqCst);
                    rayon::join(taken, taken);
                };
                rayon::join(first, second);
                told.send(()).unwrap();
            }));
        });
        let result = ended.recv_timeout(Duration::from_secs(30));
        ENDED.store(true, SeqCst);
        assert!(result.is_ok(), "still not after {} short jobs", SHORT_DONE.load(SeqCst));
    }

    #[test]
    fn every_job_is_run_once_and_none_is_left_behind() {
        const JOBS: usize = 20_000;
        let inbox = Inbox::new(3);
        let ran = Mutex::new(HashSet::new());
        let (done, all) = mpsc::channel();
        std::thread::scope(|scope| {
            for job in 0..JOBS {
                inbox.push(job);
                if inbox.wants_pump() {
                    let (inbox, ran, done) = (&inbox, &ran, done.clone());
                    scope.spawn(move || {
                        let run = |job| {
                            assert!(ran.lock().unwrap().insert(job), "job {job} ran twice");
                            done.send(()).unwrap();
                        };
                        while inbox.pump(run) {}
                    });
                }
            }
            // No pump is started for what comes after the last push: those that were have to see it all.
            for seen in 0..JOBS {
                all.recv_timeout(Duration::from_secs(60)).unwrap_or_else(|_| panic!("only {seen} of {JOBS} ran"));
            }
        });
    }
}
