//! A model that is being asked: what it takes, how it goes, and a second look at what it says.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use siren_domain::ports::{AnswerRequest, Checker, Spoken};
use siren_domain::{Chunk, Outcome, Tokens};
use siren_guard::personal::{Allowed, masked};
use siren_text::tokens::TokenCounter;
use tracing::Span;
use tracing::field::Empty;

use super::Parts;
use super::draft::{Claim, Draft};
use super::messages::{self, Language};
use crate::models::{Model, Spending, Writer};
use crate::telemetry;

/// What one question spends.
pub(super) struct Ledger {
    spending: Arc<Spending>,
    asker: String,
    total: Mutex<(Tokens, f64)>,
}

impl Ledger {
    pub(super) fn new(spending: Arc<Spending>, asker: &str) -> Self {
        Self { spending, asker: asker.to_owned(), total: Mutex::default() }
    }

    /// Whether the asker may spend more today.
    pub(super) async fn may_spend(&self) -> bool {
        self.spending.allows(&self.asker, &crate::clock::today().to_string()).await
    }

    /// Takes in what a model read and wrote for `answers` answers.
    pub(super) fn add(&self, model: &Model, answers: u64, tokens: Tokens) {
        let cost = model.cost(tokens);
        let today = crate::clock::today().to_string();
        self.spending.add(&self.asker, &today, &model.name, answers, tokens, cost);
        telemetry::spent(&model.name, tokens, cost);
        let mut total = self.total.lock().unwrap_or_else(PoisonError::into_inner);
        total.0 += tokens;
        total.1 += cost;
    }

    pub(super) fn total(&self) -> (Tokens, f64) {
        *self.total.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A model that is being asked for an answer. Dropped before its end, it counts what the client has left behind.
pub(super) struct Asked {
    model: Option<Arc<Model>>,
    name: String,
    ledger: Arc<Ledger>,
    span: Span,
    begun: Instant,
    told: bool,
    /// What went out and what came back, to estimate by if the model does not tell. Passages are held by others anyway.
    out: (String, Vec<Arc<Chunk>>),
    back: String,
    counted: bool,
    ended: bool,
}

impl Asked {
    pub(super) fn begin(
        writer: &Writer,
        request: &AnswerRequest,
        ledger: Arc<Ledger>,
        parent: &Span,
    ) -> Self {
        let name = writer.answers.name().to_owned();
        let span = tracing::info_span!(
            parent: parent, "model", model = name, outcome = Empty, tokens.input = Empty, tokens.output = Empty
        );
        let out = match &writer.model {
            Some(_) => {
                let chunks = request.passages.iter().map(|passage| Arc::clone(&passage.chunk));
                (request.question.clone(), chunks.collect())
            }
            None => (String::new(), Vec::new()),
        };
        Self {
            model: writer.model.clone(),
            name,
            ledger,
            span,
            begun: Instant::now(),
            told: false,
            out,
            back: String::new(),
            counted: false,
            ended: false,
        }
    }

    pub(super) fn span(&self) -> Span {
        self.span.clone()
    }

    /// Words came.
    pub(super) fn heard(&mut self, words: &str) {
        if !self.told && self.model.is_some() {
            telemetry::first_token(&self.name, self.begun.elapsed());
        }
        self.told = true;
        self.back.push_str(words);
    }

    /// The model, or its server, counts.
    pub(super) fn spent(&mut self, tokens: Tokens) {
        self.counted = true;
        self.span.record("tokens.input", tokens.input);
        self.span.record("tokens.output", tokens.output);
        if let Some(model) = &self.model {
            self.ledger.add(model, 1, tokens);
        }
    }

    pub(super) fn ended(mut self, outcome: Outcome) {
        self.ended = true;
        // One that failed before a word came has not been paid for, as far as anybody knows.
        self.counted |= self.back.is_empty();
        self.close(telemetry::name_of(outcome));
    }

    fn close(&mut self, outcome: &'static str) {
        self.span.record("outcome", outcome);
        if let Some(model) = self.model.clone() {
            if !self.counted {
                let count = |text: &str| TokenCounter::new().count(text) as u64;
                let (question, passages) = &self.out;
                let read = count(question) + passages.iter().map(|chunk| count(&chunk.text)).sum::<u64>();
                self.spent(Tokens::estimated(read, count(&self.back)));
            }
            telemetry::model_ended(&model.name, "answer", outcome, self.begun.elapsed());
        }
    }
}

impl Drop for Asked {
    fn drop(&mut self) {
        if !self.ended {
            self.close("left");
        }
    }
}

/// A second look at sentences that our own check lets pass, by a model that has this role.
pub(super) struct Checking {
    by: Option<(Arc<Model>, Arc<dyn Checker>)>,
    allowed: Allowed,
    ledger: Arc<Ledger>,
    language: Language,
    failed: bool,
}

impl Checking {
    pub(super) fn new(parts: &Parts, ledger: Arc<Ledger>, language: Language) -> Self {
        let by = parts.models.checker().map(|(model, checker)| (Arc::clone(model), Arc::clone(checker)));
        Self { by, allowed: parts.rails.privacy.allowed.clone(), ledger, language, failed: false }
    }

    /// The claim; without its passage if the model says that the passage does not support it. Our own check stands where
    /// the model fails.
    pub(super) async fn checked(&mut self, claim: Claim, draft: &Draft) -> Claim {
        let Some((model, checker)) = &self.by else { return claim };
        let Some(passage) = claim.passage else { return claim };
        if self.failed {
            return claim;
        }
        let text = masked(draft.passage_text(passage), &self.allowed);
        let call = telemetry::Call::begin(&model.name, "check");
        match checker.supports(&masked(&claim.words, &self.allowed), &text).await {
            Ok(Spoken { said, tokens }) => {
                call.ended("answered");
                self.ledger.add(model, 0, tokens);
                Claim { passage: claim.passage.filter(|_| said), ..claim }
            }
            Err(error) => {
                call.ended("failed");
                telemetry::stage_failed("check");
                tracing::warn!(model = model.name, "{error}");
                self.failed = true;
                claim
            }
        }
    }

    /// What is to be told of the check.
    pub(super) fn note(&self) -> Option<String> {
        self.failed.then(|| messages::checker_failed(self.language))
    }
}
