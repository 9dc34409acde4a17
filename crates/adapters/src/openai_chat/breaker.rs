//! Whether a model is worth asking: one that failed again and again is left alone for a while.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// When to leave a model alone, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BreakerSettings {
    /// So many failures in a row open it; 0: never.
    pub failures: u32,
    /// So long it stays open. Then one question tries whether the model is well again.
    pub pause: Duration,
}

impl Default for BreakerSettings {
    fn default() -> Self {
        Self { failures: 5, pause: Duration::from_secs(30) }
    }
}

#[derive(Debug)]
enum State {
    Closed {
        failures: u32,
    },
    Open {
        until: Instant,
    },
    /// One question is out to try.
    Trying,
}

/// Counts failures of one model.
#[derive(Debug)]
pub(super) struct Breaker {
    settings: BreakerSettings,
    model: String,
    state: Mutex<State>,
}

/// The right to ask. Given up without a word of how it went, it leaves things as they were.
#[derive(Debug)]
pub(super) struct Admitted {
    breaker: Arc<Breaker>,
    tries: bool,
    told: bool,
}

impl Breaker {
    pub(super) fn new(settings: BreakerSettings, model: &str) -> Self {
        let breaker =
            Self { settings, model: model.to_owned(), state: Mutex::new(State::Closed { failures: 0 }) };
        breaker.show(false);
        breaker
    }

    /// The right to ask; how long it is still open where there is none.
    pub(super) fn admit(self: &Arc<Self>) -> Result<Admitted, Duration> {
        self.admit_at(Instant::now())
    }

    fn admit_at(self: &Arc<Self>, now: Instant) -> Result<Admitted, Duration> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let tries = match *state {
            State::Closed { .. } => false,
            State::Trying => return Err(Duration::ZERO),
            State::Open { until } => match until.checked_duration_since(now) {
                Some(left) if !left.is_zero() => return Err(left),
                _ => {
                    *state = State::Trying;
                    true
                }
            },
        };
        Ok(Admitted { breaker: Arc::clone(self), tries, told: false })
    }

    fn turn(&self, next: impl FnOnce(&State) -> State) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        *state = next(&state);
        let open = !matches!(*state, State::Closed { .. });
        drop(state);
        self.show(open);
    }

    fn open(&self, now: Instant) -> State {
        tracing::warn!(model = self.model, pause = ?self.settings.pause, "the model failed too often and is left alone");
        State::Open { until: now + self.settings.pause }
    }

    fn show(&self, open: bool) {
        metrics::gauge!("siren_model_breaker_open", "model" => self.model.clone())
            .set(f64::from(u8::from(open)));
    }
}

impl Admitted {
    pub(super) fn went_well(mut self) {
        self.told = true;
        self.breaker.turn(|_| State::Closed { failures: 0 });
    }

    pub(super) fn failed(self) {
        self.failed_at(Instant::now());
    }

    fn failed_at(mut self, now: Instant) {
        self.told = true;
        let breaker = &self.breaker;
        breaker.turn(|state| match state {
            State::Closed { failures } => {
                let failures = failures + 1;
                let enough = breaker.settings.failures > 0 && failures >= breaker.settings.failures;
                if enough { breaker.open(now) } else { State::Closed { failures } }
            }
            // One that was asked before it opened says nothing new.
            State::Open { until } => State::Open { until: *until },
            State::Trying => breaker.open(now),
        });
    }
}

impl Drop for Admitted {
    fn drop(&mut self) {
        if self.tries && !self.told {
            // The client left: the next question tries instead.
            self.breaker.turn(|_| State::Open { until: Instant::now() });
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use tokio::time::Instant;

    use super::{Breaker, BreakerSettings};

    const PAUSE: Duration = Duration::from_secs(30);

    /// `+` asked and well, `-` asked and failed, `.` asked and left, `!` not let in, `t` half a pause passes.
    #[test]
    fn opens_and_closes() {
        let cases = [
            (2, "-+-+-+", "failures in a row count, not all"),
            (2, "--!!", "two open it"),
            (2, "--t!", "half a pause is not enough"),
            (2, "--tt+++", "a try that goes well closes it"),
            (2, "--tt-!t!t+", "a try that fails opens it again"),
            (2, "--tt.-!", "a try that nobody waits for is not the last"),
            (2, "-.-!", "who leaves says nothing"),
            (0, "-------+", "never"),
        ];
        for (failures, acts, why) in cases {
            let breaker = Arc::new(Breaker::new(BreakerSettings { failures, pause: PAUSE }, "m"));
            let mut now = Instant::now();
            for (at, act) in acts.chars().enumerate() {
                if act == 't' {
                    now += PAUSE / 2;
                    continue;
                }
                match (act, breaker.admit_at(now)) {
                    ('+', Ok(admitted)) => admitted.went_well(),
                    ('-', Ok(admitted)) => admitted.failed_at(now),
                    ('.', Ok(admitted)) => drop(admitted),
                    ('!', Err(_)) => {}
                    (_, admitted) => panic!("{why}: {act} at {at} of {acts}: {admitted:?}"),
                }
            }
        }
    }

    #[test]
    fn one_at_a_time_tries() {
        let breaker = Arc::new(Breaker::new(BreakerSettings { failures: 1, pause: PAUSE }, "m"));
        let now = Instant::now();
        breaker.admit_at(now).unwrap().failed_at(now);
        let trying = breaker.admit_at(now + PAUSE).unwrap();
        assert!(breaker.admit_at(now + PAUSE).is_err());
        trying.went_well();
        assert!(breaker.admit_at(now + PAUSE).is_ok());
    }
}
