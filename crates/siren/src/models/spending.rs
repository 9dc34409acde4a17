//! Who has spent what today, and may they spend more?

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use siren_domain::Tokens;

/// What a million tokens cost.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Prices {
    pub(crate) input: f64,
    pub(crate) output: f64,
}

impl Prices {
    pub(crate) fn of(self, tokens: Tokens) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "no answer has 2^52 tokens")]
        let million = |count: u64| count as f64 / 1e6;
        self.input * million(tokens.input) + self.output * million(tokens.output)
    }
}

/// What one asker may spend a day; 0 for no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Allowance {
    pub(crate) tokens: u64,
    pub(crate) cost: f64,
}

/// What was spent on a day.
#[derive(Clone, Copy, Debug, Default)]
struct Day {
    day: u64,
    tokens: u64,
    cost: f64,
}

/// Counts what each asker's questions have spent today.
#[derive(Debug, Default)]
pub(crate) struct Spending {
    allowance: Allowance,
    by_asker: Mutex<HashMap<String, Day>>,
}

impl Spending {
    pub(crate) fn new(allowance: Allowance) -> Self {
        Self { allowance, by_asker: Mutex::default() }
    }

    /// Whether another question may reach a model that costs. One that began within the limit is finished.
    pub(crate) fn allows(&self, asker: &str, today: u64) -> bool {
        let spent = self.by_asker.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(spent) = spent.get(asker).filter(|spent| spent.day == today) else { return true };
        let Allowance { tokens, cost } = self.allowance;
        (tokens == 0 || spent.tokens < tokens) && (cost <= 0.0 || spent.cost < cost)
    }

    pub(crate) fn add(&self, asker: &str, today: u64, tokens: Tokens, cost: f64) {
        let mut by_asker = self.by_asker.lock().unwrap_or_else(PoisonError::into_inner);
        if !by_asker.contains_key(asker) {
            // Nobody is remembered for longer than they are counted.
            by_asker.retain(|_, spent| spent.day == today);
        }
        let spent = by_asker.entry(asker.to_owned()).or_default();
        if spent.day != today {
            *spent = Day { day: today, ..Day::default() };
        }
        spent.tokens += tokens.input + tokens.output;
        spent.cost += cost;
    }
}

#[cfg(test)]
mod tests {
    use siren_domain::Tokens;

    use super::{Allowance, Prices, Spending};

    const ANSWER: Tokens = Tokens { input: 900, output: 100 };

    #[test]
    fn a_day_has_an_end_and_an_allowance() {
        let cases = [
            (Allowance { tokens: 0, cost: 0.0 }, 50),
            (Allowance { tokens: 2_500, cost: 0.0 }, 3),
            (Allowance { tokens: 2_000, cost: 0.0 }, 2),
            (Allowance { tokens: 0, cost: 0.25 }, 3),
            (Allowance { tokens: 1, cost: 9.0 }, 1),
        ];
        for (allowance, answers) in cases {
            let spending = Spending::new(allowance);
            for day in [7, 8] {
                for asker in ["kim", "lee"] {
                    let mut asked = 0;
                    while asked < 50 && spending.allows(asker, day) {
                        spending.add(asker, day, ANSWER, 0.1);
                        asked += 1;
                    }
                    assert_eq!(asked, answers, "{allowance:?} {asker} on day {day}");
                }
            }
        }
    }

    #[test]
    fn nobody_is_remembered_for_longer_than_a_day() {
        let spending = Spending::new(Allowance::default());
        for asker in 0..100 {
            spending.add(&asker.to_string(), 1, ANSWER, 0.0);
        }
        spending.add("kim", 2, ANSWER, 0.0);
        assert_eq!(spending.by_asker.lock().unwrap().len(), 1);
    }

    #[test]
    fn a_million_tokens_have_a_price() {
        let prices = Prices { input: 2.0, output: 10.0 };
        assert!((prices.of(Tokens { input: 500_000, output: 100_000 }) - 2.0).abs() < 1e-12);
    }
}
