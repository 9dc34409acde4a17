//! What was an answer made from, and does the same come of it again?

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use siren_domain::ports::state::StoredAnswer;
use siren_domain::{Principal, Role};

use super::describe::{Operation, Routes};
use super::input::{Asker, Known, named};
use super::shapes::{AnswerWithBasis, KeptAnswer, MadeFrom, PassageShape, Replay};
use super::{Api, told};
use crate::answering::Answering;
use crate::error::ApiError;

pub(crate) fn routes(routes: Routes<Api>) -> Routes<Api> {
    let one =
        Operation::new("answers", "Reads an answer and what it was made from").path("id", "the answer's id");
    let again = Operation::new("answers", "Answers again from the same passages, and compares")
        .path("id", "the answer's id")
        .error(409);
    routes.get("/api/answers/{id}", read, one.gives::<AnswerWithBasis>(200, "The answer.")).post(
        "/api/answers/{id}/replay",
        replay,
        again.gives::<Replay>(200, "Both answers."),
    )
}

/// An answer of the asker, or any to an auditor.
pub(crate) async fn visible(api: &Api, asker: &Principal, id: &str) -> Result<StoredAnswer, ApiError> {
    let answer = api.state().answer(id).await.map_err(told)?;
    match answer.owner == asker.name || asker.is(Role::Auditor) {
        true => Ok(answer),
        false => Err(ApiError::no_such_thing()),
    }
}

async fn read(
    State(api): State<Api>,
    Asker(asker): Asker,
    id: Result<Path<String>, PathRejection>,
) -> Result<Json<AnswerWithBasis>, ApiError> {
    let answer = visible(&api, &asker, &named(id)?).await?;
    let made_from = answer.basis.as_ref().map(|basis| {
        let passages = basis.found.passages.iter();
        MadeFrom {
            question: basis.asked.clone(),
            rules: basis.rules.clone(),
            prompt: basis.prompt.clone(),
            generation: basis.found.generation,
            passages: passages
                .map(|passage| PassageShape::of(passage, api.parts.hints.masked(&passage.chunk.text)))
                .collect(),
        }
    });
    Ok(Json(AnswerWithBasis { kept: KeptAnswer::from(answer), made_from }))
}

async fn replay(
    State(api): State<Api>,
    Known(who): Known,
    id: Result<Path<String>, PathRejection>,
) -> Result<Json<Replay>, ApiError> {
    let id = named(id)?;
    let replayed = replayed(&api, &who.principal, &id).await;
    api.app.audit.did_to(&who, "replay", Some(&id), &replayed);
    replayed.map(Json)
}

/// Whoever asks for it pays for it, whoever asked before.
async fn replayed(api: &Api, asker: &Principal, id: &str) -> Result<Replay, ApiError> {
    let answer = visible(api, asker, id).await?;
    let Some(basis) = answer.basis else { return Err(ApiError::by_rule()) };
    let _admitted = api.app.admission.admit().await?;
    let (rules, prompt) = (basis.rules.clone(), basis.prompt.clone());
    let mut answering = Answering::again(&api.app, basis, &answer.told.model, &asker.name);
    let again = answering.whole().await.map_err(|failure| failure.told(&answer.id, "id"))?;
    let now = again.basis.as_deref();
    Ok(Replay {
        same: again.text == answer.told.text && again.citations == answer.told.citations,
        answer: answer.told.text,
        again: again.text.clone(),
        model: answer.told.model,
        model_again: again.model.clone(),
        rules_changed: now.is_some_and(|now| now.rules != rules),
        prompt_changed: now.is_some_and(|now| now.prompt != prompt),
    })
}
