//! What was an answer made from, and does the same come of it again?

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use siren_domain::ports::Hints;
use siren_domain::ports::state::StoredAnswer;
use siren_domain::remembered::Told;
use siren_domain::{Principal, Role};

use super::describe::{Operation, Routes};
use super::input::{Asker, Known, named};
use super::shapes::{AnswerWithBasis, KeptAnswer, MadeFrom, PassageShape, Replay, mask_headings};
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
    let hints = api.parts.hints.as_ref();
    // Who asked may have lost a group since.
    let open = answer.open_to(&asker.groups);
    let made_from = answer.basis.as_ref().filter(|_| open).map(|basis| MadeFrom {
        question: basis.asked.clone(),
        rules: basis.rules.clone(),
        prompt: basis.prompt.clone(),
        generation: basis.found.generation,
        passages: basis.found.passages.iter().map(|one| PassageShape::masked(one, hints)).collect(),
    });
    let (answer, left_out) = match answer.owner == asker.name {
        true => (answer, false),
        false => (to_another(hints, answer, &asker), !open),
    };
    Ok(Json(AnswerWithBasis { kept: KeptAnswer::from(answer), made_from, left_out }))
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

/// Whoever asks for it pays for it, whoever asked before, and is shown no more than their own groups are.
async fn replayed(api: &Api, asker: &Principal, id: &str) -> Result<Replay, ApiError> {
    let mut answer = visible(api, asker, id).await?;
    if !answer.open_to(&asker.groups) {
        return Err(ApiError::lacks_group());
    }
    if answer.owner != asker.name {
        answer = to_another(api.parts.hints.as_ref(), answer, asker);
    }
    let Some(mut basis) = answer.basis.take() else { return Err(ApiError::by_rule()) };
    basis.groups.retain(|group| asker.groups.contains(group));
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

/// An answer as somebody else may see it: without personal data, and without its words where it rests on what they may
/// not read. What was asked, by whom and when is no secret to those who run the server.
pub(super) fn to_another(hints: &dyn Hints, mut answer: StoredAnswer, reader: &Principal) -> StoredAnswer {
    if !answer.open_to(&reader.groups) {
        let told = answer.told;
        answer.told = Told {
            grounded: told.grounded,
            generation: told.generation,
            model: told.model,
            readers: told.readers,
            ..Told::default()
        };
        return answer;
    }
    let mask = |text: &mut String| *text = hints.masked(text);
    let told = &mut answer.told;
    mask(&mut told.text);
    for citation in &mut told.citations {
        mask(&mut citation.title);
        mask(&mut citation.quote);
        citation.event.iter_mut().for_each(mask);
        mask_headings(&mut citation.locator, hints);
    }
    for linked in &mut told.linked {
        mask(&mut linked.title);
        mask(&mut linked.evidence);
    }
    for side in told.conflicts.iter_mut().flat_map(|conflict| [&mut conflict.stated, &mut conflict.recorded])
    {
        mask(&mut side.title);
        mask(&mut side.text);
        mask_headings(&mut side.locator, hints);
    }
    if let Some(understood) = &mut told.understood {
        understood.named.iter_mut().for_each(mask);
    }
    answer
}
