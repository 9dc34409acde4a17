//! What servers have learnt.

use async_trait::async_trait;
use siren_domain::ports::state::{Notes, StateError};

use super::StateStore;
use super::sql::args;

#[async_trait]
impl Notes for StateStore {
    async fn note(&self, name: &str) -> Result<Option<String>, StateError> {
        let row = self.sql.row("select content from notes where name = $1", args![name]).await?;
        row.map(|row| row.text(0)).transpose()
    }

    async fn take_note(&self, name: &str, text: &str) -> Result<(), StateError> {
        let insert = "insert into notes (name, content) values ($1, $2)
            on conflict (name) do update set content = excluded.content";
        self.sql.run(insert, args![name, text]).await.map(|_| ())
    }
}
