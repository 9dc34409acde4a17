//! Where the application's state lies: a SQLite file, or PostgreSQL where several replicas share it.
//!
//! Each statement is written once, in words that both systems understand; `sql` knows where they differ.

mod audit;
mod conversations;
mod feedback;
mod jobs;
mod keys;
mod leases;
mod migrations;
mod notes;
mod sessions;
mod sql;
mod usage;

use std::path::PathBuf;

use siren_domain::ports::state::StateError;

use self::sql::Sql;
use crate::Secret;

/// Where state is kept.
#[derive(Clone, Debug)]
pub enum StatePlace {
    /// In a file of this machine, made when it is not there.
    File(PathBuf),
    /// In a PostgreSQL database.
    Server {
        /// Its address, with user and password.
        url: Secret,
        /// At most so many connections of this process.
        connections: u32,
    },
}

/// The state of the application. Clones share it.
#[derive(Clone, Debug)]
pub struct StateStore {
    sql: Sql,
}

impl StateStore {
    /// Opens it, and brings it to the form that this release knows.
    pub async fn open(place: &StatePlace) -> Result<Self, StateError> {
        let sql = match place {
            StatePlace::File(file) => Sql::file(file).await?,
            StatePlace::Server { url, connections } => Sql::server(url.expose(), *connections).await?,
        };
        migrations::run(&sql).await?;
        Ok(Self { sql })
    }

    /// Whether it answers now.
    pub async fn alive(&self) -> Result<(), StateError> {
        self.sql.rows("select 1", vec![]).await.map(|_| ())
    }
}
