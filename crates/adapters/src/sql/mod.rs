//! Which rows a query gives, each told in words.
//!
//! Reads; never writes, never creates a database, never repeats an address, which may hold credentials.

use std::sync::Arc;
use std::time::Duration;

use async_stream::stream;
use futures::StreamExt;
use futures::stream::BoxStream;
use siren_domain::Fault;
use siren_domain::ports::{DocumentSource, Found, Known};

use self::mysql::MySqlDatabase;
use self::postgres::PostgresDatabase;
use self::sqlite::SqliteDatabase;
pub use self::statement::table_of;
use crate::files::Trouble;
use crate::records::{Place, RecordSettings, Records, Row};
use crate::source_error::SourceError;

mod mysql;
mod patience;
mod postgres;
mod sqlite;
mod statement;

/// What to read, and how to tell it.
#[derive(Clone)]
pub struct SqlSettings {
    /// Where the database lies, such as `sqlite:data/conferences.sqlite`, its path resolved, or
    /// `postgres://reader@db/crm`. It is never shown.
    pub url: String,
    /// One SELECT.
    pub query: String,
    /// So long the database may take in all to give the rows. What is done with them does not count.
    pub timeout: Duration,
    /// What times of day are told in, such as `+09:00`.
    pub time_zone: String,
    /// How its rows are told. [`table_of`] finds the table in a query.
    pub records: RecordSettings,
}

/// The rows of a query.
#[derive(Clone)]
pub struct SqlSource {
    query: String,
    database: Database,
    records: Records,
}

/// The systems that a query can be put to.
#[derive(Clone)]
enum Database {
    Sqlite(SqliteDatabase),
    Postgres(PostgresDatabase),
    MySql(MySqlDatabase),
}

/// How a database is asked.
#[derive(Clone, Debug)]
struct Manner {
    timeout: Duration,
    time_zone: String,
}

impl Database {
    fn new(url: &str, manner: Manner) -> Result<Self, String> {
        // The address itself is not repeated: it may hold a password.
        match url.split_once(':').map(|(scheme, _)| scheme) {
            Some("sqlite") => SqliteDatabase::new(url, manner.timeout).map(Self::Sqlite),
            Some("postgres" | "postgresql") => PostgresDatabase::new(url, manner).map(Self::Postgres),
            Some("mysql" | "mariadb") => MySqlDatabase::new(url, manner).map(Self::MySql),
            _ => Err("write `sqlite:` and the path of the database file, or the address of a server: \
                      `postgres://user:${PASSWORD}@host/database`, `mysql://…`"
                .into()),
        }
    }

    fn rows<'a>(&'a self, query: &'a str) -> BoxStream<'a, Result<Row, Trouble>> {
        match self {
            Self::Sqlite(database) => database.rows(query),
            Self::Postgres(database) => database.rows(query),
            Self::MySql(database) => database.rows(query),
        }
    }
}

impl SqlSource {
    /// A source over the query. Whether the database is there is asked when it is read, not now.
    pub fn new(settings: SqlSettings) -> Result<Self, SourceError> {
        let SqlSettings { url, query, timeout, time_zone, records } = settings;
        let bad = |key, cause| SourceError::new(&records.name, key, cause);
        if !is_offset(&time_zone) {
            return Err(bad("time_zone", "write it as +09:00".to_owned()));
        }
        let database =
            Database::new(&url, Manner { timeout, time_zone }).map_err(|cause| bad("url", cause))?;
        statement::check(&query).map_err(|cause| bad("query", cause))?;
        if matches!(database, Database::MySql(_)) {
            statement::check_for_files(&query).map_err(|cause| bad("query", cause))?;
        }
        Ok(Self { query, database, records: Records::new(records)? })
    }
}

/// Whether it is `+hh:mm` or `-hh:mm`: it becomes a part of a statement.
fn is_offset(zone: &str) -> bool {
    let Some((hours, minutes)) = zone.strip_prefix(['+', '-']).and_then(|rest| rest.split_once(':')) else {
        return false;
    };
    let below = |text: &str, bound: u8| {
        text.len() == 2
            && text.bytes().all(|byte| byte.is_ascii_digit())
            && text.parse::<u8>().is_ok_and(|number| number < bound)
    };
    below(hours, 14) && below(minutes, 60)
}

impl DocumentSource for SqlSource {
    fn name(&self) -> &str {
        &self.records.settings.name
    }

    fn items(&self, known: Arc<dyn Known>) -> BoxStream<'_, Result<Found, Fault>> {
        Box::pin(stream! {
            let mut rows = self.database.rows(&self.query);
            let mut pass = self.records.pass(known);
            while let Some(row) = rows.next().await {
                let told = match row {
                    Ok(row) => pass.row(row, Place::Table),
                    Err(trouble) => {
                        yield Err(*self.records.whole(Place::Table, trouble));
                        return;
                    }
                };
                let ends = told.ends;
                for given in told.given() {
                    yield given;
                }
                if ends {
                    return;
                }
            }
            let remedy = "fill the table, or correct `query` of this source";
            if let Some(fault) = pass.nothing(Place::Table, "the query gives no rows", remedy) {
                yield Err(*fault);
            }
        })
    }
}

/// What a database said, without the statement and the address.
fn said(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Database(error) => error.message().to_owned(),
        error => error.to_string(),
    }
}

/// What to tell of a server that could not be reached.
fn unreachable(error: &sqlx::Error) -> Trouble {
    Trouble::new(
        format!("the database cannot be reached: {}", said(error)),
        "check that it runs, and `url` of this source: host, port, database, user and password",
    )
}

fn failed(error: &sqlx::Error) -> Trouble {
    Trouble::new(format!("the query failed: {}", said(error)), "correct `query` of this source")
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_time_zone_is_an_offset() {
        for zone in ["+09:00", "-03:30", "+00:00", "+13:45"] {
            assert!(super::is_offset(zone), "{zone}");
        }
        for zone in
            ["", "09:00", "+9:00", "+14:00", "+09:60", "+09:00'", "Asia/Seoul", "+09", "+0a:00", "++9:00"]
        {
            assert!(!super::is_offset(zone), "{zone}");
        }
    }
}
