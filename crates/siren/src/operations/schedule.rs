//! Reindexing at its time, by one of the servers that share a state.

use std::sync::Arc;
use std::time::Duration;

use cronexpr::{Crontab, MakeTimestamp};
use siren_adapters::api_keys::now;
use siren_domain::ports::state::{JobState, Jobs, Lease, Leases, Millis, NewJob, State, StateError};
use siren_index::Mode;

use super::Reloader;
use crate::commands::reindex;

/// What only one server may do at a time.
const RIGHT: &str = "reindex";
const BY: &str = "schedule";
/// The right is lost so long after its holder was last heard of.
const HELD: Duration = Duration::from_secs(60);
/// The clock may be set while it is slept: it is looked at so often.
const LOOK: Duration = Duration::from_secs(30);
/// Jobs that are looked through for one that was begun at this time already.
const LATEST: usize = 20;

/// Brings the index up to date at every time that the table names, until it is dropped.
pub(crate) async fn run(crontab: Crontab, reloader: Arc<Reloader>, state: Arc<dyn State>, holder: String) {
    loop {
        let Some(due) = next(&crontab, now()) else {
            tracing::error!("schedule.reindex names no time that will ever come");
            return;
        };
        while now() < due {
            let left = Duration::from_millis(due.saturating_sub(now()));
            tokio::time::sleep(left.min(LOOK)).await;
        }
        if let Err(error) = at_its_time(&reloader, state.as_ref(), &holder, due).await {
            tracing::error!(%error, "the scheduled reindex could not be begun or ended");
        }
    }
}

fn next(crontab: &Crontab, after: Millis) -> Option<Millis> {
    let after = MakeTimestamp::from_millisecond(i64::try_from(after).ok()?).ok()?;
    let next = crontab.find_next(after).ok()?;
    Millis::try_from(next.timestamp().as_millisecond()).ok()
}

async fn at_its_time(
    reloader: &Reloader,
    state: &dyn State,
    holder: &str,
    due: Millis,
) -> Result<(), StateError> {
    let Some(lease) = state.acquire(RIGHT, holder, HELD).await? else {
        tracing::info!("the index is being brought up to date by another server or command");
        return Ok(());
    };
    let done = run_once(reloader, state, &lease, due).await;
    state.release(&lease).await?;
    done
}

async fn run_once(
    reloader: &Reloader,
    state: &dyn State,
    lease: &Lease,
    due: Millis,
) -> Result<(), StateError> {
    // Another server may have been so quick that it is through.
    let latest = Jobs::list(state, LATEST).await?;
    if latest.iter().any(|job| job.kind == RIGHT && job.by == BY && job.started >= due) {
        return Ok(());
    }
    state.abandon(lease, now()).await?;
    let job = NewJob { id: format!("{BY}-{due}"), kind: RIGHT.to_owned(), by: BY.to_owned(), at: now() };
    Jobs::begin(state, &job, lease).await?;
    tracing::info!(job = job.id, "the scheduled reindex begins");
    let (ended, outcome) = watched(reloader, state, lease, &job.id).await;
    match ended {
        JobState::Done => tracing::info!(job = job.id, outcome, "the scheduled reindex has ended"),
        _ => tracing::error!(job = job.id, outcome, "the scheduled reindex has failed"),
    }
    state.end(&job.id, lease, ended, &outcome, now()).await
}

/// Works as long as the right is held and nobody wants it stopped. What is dropped half done is no generation.
async fn watched(reloader: &Reloader, state: &dyn State, lease: &Lease, job: &str) -> (JobState, String) {
    let wiring = reloader.wiring();
    let work = reindex::reindex(&wiring, Mode::default());
    tokio::pin!(work);
    let mut renewal = tokio::time::interval(HELD / 4);
    loop {
        tokio::select! {
            ended = &mut work => return match ended {
                Ok(report) => {
                    let (documents, changed) = (report.total_documents, report.documents.reprocessed());
                    (JobState::Done, format!("{documents} documents, {changed} made anew, {} faults", report.faults.len()))
                }
                Err(failure) => (JobState::Failed, failure.message),
            },
            _ = renewal.tick() => {
                if let Err(error) = state.renew(lease, HELD).await {
                    return (JobState::Failed, format!("the right to reindex was lost: {error}"));
                }
                if Jobs::get(state, job).await.is_ok_and(|job| job.cancel_asked) {
                    return (JobState::Cancelled, "cancelled".to_owned());
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::next;

    #[test]
    fn the_next_time_is_by_the_named_clock() {
        let millis = |text: &str| {
            let at: jiff::Timestamp = text.parse().expect("an instant");
            u64::try_from(at.as_millisecond()).expect("after 1970")
        };
        let cases = [
            ("0 3 * * * Asia/Seoul", "2026-11-30T17:59:59Z", "2026-11-30T18:00:00Z"),
            ("0 3 * * * Asia/Seoul", "2026-11-30T18:00:00Z", "2026-12-01T18:00:00Z"),
            ("0 3 * * * UTC", "2026-11-30T18:00:00Z", "2026-12-01T03:00:00Z"),
            ("30 1 * * 1 Asia/Seoul", "2026-11-30T00:00:00Z", "2026-12-06T16:30:00Z"),
        ];
        for (table, after, expected) in cases {
            let crontab = cronexpr::parse_crontab(table).expect("a table");
            assert_eq!(next(&crontab, millis(after)), Some(millis(expected)), "{table} after {after}");
        }
    }
}
