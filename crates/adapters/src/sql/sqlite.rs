//! Rows of a SQLite database, which is opened for reading only.

use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_stream::try_stream;
use futures::TryStreamExt;
use futures::stream::BoxStream;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteRow};
use sqlx::{AssertSqlSafe, Column, ConnectOptions, Connection, Row as _, TypeInfo, ValueRef};

use super::patience::Patience;
use super::{failed, said};
use crate::files::Trouble;
use crate::records::{Cell, Row};

/// So many steps of its machine a query does before it looks whether it is still wanted: some microseconds.
const STEPS: i32 = 10_000;

/// A database file.
#[derive(Clone, Debug)]
pub(super) struct SqliteDatabase {
    options: SqliteConnectOptions,
    timeout: Duration,
}

/// Stops the query when it is dropped: the thread that runs it would not notice by itself.
struct Wanted(Arc<AtomicBool>);

impl Drop for Wanted {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Relaxed);
    }
}

impl SqliteDatabase {
    pub(super) fn new(url: &str, timeout: Duration) -> Result<Self, String> {
        let options = SqliteConnectOptions::from_str(url).map_err(|error| error.to_string())?;
        let options = options.read_only(true).create_if_missing(false).disable_statement_logging();
        Ok(Self { options, timeout })
    }

    pub(super) fn rows<'a>(&'a self, query: &'a str) -> BoxStream<'a, Result<Row, Trouble>> {
        Box::pin(try_stream! {
            let file = self.options.get_filename();
            if !file.exists() {
                let problem = format!("there is no database file {}", file.display());
                Err(Trouble::new(problem, "create it, or correct `url` of this source"))?;
            }
            let mut patience = Patience::new(self.timeout);
            let mut connection = patience.wait(self.open()).await??;
            let wanted = watched(&mut connection).await.map_err(|error| self.unreadable(&error))?;
            let mut rows = sqlx::query(AssertSqlSafe(query)).fetch(&mut connection);
            while let Some(row) = patience.wait(rows.try_next()).await?.map_err(|error| failed(&error))? {
                yield cells(&row);
            }
            drop((rows, wanted));
            connection.close().await.ok();
        })
    }

    async fn open(&self) -> Result<SqliteConnection, Trouble> {
        let unreadable = |error: sqlx::Error| self.unreadable(&error);
        let mut connection = self.options.connect().await.map_err(unreadable)?;
        let encoding: String =
            sqlx::query_scalar("PRAGMA encoding").fetch_one(&mut connection).await.map_err(unreadable)?;
        if encoding != "UTF-8" {
            let file = self.options.get_filename().display();
            return Err(Trouble::new(
                format!("the database {file} stores its text in {encoding}"),
                "copy it into a database with `PRAGMA encoding = 'UTF-8'`",
            ));
        }
        Ok(connection)
    }

    fn unreadable(&self, error: &sqlx::Error) -> Trouble {
        let file = self.options.get_filename().display();
        Trouble::new(
            format!("the database {file} cannot be read: {}", said(error)),
            "check that `url` names a SQLite database that the program may read",
        )
    }
}

async fn watched(connection: &mut SqliteConnection) -> Result<Wanted, sqlx::Error> {
    let wanted = Arc::new(AtomicBool::new(true));
    let watched = Arc::clone(&wanted);
    connection.lock_handle().await?.set_progress_handler(STEPS, move || watched.load(Ordering::Relaxed));
    Ok(Wanted(wanted))
}

fn cells(row: &SqliteRow) -> Row {
    let columns = row.columns().iter();
    let cell = |column: &sqlx::sqlite::SqliteColumn| cell(row, column.ordinal(), column.type_info().name());
    columns.map(|column| (column.name().to_owned(), cell(column))).collect()
}

/// The value of a column that was declared as `declared`. SQLite itself knows neither days nor truth.
fn cell(row: &SqliteRow, column: usize, declared: &str) -> Cell {
    let (null, kind) = match row.try_get_raw(column) {
        Ok(value) => (value.is_null(), value.type_info().name().to_owned()),
        Err(error) => return Cell::NoText(error.to_string()),
    };
    if null {
        return Cell::Null;
    }
    let text = || row.try_get_unchecked::<String, _>(column);
    let declared = declared.to_ascii_uppercase();
    match (kind.as_str(), text()) {
        ("BLOB", _) => Cell::NoText("a blob".into()),
        (_, Err(_)) => Cell::NoText("text that is not UTF-8".into()),
        ("INTEGER", Ok(text)) => match (declared.starts_with("BOOL"), text.as_str()) {
            (true, "0" | "1") => Cell::boolean(text == "1"),
            _ => Cell::number(text),
        },
        ("REAL", Ok(text)) => Cell::number(text),
        (_, Ok(text)) if declared.starts_with("DATE") || declared.starts_with("TIMESTAMP") => {
            Cell::date(text)
        }
        (_, Ok(text)) => Cell::text(text),
    }
}
