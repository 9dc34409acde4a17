//! What answers cost.

use async_trait::async_trait;
use siren_domain::ports::state::{Spent, StateError, Usage, UsageRow};

use super::StateStore;
use super::sql::{Row, args};

fn spent(row: &Row, first: usize) -> Result<Spent, StateError> {
    Ok(Spent {
        answers: row.number(first)?,
        prompt_tokens: row.number(first + 1)?,
        completion_tokens: row.number(first + 2)?,
        cost_micros: row.number(first + 3)?,
    })
}

#[async_trait]
impl Usage for StateStore {
    async fn add(&self, principal: &str, day: &str, model: &str, spent: &Spent) -> Result<(), StateError> {
        let insert = "insert into usage
            (day, principal, model, answers, prompt_tokens, completion_tokens, cost_micros)
            values ($1, $2, $3, $4, $5, $6, $7)
            on conflict (day, principal, model) do update set
                answers = usage.answers + excluded.answers,
                prompt_tokens = usage.prompt_tokens + excluded.prompt_tokens,
                completion_tokens = usage.completion_tokens + excluded.completion_tokens,
                cost_micros = usage.cost_micros + excluded.cost_micros";
        let args = args![
            day,
            principal,
            model,
            spent.answers,
            spent.prompt_tokens,
            spent.completion_tokens,
            spent.cost_micros
        ];
        self.sql.run(insert, args).await.map(|_| ())
    }

    async fn spent(&self, principal: &str, day: &str) -> Result<Spent, StateError> {
        let select = "select cast(coalesce(sum(answers), 0) as bigint),
                cast(coalesce(sum(prompt_tokens), 0) as bigint),
                cast(coalesce(sum(completion_tokens), 0) as bigint),
                cast(coalesce(sum(cost_micros), 0) as bigint)
            from usage where principal = $1 and day = $2";
        let row = self.sql.row(select, args![principal, day]).await?;
        row.map_or(Ok(Spent::default()), |row| spent(&row, 0))
    }

    async fn since(&self, day: &str) -> Result<Vec<UsageRow>, StateError> {
        let select = "select day, principal, model, answers, prompt_tokens, completion_tokens, cost_micros
            from usage where day >= $1 order by day, principal, model";
        let row = |row: &Row| {
            let (day, principal, model) = (row.text(0)?, row.text(1)?, row.text(2)?);
            Ok(UsageRow { day, principal, model, spent: spent(row, 3)? })
        };
        self.sql.rows(select, args![day]).await?.iter().map(row).collect()
    }

    async fn prune(&self, day: &str) -> Result<u64, StateError> {
        self.sql.sweep("delete from usage where day < $1", args![day]).await
    }
}
