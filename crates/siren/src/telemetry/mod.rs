//! What is seen of the system from outside: numbers, traces, the log. Never what anybody wrote.

mod band;
mod exposition;
mod log;

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use metrics::{counter, gauge, histogram};
use siren_domain::{Action, Answer, AskError, Outcome, Tokens};
use tracing::Span;

use crate::models::to_millionths;

pub(crate) use band::{BandSettings, Keep, ScoreBand};
pub(crate) use exposition::{Exposed, Metrics};
pub(crate) use log::start_log;

/// So many rules have a row of their own; those met later share one.
const MOST_RULES: usize = 200;

/// A rule's name as a label.
fn rule_label(rule: &str) -> String {
    static KNOWN: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if known.contains(rule) {
        return rule.to_owned();
    }
    if known.len() >= MOST_RULES {
        return "other".to_owned();
    }
    known.insert(rule.to_owned());
    rule.to_owned()
}

/// A stage has taken so long.
pub(crate) fn stage_took(stage: &'static str, spent: Duration) {
    histogram!("siren_stage_seconds", "stage" => stage).record(spent);
}

/// A stage has ended without what it was to find.
pub(crate) fn stage_failed(stage: &'static str) {
    counter!("siren_stage_failures_total", "stage" => stage).increment(1);
}

/// A model's first word came.
pub(crate) fn first_token(model: &str, after: Duration) {
    histogram!("siren_model_first_token_seconds", "model" => model.to_owned()).record(after);
}

/// A model has ended what it was asked to do: answer, rewrite or check.
pub(crate) fn model_ended(model: &str, role: &'static str, outcome: &'static str, after: Duration) {
    let model = || model.to_owned();
    counter!("siren_model_requests_total", "model" => model(), "role" => role, "outcome" => outcome)
        .increment(1);
    histogram!("siren_model_seconds", "model" => model(), "role" => role).record(after);
}

/// A model that is asked for something else than an answer. Dropped before its end, its asker has left.
pub(crate) struct Call<'m> {
    model: &'m str,
    role: &'static str,
    begun: Instant,
    outcome: &'static str,
}

impl<'m> Call<'m> {
    pub(crate) fn begin(model: &'m str, role: &'static str) -> Self {
        Self { model, role, begun: Instant::now(), outcome: "left" }
    }

    pub(crate) fn ended(mut self, outcome: &'static str) {
        self.outcome = outcome;
    }
}

impl Drop for Call<'_> {
    fn drop(&mut self) {
        model_ended(self.model, self.role, self.outcome, self.begun.elapsed());
    }
}

/// A model has read and written.
pub(crate) fn spent(model: &str, tokens: Tokens, cost: f64) {
    let count = |direction: &'static str, tokens: u64| {
        counter!("siren_model_tokens_total", "model" => model.to_owned(), "direction" => direction)
            .increment(tokens);
    };
    count("input", tokens.input);
    count("output", tokens.output);
    let millionths = to_millionths(cost);
    counter!("siren_model_cost_millionths_total", "model" => model.to_owned()).increment(millionths);
}

/// A sentence of an answer was held back.
pub(crate) fn withheld(rule: &str) {
    counter!("siren_sentences_withheld_total", "rule" => rule_label(rule)).increment(1);
}

/// An outcome as a label.
pub(crate) fn name_of(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Answered => "answered",
        Outcome::NotFound => "not_found",
        Outcome::Failed => "failed",
        Outcome::BrokeOff => "broke_off",
        Outcome::Unsupported => "unsupported",
        Outcome::OverBudget => "over_budget",
    }
}

/// A question on its way. Dropped before its end, whoever waited for it has gone: why is counted where it is told.
pub(crate) struct Seen {
    span: Span,
    ended: std::cell::Cell<bool>,
}

impl Seen {
    pub(crate) fn begin(span: Span) -> Self {
        gauge!("siren_answers_open").increment(1.0);
        Self { span, ended: std::cell::Cell::new(false) }
    }

    pub(crate) fn cache_told(&self, hit: bool) {
        counter!("siren_answer_cache_total", "result" => if hit { "hit" } else { "miss" }).increment(1);
    }

    pub(crate) fn answered(&self, answer: &Answer) {
        let verdict = &answer.verdict;
        if answer.model == "rule" {
            let rule = verdict.rule.as_deref().unwrap_or("none");
            let action = match &verdict.action {
                Action::Refuse { .. } => "refuse",
                Action::HandOver { .. } => "hand_over",
                Action::AskBack { .. } => "ask_back",
                _ => "answer",
            };
            counter!("siren_rule_answers_total", "rule" => rule_label(rule), "action" => action).increment(1);
            if action == "refuse" {
                counter!("siren_refusals_total", "rule" => rule_label(rule)).increment(1);
            }
            self.ended("rule");
        } else if answer.citations.is_empty() {
            self.ended("not_found");
        } else {
            self.ended("answered");
        }
        let attempts = &answer.provenance.attempts;
        if attempts.len() > 1 && !answer.provenance.cached {
            counter!("siren_fallbacks_total", "to" => answer.model.clone()).increment(1);
        }
        if let Some(ms) = answer.provenance.first_word_ms {
            histogram!("siren_first_word_seconds").record(ms / 1e3);
        }
    }

    pub(crate) fn failed(&self, error: &AskError) {
        self.ended(match error {
            AskError::BadQuestion(_) => "bad_question",
            AskError::NotReady(_) => "not_ready",
            AskError::Unavailable(_) => "failed",
            AskError::Saturated => "saturated",
        });
    }

    fn ended(&self, outcome: &'static str) {
        self.ended.set(true);
        self.span.record("outcome", outcome);
    }
}

impl Drop for Seen {
    fn drop(&mut self) {
        if !self.ended.get() {
            self.ended(if std::thread::panicking() { "panicked" } else { "left" });
        }
        gauge!("siren_answers_open").decrement(1.0);
    }
}

#[cfg(test)]
mod tests {
    use super::{MOST_RULES, rule_label};

    #[test]
    fn rules_do_not_make_rows_without_end() {
        let labels: std::collections::BTreeSet<String> =
            (0..10 * MOST_RULES).map(|n| rule_label(&format!("rule-{n}"))).collect();
        assert!(labels.contains("other") && labels.len() <= MOST_RULES + 1, "{}", labels.len());
        assert_eq!(rule_label("rule-0"), "rule-0", "one that is known keeps its row");
    }
}
