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
use siren_domain::{Action, Answer, AnswerEvent, AskError, Question, Verdict};
use siren_guard::Guard;
use siren_text::normalise;

use draft::Draft;
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

struct Parts {
    guard: Guard,
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
        guard: Guard,
        retriever: Arc<dyn Retriever>,
        store: Arc<dyn PassageStore>,
        models: Models,
        max_question_chars: usize,
    ) -> Self {
        Self { parts: Arc::new(Parts { guard, retriever, store, models, max_question_chars }) }
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
            let mut draft = Draft::new(
                task.found.context_passages(),
                task.found.conflicts.clone(),
                task.language,
            );
            for model in parts.models.in_order() {
                let mut written = model.answer(task.request());
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
    language: Language,
    verdict: Verdict,
    found: Retrieved,
}

impl Task {
    fn request(&self) -> AnswerRequest {
        AnswerRequest {
            question: self.question.clone(),
            passages: self.found.context_passages(),
            terms: self.found.terms.clone(),
        }
    }
}

impl Parts {
    async fn prepare(&self, question: &Question, clock: &mut Clock) -> Result<Prepared, AskError> {
        let text = self.checked(&question.text)?;
        let verdict = self.guard.check(&text);
        clock.stop("guard");
        if let Action::Refuse { message } | Action::Answer { message } = &verdict.action {
            let message = message.clone();
            return Ok(Prepared::ByRule(verdict, message));
        }
        let request = retrieval_request(&text, question, &verdict);
        let found = self.retriever.retrieve(&request).await.map_err(|error| not_retrieved(&error))?;
        clock.stop("retrieve");
        let language = Language::of(&text);
        Ok(Prepared::ToWrite(Box::new(Task { question: text, language, verdict, found })))
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
    fn in_order(&self) -> impl Iterator<Item = &Arc<dyn AnswerModel>> {
        self.first.iter().chain([&self.last])
    }
}

fn retrieval_request(text: &str, question: &Question, verdict: &Verdict) -> RetrievalRequest {
    let years = match &verdict.action {
        Action::Narrow { years } => years.clone(),
        _ => Vec::new(),
    };
    RetrievalRequest {
        question: text.to_owned(),
        groups: question.groups.clone(),
        years,
        facets: question.facets.clone(),
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

fn finished(draft: Draft, task: Task, clock: Clock) -> Answer {
    let conflicts = draft.conflicts();
    let (text, citations, model, mut notes, grounded) = draft.into_parts();
    if task.found.widened && grounded {
        notes.push(messages::other_years(task.language));
    }
    Answer {
        text,
        grounded,
        citations,
        verdict: task.verdict,
        passages: task.found.passages,
        linked: task.found.linked,
        conflicts,
        timings_ms: clock.finish(),
        generation: Some(task.found.generation),
        model,
        notes,
    }
}
