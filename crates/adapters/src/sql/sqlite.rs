//! Rows of a SQLite database, which is opened for reading only.

use std::str::FromStr;

use async_stream::try_stream;
use futures::TryStreamExt;
use futures::stream::BoxStream;
use sqlx::sqlite::{SqliteConnectOptions, SqliteRow};
use sqlx::{AssertSqlSafe, Column, ConnectOptions, Connection, Row as _, TypeInfo, ValueRef};

use super::Trouble;
use super::row::{Cell, Row};

/// A database file.
#[derive(Clone, Debug)]
pub(super) struct SqliteDatabase {
    options: SqliteConnectOptions,
}

impl SqliteDatabase {
    pub(super) fn new(url: &str) -> Result<Self, String> {
        let options = SqliteConnectOptions::from_str(url).map_err(|error| error.to_string())?;
        let options = options.read_only(true).create_if_missing(false).disable_statement_logging();
        Ok(Self { options })
    }

    pub(super) fn rows<'a>(&'a self, query: &'a str) -> BoxStream<'a, Result<Row, Trouble>> {
        Box::pin(try_stream! {
            let file = self.options.get_filename();
            if !file.exists() {
                Err(Trouble {
                    problem: format!("there is no database file {}", file.display()),
                    remedy: "create it, or correct `url` of this source".into(),
                })?;
            }
            let unreadable = |error: sqlx::Error| Trouble {
                problem: format!("the database {} cannot be read: {}", file.display(), said(&error)),
                remedy: "check that `url` names a SQLite database that the program may read".into(),
            };
            let mut connection = self.options.connect().await.map_err(unreadable)?;
            let encoding: String =
                sqlx::query_scalar("PRAGMA encoding").fetch_one(&mut connection).await.map_err(unreadable)?;
            if encoding != "UTF-8" {
                Err(Trouble {
                    problem: format!("the database {} stores its text in {encoding}", file.display()),
                    remedy: "copy it into a database with `PRAGMA encoding = 'UTF-8'`".into(),
                })?;
            }
            let mut rows = sqlx::query(AssertSqlSafe(query)).fetch(&mut connection);
            let failed = |error: sqlx::Error| Trouble {
                problem: format!("the query failed: {}", said(&error)),
                remedy: "correct `query` of this source".into(),
            };
            while let Some(row) = rows.try_next().await.map_err(failed)? {
                yield cells(&row);
            }
            drop(rows);
            connection.close().await.ok();
        })
    }
}

fn said(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Database(error) => error.message().to_owned(),
        error => error.to_string(),
    }
}

fn cells(row: &SqliteRow) -> Row {
    let columns = row.columns().iter();
    columns.map(|column| (column.name().to_owned(), cell(row, column.ordinal()))).collect()
}

fn cell(row: &SqliteRow, column: usize) -> Cell {
    let (null, kind) = match row.try_get_raw(column) {
        Ok(value) => (value.is_null(), value.type_info().name().to_owned()),
        Err(error) => return Cell::NoText(error.to_string()),
    };
    let text = || row.try_get_unchecked::<String, _>(column);
    match kind.as_str() {
        _ if null => Cell::Null,
        "BLOB" => Cell::NoText("a blob".into()),
        "INTEGER" => {
            row.try_get_unchecked(column).map_or_else(|error| Cell::NoText(error.to_string()), Cell::integer)
        }
        "REAL" => text().map_or_else(|error| Cell::NoText(error.to_string()), Cell::real),
        _ => text().map_or_else(|_| Cell::NoText("text that is not UTF-8".into()), Cell::text),
    }
}
