//! Who has spent what today, and may they spend more?

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use siren_domain::Tokens;
use siren_domain::ports::state::{Spent, Usage};
use tokio::task::JoinSet;

/// So long a process that ends waits for its books at most.
const PATIENCE: Duration = Duration::from_secs(5);

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
#[derive(Clone, Debug, Default)]
struct Day {
    day: String,
    tokens: u64,
    cost: f64,
}

/// Counts what each asker's questions have spent today: here, and where other replicas see it, if there is such a place.
#[derive(Default)]
pub(crate) struct Spending {
    allowance: Mutex<Allowance>,
    by_asker: Mutex<HashMap<String, Day>>,
    kept: OnceLock<Arc<dyn Usage>>,
    /// What is being written there.
    writing: Mutex<JoinSet<()>>,
}

impl Spending {
    pub(crate) fn new(allowance: Allowance) -> Self {
        Self { allowance: Mutex::new(allowance), ..Self::default() }
    }

    /// From now on this is what one may spend. What was spent today stays spent.
    pub(crate) fn allow(&self, allowance: Allowance) {
        *self.allowance.lock().unwrap_or_else(PoisonError::into_inner) = allowance;
    }

    /// From now on what is spent is kept there, too, and what others have spent counts.
    pub(crate) fn keep_in(&self, usage: Arc<dyn Usage>) {
        self.kept.get_or_init(|| usage);
    }

    /// Whether another question may reach a model that costs. One that began within the limit is finished.
    pub(crate) async fn allows(&self, asker: &str, today: &str) -> bool {
        let Allowance { tokens, cost } = *self.allowance.lock().unwrap_or_else(PoisonError::into_inner);
        if tokens == 0 && cost <= 0.0 {
            return true;
        }
        let asker = named(asker);
        let kept = match self.kept.get() {
            None => Spent::default(),
            Some(usage) => usage.spent(asker, today).await.unwrap_or_else(|error| {
                tracing::warn!("what was spent elsewhere is not known: {error}");
                Spent::default()
            }),
        };
        let here = self.today(asker, today);
        // What was added here is there a moment later: neither count is too high.
        let spent_tokens = here.tokens.max(kept.prompt_tokens + kept.completion_tokens);
        let spent_cost = here.cost.max(from_millionths(kept.cost_micros));
        (tokens == 0 || spent_tokens < tokens) && (cost <= 0.0 || spent_cost < cost)
    }

    fn today(&self, asker: &str, today: &str) -> Day {
        let by_asker = self.by_asker.lock().unwrap_or_else(PoisonError::into_inner);
        by_asker.get(asker).filter(|spent| spent.day == today).cloned().unwrap_or_default()
    }

    /// Takes in what a model read and wrote for `answers` answers.
    pub(crate) fn add(&self, asker: &str, today: &str, model: &str, answers: u64, tokens: Tokens, cost: f64) {
        let asker = named(asker);
        let mut by_asker = self.by_asker.lock().unwrap_or_else(PoisonError::into_inner);
        if !by_asker.contains_key(asker) {
            // Nobody is remembered for longer than they are counted.
            by_asker.retain(|_, spent| spent.day == today);
        }
        let spent = by_asker.entry(asker.to_owned()).or_default();
        if spent.day != today {
            *spent = Day { day: today.to_owned(), ..Day::default() };
        }
        spent.tokens += tokens.input + tokens.output;
        spent.cost += cost;
        drop(by_asker);
        self.add_there(asker, today, model, answers, tokens, cost);
    }

    /// In the background: no asker waits for the books.
    fn add_there(&self, asker: &str, today: &str, model: &str, answers: u64, tokens: Tokens, cost: f64) {
        let (Some(usage), Ok(runtime)) = (self.kept.get().cloned(), tokio::runtime::Handle::try_current())
        else {
            return;
        };
        let spent = Spent {
            answers,
            prompt_tokens: tokens.input,
            completion_tokens: tokens.output,
            cost_micros: to_millionths(cost),
        };
        let [asker, today, model] = [asker, today, model].map(str::to_owned);
        let add = async move {
            if let Err(error) = usage.add(&asker, &today, &model, &spent).await {
                tracing::warn!("what an answer cost is not kept: {error}");
            }
        };
        let mut writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        while writing.try_join_next().is_some() {}
        writing.spawn_on(add, &runtime);
    }

    /// Waits until all that was spent is kept: a process that ended before would let the next one spend it again.
    pub(crate) async fn written(&self) {
        let mut writing = std::mem::take(&mut *self.writing.lock().unwrap_or_else(PoisonError::into_inner));
        let all = async { while writing.join_next().await.is_some() {} };
        if tokio::time::timeout(PATIENCE, all).await.is_err() {
            tracing::warn!("what the last answers cost is not kept: no answer within {PATIENCE:?}");
        }
    }
}

/// Whoever sits at this machine is called so everywhere.
fn named(asker: &str) -> &str {
    if asker.is_empty() { "local" } else { asker }
}

/// A cost in millionths.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "prices are 0 or more")]
pub(crate) fn to_millionths(cost: f64) -> u64 {
    (cost * 1e6).round() as u64
}

#[expect(clippy::cast_precision_loss, reason = "nobody spends 2^52 millionths a day")]
fn from_millionths(millionths: u64) -> f64 {
    millionths as f64 / 1e6
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use async_trait::async_trait;
    use siren_domain::Tokens;
    use siren_domain::ports::state::{Spent, StateError, Usage, UsageRow};

    use super::{Allowance, Prices, Spending};

    const ANSWER: Tokens = Tokens { input: 900, output: 100, estimated: false };

    #[tokio::test]
    async fn a_day_has_an_end_and_an_allowance() {
        let cases = [
            (Allowance { tokens: 0, cost: 0.0 }, 50),
            (Allowance { tokens: 2_500, cost: 0.0 }, 3),
            (Allowance { tokens: 2_000, cost: 0.0 }, 2),
            (Allowance { tokens: 0, cost: 0.25 }, 3),
            (Allowance { tokens: 1, cost: 9.0 }, 1),
        ];
        for (allowance, answers) in cases {
            let spending = Spending::new(allowance);
            for day in ["2026-11-30", "2026-12-01"] {
                for asker in ["kim", "lee"] {
                    let mut asked = 0;
                    while asked < 50 && spending.allows(asker, day).await {
                        spending.add(asker, day, "m", 1, ANSWER, 0.1);
                        asked += 1;
                    }
                    assert_eq!(asked, answers, "{allowance:?} {asker} on {day}");
                }
            }
        }
    }

    #[tokio::test]
    async fn what_was_spent_stays_spent_under_another_allowance() {
        let spending = Spending::new(Allowance { tokens: 5_000, cost: 0.0 });
        spending.add("kim", "2026-11-30", "m", 1, ANSWER, 0.0);
        for (tokens, may) in [(5_000, true), (1_000, false), (0, true), (1_001, true)] {
            spending.allow(Allowance { tokens, cost: 0.0 });
            assert_eq!(spending.allows("kim", "2026-11-30").await, may, "{tokens}");
        }
    }

    #[test]
    fn nobody_is_remembered_for_longer_than_a_day() {
        let spending = Spending::new(Allowance::default());
        for asker in 0..100 {
            spending.add(&asker.to_string(), "2026-11-30", "m", 1, ANSWER, 0.0);
        }
        spending.add("kim", "2026-12-01", "m", 1, ANSWER, 0.0);
        assert_eq!(spending.by_asker.lock().unwrap().len(), 1);
    }

    /// What all replicas share.
    #[derive(Default)]
    struct Book(Mutex<Vec<(String, String, Spent)>>);

    #[async_trait]
    impl Usage for Book {
        async fn add(&self, asker: &str, day: &str, _: &str, spent: &Spent) -> Result<(), StateError> {
            // A state takes its time.
            for _ in 0..100 {
                tokio::task::yield_now().await;
            }
            self.0.lock().unwrap().push((asker.into(), day.into(), *spent));
            Ok(())
        }
        async fn spent(&self, asker: &str, day: &str) -> Result<Spent, StateError> {
            let rows = self.0.lock().unwrap().clone();
            let mine = rows.iter().filter(|(who, when, _)| who == asker && when == day);
            Ok(mine.fold(Spent::default(), |sum, (.., row)| Spent {
                answers: sum.answers + row.answers,
                prompt_tokens: sum.prompt_tokens + row.prompt_tokens,
                completion_tokens: sum.completion_tokens + row.completion_tokens,
                cost_micros: sum.cost_micros + row.cost_micros,
            }))
        }
        async fn since(&self, _: &str) -> Result<Vec<UsageRow>, StateError> {
            Ok(Vec::new())
        }
        async fn prune(&self, _: &str) -> Result<u64, StateError> {
            Ok(0)
        }
    }

    #[tokio::test]
    async fn nothing_is_lost_when_a_process_ends() {
        let book = Arc::new(Book::default());
        let spending = Spending::new(Allowance::default());
        spending.keep_in(Arc::clone(&book) as Arc<dyn Usage>);
        for _ in 0..3 {
            spending.add("kim", "2026-11-30", "m", 1, ANSWER, 0.25);
        }
        assert!(book.0.lock().unwrap().is_empty(), "nobody waits for the books");
        spending.written().await;
        assert_eq!(book.0.lock().unwrap().len(), 3);
    }

    #[tokio::test]
    async fn replicas_count_together() {
        let book = Arc::new(Book::default());
        let replica = || {
            let spending = Spending::new(Allowance { tokens: 1_500, cost: 0.0 });
            spending.keep_in(Arc::clone(&book) as Arc<dyn Usage>);
            spending
        };
        let (one, other) = (replica(), replica());
        for spending in [&one, &other] {
            assert!(spending.allows("kim", "2026-11-30").await);
            spending.add("kim", "2026-11-30", "m", 1, ANSWER, 0.25);
            // Written in the background.
            while book.0.lock().unwrap().len() < if std::ptr::eq(spending, &one) { 1 } else { 2 } {
                tokio::task::yield_now().await;
            }
        }
        for spending in [&one, &other] {
            assert!(!spending.allows("kim", "2026-11-30").await);
            assert!(spending.allows("kim", "2026-12-01").await && spending.allows("lee", "2026-11-30").await);
        }
        let spent = book.spent("kim", "2026-11-30").await.unwrap();
        assert_eq!((spent.answers, spent.prompt_tokens, spent.cost_micros), (2, 1_800, 500_000));
    }

    #[test]
    fn a_million_tokens_have_a_price() {
        let prices = Prices { input: 2.0, output: 10.0 };
        assert!((prices.of(Tokens::told(500_000, 100_000)) - 2.0).abs() < 1e-12);
    }
}
