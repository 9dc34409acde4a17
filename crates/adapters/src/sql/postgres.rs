//! Rows of a PostgreSQL database, read by a cursor in a transaction that cannot write.

use std::str::FromStr;

use async_stream::try_stream;
use futures::TryStreamExt;
use futures::stream::BoxStream;
use sqlx::postgres::{PgColumn, PgConnectOptions, PgConnection, PgRow};
use sqlx::{AssertSqlSafe, Column, ConnectOptions, Connection, Row as _, TypeInfo, ValueRef};

use super::patience::Patience;
use super::{Manner, failed, unreachable};
use crate::files::Trouble;
use crate::records::{Cell, Row};

/// So many rows are asked for at a time.
const FETCH: &str = "FETCH FORWARD 500 FROM siren_rows";

/// A database on a server.
#[derive(Clone)]
pub(super) struct PostgresDatabase {
    options: PgConnectOptions,
    manner: Manner,
}

impl PostgresDatabase {
    pub(super) fn new(url: &str, manner: Manner) -> Result<Self, String> {
        // What is wrong with it is not repeated: it may be a piece of a password.
        let options = PgConnectOptions::from_str(url).map_err(
            |_| "this is no address of a database: write `postgres://user:${PASSWORD}@host:5432/database`",
        )?;
        let options = options.application_name("siren").disable_statement_logging();
        Ok(Self { options, manner })
    }

    pub(super) fn rows<'a>(&'a self, query: &'a str) -> BoxStream<'a, Result<Row, Trouble>> {
        Box::pin(try_stream! {
            let mut patience = Patience::new(self.manner.timeout);
            let connected = patience.wait(self.options.connect()).await?;
            let mut connection = connected.map_err(|error| unreachable(&error))?;
            let told = |error: sqlx::Error, patience: &Patience| match stopped(&error) {
                true => patience.ended(),
                false => failed(&error),
            };
            patience.wait(self.begin(&mut connection, query)).await?
                .map_err(|error| told(error, &patience))?;
            loop {
                let mut given = 0_usize;
                // Asked in the simple protocol, which gives every value in the words of the database itself.
                let mut rows = sqlx::raw_sql(FETCH).fetch(&mut connection);
                while let Some(row) =
                    patience.wait(rows.try_next()).await?.map_err(|error| told(error, &patience))?
                {
                    given += 1;
                    yield cells(&row);
                }
                if given == 0 {
                    break;
                }
            }
            connection.close().await.ok();
        })
    }

    async fn begin(&self, connection: &mut PgConnection, query: &str) -> Result<(), sqlx::Error> {
        let Manner { timeout, time_zone } = &self.manner;
        // A FETCH runs at the pace of the server, not at ours, so the server may judge how long it takes. Between two
        // of them we may be busy with rows for as long as it takes.
        let begin = format!(
            "BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY;
             SET LOCAL statement_timeout = {};
             SET LOCAL idle_in_transaction_session_timeout = 0;
             SET LOCAL cursor_tuple_fraction = 1;
             SET LOCAL bytea_output = 'hex';
             SET LOCAL TIME ZONE INTERVAL '{time_zone}' HOUR TO MINUTE",
            timeout.as_millis().clamp(1, i32::MAX as u128),
        );
        sqlx::raw_sql(AssertSqlSafe(begin)).execute(&mut *connection).await?;
        let query = query.trim_end().trim_end_matches(';');
        // In the extended protocol, which takes one statement only, whatever quoting hides another one behind.
        let declare = format!("DECLARE siren_rows NO SCROLL CURSOR FOR {query}");
        sqlx::query(AssertSqlSafe(declare)).persistent(false).execute(connection).await?;
        Ok(())
    }
}

/// Whether the server gave up because of `statement_timeout`.
fn stopped(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::Database(error) if error.code().as_deref() == Some("57014"))
}

fn cells(row: &PgRow) -> Row {
    row.columns().iter().map(|column| (column.name().to_owned(), cell(row, column))).collect()
}

fn cell(row: &PgRow, column: &PgColumn) -> Cell {
    match row.try_get_raw(column.ordinal()) {
        Ok(value) if value.is_null() => return Cell::Null,
        Ok(_) => {}
        Err(error) => return Cell::NoText(error.to_string()),
    }
    let Ok(text) = row.try_get_unchecked::<String, _>(column.ordinal()) else {
        return Cell::NoText("text that is not UTF-8".into());
    };
    match column.type_info().name() {
        "BYTEA" | "BYTEA[]" => Cell::NoText("bytes (bytea)".into()),
        "BOOL" => Cell::boolean(text == "t"),
        "INT2" | "INT4" | "INT8" | "OID" | "NUMERIC" | "FLOAT4" | "FLOAT8" => Cell::number(text),
        "DATE" | "TIMESTAMP" | "TIMESTAMPTZ" => Cell::date(text),
        _ => Cell::text(text),
    }
}
