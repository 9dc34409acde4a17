//! How is a question answered in a conversation? As typed events, or in one piece.

use std::convert::Infallible;
use std::time::{Duration, Instant};

use axum::Json;
use axum::extract::{Request, State};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures::Stream;
use serde::Serialize;
use serde_json::json;
use siren_domain::ports::state::{Conversation, StoredAnswer};
use siren_domain::{Answer, Principal, Question, Speaker, Turn};

use super::describe::{Operation, Routes};
use super::documented::EventDoc;
use super::input::{self, Known};
use super::keeping::{stored, went_well};
use super::shapes::{Answered, Ask};
use super::{Api, told};
use crate::admission::Admitted;
use crate::answering::{Answering, Failure, Step};
use crate::auth::audit::Asking;
use crate::completion::{KEEP_ALIVE, STATUS_WAIT, log_answer, unbuffered};
use crate::error::ApiError;
use crate::telemetry::Counted;
use crate::tokens;

/// Answers of a conversation that are looked at for what a follow-up refers to.
const REMEMBERED: usize = 50;

/// Characters of a conversation's first title.
const TITLE: usize = 60;

/// What documents can be told apart by, beside `field.COLUMN`.
const FACETS: [&str; 5] = ["source", "event", "owner", "language", "tag"];

pub(crate) fn routes(routes: Routes<Api>) -> Routes<Api> {
    let events = "Typed events: `status` (answer_id, conversation_id, stage), `token` (text), `citation`, `verdict`, \
                  and at last `done` (as in one piece) or `error`.";
    let operation = Operation::new("ask", "Answers a question in a conversation")
        .takes::<Ask>()
        .gives_as::<EventDoc>(200, events, "text/event-stream")
        .gives::<Answered>(200, events)
        .error(404);
    routes.post("/api/ask", ask, operation)
}

async fn ask(State(api): State<Api>, Known(who): Known, request: Request) -> Result<Response, ApiError> {
    let asker = who.principal.clone();
    let ask: Ask = input::body(request, &api.app.limits).await?;
    check(&ask, api.app.limits.question_chars)?;
    let place = place(&api, &asker, ask.conversation_id.as_deref()).await?;
    let question = Question {
        asker: asker.name.clone(),
        groups: asker.groups.clone(),
        top_k: ask.top_k.and_then(|top_k| usize::try_from(top_k).ok()),
        facets: ask.facets.iter().map(|facet| vec![facet.clone()]).collect(),
        history: place.history.clone(),
        ..Question::new(&ask.question)
    };
    let answer_id = api.app.new_id("ans");
    let mut asking = api.app.audit.asking(&who, &ask.question, &answer_id);
    let admitted = api.app.admission.admit().await.inspect_err(|error| asking.failed(error.code))?;
    let mut job = Job {
        answering: Answering::of(&api.app, question),
        about: About { answer_id, question: ask.question, begun: Instant::now(), asker, place, api },
        asking,
        _admitted: admitted,
    };
    if !ask.stream {
        let answer = job.answering.whole().await.map_err(|failure| job.failed(failure))?;
        job.asking.answered(&answer);
        return Ok(Json(job.about.done(&answer).await).into_response());
    }
    let first = match tokio::time::timeout(STATUS_WAIT, job.answering.next()).await {
        Ok(Ok(step)) => Some(step),
        Ok(Err(failure)) => return Err(job.failed(failure)),
        Err(_still_working) => None,
    };
    let keep_alive = KeepAlive::new().interval(KEEP_ALIVE).text("keep-alive");
    Ok(unbuffered(Sse::new(job.stream(first)).keep_alive(keep_alive)))
}

fn check(ask: &Ask, question_chars: usize) -> Result<(), ApiError> {
    let length = ask.question.chars().count();
    if length > question_chars {
        let message = format!(
            "The question is {length} characters long and the limit is {question_chars}: shorten it."
        );
        return Err(ApiError::field("question", "question_too_long", message));
    }
    let is_known = |facet: &String| match facet.split_once('=') {
        Some((name, value)) => !value.is_empty() && (FACETS.contains(&name) || name.starts_with("field.")),
        None => false,
    };
    if !ask.facets.iter().all(is_known) {
        let message = format!(
            "Write a facet as NAME=VALUE, where NAME is field.COLUMN or one of {}.",
            FACETS.join(", ")
        );
        return Err(ApiError::field("facets", "invalid_facet", message));
    }
    if ask.top_k.is_some_and(|top_k| !(1..=1_000).contains(&top_k)) {
        return Err(ApiError::field("top_k", "invalid_parameter", "`top_k` must be from 1 to 1000."));
    }
    Ok(())
}

/// Where an answer belongs.
struct Place {
    conversation: String,
    is_new: bool,
    history: Vec<Turn>,
}

async fn place(api: &Api, asker: &Principal, named: Option<&str>) -> Result<Place, ApiError> {
    let Some(id) = named else {
        return Ok(Place { conversation: api.app.new_id("conv"), is_new: true, history: Vec::new() });
    };
    let said = api.state().latest(&asker.name, id, REMEMBERED).await.map_err(told)?;
    let history = remembered(&said, api.parts.memory_tokens);
    Ok(Place { conversation: id.to_owned(), is_new: false, history })
}

/// As much of what was said last as the tokens allow, oldest first. What was asked last is always remembered.
fn remembered(said: &[StoredAnswer], budget: usize) -> Vec<Turn> {
    let mut left = u64::try_from(budget).unwrap_or(u64::MAX);
    let mut turns = Vec::new();
    for (age, answer) in said.iter().rev().enumerate() {
        let parts = [(Speaker::Assistant, &answer.told.text), (Speaker::User, &answer.question)];
        let cost: u64 = parts.iter().map(|(_, text)| tokens::count(text)).sum();
        if cost > left && age > 0 {
            break;
        }
        left = left.saturating_sub(cost);
        turns.extend(parts.map(|(speaker, text)| Turn { speaker, text: text.clone() }));
    }
    turns.reverse();
    turns
}

/// One question being answered. It holds its permit until the last byte is out or the client is gone.
struct Job {
    answering: Answering,
    about: About,
    asking: Asking,
    _admitted: Admitted,
}

/// Whose question it is, and where its answer belongs.
struct About {
    api: Api,
    asker: Principal,
    answer_id: String,
    question: String,
    place: Place,
    begun: Instant,
}

impl About {
    /// Keeps the answer, and tells it whole.
    async fn done(&self, answer: &Answer) -> Answered {
        log_answer(&self.answer_id, answer, self.begun);
        let kept = self.keep(answer).await;
        Answered::of(answer, &self.answer_id, &self.place.conversation, kept)
    }

    async fn keep(&self, answer: &Answer) -> bool {
        let (hints, at) = (self.api.parts.hints.as_ref(), self.api.now());
        let conversation = self.place.conversation.as_str();
        let stored =
            stored(hints, &self.answer_id, Some(conversation), &self.asker, at, &self.question, answer);
        if self.place.is_new {
            let title = title(&stored.question);
            let (id, owner) = (conversation.to_owned(), self.asker.name.clone());
            let new = Conversation { id, owner, title, created: at, updated: at, answers: 0 };
            let begun = siren_domain::ports::state::Conversations::begin(self.api.state(), &new).await;
            if !went_well(&self.answer_id, begun) {
                return false;
            }
        }
        went_well(&self.answer_id, self.api.state().keep(&stored).await)
    }

    fn status(&self, stage: &str) -> Result<Event, Infallible> {
        let conversation_id = &self.place.conversation;
        let status =
            json!({ "stage": stage, "answer_id": self.answer_id, "conversation_id": conversation_id });
        event("status", &status)
    }
}

impl Job {
    fn failed(&mut self, failure: Failure) -> ApiError {
        let error = failure.told(&self.about.answer_id, "question");
        self.asking.failed(error.code);
        error
    }

    fn stream(self, first: Option<Step>) -> impl Stream<Item = Result<Event, Infallible>> {
        async_stream::stream! {
            // Taken whole: the right to answer is named nowhere below, and would otherwise be given back at once.
            let mut job = self;
            let _open = Counted::up("siren_open_streams");
            yield job.about.status("searching");
            let (mut first, mut told_text) = (first, false);
            loop {
                let step = match first.take() {
                    Some(step) => Ok(step),
                    None => job.answering.next().await,
                };
                let (text, whole) = match step {
                    Ok(Step::Text(text)) => (text, None),
                    Ok(Step::Done(answer)) => {
                        let text = if told_text { String::new() } else { answer.text.clone() };
                        (text, Some(answer))
                    }
                    Err(failure) => {
                        let error = job.failed(failure);
                        yield event("error", &error.body());
                        break;
                    }
                };
                if !text.is_empty() {
                    if !told_text {
                        yield job.about.status("answering");
                    }
                    told_text = true;
                    yield event("token", &json!({ "text": text }));
                }
                let Some(answer) = whole else { continue };
                job.asking.answered(&answer);
                for citation in &answer.citations {
                    yield event("citation", citation);
                }
                yield event("verdict", &json!({ "verdict": answer.verdict, "grounded": answer.grounded }));
                yield event("done", &job.about.done(&answer).await);
                break;
            }
        }
    }
}

/// The beginning of what was asked, on one line.
fn title(question: &str) -> String {
    let words = question.split_whitespace().collect::<Vec<_>>().join(" ");
    match words.char_indices().nth(TITLE) {
        Some((end, _)) => format!("{}…", words[..end].trim_end()),
        None => words,
    }
}

/// A named event; what cannot be written is told as a failure, never passed over.
pub(crate) fn event(name: &str, data: &impl Serialize) -> Result<Event, Infallible> {
    let event = Event::default().event(name).json_data(data).unwrap_or_else(|error| {
        tracing::error!(%error, "an event could not be written");
        Event::default().event("error").json_data(ApiError::internal().body()).unwrap_or_default()
    });
    Ok(event)
}

/// So often is looked whether a job has got on.
pub(crate) const LOOK: Duration = Duration::from_millis(300);

#[cfg(test)]
mod tests {
    use siren_domain::Speaker;
    use siren_domain::ports::state::StoredAnswer;
    use siren_domain::remembered::Told;

    use super::{remembered, title};

    fn said(question: &str, answer: &str) -> StoredAnswer {
        StoredAnswer {
            id: "a".into(),
            conversation: None,
            owner: "kim".into(),
            at: 0,
            question: question.into(),
            told: Told { text: answer.into(), ..Told::default() },
            basis: None,
        }
    }

    #[test]
    fn what_was_said_last_is_remembered() {
        // Each word is one token: a question and its answer cost four.
        let all =
            [said("one two", "three four"), said("five six", "seven eight"), said("nine ten", "red blue")];
        for (budget, first) in
            [(0, "nine ten"), (4, "nine ten"), (7, "nine ten"), (8, "five six"), (99, "one two")]
        {
            let turns = remembered(&all, budget);
            assert_eq!(turns[0].text, first, "{budget}");
            assert_eq!(turns[turns.len() - 1].text, "red blue", "{budget}");
            let speakers: Vec<_> = turns.iter().map(|turn| turn.speaker).collect();
            assert!(speakers.chunks(2).all(|pair| pair == [Speaker::User, Speaker::Assistant]));
        }
        assert!(remembered(&[], 99).is_empty());
    }

    #[test]
    fn a_title_is_one_short_line() {
        assert_eq!(title(" 언제\n 열렸나? "), "언제 열렸나?");
        let long = title(&"가나다 ".repeat(40));
        assert!(long.chars().count() <= 61 && long.ends_with('…') && !long.contains(" …"), "{long}");
    }
}
