//! Keys of programs.

use async_trait::async_trait;
use siren_domain::ports::state::{ApiKey, ApiKeys, Millis, StateError};

use super::StateStore;
use super::sql::{Row, args, json};

fn key(row: &Row) -> Result<ApiKey, StateError> {
    Ok(ApiKey {
        id: row.text(0)?,
        hash: row.text(1)?,
        name: row.text(2)?,
        groups: row.json(3)?,
        roles: row.json(4)?,
        created: row.number(5)?,
        expires: row.optional_number(6),
        revoked: row.optional_number(7),
        last_used: row.optional_number(8),
    })
}

#[async_trait]
impl ApiKeys for StateStore {
    async fn put(&self, new: &ApiKey) -> Result<(), StateError> {
        let insert = "insert into api_keys
            (id, hash, name, member_of, roles, created, expires, revoked, last_used)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict (id) do nothing";
        let args = args![
            new.id.as_str(),
            new.hash.as_str(),
            new.name.as_str(),
            json(&new.groups)?,
            json(&new.roles)?,
            new.created,
            new.expires,
            new.revoked,
            new.last_used
        ];
        match self.sql.run(insert, args).await? {
            0 => Err(StateError::Lost("there is a key of that id".into())),
            _ => Ok(()),
        }
    }

    async fn get(&self, id: &str) -> Result<ApiKey, StateError> {
        let select = "select id, hash, name, member_of, roles, created, expires, revoked, last_used
            from api_keys where id = $1";
        key(&self.sql.row(select, args![id]).await?.ok_or(StateError::NotFound)?)
    }

    async fn list(&self) -> Result<Vec<ApiKey>, StateError> {
        let select = "select id, hash, name, member_of, roles, created, expires, revoked, last_used
            from api_keys order by created desc, id desc";
        self.sql.rows(select, args![]).await?.iter().map(key).collect()
    }

    async fn revoke(&self, id: &str, at: Millis) -> Result<(), StateError> {
        let update = "update api_keys set revoked = coalesce(revoked, $2) where id = $1";
        match self.sql.run(update, args![id, at]).await? {
            0 => Err(StateError::NotFound),
            _ => Ok(()),
        }
    }

    async fn used(&self, id: &str, at: Millis) -> Result<(), StateError> {
        let update = "update api_keys set last_used = $2
            where id = $1 and (last_used is null or last_used < $2)";
        self.sql.run(update, args![id, at]).await.map(|_| ())
    }

    async fn prune(&self, before: Millis) -> Result<u64, StateError> {
        // Revoking one does not make it end later than it would have.
        self.sql.sweep("delete from api_keys where revoked < $1 or expires < $1", args![before]).await
    }
}
