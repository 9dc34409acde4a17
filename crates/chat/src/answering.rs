//! What happens next in an answer? The assistant's events, under a deadline, with every way to fail made plain.

use std::panic::AssertUnwindSafe;
use std::pin::Pin;

use futures::stream::BoxStream;
use futures::{FutureExt, StreamExt};
use siren_domain::{Answer, AnswerEvent, AskError, Basis, Principal, Question, Turn};
use tokio::sync::watch;
use tokio::time::Sleep;

use crate::App;
use crate::error::ApiError;
use crate::telemetry;

/// An answer in the making. Dropping it drops the assistant's stream; where nothing had come of it, its asker has left.
pub(crate) struct Answering {
    has_ended: bool,
    events: BoxStream<'static, AnswerEvent>,
    deadline: Pin<Box<Sleep>>,
    closing: watch::Receiver<bool>,
}

/// A piece of an answer.
pub(crate) enum Step {
    Text(String),
    Done(Box<Answer>),
}

/// Why there is no answer.
pub(crate) enum Failure {
    Ask(AskError),
    EndedEarly,
    Panicked,
    TimedOut,
    Closing,
}

impl Answering {
    pub(crate) fn begin(app: &App, question: &str, history: Vec<Turn>, who: Principal) -> Self {
        let Principal { name: asker, groups, .. } = who;
        Self::of(app, Question { asker, groups, history, ..Question::new(question) })
    }

    pub(crate) fn of(app: &App, question: Question) -> Self {
        Self::over(app, app.assistant.ask(question))
    }

    /// An answer that is made again from what it was made from.
    pub(crate) fn again(app: &App, basis: Basis, model: &str, asker: &str) -> Self {
        Self::over(app, app.assistant.answer_again(basis, model, asker))
    }

    fn over(app: &App, events: BoxStream<'static, AnswerEvent>) -> Self {
        Self {
            has_ended: false,
            events,
            deadline: Box::pin(tokio::time::sleep(app.limits.answer_time)),
            closing: app.closing.subscribe(),
        }
    }

    /// The next step. Cancelling it loses nothing.
    pub(crate) async fn next(&mut self) -> Result<Step, Failure> {
        let step = self.step().await;
        match &step {
            Ok(Step::Text(_)) => {}
            Ok(Step::Done(answer)) => self.ended(outcome(answer)),
            Err(failure) => self.ended(failure.outcome()),
        }
        step
    }

    fn ended(&mut self, outcome: &'static str) {
        if !std::mem::replace(&mut self.has_ended, true) {
            telemetry::ended(outcome);
        }
    }

    async fn step(&mut self) -> Result<Step, Failure> {
        let event = AssertUnwindSafe(self.events.next()).catch_unwind();
        let event = tokio::select! {
            biased;
            () = &mut self.deadline => return Err(Failure::TimedOut),
            Ok(_) = self.closing.wait_for(|closing| *closing) => return Err(Failure::Closing),
            event = event => event,
        };
        match event {
            Ok(Some(AnswerEvent::Text(text))) => Ok(Step::Text(text)),
            Ok(Some(AnswerEvent::Done(answer))) => Ok(Step::Done(answer)),
            Ok(Some(AnswerEvent::Failed(error))) => Err(Failure::Ask(error)),
            Ok(None) => Err(Failure::EndedEarly),
            Err(_panic) => Err(Failure::Panicked),
        }
    }

    /// All of it.
    pub(crate) async fn whole(&mut self) -> Result<Box<Answer>, Failure> {
        loop {
            if let Step::Done(answer) = self.next().await? {
                return Ok(answer);
            }
        }
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        self.ended("left");
    }
}

/// What a whole answer is counted as.
fn outcome(answer: &Answer) -> &'static str {
    if answer.model == "rule" {
        "rule"
    } else if answer.citations.is_empty() {
        "not_found"
    } else {
        "answered"
    }
}

impl Failure {
    /// What it is counted as.
    fn outcome(&self) -> &'static str {
        match self {
            Self::Ask(AskError::BadQuestion(_)) => "bad_question",
            Self::Ask(AskError::NotReady(_)) => "not_ready",
            Self::Ask(AskError::Saturated) => "saturated",
            Self::Ask(AskError::Unavailable(_)) | Self::EndedEarly => "failed",
            Self::Panicked => "panicked",
            Self::TimedOut => "timed_out",
            Self::Closing => "closing",
        }
    }

    /// Writes the cause to the log, and says what the client may know. Call it once.
    pub(crate) fn told(self, id: &str, param: &str) -> ApiError {
        let (error, cause) = match self {
            // The asker's own fault, and perhaps the asker's own words: not for the log.
            Self::Ask(AskError::BadQuestion(message)) => {
                return ApiError::field(param, "bad_question", message);
            }
            Self::Ask(AskError::Saturated) => {
                tracing::warn!(id, code = "queue_timeout", "a question waited in vain for its turn");
                telemetry::shed();
                return ApiError::waited_in_vain();
            }
            Self::Ask(AskError::NotReady(cause)) => (ApiError::not_ready(), cause),
            Self::Ask(AskError::Unavailable(cause)) => (ApiError::unavailable(), cause),
            Self::EndedEarly => (ApiError::unavailable(), "the pipeline ended without a word".to_owned()),
            // A panic's words may hold the question.
            Self::Panicked => (ApiError::internal(), "the pipeline panicked".to_owned()),
            Self::TimedOut => (ApiError::answer_timeout(), "the answer's time is up".to_owned()),
            Self::Closing => (ApiError::closing(), "the time to drain is up".to_owned()),
        };
        tracing::error!(id, code = error.code, cause, "no answer");
        error
    }
}
