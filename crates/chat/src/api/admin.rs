//! What do those who run the server see and change? Operators change; auditors look.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::Uri;
use serde_json::json;
use siren_domain::ports::OperationError;
use siren_domain::ports::state::{AuditLog, AuditQuery, FeedbackQuery, Feedbacks, Thumb};

use super::admin_shapes::{
    Audit, FeedbackList, FeedbackShape, GenerationList, Rules, Settings, Unanswered, UnansweredQuestion,
    UsageTable,
};
use super::answers::to_another;
use super::describe::{Operation, Routes};
use super::input::{Asker, Known, Query, numbered};
use super::{Api, told};
use crate::error::ApiError;

const DAY: &str = "[0-9]{4}-[0-9]{2}-[0-9]{2}";

pub(crate) fn routes(routes: Routes<Api>) -> Routes<Api> {
    let about = |summary| Operation::new("admin", summary);
    let limit = |operation: Operation| {
        operation.query(
            "limit",
            "at most so many",
            &json!({ "type": "integer", "minimum": 1, "maximum": 1000 }),
        )
    };
    let name = json!({ "type": "string", "minLength": 1, "maxLength": 200 });
    let number = json!({ "type": "integer", "minimum": 0, "maximum": u64::MAX });
    let promote = about("Serves a generation from now on: forward, or back")
        .path_number("number", "its number")
        .error(409);
    let usage = about("What answers cost, by day, asker and model").query(
        "since",
        "the first day, such as 2026-11-30",
        &json!({ "type": "string", "pattern": format!("^{DAY}$") }),
    );
    let audit = limit(about("Who did what, newest first"))
        .query("principal", "only of this one", &name)
        .query("action", "only this action", &name)
        .query("before", "only numbers below", &number);
    let feedback = limit(about("What people say of answers, newest first")).query(
        "thumb",
        "only this one",
        &json!({ "enum": ["up", "down"] }),
    );
    routes
        .get(
            "/api/admin/generations",
            generations,
            about("Lists the generations of the index").gives::<GenerationList>(200, "The generations."),
        )
        .post(
            "/api/admin/generations/{number}/promote",
            promote_it,
            promote.gives::<GenerationList>(200, "The generations."),
        )
        .get("/api/admin/rules", rules, about("The rules in force").gives::<Rules>(200, "The rules."))
        .post(
            "/api/admin/rules/reload",
            reload,
            about("Reads the rules anew; wrong ones change nothing").gives::<Rules>(200, "The rules."),
        )
        .get(
            "/api/admin/settings",
            settings,
            about("Every setting and where it came from").gives::<Settings>(200, "The settings."),
        )
        .get("/api/admin/usage", usage_table, usage.gives::<UsageTable>(200, "The table."))
        .get(
            "/api/admin/unanswered",
            unanswered,
            limit(about("Questions that no document answers")).gives::<Unanswered>(200, "The questions."),
        )
        .get("/api/admin/feedback", feedback_list, feedback.gives::<FeedbackList>(200, "The feedback."))
        .get("/api/admin/audit", audit_log, audit.gives::<Audit>(200, "The entries."))
}

/// What an operator is told; the cause of a failure goes to the log.
pub(crate) fn operation_failed(error: OperationError) -> ApiError {
    match error {
        OperationError::Busy(message) => ApiError::conflict(message),
        OperationError::Wrong(message) => ApiError::invalid("refused", message),
        OperationError::Failed(cause) => {
            tracing::error!(code = "unavailable", cause, "an operation failed");
            ApiError::unavailable()
        }
    }
}

async fn all_generations(api: &Api) -> Result<Json<GenerationList>, ApiError> {
    let generations = api.parts.operations.generations().await.map_err(operation_failed)?;
    Ok(Json(GenerationList { generations: generations.into_iter().map(Into::into).collect() }))
}

async fn generations(State(api): State<Api>, asker: Asker) -> Result<Json<GenerationList>, ApiError> {
    asker.overseer()?;
    all_generations(&api).await
}

async fn promote_it(
    State(api): State<Api>,
    asker: Asker,
    Known(who): Known,
    number: Result<Path<String>, PathRejection>,
) -> Result<Json<GenerationList>, ApiError> {
    let operator = asker.operator()?;
    let number = numbered(number)?;
    let promoted = promote(&api, number).await;
    // Forward, or back: the numbers before tell.
    api.app.audit.did_to(&who, "promote", Some(&number.to_string()), &promoted);
    promoted?;
    tracing::info!(generation = number, by = operator.name, "promoted");
    all_generations(&api).await
}

async fn promote(api: &Api, number: u64) -> Result<(), ApiError> {
    let known = api.parts.operations.generations().await.map_err(operation_failed)?;
    if known.iter().all(|shown| shown.generation.number != number) {
        return Err(ApiError::no_such_thing());
    }
    api.parts.operations.promote(number).await.map_err(operation_failed)
}

async fn rules(State(api): State<Api>, asker: Asker) -> Result<Json<Rules>, ApiError> {
    asker.overseer()?;
    Ok(Json(api.parts.operations.rules().into()))
}

async fn reload(State(api): State<Api>, asker: Asker, Known(who): Known) -> Result<Json<Rules>, ApiError> {
    asker.operator()?;
    let read = api.parts.operations.reload_rules().await.map_err(operation_failed);
    api.app.audit.did_to(&who, "reload_rules", None, &read);
    Ok(Json(read?.into()))
}

async fn settings(State(api): State<Api>, asker: Asker) -> Result<Json<Settings>, ApiError> {
    asker.overseer()?;
    let settings = api.parts.operations.settings().into_iter().map(Into::into).collect();
    Ok(Json(Settings { settings }))
}

async fn usage_table(State(api): State<Api>, asker: Asker, uri: Uri) -> Result<Json<UsageTable>, ApiError> {
    asker.overseer()?;
    let since = Query::read(&uri, &["since"])?.text("since", 10)?;
    let is_day = |day: &String| {
        let form =
            |(at, byte): (usize, u8)| if [4, 7].contains(&at) { byte == b'-' } else { byte.is_ascii_digit() };
        day.len() == 10 && day.bytes().enumerate().all(form)
    };
    if !since.iter().all(is_day) {
        return Err(ApiError::field(
            "since",
            "invalid_parameter",
            "`since` must be a day such as 2026-11-30.",
        ));
    }
    let rows = api.state().since(since.as_deref().unwrap_or_default()).await.map_err(told)?;
    Ok(Json(UsageTable { usage: rows.into_iter().map(Into::into).collect() }))
}

async fn unanswered(State(api): State<Api>, asker: Asker, uri: Uri) -> Result<Json<Unanswered>, ApiError> {
    asker.overseer()?;
    let limit = Query::read(&uri, &["limit"])?.limit(100, 1_000)?;
    let open = api.state().unanswered(limit).await.map_err(told)?;
    let question = |answer: siren_domain::ports::state::StoredAnswer| UnansweredQuestion {
        answer_id: answer.id,
        at_ms: answer.at,
        question: answer.question,
        generation: answer.told.generation,
    };
    Ok(Json(Unanswered { questions: open.into_iter().map(question).collect() }))
}

async fn feedback_list(
    State(api): State<Api>,
    asker: Asker,
    uri: Uri,
) -> Result<Json<FeedbackList>, ApiError> {
    let reader = asker.overseer()?;
    let query = Query::read(&uri, &["thumb", "limit"])?;
    let thumb = query.word("thumb", &["up", "down"])?;
    let thumb = thumb.map(|thumb| if thumb == "up" { Thumb::Up } else { Thumb::Down });
    let query = FeedbackQuery { thumb, since: 0, limit: query.limit(100, 1_000)? };
    let mut feedback = Vec::new();
    for said in Feedbacks::list(api.state(), &query).await.map_err(told)? {
        let Ok(answer) = api.state().told(&said.answer).await else { continue };
        let left_out = !answer.open_to(&reader.groups);
        let answer = to_another(api.parts.hints.as_ref(), answer, &reader);
        feedback.push(FeedbackShape {
            answer_id: said.answer,
            at_ms: said.at,
            by: said.by,
            question: answer.question,
            rating: if said.thumb == Thumb::Up { "up" } else { "down" }.to_owned(),
            answer: answer.told.text,
            citations: answer.told.citations.iter().map(|cited| cited.document_id.to_string()).collect(),
            left_out,
            reason: said.reason,
            corrected_text: said.corrected,
        });
    }
    Ok(Json(FeedbackList { feedback }))
}

async fn audit_log(State(api): State<Api>, asker: Asker, uri: Uri) -> Result<Json<Audit>, ApiError> {
    asker.overseer()?;
    let query = Query::read(&uri, &["principal", "action", "before", "limit"])?;
    let query = AuditQuery {
        principal: query.text("principal", 200)?,
        action: query.text("action", 200)?,
        before: query.number("before", 0..=u64::MAX)?,
        limit: query.limit(100, 1_000)?,
    };
    let entries = AuditLog::read(api.state(), &query).await.map_err(told)?;
    Ok(Json(Audit { entries: entries.into_iter().map(Into::into).collect() }))
}
