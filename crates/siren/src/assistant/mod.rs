//! The whole way from a question to a cited answer: rules, retrieval, model, check.
//!
//! Chat serves this and evaluation scores it: the same object.

mod asking;
mod differing;
mod draft;
mod messages;
mod preparing;
mod turns;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use async_trait::async_trait;
use futures::StreamExt;
use futures::stream::BoxStream;
use siren_domain::ports::{AnswerPart, Assistant, PassageStore, Retriever, StoreError};
use siren_domain::{
    Answer, AnswerEvent, AskError, Basis, Explanation, Outcome, Provenance, Question, Verdict,
};
use siren_guard::Secrets;
use tracing::Instrument;

use crate::models::{AnswerCache, Kept, Key, Models, Spending};
use crate::rails::{LiveGuard, Meanings, NamesOfIndex, Outgoing, Privacy};
use crate::telemetry::{ScoreBand, Seen, stage_failed, stage_took};
use asking::{Asked, Checking, Ledger};
use draft::Draft;
pub(crate) use draft::claims;
use preparing::{Prepared, Task};
pub(crate) use turns::Turns;

/// The assembled pipeline.
pub(crate) struct PipelineAssistant {
    parts: Arc<Parts>,
}

/// What the rules need.
pub(crate) struct Rails {
    pub(crate) guard: Arc<LiveGuard>,
    pub(crate) meanings: Meanings,
    pub(crate) names: NamesOfIndex,
    pub(crate) privacy: Privacy,
    /// What a model is told, and must not tell.
    pub(crate) secrets: Arc<Secrets>,
}

/// What the pipeline is put together from.
pub(crate) struct Parts {
    pub(crate) rails: Rails,
    pub(crate) retriever: Arc<dyn Retriever>,
    pub(crate) store: Arc<dyn PassageStore>,
    pub(crate) models: Models,
    pub(crate) spending: Arc<Spending>,
    pub(crate) cache: AnswerCache,
    pub(crate) band: Arc<ScoreBand>,
    pub(crate) turns: Turns,
    pub(crate) marks_unsupported: bool,
    pub(crate) max_question_chars: usize,
}

/// Milliseconds by stage.
struct Clock {
    start: Instant,
    lap: Instant,
    timings: BTreeMap<&'static str, f64>,
    first_word_ms: Option<f64>,
}

impl Clock {
    fn start() -> Self {
        let now = Instant::now();
        Self { start: now, lap: now, timings: BTreeMap::new(), first_word_ms: None }
    }

    /// A stage has ended without what it was to find.
    fn failed(&mut self, stage: &'static str) {
        stage_failed(stage);
        self.stop(stage);
    }

    fn stop(&mut self, stage: &'static str) {
        let spent = self.lap.elapsed();
        stage_took(stage, spent);
        *self.timings.entry(stage).or_default() += spent.as_secs_f64() * 1000.0;
        self.lap = Instant::now();
    }

    /// A word is shown.
    fn told(&mut self) {
        self.first_word_ms.get_or_insert(self.start.elapsed().as_secs_f64() * 1000.0);
    }

    fn finish(mut self) -> BTreeMap<&'static str, f64> {
        stage_took("total", self.start.elapsed());
        self.timings.insert("total", self.start.elapsed().as_secs_f64() * 1000.0);
        self.timings
    }
}

impl PipelineAssistant {
    pub(crate) fn new(parts: Parts) -> Self {
        Self { parts: Arc::new(parts) }
    }
}

#[async_trait]
impl Assistant for PipelineAssistant {
    fn ask(&self, question: Question) -> BoxStream<'static, AnswerEvent> {
        Arc::clone(&self.parts).answer(Begin::Question(question))
    }

    fn answer_again(&self, basis: Basis, model: &str, asker: &str) -> BoxStream<'static, AnswerEvent> {
        let (basis, model, asker) = (Box::new(basis), model.to_owned(), asker.to_owned());
        Arc::clone(&self.parts).answer(Begin::Basis { basis, model, asker })
    }

    async fn ready(&self) -> Result<(), AskError> {
        self.parts.store.searched().await.map(|_| ()).map_err(|error| not_retrieved(&error))
    }
}

/// What an answer begins with.
enum Begin {
    Question(Question),
    /// What an earlier answer was made from, who wrote it, and who asks for it again.
    Basis {
        basis: Box<Basis>,
        model: String,
        asker: String,
    },
}

impl Begin {
    /// Who pays for it.
    fn asker(&self) -> &str {
        match self {
            Self::Question(question) => &question.asker,
            Self::Basis { asker, .. } => asker,
        }
    }
}

impl Parts {
    fn answer(self: Arc<Self>, begin: Begin) -> BoxStream<'static, AnswerEvent> {
        let parts = self;
        let span = tracing::info_span!("question", outcome = tracing::field::Empty);
        async_stream::stream! {
            let mut clock = Clock::start();
            let seen = Seen::begin(span.clone());
            let ledger = Arc::new(Ledger::new(Arc::clone(&parts.spending), begin.asker()));
            let mut turn = match parts.turns.take().await {
                Ok(turn) => Some(turn),
                Err(error) => {
                    clock.failed("turn");
                    seen.failed(&error);
                    yield AnswerEvent::Failed(error);
                    return;
                }
            };
            clock.stop("turn");
            let prepared = match begin {
                Begin::Question(question) => {
                    // In memory of its own, which an answer that waits for a model does not hold.
                    let preparing = Box::pin(parts.prepare(&question, &ledger, &mut clock));
                    preparing.instrument(span.clone()).await
                }
                Begin::Basis { basis, model, .. } => Ok(Prepared::ToWrite(Box::new(parts.again(*basis, &model)))),
            };
            let task = match prepared {
                Ok(Prepared::ToWrite(task)) => task,
                Ok(Prepared::ByRule(verdict, message)) => {
                    clock.told();
                    yield AnswerEvent::Text(message.clone());
                    let rules = parts.rails.guard.now().identity().to_owned();
                    let answer = by_rule(message, verdict, rules, clock);
                    seen.answered(&answer);
                    yield AnswerEvent::Done(answer);
                    return;
                }
                Err(error) => {
                    seen.failed(&error);
                    yield AnswerEvent::Failed(error);
                    return;
                }
            };
            let writers = parts.writers(&task);
            if writers.iter().any(|writer| writer.model.is_some()) {
                turn.take();
            }
            let key = parts.key(&task, &writers);
            if let Some(kept) = key.as_ref().and_then(|key| parts.cache.get(key)) {
                seen.cache_told(true);
                clock.told();
                yield AnswerEvent::Text(kept.text.clone());
                clock.stop("answer");
                let answer = parts.told_again(&kept, task, &ledger, clock);
                seen.answered(&answer);
                yield AnswerEvent::Done(answer);
                return;
            }
            if key.is_some() {
                seen.cache_told(false);
            }
            let (passages, conflicts) = (task.found.context_passages(), task.found.conflicts.clone());
            let outgoing = parts.outgoing(&task);
            let mut draft = Draft::new(passages, conflicts, task.language, outgoing, parts.marks_unsupported);
            let mut checking = Checking::new(&parts, Arc::clone(&ledger), task.language);
            let mut keep = false;
            for writer in writers {
                let name = writer.answers.name().to_owned();
                if writer.model.is_some() && !ledger.may_spend().await {
                    draft.passed_over(&name);
                    continue;
                }
                let request = task.request(writer.model.as_ref().map(|_| &parts.rails.privacy.allowed));
                let mut asked = Asked::begin(&writer, &request, Arc::clone(&ledger), &span);
                let mut written = writer.answers.answer(request);
                while let Some(part) = written.next().instrument(asked.span()).await {
                    let claims = match part {
                        Ok(AnswerPart::Delta(delta)) => {
                            asked.heard(&delta);
                            draft.claims(&delta)
                        }
                        Ok(AnswerPart::Quote { passage, range }) => {
                            // What is left of the answer waits for its reader.
                            turn.take();
                            if let Some(piece) = draft.quote(passage, range) {
                                clock.told();
                                yield AnswerEvent::Text(piece);
                            }
                            continue;
                        }
                        Ok(AnswerPart::NotFound) => {
                            draft.found_nothing();
                            continue;
                        }
                        Ok(AnswerPart::Judged(confidence)) => {
                            draft.judged(confidence);
                            continue;
                        }
                        Ok(AnswerPart::Spent(tokens)) => {
                            asked.spent(tokens);
                            continue;
                        }
                        Err(error) => {
                            tracing::warn!(model = name, "{error}");
                            draft.broke_off();
                            break;
                        }
                    };
                    for claim in claims {
                        let claim = checking.checked(claim, &draft).instrument(asked.span()).await;
                        if let Some(piece) = draft.say(&claim) {
                            clock.told();
                            yield AnswerEvent::Text(piece);
                        }
                    }
                }
                drop(written);
                for claim in draft.last_claims() {
                    let claim = checking.checked(claim, &draft).instrument(asked.span()).await;
                    if let Some(piece) = draft.say(&claim) {
                        clock.told();
                        yield AnswerEvent::Text(piece);
                    }
                }
                let outcome = draft.ended(&name);
                asked.ended(outcome);
                if draft.is_settled() {
                    keep = writer.model.is_some() && outcome == Outcome::Answered && checking.note().is_none();
                    break;
                }
            }
            turn.take();
            if let Some(piece) = draft.tell_differences() {
                yield AnswerEvent::Text(piece);
            }
            if let Some(piece) = draft.close(&task.found) {
                clock.told();
                yield AnswerEvent::Text(piece);
            }
            clock.stop("answer");
            let answer = parts.finished(draft, checking.note(), task, &ledger, key.filter(|_| keep), clock);
            seen.answered(&answer);
            yield AnswerEvent::Done(answer);
        }
        .boxed()
    }

    /// An answer that was kept from before.
    fn told_again(&self, kept: &Kept, mut task: Box<Task>, ledger: &Ledger, clock: Clock) -> Box<Answer> {
        let outgoing = self.outgoing(&task);
        outgoing.mask(Arc::make_mut(&mut task.found));
        outgoing.mask_lines(&mut task.understood.named);
        let (mut kept, cached) = (kept.clone(), true);
        let (tokens, cost) = ledger.total();
        kept.provenance = Provenance { cached, tokens, cost, ..kept.provenance };
        whole(kept, task, clock)
    }

    /// What a draft has become; kept under the key, where there is one.
    fn finished(
        &self,
        draft: Draft,
        note: Option<String>,
        mut task: Box<Task>,
        ledger: &Ledger,
        key: Option<Key>,
        clock: Clock,
    ) -> Box<Answer> {
        let mut made = made(draft, &mut task);
        made.notes.extend(note);
        made.provenance.prompt = self.models.prompt().map(str::to_owned);
        (made.provenance.tokens, made.provenance.cost) = ledger.total();
        if let Some(key) = key {
            self.cache.put(key, made.clone());
        }
        whole(made, task, clock)
    }

    fn outgoing(&self, task: &Task) -> Outgoing {
        let rails = &self.rails;
        let secrets = Arc::clone(&rails.secrets);
        Outgoing::new(Arc::clone(&task.guard), secrets, &task.groups, &rails.privacy)
    }
}

fn not_retrieved(error: &StoreError) -> AskError {
    match error {
        StoreError::NoIndex | StoreError::Mismatch(_) | StoreError::Busy(_) | StoreError::NoGeneration(_) => {
            AskError::NotReady(error.to_string())
        }
        StoreError::Failed { .. } => AskError::Unavailable(error.to_string()),
    }
}

fn by_rule(text: String, verdict: Verdict, rules: String, clock: Clock) -> Box<Answer> {
    let provenance = Provenance { rules, first_word_ms: clock.first_word_ms, ..Provenance::default() };
    Box::new(Answer {
        text,
        citations: Vec::new(),
        verdict,
        understood: None,
        explanation: None,
        grounded: false,
        passages: Vec::new(),
        linked: Vec::new(),
        conflicts: Vec::new(),
        timings_ms: clock.finish(),
        generation: None,
        model: "rule".to_owned(),
        notes: Vec::new(),
        provenance,
        basis: None,
    })
}

/// What the draft has become, apart from the question that it answers.
fn made(draft: Draft, task: &mut Task) -> Kept {
    draft.shown(Arc::make_mut(&mut task.found), &mut task.understood);
    let conflicts = draft.conflicts();
    let mut written = draft.into_parts();
    task.confidence = written.confidence;
    if task.found.widened && written.grounded {
        written.notes.push(messages::other_years(task.language));
    }
    if !task.understood.absent.is_empty() && written.grounded {
        written.notes.push(messages::absent(task.language, &task.understood.absent));
    }
    if task.found.other_events && written.grounded {
        written.notes.push(messages::other_events(task.language));
    }
    Kept {
        text: written.text,
        grounded: written.grounded,
        citations: written.citations,
        conflicts,
        model: written.model,
        notes: written.notes,
        provenance: Provenance {
            rules: task.guard.identity().to_owned(),
            attempts: written.attempts,
            ..Provenance::default()
        },
    }
}

/// An answer with all that made it.
fn whole(kept: Kept, mut task: Box<Task>, clock: Clock) -> Box<Answer> {
    let mut notes = kept.notes;
    notes.append(&mut task.notes);
    let found = Arc::unwrap_or_clone(task.found);
    Box::new(Answer {
        text: kept.text,
        grounded: kept.grounded,
        citations: kept.citations,
        verdict: task.verdict,
        understood: Some(task.understood),
        explanation: Some(Explanation {
            terms: found.terms,
            fates: found.fates,
            groups: task.groups,
            other_years: found.widened,
            other_events: found.other_events,
            confidence: task.confidence,
        }),
        passages: found.passages,
        linked: found.linked,
        conflicts: kept.conflicts,
        generation: Some(found.generation),
        model: kept.model,
        notes,
        provenance: Provenance { first_word_ms: clock.first_word_ms, ..kept.provenance },
        timings_ms: clock.finish(),
        basis: Some(task.basis),
    })
}
