//! The whole way from a question to a cited answer: rules, retrieval, model, check.
//!
//! Chat serves this and evaluation scores it: the same object.

mod differing;
mod draft;
mod messages;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use async_trait::async_trait;
use futures::StreamExt;
use futures::stream::BoxStream;
use siren_domain::ports::{
    AnswerModel, AnswerRequest, Assistant, PassageStore, RetrievalRequest, Retrieved, Retriever, StoreError,
};
use siren_domain::{Action, Answer, AnswerEvent, AskError, Explanation, Question, Understood, Verdict};
use siren_guard::personal::Allowed;
use siren_guard::{Fill, Guard, Secrets, Subject};
use siren_retrieval::understand;
use siren_text::normalise;

use crate::rails::{LiveGuard, Meanings, NamesOfIndex, Outgoing, Privacy, defused, masked_request};
use draft::Draft;
pub(crate) use draft::claims;
use messages::Language;

/// Who writes answers, in order.
pub(crate) struct Models {
    /// The configured model, if there is one.
    pub(crate) first: Option<Arc<dyn AnswerModel>>,
    /// What always answers.
    pub(crate) last: Arc<dyn AnswerModel>,
}

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

struct Parts {
    rails: Rails,
    retriever: Arc<dyn Retriever>,
    store: Arc<dyn PassageStore>,
    models: Models,
    max_question_chars: usize,
}

/// Milliseconds by stage.
struct Clock {
    start: Instant,
    lap: Instant,
    timings: BTreeMap<&'static str, f64>,
}

impl Clock {
    fn start() -> Self {
        let now = Instant::now();
        Self { start: now, lap: now, timings: BTreeMap::new() }
    }

    fn stop(&mut self, stage: &'static str) {
        let spent = self.lap.elapsed().as_secs_f64() * 1000.0;
        self.timings.insert(stage, spent);
        self.lap = Instant::now();
    }

    fn finish(mut self) -> BTreeMap<&'static str, f64> {
        self.timings.insert("total", self.start.elapsed().as_secs_f64() * 1000.0);
        self.timings
    }
}

impl PipelineAssistant {
    pub(crate) fn new(
        rails: Rails,
        retriever: Arc<dyn Retriever>,
        store: Arc<dyn PassageStore>,
        models: Models,
        max_question_chars: usize,
    ) -> Self {
        Self { parts: Arc::new(Parts { rails, retriever, store, models, max_question_chars }) }
    }
}

#[async_trait]
impl Assistant for PipelineAssistant {
    fn ask(&self, question: Question) -> BoxStream<'static, AnswerEvent> {
        let parts = Arc::clone(&self.parts);
        async_stream::stream! {
            let mut clock = Clock::start();
            let task = match parts.prepare(&question, &mut clock).await {
                Ok(Prepared::ToWrite(task)) => *task,
                Ok(Prepared::ByRule(verdict, message)) => {
                    yield AnswerEvent::Text(message.clone());
                    yield AnswerEvent::Done(Box::new(by_rule(message, verdict, clock)));
                    return;
                }
                Err(error) => {
                    yield AnswerEvent::Failed(error);
                    return;
                }
            };
            let rails = &parts.rails;
            let outgoing =
                Outgoing::new(Arc::clone(&task.guard), Arc::clone(&rails.secrets), &question.groups, &rails.privacy);
            let (passages, conflicts) = (task.found.context_passages(), task.found.conflicts.clone());
            let mut draft = Draft::new(passages, conflicts, task.language, outgoing);
            for (model, is_outside) in parts.models.in_order() {
                let mut written = model.answer(task.request(is_outside.then_some(&rails.privacy.allowed)));
                while let Some(part) = written.next().await {
                    let piece = match part {
                        Ok(part) => draft.add(part),
                        Err(error) => {
                            tracing::warn!(model = model.name(), "{error}");
                            draft.broke_off();
                            break;
                        }
                    };
                    if let Some(piece) = piece {
                        yield AnswerEvent::Text(piece);
                    }
                }
                if let Some(piece) = draft.end_of(model.name()) {
                    yield AnswerEvent::Text(piece);
                }
                if draft.is_settled() {
                    break;
                }
            }
            if let Some(piece) = draft.tell_differences() {
                yield AnswerEvent::Text(piece);
            }
            if let Some(piece) = draft.close(&task.found) {
                yield AnswerEvent::Text(piece);
            }
            clock.stop("answer");
            yield AnswerEvent::Done(Box::new(finished(draft, task, clock)));
        }
        .boxed()
    }

    async fn ready(&self) -> Result<(), AskError> {
        self.parts.store.searched().await.map(|_| ()).map_err(|error| not_retrieved(&error))
    }
}

/// What is known of a question before a word of its answer is written.
enum Prepared {
    /// A rule has the answer, or refuses one.
    ByRule(Verdict, String),
    /// There are passages to answer from, or none.
    ToWrite(Box<Task>),
}

/// An answer to be written.
struct Task {
    question: String,
    understood: Understood,
    language: Language,
    verdict: Verdict,
    groups: Vec<String>,
    found: Retrieved,
    /// The rules that the question was judged by; its answer is judged by the same.
    guard: Arc<Guard>,
    notes: Vec<String>,
}

impl Task {
    /// What a model is asked; one outside is not told personal data.
    fn request(&self, outside: Option<&Allowed>) -> AnswerRequest {
        let request = AnswerRequest {
            question: self.question.clone(),
            passages: self.found.context_passages(),
            terms: self.found.terms.clone(),
        };
        match outside {
            Some(allowed) => masked_request(request, allowed),
            None => request,
        }
    }
}

impl Parts {
    async fn prepare(&self, question: &Question, clock: &mut Clock) -> Result<Prepared, AskError> {
        let text = self.checked(&question.text)?;
        self.rails.names.tell(&self.rails.guard, self.store.as_ref()).await;
        let guard = self.rails.guard.now();
        let subject = Subject {
            text: &text,
            groups: &question.groups,
            history: &question.history,
            today: Some(crate::clock::today()),
            ..Subject::default()
        };
        let meant = self.rails.meanings.of(&guard, &text).await;
        let mut judgement = guard.judge(&meant.add_to(subject));
        clock.stop("guard");
        if let Some(message) = judgement.verdict.action.said() {
            let message = match &judgement.fill {
                None => Some(message),
                Some(fill) => self.filled_from_record(fill, question).await,
            };
            if let Some(message) = message {
                return Ok(Prepared::ByRule(judgement.verdict, message));
            }
            judgement.verdict = judgement.fallback.clone();
        }
        let verdict = judgement.verdict;
        // What a dialogue has put together stands alone already.
        let asked = judgement
            .question
            .unwrap_or_else(|| understand(&text, &question.history, crate::clock::today()).standalone);
        let mut request = retrieval_request(&asked, question, &verdict);
        if asked != text {
            // What has been put together may name other years.
            request.years = match guard.check(&asked).action {
                Action::Narrow { years, .. } => years,
                _ => Vec::new(),
            };
        }
        let mut understood = Understood {
            standalone: asked.clone(),
            rewritten: asked != text,
            years: request.years.clone(),
            facets: request.facets.clone(),
            ..Understood::default()
        };
        let mut found = self.retriever.retrieve(&request).await.map_err(|error| not_retrieved(&error))?;
        understood.named.clone_from(&found.named);
        let language = Language::of(&text);
        let documents = defused(&guard, &mut found);
        let notes =
            if documents.is_empty() { Vec::new() } else { vec![messages::defused(language, &documents)] };
        clock.stop("retrieve");
        Ok(Prepared::ToWrite(Box::new(Task {
            question: asked,
            understood,
            language,
            verdict,
            groups: request.groups,
            found,
            guard: Arc::clone(&guard),
            notes,
        })))
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
        let found = self.retriever.retrieve(&request).await.ok()?;
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

impl Models {
    /// Each with whether it is outside.
    fn in_order(&self) -> impl Iterator<Item = (&Arc<dyn AnswerModel>, bool)> {
        self.first.iter().map(|first| (first, true)).chain([(&self.last, false)])
    }
}

fn retrieval_request(text: &str, question: &Question, verdict: &Verdict) -> RetrievalRequest {
    let years = match &verdict.action {
        Action::Narrow { years, .. } => years.clone(),
        _ => Vec::new(),
    };
    let mut facets = question.facets.clone();
    if let Action::Narrow { events, .. } = &verdict.action
        && !events.is_empty()
    {
        facets.push(events.iter().map(|event| format!("event={event}")).collect());
    }
    RetrievalRequest {
        question: text.to_owned(),
        groups: question.groups.clone(),
        years,
        facets,
        top_k: question.top_k,
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

fn by_rule(text: String, verdict: Verdict, clock: Clock) -> Answer {
    Answer {
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
    }
}

fn finished(draft: Draft, mut task: Task, clock: Clock) -> Answer {
    draft.shown(&mut task.found.passages);
    let conflicts = draft.conflicts();
    let (text, citations, model, mut notes, grounded) = draft.into_parts();
    if task.found.widened && grounded {
        notes.push(messages::other_years(task.language));
    }
    notes.append(&mut task.notes);
    Answer {
        text,
        grounded,
        citations,
        verdict: task.verdict,
        understood: Some(task.understood),
        explanation: Some(Explanation {
            terms: task.found.terms,
            fates: task.found.fates,
            groups: task.groups,
        }),
        passages: task.found.passages,
        linked: task.found.linked,
        conflicts,
        timings_ms: clock.finish(),
        generation: Some(task.found.generation),
        model,
        notes,
    }
}
