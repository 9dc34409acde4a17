//! Reindexing at its time, by one of the servers that share a state.

use std::sync::Arc;
use std::time::Duration;

use cronexpr::{Crontab, MakeTimestamp};
use siren_domain::ports::state::{Jobs, Millis, State};
use siren_domain::ports::{OperationError, Operations, ReindexOrder};

use crate::clock::now_ms;

/// Whose jobs these are.
const BY: &str = "schedule";
/// The clock may be set while it is slept: it is looked at so often.
const LOOK: Duration = Duration::from_secs(30);
/// Jobs that are looked through for one that was begun at this time already.
const LATEST: usize = 20;

/// Begins a reindex at every time that the table names, until it is dropped.
pub(crate) async fn run(crontab: Crontab, operations: Arc<dyn Operations>, state: Arc<dyn State>) {
    loop {
        let Some(due) = next(&crontab, now_ms()) else {
            tracing::error!("schedule.reindex names no time that will ever come");
            return;
        };
        while now_ms() < due {
            let left = Duration::from_millis(due.saturating_sub(now_ms()));
            tokio::time::sleep(left.min(LOOK)).await;
        }
        at_its_time(operations.as_ref(), state.as_ref(), due).await;
    }
}

async fn at_its_time(operations: &dyn Operations, state: &dyn State, due: Millis) {
    // Another server may have been so quick that it is through.
    let latest = Jobs::list(state, LATEST).await;
    if latest.is_ok_and(|jobs| jobs.iter().any(|job| job.by == BY && job.started >= due)) {
        return;
    }
    match operations.reindex(BY, ReindexOrder::default()).await {
        Ok(job) => tracing::info!(job, "the scheduled reindex begins"),
        Err(OperationError::Busy(_)) => {
            tracing::info!("the index is being brought up to date by another server or command");
        }
        Err(error) => tracing::error!(?error, "the scheduled reindex could not be begun"),
    }
}

fn next(crontab: &Crontab, after: Millis) -> Option<Millis> {
    let after = MakeTimestamp::from_millisecond(i64::try_from(after).ok()?).ok()?;
    let next = crontab.find_next(after).ok()?;
    Millis::try_from(next.timestamp().as_millisecond()).ok()
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
