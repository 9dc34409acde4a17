//! Which conversations has the asker had? Each sees their own, and nobody else's.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use serde_json::json;
use siren_domain::ports::state::Conversations;

use super::describe::{Operation, Routes};
use super::export;
use super::input::{self, Asker, Query, named};
use super::shapes::{ConversationList, ConversationShape, Rename, WholeConversation};
use super::{Api, told};
use crate::error::ApiError;

const ID: &str = "the conversation's id";

pub(crate) fn routes(routes: Routes<Api>) -> Routes<Api> {
    let about = |summary| Operation::new("conversations", summary);
    let list = about("Lists the asker's conversations, the latest first")
        .query("limit", "at most so many", &json!({ "type": "integer", "minimum": 1, "maximum": 500 }))
        .query(
            "offset",
            "pass over so many",
            &json!({ "type": "integer", "minimum": 0, "maximum": 1_000_000 }),
        )
        .gives::<ConversationList>(200, "The conversations.");
    let one = about("Reads a conversation").path("id", ID);
    let rename = about("Gives a conversation another title").path("id", ID).takes::<Rename>();
    let delete = about("Deletes a conversation, its answers and the feedback on them").path("id", ID);
    let export = about("Exports a conversation")
        .path("id", ID)
        .query("format", "`json` (the usual) or `markdown`", &json!({ "enum": ["json", "markdown"] }))
        .gives::<export::Exported>(200, "The conversation as a file.")
        .gives_as::<String>(200, "The conversation as a file.", "text/markdown");
    routes
        .get("/api/conversations", all, list)
        .get("/api/conversations/{id}", read, one.gives::<WholeConversation>(200, "The conversation."))
        .patch(
            "/api/conversations/{id}",
            rename_it,
            rename.gives::<ConversationShape>(200, "The conversation."),
        )
        .delete("/api/conversations/{id}", delete_it, delete.gives_nothing("It is gone."))
        .get("/api/conversations/{id}/export", export_it, export)
}

async fn all(
    State(api): State<Api>,
    Asker(asker): Asker,
    uri: Uri,
) -> Result<Json<ConversationList>, ApiError> {
    let query = Query::read(&uri, &["limit", "offset"])?;
    let offset = query.number("offset", 0..=1_000_000)?.unwrap_or(0);
    let offset = usize::try_from(offset).unwrap_or(usize::MAX);
    let limit = query.limit(50, 500)?;
    let found = Conversations::list(api.state(), &asker.name, limit, offset).await.map_err(told)?;
    Ok(Json(ConversationList { conversations: found.into_iter().map(Into::into).collect() }))
}

async fn whole(api: &Api, owner: &str, id: &str) -> Result<WholeConversation, ApiError> {
    let conversation = Conversations::get(api.state(), owner, id).await.map_err(told)?;
    let turns = api.state().answers(owner, id).await.map_err(told)?;
    let turns = turns.into_iter().map(Into::into).collect();
    Ok(WholeConversation { conversation: conversation.into(), turns })
}

async fn read(
    State(api): State<Api>,
    Asker(asker): Asker,
    id: Result<Path<String>, PathRejection>,
) -> Result<Json<WholeConversation>, ApiError> {
    whole(&api, &asker.name, &named(id)?).await.map(Json)
}

async fn rename_it(
    State(api): State<Api>,
    Asker(asker): Asker,
    id: Result<Path<String>, PathRejection>,
    request: Request,
) -> Result<Json<ConversationShape>, ApiError> {
    let id = named(id)?;
    let rename: Rename = input::body(request, &api.app.limits).await?;
    let title = rename.title.trim();
    if title.is_empty() || title.chars().count() > 200 {
        return Err(ApiError::field(
            "title",
            "invalid_title",
            "`title` must have between 1 and 200 characters.",
        ));
    }
    let title = api.parts.hints.masked(title);
    api.state().rename(&asker.name, &id, &title).await.map_err(told)?;
    let renamed = Conversations::get(api.state(), &asker.name, &id).await.map_err(told)?;
    Ok(Json(renamed.into()))
}

async fn delete_it(
    State(api): State<Api>,
    Asker(asker): Asker,
    id: Result<Path<String>, PathRejection>,
) -> Result<StatusCode, ApiError> {
    Conversations::delete(api.state(), &asker.name, &named(id)?).await.map_err(told)?;
    Ok(StatusCode::NO_CONTENT)
}

async fn export_it(
    State(api): State<Api>,
    Asker(asker): Asker,
    id: Result<Path<String>, PathRejection>,
    uri: Uri,
) -> Result<Response, ApiError> {
    let format = Query::read(&uri, &["format"])?.word("format", &["json", "markdown"])?;
    let whole = whole(&api, &asker.name, &named(id)?).await?;
    Ok(match format {
        Some("markdown") => export::markdown(&whole),
        _ => export::json(whole),
    })
}
