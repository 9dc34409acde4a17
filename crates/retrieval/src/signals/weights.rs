//! What each signal counts.
//!
//! Round numbers, chosen by reasoning and held to four sets; no set trained them. Ten other
//! choices of the same kind were within .004 of one another: see `docs/retrieval.md`.

use siren_domain::Signals;

/// What a whole share of each signal adds, beside at most 1 for the terms. What is missing, and how long the text is, are
/// told and not counted: nothing was gained.
pub(super) struct Weights {
    coverage: f32,
    together: f32,
    pairs: f32,
    stretch: f32,
    named: f32,
}

pub(super) const WEIGHTS: Weights =
    Weights { coverage: 0.3, together: 0.2, pairs: 0.1, stretch: 0.2, named: 0.1 };

impl Weights {
    pub(super) fn sum(&self, signals: &Signals) -> f32 {
        self.coverage * signals.coverage
            + self.together * signals.together
            + self.pairs * signals.pairs
            + self.stretch * signals.stretch
            + self.named * signals.named
    }
}
