//! Where the time goes.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::report::StepTime;

/// What is done with a document, in order.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step {
    /// From its format to text.
    Read,
    /// Looked at for what its owner should know.
    Inspect,
    /// Into chunks, their tokens counted.
    Cut,
    /// Into terms.
    Analyse,
    /// Into vectors.
    Embed,
    /// Given to the store.
    Write,
}

const STEPS: [(Step, &str); 6] = [
    (Step::Read, "read"),
    (Step::Inspect, "inspect"),
    (Step::Cut, "cut"),
    (Step::Analyse, "analyse"),
    (Step::Embed, "embed"),
    (Step::Write, "write"),
];

/// Time that each step took, of all threads together.
#[derive(Debug, Default)]
pub(super) struct Steps([AtomicU64; STEPS.len()]);

impl Steps {
    /// Does the work, and notes how long it took.
    pub(super) fn time<T>(&self, step: Step, work: impl FnOnce() -> T) -> T {
        let start = Instant::now();
        let done = work();
        self.took(step, start.elapsed());
        done
    }

    pub(super) fn took(&self, step: Step, time: Duration) {
        let nanoseconds = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        self.0[step as usize].fetch_add(nanoseconds, Ordering::Relaxed);
    }

    /// The steps that took any time.
    pub(super) fn told(&self) -> Vec<StepTime> {
        let all = STEPS.iter().map(|(step, name)| {
            let nanoseconds = self.0[*step as usize].load(Ordering::Relaxed);
            StepTime { step: name, seconds: Duration::from_nanos(nanoseconds).as_secs_f64() }
        });
        all.filter(|step| step.seconds > 0.0).collect()
    }
}
