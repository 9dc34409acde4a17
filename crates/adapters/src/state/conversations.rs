//! Conversations and their answers.

use async_trait::async_trait;
use siren_domain::ports::state::{Conversation, Conversations, Millis, StateError, StoredAnswer};

use super::StateStore;
use super::sql::{Row, Statement, args, json, read_json};

fn conversation(row: &Row) -> Result<Conversation, StateError> {
    Ok(Conversation {
        id: row.text(0)?,
        owner: row.text(1)?,
        title: row.text(2)?,
        created: row.number(3)?,
        updated: row.number(4)?,
        answers: row.number(5)?,
    })
}

fn answer(row: &Row) -> Result<StoredAnswer, StateError> {
    Ok(StoredAnswer {
        id: row.text(0)?,
        conversation: row.optional_text(1),
        owner: row.text(2)?,
        at: row.number(3)?,
        question: row.text(4)?,
        told: row.json(5)?,
        // A column that was not asked for has nothing.
        basis: row.optional_text(6).map(|basis| read_json(&basis)).transpose()?,
    })
}

fn answers(rows: &[Row]) -> Result<Vec<StoredAnswer>, StateError> {
    rows.iter().map(answer).collect()
}

/// Whether nothing was found, although it was looked for.
fn is_open(answer: &StoredAnswer) -> bool {
    answer.basis.is_some() && !answer.told.grounded
}

/// What belongs to a conversation is only kept where the asker still has that conversation.
fn insert(new: &StoredAnswer) -> Result<Statement, StateError> {
    let insert = "insert into answers (id, conversation, owner, at, question, open, told, basis)
        select $1, $2, $3, $4, $5, $6, $7, $8 where $2 is null
            or exists (select 1 from conversations where id = $2 and owner = $3)";
    let args = args![
        new.id.as_str(),
        new.conversation.clone(),
        new.owner.as_str(),
        new.at,
        new.question.as_str(),
        is_open(new),
        json(&new.told)?,
        new.basis.as_ref().map(json).transpose()?
    ];
    Ok((insert, args))
}

fn there(touched: u64) -> Result<(), StateError> {
    if touched == 0 { Err(StateError::NotFound) } else { Ok(()) }
}

#[async_trait]
impl Conversations for StateStore {
    async fn begin(&self, new: &Conversation) -> Result<(), StateError> {
        let insert =
            "insert into conversations (id, owner, title, created, updated) values ($1, $2, $3, $4, $5)";
        let args = args![new.id.as_str(), new.owner.as_str(), new.title.as_str(), new.created, new.updated];
        self.sql.run(insert, args).await.map(|_| ())
    }

    async fn list(&self, owner: &str, limit: usize, offset: usize) -> Result<Vec<Conversation>, StateError> {
        let select = "select c.id, c.owner, c.title, c.created, c.updated,
                (select count(*) from answers a where a.conversation = c.id)
            from conversations c where c.owner = $1 order by c.updated desc, c.id desc limit $2 offset $3";
        self.sql.rows(select, args![owner, limit, offset]).await?.iter().map(conversation).collect()
    }

    async fn get(&self, owner: &str, id: &str) -> Result<Conversation, StateError> {
        let select = "select c.id, c.owner, c.title, c.created, c.updated,
                (select count(*) from answers a where a.conversation = c.id)
            from conversations c where c.owner = $1 and c.id = $2";
        conversation(&self.sql.row(select, args![owner, id]).await?.ok_or(StateError::NotFound)?)
    }

    async fn rename(&self, owner: &str, id: &str, title: &str) -> Result<(), StateError> {
        let update = "update conversations set title = $3 where owner = $1 and id = $2";
        there(self.sql.run(update, args![owner, id, title]).await?)
    }

    async fn delete(&self, owner: &str, id: &str) -> Result<(), StateError> {
        // Answers and feedback go with it.
        let delete = "delete from conversations where owner = $1 and id = $2";
        there(self.sql.run(delete, args![owner, id]).await?)?;
        self.sql.forget_deleted().await
    }

    async fn answers(&self, owner: &str, id: &str) -> Result<Vec<StoredAnswer>, StateError> {
        self.get(owner, id).await?;
        let select = "select id, conversation, owner, at, question, told from answers
            where conversation = $1 order by at, id";
        answers(&self.sql.rows(select, args![id]).await?)
    }

    async fn latest(&self, owner: &str, id: &str, limit: usize) -> Result<Vec<StoredAnswer>, StateError> {
        self.get(owner, id).await?;
        let select = "select id, conversation, owner, at, question, told from answers
            where conversation = $1 order by at desc, id desc limit $2";
        let mut latest = answers(&self.sql.rows(select, args![id, limit]).await?)?;
        latest.reverse();
        Ok(latest)
    }

    async fn keep(&self, new: &StoredAnswer) -> Result<(), StateError> {
        let touch = "update conversations set updated = $3 where id = $1 and owner = $2 and updated < $3";
        let touched = args![new.conversation.clone(), new.owner.as_str(), new.at];
        let done = self.sql.all(vec![insert(new)?, (touch, touched)]).await?;
        there(done.first().copied().unwrap_or_default())
    }

    async fn keep_all(&self, answers: &[StoredAnswer]) -> Result<(), StateError> {
        let all = answers.iter().map(insert).collect::<Result<_, _>>()?;
        self.sql.all(all).await.map(|_| ())
    }

    async fn answer(&self, id: &str) -> Result<StoredAnswer, StateError> {
        let select = "select id, conversation, owner, at, question, told, basis from answers where id = $1";
        answer(&self.sql.row(select, args![id]).await?.ok_or(StateError::NotFound)?)
    }

    async fn told(&self, id: &str) -> Result<StoredAnswer, StateError> {
        let select = "select id, conversation, owner, at, question, told from answers where id = $1";
        answer(&self.sql.row(select, args![id]).await?.ok_or(StateError::NotFound)?)
    }

    async fn unanswered(&self, limit: usize) -> Result<Vec<StoredAnswer>, StateError> {
        let select = "select id, conversation, owner, at, question, told from answers
            where open = 1 order by at desc, id desc limit $1";
        answers(&self.sql.rows(select, args![limit]).await?)
    }

    async fn prune(&self, before: Millis) -> Result<u64, StateError> {
        let of_old =
            "delete from answers where conversation in (select id from conversations where updated < $1)";
        let alone = "delete from answers where conversation is null and at < $1";
        let old = "delete from conversations where updated < $1";
        let statements = [of_old, alone, old].map(|delete| (delete, args![before]));
        let done = self.sql.sweep_all(statements.to_vec()).await?;
        if done.iter().any(|touched| *touched > 0) {
            self.sql.forget_deleted().await?;
        }
        Ok(done.iter().take(2).sum())
    }
}
