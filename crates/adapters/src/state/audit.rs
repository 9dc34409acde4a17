//! Who did what.

use async_trait::async_trait;
use siren_domain::ports::state::{AuditEntry, AuditLog, AuditQuery, Millis, StateError};

use super::StateStore;
use super::sql::{Row, args, json};

fn entry(row: &Row) -> Result<(u64, AuditEntry), StateError> {
    let entry = AuditEntry {
        at: row.number(1)?,
        principal: row.text(2)?,
        action: row.text(3)?,
        outcome: row.text(4)?,
        subject: row.optional_text(5),
        rule: row.optional_text(6),
        cited: row.json(7)?,
        detail: row.optional_text(8),
    };
    Ok((row.number(0)?, entry))
}

#[async_trait]
impl AuditLog for StateStore {
    async fn add(&self, entries: &[AuditEntry]) -> Result<(), StateError> {
        let insert = "insert into audit (at, principal, action, outcome, subject, rule, cited, detail)
            values ($1, $2, $3, $4, $5, $6, $7, $8)";
        let one = |entry: &AuditEntry| {
            let args = args![
                entry.at,
                entry.principal.as_str(),
                entry.action.as_str(),
                entry.outcome.as_str(),
                entry.subject.clone(),
                entry.rule.clone(),
                json(&entry.cited)?,
                entry.detail.clone()
            ];
            Ok((insert, args))
        };
        let all = entries.iter().map(one).collect::<Result<_, StateError>>()?;
        self.sql.all(all).await.map(|_| ())
    }

    async fn read(&self, query: &AuditQuery) -> Result<Vec<(u64, AuditEntry)>, StateError> {
        let select = "select number, at, principal, action, outcome, subject, rule, cited, detail from audit
            where number < $1 and ($2 = '' or principal = $2) and ($3 = '' or action = $3)
            order by number desc limit $4";
        let args = args![
            query.before.unwrap_or(u64::MAX),
            query.principal.clone().unwrap_or_default(),
            query.action.clone().unwrap_or_default(),
            query.limit
        ];
        self.sql.rows(select, args).await?.iter().map(entry).collect()
    }

    async fn prune(&self, before: Millis) -> Result<u64, StateError> {
        self.sql.sweep("delete from audit where at < $1", args![before]).await
    }
}
