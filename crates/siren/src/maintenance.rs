//! What goes with time: conversations, jobs, the audit log, keys and usage past their days; sessions; jobs whose server
//! is gone.

use std::sync::Arc;
use std::time::Duration;

use siren_domain::ports::state::{
    ApiKeys, AuditLog, Conversations, JobState, Jobs, Millis, Sessions, State, StateError, Usage,
};

use crate::clock;
use crate::operations::REINDEX;
use crate::settings::StateSettings;

/// What only one replica may do at a time.
const NAME: &str = "maintenance";

/// So often.
const EVERY: Duration = Duration::from_secs(60);

/// No round takes longer.
const LEASE: Duration = Duration::from_secs(600);

/// No more jobs than these can still seem to run.
const RECENT: usize = 100;

const DAY: Millis = 86_400_000;

/// Goes on for as long as the server runs.
pub(crate) async fn keep_up(state: Arc<dyn State>, settings: StateSettings, holder: String) {
    loop {
        if let Err(error) = round(state.as_ref(), &settings, &holder, clock::now_ms()).await {
            tracing::warn!(%error, "what is old could not be deleted: it is tried again");
        }
        tokio::time::sleep(EVERY).await;
    }
}

/// One round, unless another replica is at it.
pub(crate) async fn round(
    state: &dyn State,
    settings: &StateSettings,
    holder: &str,
    now: Millis,
) -> Result<(), StateError> {
    let Some(lease) = state.acquire(NAME, holder, LEASE).await? else { return Ok(()) };
    let done = delete_what_is_old(state, settings, now).await;
    let freed = free_jobs(state, holder, now).await;
    state.release(&lease).await?;
    done.and(freed)
}

async fn delete_what_is_old(
    state: &dyn State,
    settings: &StateSettings,
    now: Millis,
) -> Result<(), StateError> {
    let before = |days: usize| now.saturating_sub(DAY.saturating_mul(days as Millis));
    let answers = Conversations::prune(state, before(settings.conversation_days)).await?;
    let entries = AuditLog::prune(state, before(settings.audit_days)).await?;
    Jobs::prune(state, before(settings.conversation_days)).await?;
    // Entries of the audit log name keys: none goes before what it did.
    let keys = ApiKeys::prune(state, before(settings.audit_days)).await?;
    Usage::prune(state, &clock::day_of(before(settings.usage_days))).await?;
    Sessions::prune(state, now).await?;
    if answers + entries + keys > 0 {
        tracing::info!(answers, entries, keys, "what was past its days is deleted");
    }
    Ok(())
}

/// A job runs under a lease: where nobody has that, whoever ran it is gone.
async fn free_jobs(state: &dyn State, holder: &str, now: Millis) -> Result<(), StateError> {
    let running = Jobs::list(state, RECENT).await?.into_iter().any(|job| job.state == JobState::Running);
    if !running {
        return Ok(());
    }
    let Some(lease) = state.acquire(REINDEX, holder, LEASE).await? else { return Ok(()) };
    let freed = Jobs::abandon(state, &lease, now).await;
    state.release(&lease).await?;
    freed.map(|_| ())
}
