//! What does somebody say of an answer?

use axum::extract::{Request, State};
use axum::http::StatusCode;
use siren_domain::ports::state::{Feedback, Feedbacks};

use super::answers::visible;
use super::describe::{Operation, Routes};
use super::input::{self, Asker};
use super::shapes::Say;
use super::{Api, told};
use crate::error::ApiError;

pub(crate) fn routes(routes: Routes<Api>) -> Routes<Api> {
    let say = "Says what the asker thinks of an answer; saying it again replaces it";
    let operation = Operation::new("feedback", say).takes::<Say>().gives_nothing("It is kept.").error(404);
    routes.post("/api/feedback", put, operation)
}

async fn put(State(api): State<Api>, Asker(asker): Asker, request: Request) -> Result<StatusCode, ApiError> {
    let say: Say = input::body(request, &api.app.limits).await?;
    for (name, text, most) in
        [("reason", &say.reason, 2_000), ("corrected_text", &say.corrected_text, 10_000)]
    {
        if text.as_ref().is_some_and(|text| text.chars().count() > most) {
            let message = format!("`{name}` may have at most {most} characters: shorten it.");
            return Err(ApiError::field(name, "too_long", message));
        }
    }
    visible(&api, &asker, &say.answer_id).await?;
    let masked = |text: Option<String>| {
        let text = text.filter(|text| !text.trim().is_empty());
        text.map(|text| api.parts.hints.masked(&text))
    };
    let feedback = Feedback {
        answer: say.answer_id,
        by: asker.name,
        at: api.now(),
        thumb: say.thumb,
        reason: masked(say.reason),
        corrected: masked(say.corrected_text),
    };
    Feedbacks::put(api.state(), &feedback).await.map_err(told)?;
    Ok(StatusCode::NO_CONTENT)
}
