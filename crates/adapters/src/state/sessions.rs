//! Browsers that are signed in.

use async_trait::async_trait;
use siren_domain::Principal;
use siren_domain::ports::state::{Millis, Session, Sessions, StateError};

use super::StateStore;
use super::sql::{Row, args, json};

fn session(row: &Row) -> Result<Session, StateError> {
    Ok(Session {
        hash: row.text(0)?,
        principal: Principal { name: row.text(1)?, groups: row.json(2)?, roles: row.json(3)? },
        by: row.text(4)?,
        created: row.number(5)?,
        expires: row.number(6)?,
    })
}

#[async_trait]
impl Sessions for StateStore {
    async fn begin(&self, new: &Session) -> Result<(), StateError> {
        let insert = "insert into sessions (hash, name, member_of, roles, known_by, created, expires)
            values ($1, $2, $3, $4, $5, $6, $7) on conflict (hash) do nothing";
        let args = args![
            new.hash.as_str(),
            new.principal.name.as_str(),
            json(&new.principal.groups)?,
            json(&new.principal.roles)?,
            new.by.as_str(),
            new.created,
            new.expires
        ];
        match self.sql.run(insert, args).await? {
            0 => Err(StateError::Lost("there is a session of that hash".into())),
            _ => Ok(()),
        }
    }

    async fn get(&self, hash: &str) -> Result<Session, StateError> {
        let select = "select hash, name, member_of, roles, known_by, created, expires
            from sessions where hash = $1";
        session(&self.sql.row(select, args![hash]).await?.ok_or(StateError::NotFound)?)
    }

    async fn end(&self, hash: &str) -> Result<(), StateError> {
        self.sql.run("delete from sessions where hash = $1", args![hash]).await.map(|_| ())
    }

    async fn prune(&self, now: Millis) -> Result<u64, StateError> {
        self.sql.run("delete from sessions where expires <= $1", args![now]).await
    }
}
