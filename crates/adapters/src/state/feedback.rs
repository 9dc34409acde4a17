//! What people say of answers.

use async_trait::async_trait;
use siren_domain::ports::state::{Feedback, FeedbackQuery, Feedbacks, StateError, Thumb};

use super::StateStore;
use super::sql::{Row, args};

fn word(thumb: Thumb) -> &'static str {
    match thumb {
        Thumb::Up => "up",
        Thumb::Down => "down",
    }
}

fn feedback(row: &Row) -> Result<Feedback, StateError> {
    Ok(Feedback {
        answer: row.text(0)?,
        by: row.text(1)?,
        at: row.number(2)?,
        thumb: if row.text(3)? == word(Thumb::Up) { Thumb::Up } else { Thumb::Down },
        reason: row.optional_text(4),
        corrected: row.optional_text(5),
    })
}

#[async_trait]
impl Feedbacks for StateStore {
    async fn put(&self, said: &Feedback) -> Result<(), StateError> {
        let insert = "insert into feedback (answer, said_by, at, thumb, reason, corrected)
            select $1, $2, $3, $4, $5, $6 where exists (select 1 from answers where id = $1)
            on conflict (answer, said_by) do update set at = excluded.at, thumb = excluded.thumb,
                reason = excluded.reason, corrected = excluded.corrected";
        let args = args![
            said.answer.as_str(),
            said.by.as_str(),
            said.at,
            word(said.thumb),
            said.reason.clone(),
            said.corrected.clone()
        ];
        match self.sql.run(insert, args).await? {
            0 => Err(StateError::NotFound),
            _ => Ok(()),
        }
    }

    async fn list(&self, query: &FeedbackQuery) -> Result<Vec<Feedback>, StateError> {
        let select = "select answer, said_by, at, thumb, reason, corrected from feedback
            where at >= $1 and ($2 = '' or thumb = $2) order by at desc, answer desc, said_by desc limit $3";
        let thumb = query.thumb.map(word).unwrap_or_default();
        self.sql.rows(select, args![query.since, thumb, query.limit]).await?.iter().map(feedback).collect()
    }
}
