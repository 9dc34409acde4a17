//! `[budget]`: what one person may spend.

use serde::{Deserialize, Serialize};

use super::{Purposes, Section, Wrong, ensure};

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct BudgetSettings {
    pub(crate) tokens_per_day: u64,
    pub(crate) cost_per_day: f64,
}

impl Section for BudgetSettings {
    fn purposes(&self) -> Purposes {
        &[
            (
                "budget.tokens_per_day",
                "tokens that models read and write for one person a day; then answers are extractive; 0: no limit",
            ),
            ("budget.cost_per_day", "the same for what they cost, by the models' prices; 0: no limit"),
        ]
    }

    fn check(&self) -> Result<(), Wrong> {
        let cost = self.cost_per_day;
        ensure(cost.is_finite() && cost >= 0.0, "budget.cost_per_day", "must be 0 or more")
    }
}
