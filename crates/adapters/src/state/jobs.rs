//! Jobs. Who has lost the lease that a job runs under cannot write to it any more.

use async_trait::async_trait;
use siren_domain::ports::state::{Job, JobProgress, JobState, Jobs, Lease, Millis, NewJob, StateError};

use super::StateStore;
use super::sql::{Row, args, json};

const ABANDONED: &str = "the server that ran it is gone";

fn word(state: JobState) -> &'static str {
    match state {
        JobState::Running => "running",
        JobState::Done => "done",
        JobState::Failed => "failed",
        JobState::Cancelled => "cancelled",
    }
}

fn state(word: &str) -> Result<JobState, StateError> {
    let all = [JobState::Running, JobState::Done, JobState::Failed, JobState::Cancelled];
    let known = all.into_iter().find(|state| self::word(*state) == word);
    known.ok_or_else(|| StateError::Damaged(format!("{word:?} is no state of a job")))
}

fn job(row: &Row) -> Result<Job, StateError> {
    Ok(Job {
        id: row.text(0)?,
        kind: row.text(1)?,
        by: row.text(2)?,
        holder: row.text(3)?,
        started: row.number(4)?,
        ended: row.optional_number(5),
        state: state(&row.text(6)?)?,
        progress: row.json(7)?,
        outcome: row.text(8)?,
        cancel_asked: row.yes(9)?,
    })
}

fn still_ours(touched: u64) -> Result<(), StateError> {
    match touched {
        0 => Err(StateError::Lost("the job was ended by another process".into())),
        _ => Ok(()),
    }
}

#[async_trait]
impl Jobs for StateStore {
    async fn begin(&self, new: &NewJob, lease: &Lease) -> Result<(), StateError> {
        let insert = "insert into jobs
            (id, kind, asked_by, lease, holder, fence, started, state, progress, outcome, cancel_asked)
            values ($1, $2, $3, $4, $5, $6, $7, 'running', $8, '', 0)";
        let args = args![
            new.id.as_str(),
            new.kind.as_str(),
            new.by.as_str(),
            lease.name.as_str(),
            lease.holder.as_str(),
            lease.fence,
            new.at,
            json(&JobProgress::default())?
        ];
        self.sql.run(insert, args).await.map(|_| ())
    }

    async fn get(&self, id: &str) -> Result<Job, StateError> {
        let select =
            "select id, kind, asked_by, holder, started, ended, state, progress, outcome, cancel_asked
            from jobs where id = $1";
        job(&self.sql.row(select, args![id]).await?.ok_or(StateError::NotFound)?)
    }

    async fn list(&self, limit: usize) -> Result<Vec<Job>, StateError> {
        let select =
            "select id, kind, asked_by, holder, started, ended, state, progress, outcome, cancel_asked
            from jobs order by started desc, id desc limit $1";
        self.sql.rows(select, args![limit]).await?.iter().map(job).collect()
    }

    async fn progress(&self, id: &str, lease: &Lease, progress: &JobProgress) -> Result<(), StateError> {
        let update = "update jobs set progress = $3 where id = $1 and fence = $2 and state = 'running'";
        still_ours(self.sql.run(update, args![id, lease.fence, json(progress)?]).await?)
    }

    async fn end(
        &self,
        id: &str,
        lease: &Lease,
        state: JobState,
        outcome: &str,
        at: Millis,
    ) -> Result<(), StateError> {
        let update = "update jobs set state = $3, outcome = $4, ended = $5
            where id = $1 and fence = $2 and state = 'running'";
        still_ours(self.sql.run(update, args![id, lease.fence, word(state), outcome, at]).await?)
    }

    async fn ask_to_cancel(&self, id: &str) -> Result<(), StateError> {
        let update = "update jobs set cancel_asked = 1 where id = $1 and state = 'running'";
        match self.sql.run(update, args![id]).await? {
            0 => Err(StateError::NotFound),
            _ => Ok(()),
        }
    }

    async fn abandon(&self, lease: &Lease, at: Millis) -> Result<u64, StateError> {
        let update = "update jobs set state = 'failed', outcome = $3, ended = $4
            where lease = $1 and fence < $2 and state = 'running'";
        self.sql.run(update, args![lease.name.as_str(), lease.fence, ABANDONED, at]).await
    }

    async fn prune(&self, before: Millis) -> Result<u64, StateError> {
        self.sql.sweep("delete from jobs where ended < $1 and state <> 'running'", args![before]).await
    }
}
