//! How is the index brought up to date from here? A job on one of the servers, watched and stopped from any.

use std::convert::Infallible;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures::Stream;
use serde_json::json;
use siren_domain::ports::ReindexOrder;
use siren_domain::ports::state::{Job, JobState, Jobs, StateError};

use super::admin::operation_failed;
use super::admin_shapes::{Begun, JobList, JobShape, Reindex};
use super::ask::{LOOK, event};
use super::describe::{Operation, Routes};
use super::documented::EventDoc;
use super::input::{self, Asker, Known, Query, named};
use super::{Api, told};
use crate::completion::{KEEP_ALIVE, unbuffered};
use crate::error::ApiError;

const ID: &str = "the job's id";

pub(crate) fn routes(routes: Routes<Api>) -> Routes<Api> {
    let about = |summary| Operation::new("admin", summary);
    let reindex = about("Begins to bring the index up to date")
        .may_take::<Reindex>()
        .gives::<Begun>(202, "It has begun.")
        .error(409);
    let list = about("Lists jobs, newest first")
        .query("limit", "at most so many", &json!({ "type": "integer", "minimum": 1, "maximum": 1000 }))
        .gives::<JobList>(200, "The jobs.");
    let events = "Events: `progress` with the job whenever it has got on, and at last `done`.";
    let watch = about("Watches a job").path("id", ID).gives_as::<EventDoc>(200, events, "text/event-stream");
    let cancel = about("Stops a job; the index that is served stays as it is").path("id", ID).error(409);
    routes
        .post("/api/admin/reindex", begin, reindex)
        .get("/api/admin/jobs", all, list)
        .get(
            "/api/admin/jobs/{id}",
            one,
            about("Reads a job").path("id", ID).gives::<JobShape>(200, "The job."),
        )
        .post("/api/admin/jobs/{id}/cancel", cancel_it, cancel.gives::<JobShape>(202, "It is being stopped."))
        .get("/api/admin/jobs/{id}/events", watch_it, watch)
}

async fn begin(
    State(api): State<Api>,
    asker: Asker,
    Known(who): Known,
    request: Request,
) -> Result<(StatusCode, Json<Begun>), ApiError> {
    let operator = asker.operator()?;
    let Reindex { full, allow_shrink, no_gate } = input::optional_body(request, &api.app.limits).await?;
    let order = ReindexOrder { full, allow_shrink, no_gate };
    let begun = api.parts.operations.reindex(&operator.name, order).await.map_err(operation_failed);
    api.app.audit.did_to(&who, "reindex", begun.as_deref().ok(), &begun);
    Ok((StatusCode::ACCEPTED, Json(Begun { job_id: begun? })))
}

async fn all(State(api): State<Api>, asker: Asker, uri: Uri) -> Result<Json<JobList>, ApiError> {
    asker.overseer()?;
    let limit = Query::read(&uri, &["limit"])?.limit(50, 1_000)?;
    let jobs = Jobs::list(api.state(), limit).await.map_err(told)?;
    Ok(Json(JobList { jobs: jobs.into_iter().map(Into::into).collect() }))
}

async fn one(
    State(api): State<Api>,
    asker: Asker,
    id: Result<Path<String>, PathRejection>,
) -> Result<Json<JobShape>, ApiError> {
    asker.overseer()?;
    let job = Jobs::get(api.state(), &named(id)?).await.map_err(told)?;
    Ok(Json(job.into()))
}

async fn cancel_it(
    State(api): State<Api>,
    asker: Asker,
    Known(who): Known,
    id: Result<Path<String>, PathRejection>,
) -> Result<(StatusCode, Json<JobShape>), ApiError> {
    asker.operator()?;
    let id = named(id)?;
    let stopped = stop(&api, &id).await;
    api.app.audit.did_to(&who, "cancel", Some(&id), &stopped);
    Ok((StatusCode::ACCEPTED, Json(stopped?.into())))
}

async fn stop(api: &Api, id: &str) -> Result<Job, ApiError> {
    let job = Jobs::get(api.state(), id).await.map_err(told)?;
    let ended = || ApiError::conflict("The job has ended already.".to_owned());
    if job.state != JobState::Running {
        return Err(ended());
    }
    let asked = api.state().ask_to_cancel(id).await;
    asked.map_err(|error| if error == StateError::NotFound { ended() } else { told(error) })?;
    Jobs::get(api.state(), id).await.map_err(told)
}

async fn watch_it(
    State(api): State<Api>,
    asker: Asker,
    id: Result<Path<String>, PathRejection>,
) -> Result<Response, ApiError> {
    asker.overseer()?;
    let id = named(id)?;
    Jobs::get(api.state(), &id).await.map_err(told)?;
    let keep_alive = KeepAlive::new().interval(KEEP_ALIVE).text("keep-alive");
    Ok(unbuffered(Sse::new(watched(api, id)).keep_alive(keep_alive)))
}

fn watched(api: Api, id: String) -> impl Stream<Item = Result<Event, Infallible>> {
    async_stream::stream! {
        let mut closing = api.app.closing.subscribe();
        let mut last = None;
        loop {
            let job = match Jobs::get(api.state(), &id).await {
                Ok(job) => job,
                Err(error) => {
                    yield event("error", &told(error).body());
                    break;
                }
            };
            let ended = job.state != JobState::Running;
            if last.as_ref() != Some(&job) {
                last = Some(job.clone());
                yield event(if ended { "done" } else { "progress" }, &JobShape::from(job));
            }
            if ended {
                break;
            }
            let is_closing = tokio::select! {
                () = tokio::time::sleep(LOOK) => false,
                _ = closing.wait_for(|closing| *closing) => true,
            };
            if is_closing {
                yield event("error", &ApiError::closing().body());
                break;
            }
        }
    }
}
