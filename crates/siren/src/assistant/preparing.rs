//! What is known of a question before a word of its answer is written: whether it may be asked, what it means, and what
//! was found.

use std::sync::Arc;

use siren_domain::ports::{AnswerRequest, RetrievalRequest, Retrieved, Spoken};
use siren_domain::{Action, AskError, Basis, Confidence, Question, Speaker, Turn, Understood, Verdict};
use siren_guard::personal::{Allowed, masked};
use siren_guard::{Fill, Guard, Subject};
use siren_retrieval::understand;
use siren_text::normalise;
use tracing::Instrument;

use super::asking::Ledger;
use super::messages::{self, Language};
use super::{Clock, Parts, not_retrieved};
use crate::models::{Difficulty, Key, KeyParts, Writer};
use crate::rails::{defused, masked_request};
use crate::telemetry;

/// So much of a conversation is shown to the model that says follow-ups anew.
const TURNS: usize = 6;
const TURN_CHARS: usize = 1_000;

/// What the rules say of a question.
enum Judged {
    /// A rule has the answer, or refuses one.
    Said(Verdict, String),
    /// It is to be answered, and judged by these rules. A dialogue may have put it together.
    Open(Arc<Guard>, Verdict, Option<String>),
}

/// What is known of a question before a word of its answer is written.
pub(super) enum Prepared {
    /// A rule has the answer, or refuses one.
    ByRule(Verdict, String),
    /// There are passages to answer from, or none.
    ToWrite(Box<Task>),
}

/// An answer to be written.
pub(super) struct Task {
    pub(super) question: String,
    pub(super) understood: Understood,
    pub(super) language: Language,
    pub(super) verdict: Verdict,
    pub(super) groups: Vec<String>,
    /// What an answer can be made from again.
    pub(super) basis: Arc<Basis>,
    /// Whether only what always answers is asked.
    pub(super) only_last: bool,
    /// Whether an earlier answer is made again: it is not looked up.
    pub(super) again: bool,
    pub(super) found: Arc<Retrieved>,
    /// The rules that the question was judged by; its answer is judged by the same.
    pub(super) guard: Arc<Guard>,
    pub(super) notes: Vec<String>,
    /// How surely the passages answer the question, once they were asked.
    pub(super) confidence: Vec<Confidence>,
}

impl Task {
    /// What a model is asked; one outside is not told personal data.
    pub(super) fn request(&self, outside: Option<&Allowed>) -> AnswerRequest {
        let request = self.found.request(&self.question);
        match outside {
            Some(allowed) => masked_request(request, allowed),
            None => request,
        }
    }
}

impl Parts {
    /// Whom to ask, in order.
    pub(super) fn writers(&self, task: &Task) -> Vec<Writer> {
        let mut writers = self.models.writers(task.verdict.rule.as_deref(), Difficulty::of(&task.question));
        writers.retain(|writer| !task.only_last || writer.model.is_none());
        writers
    }

    /// What an answer would be kept under; none where none is kept.
    pub(super) fn key(&self, task: &Task, writers: &[Writer]) -> Option<Key> {
        let outside = || writers.iter().filter(|writer| writer.model.is_some());
        if task.again || !self.cache.is_on() || outside().next().is_none() {
            return None;
        }
        let parts = KeyParts {
            question: &task.question,
            korean: task.language == Language::Korean,
            groups: &task.groups,
            models: outside().map(|writer| writer.answers.name()).collect(),
            prompts: outside().filter_map(|writer| writer.answers.prompt()).collect(),
            rules: task.guard.identity(),
            day: crate::clock::today().to_string(),
            widened: task.found.widened || task.found.other_events,
        };
        Key::of(&parts, &task.found.context_passages(), &task.found.conflicts)
    }

    pub(super) async fn prepare(
        &self,
        question: &Question,
        ledger: &Ledger,
        clock: &mut Clock,
    ) -> Result<Prepared, AskError> {
        let text = self.checked(&question.text)?;
        let judged = self.judged(&text, question).instrument(tracing::info_span!("guard")).await;
        clock.stop("guard");
        let (guard, verdict, put_together) = match judged {
            Judged::Said(verdict, message) => return Ok(Prepared::ByRule(verdict, message)),
            Judged::Open(guard, verdict, put_together) => (guard, verdict, put_together),
        };
        let language = Language::of(&understand(&text, &question.history, crate::clock::today()).standalone);
        let mut notes = Vec::new();
        let asked = match put_together {
            // What a dialogue has put together stands alone already.
            Some(asked) => asked,
            None => {
                let span = tracing::info_span!("rewrite");
                let said = self.said_anew(&text, question, &guard, ledger).instrument(span).await;
                clock.stop("rewrite");
                said.unwrap_or_else(|ruled| {
                    notes.push(messages::rewriter_failed(language));
                    ruled
                })
            }
        };
        let mut request = retrieval_request(&asked, question, &verdict);
        if asked != text {
            // What has been put together may be of other years, and something that the rules do not let pass.
            let anew = match self.judged_anew(&guard, &asked, question).await {
                Ok(verdict) => retrieval_request(&asked, question, &verdict),
                Err((verdict, message)) => return Ok(Prepared::ByRule(verdict, message)),
            };
            request.years = anew.years;
            request.events = if anew.events.is_empty() { request.events } else { anew.events };
        }
        let mut understood = understood(&request, asked != text);
        let retrieving = self.retriever.retrieve(&request).instrument(tracing::info_span!("retrieve"));
        let found = retrieving.await.inspect_err(|_| clock.failed("retrieve"));
        let mut found = found.map_err(|error| not_retrieved(&error))?;
        if let Some(looked_for) = &found.looked_for
            && let Err((verdict, message)) = self.judged_anew(&guard, looked_for, question).await
        {
            return Ok(Prepared::ByRule(verdict, message));
        }
        understood.named.clone_from(&found.named);
        understood.mended.clone_from(&found.mended);
        understood.absent.clone_from(&found.absent);
        understood.parts = found.parts.iter().map(|part| part.question.clone()).collect();
        if let Some(best) = found.passages.first() {
            self.band.observe(f64::from(best.score));
        }
        let documents = defused(&guard, &mut found);
        if !documents.is_empty() {
            notes.push(messages::defused(language, &documents));
        }
        clock.stop("retrieve");
        let found = Arc::new(found);
        let basis = Basis {
            typed: text,
            asked: asked.clone(),
            groups: request.groups.clone(),
            verdict: verdict.clone(),
            found: Arc::clone(&found),
            rules: guard.identity().to_owned(),
            prompt: self.models.prompt().unwrap_or_default().to_owned(),
        };
        Ok(Prepared::ToWrite(Box::new(Task {
            question: asked,
            understood,
            language,
            verdict,
            groups: request.groups,
            basis: Arc::new(basis),
            only_last: false,
            again: false,
            found,
            guard,
            notes,
            confidence: Vec::new(),
        })))
    }

    /// The task of an earlier answer, under the rules in force now.
    pub(super) fn again(&self, basis: Basis, model: &str) -> Task {
        Task {
            question: basis.asked.clone(),
            understood: Understood {
                standalone: basis.asked.clone(),
                rewritten: basis.asked != basis.typed,
                ..Understood::default()
            },
            language: Language::of(&basis.asked),
            verdict: basis.verdict.clone(),
            groups: basis.groups.clone(),
            found: Arc::clone(&basis.found),
            only_last: model == self.models.last.name(),
            again: true,
            basis: Arc::new(basis),
            guard: self.rails.guard.now(),
            notes: Vec::new(),
            confidence: Vec::new(),
        }
    }

    /// What the rules say of the question.
    async fn judged(&self, text: &str, question: &Question) -> Judged {
        self.rails.names.tell(&self.rails.guard, self.store.as_ref()).await;
        let guard = self.rails.guard.now();
        self.judged_by(&guard, text, &question.history, question).await
    }

    /// What the rules say of a question that was made of the one that was typed: the verdict it goes on with, or the one that
    /// ends it, with what is said. A rule does not ask back here: its answer would come to a question that nobody typed.
    async fn judged_anew(
        &self,
        guard: &Arc<Guard>,
        text: &str,
        question: &Question,
    ) -> Result<Verdict, (Verdict, String)> {
        match self.judged_by(guard, text, &[], question).await {
            Judged::Said(verdict, _) if matches!(verdict.action, Action::AskBack { .. }) => {
                Ok(Verdict::default())
            }
            Judged::Said(verdict, message) => Err((verdict, message)),
            Judged::Open(_, verdict, _) => Ok(verdict),
        }
    }

    async fn judged_by(
        &self,
        guard: &Arc<Guard>,
        text: &str,
        history: &[Turn],
        question: &Question,
    ) -> Judged {
        let today = Some(crate::clock::today());
        let subject = Subject { text, groups: &question.groups, history, today, ..Subject::default() };
        let meant = self.rails.meanings.of(guard, text).await;
        let mut judgement = guard.judge(&meant.add_to(subject));
        if let Some(message) = judgement.verdict.action.said() {
            let message = match &judgement.fill {
                None => Some(message),
                Some(fill) => self.filled_from_record(fill, question).await,
            };
            if let Some(message) = message {
                return Judged::Said(judgement.verdict, message);
            }
            judgement.verdict = judgement.fallback.clone();
        }
        let (verdict, put_together) = (judgement.verdict, judgement.question);
        Judged::Open(Arc::clone(guard), verdict, put_together)
    }

    /// The question as one that stands alone: by the model that has this role, where there is something to fill in, or by
    /// rules. An error holds what the rules say in the place of a model that failed.
    async fn said_anew(
        &self,
        text: &str,
        question: &Question,
        guard: &Guard,
        ledger: &Ledger,
    ) -> Result<String, String> {
        let today = crate::clock::today();
        let ruled = || understand(text, &question.history, today).standalone;
        let follows = question.history.iter().any(|turn| turn.speaker == Speaker::User);
        let Some((model, rewriter)) = self.models.rewriter().filter(|_| follows) else {
            return Ok(ruled());
        };
        if !ledger.may_spend().await {
            return Ok(ruled());
        }
        let allowed = &self.rails.privacy.allowed;
        let recent = &question.history[question.history.len().saturating_sub(TURNS)..];
        let shown = |turn: &Turn| {
            let text: String = turn.text.chars().take(TURN_CHARS).collect();
            Turn { speaker: turn.speaker, text: masked(&text, allowed).into_owned() }
        };
        let recent: Vec<Turn> = recent.iter().map(shown).collect();
        let call = telemetry::Call::begin(&model.name, "rewrite");
        match rewriter.rewrite(&masked(text, allowed), &recent).await {
            Ok(Spoken { said, tokens }) => {
                call.ended("answered");
                ledger.add(model, 0, tokens);
                // A model does not know today, and a question of nothing but keys is one for it as well.
                let said = understand(&normalise(&said).text, &[], today).standalone;
                // What the rules would stop is not asked on somebody's behalf.
                let fits = said.chars().any(char::is_alphanumeric)
                    && said.chars().count() <= self.max_question_chars
                    && guard.check(&said).action.said().is_none();
                Ok(if fits { said } else { ruled() })
            }
            Err(error) => {
                call.ended("failed");
                telemetry::stage_failed("rewrite");
                tracing::warn!(model = model.name, "{error}");
                Err(ruled())
            }
        }
    }

    /// The answer that a rule fills from a record; none when there is no such record.
    async fn filled_from_record(&self, fill: &Fill, question: &Question) -> Option<String> {
        let mut facets = vec![vec![format!("source={}", fill.record.source)]];
        facets.extend(
            fill.record.columns.iter().map(|(column, value)| vec![format!("field.{column}={value}")]),
        );
        let wanted: Vec<&str> = fill.record.columns.iter().map(|(_, value)| value.as_str()).collect();
        let request = RetrievalRequest {
            question: wanted.join(" "),
            groups: question.groups.clone(),
            facets,
            ..RetrievalRequest::default()
        };
        let found = self.retriever.retrieve(&request).await;
        let found = found.inspect_err(|_| telemetry::stage_failed("guard")).ok()?;
        found.passages.iter().find_map(|passage| {
            let document = &passage.chunk.document;
            let columns =
                document.fields.iter().map(|(column, value)| (column.clone(), value.to_string())).collect();
            fill.is(&document.source, &columns).then(|| fill.filled(&columns)).flatten()
        })
    }

    /// The question in its one spelling, if it is one.
    fn checked(&self, text: &str) -> Result<String, AskError> {
        let text = normalise(text).text.trim().to_owned();
        let length = text.chars().count();
        if !text.chars().any(char::is_alphanumeric) {
            return Err(AskError::BadQuestion("the question is empty: write what you want to know".into()));
        }
        if length > self.max_question_chars {
            return Err(AskError::BadQuestion(format!(
                "the question has {length} characters, at most {} are read (serve.max_question_chars): shorten it",
                self.max_question_chars
            )));
        }
        Ok(text)
    }
}

fn retrieval_request(text: &str, question: &Question, verdict: &Verdict) -> RetrievalRequest {
    let (years, events) = match &verdict.action {
        Action::Narrow { years, events } => (years.clone(), events.clone()),
        _ => (Vec::new(), Vec::new()),
    };
    RetrievalRequest {
        question: text.to_owned(),
        groups: question.groups.clone(),
        years,
        events,
        facets: question.facets.clone(),
        top_k: question.top_k,
    }
}

/// What a question was taken to mean, as far as it is known before anything was found.
fn understood(request: &RetrievalRequest, rewritten: bool) -> Understood {
    let mut facets = request.facets.clone();
    if !request.events.is_empty() {
        facets.push(request.events.iter().map(|event| format!("event={event}")).collect());
    }
    Understood {
        standalone: request.question.clone(),
        rewritten,
        years: request.years.clone(),
        facets,
        ..Understood::default()
    }
}
