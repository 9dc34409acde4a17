//! Rows of a MySQL or MariaDB database, read in a transaction that cannot write.

use std::str::FromStr;

use async_stream::try_stream;
use futures::TryStreamExt;
use futures::stream::BoxStream;
use sqlx::mysql::{MySql, MySqlColumn, MySqlConnectOptions, MySqlConnection, MySqlRow};
use sqlx::{
    AssertSqlSafe, Column, ConnectOptions, Connection, Executor, Row as _, SqlSafeStr, Type, TypeInfo,
    ValueRef,
};

use super::patience::Patience;
use super::{Manner, failed, unreachable};
use crate::files::Trouble;
use crate::records::{Cell, Row};

/// A database on a server.
#[derive(Clone)]
pub(super) struct MySqlDatabase {
    options: MySqlConnectOptions,
    manner: Manner,
}

impl MySqlDatabase {
    pub(super) fn new(url: &str, manner: Manner) -> Result<Self, String> {
        // What is wrong with it is not repeated: it may be a piece of a password.
        let options = MySqlConnectOptions::from_str(url).map_err(
            |_| "this is no address of a database: write `mysql://user:${PASSWORD}@host:3306/database`",
        )?;
        let options = options.timezone(Some(manner.time_zone.clone())).disable_statement_logging();
        Ok(Self { options, manner })
    }

    pub(super) fn rows<'a>(&'a self, query: &'a str) -> BoxStream<'a, Result<Row, Trouble>> {
        Box::pin(try_stream! {
            let mut patience = Patience::new(self.manner.timeout);
            let connected = patience.wait(self.options.connect()).await?;
            let mut connection = connected.map_err(|error| unreachable(&error))?;
            let begun = patience.wait(begin(&mut connection, query)).await?;
            let number = begun.map_err(|error| failed(&error))?;
            // As text: the words of the database itself for every value.
            let mut rows = sqlx::raw_sql(AssertSqlSafe(query)).fetch(&mut connection);
            loop {
                let row = match patience.wait(rows.try_next()).await {
                    Ok(row) => row.map_err(|error| failed(&error))?,
                    Err(ended) => {
                        self.stop(number).await;
                        Err(ended)?
                    }
                };
                let Some(row) = row else { break };
                yield cells(&row);
            }
            drop(rows);
            connection.close().await.ok();
        })
    }

    /// Ends a query that nobody waits for any more; the server would run it to its end.
    async fn stop(&self, number: u64) {
        let stopping = async {
            let mut connection = self.options.connect().await?;
            sqlx::raw_sql(AssertSqlSafe(format!("KILL QUERY {number}"))).execute(&mut connection).await?;
            connection.close().await
        };
        // What went wrong has been told already: the query takes too long.
        Patience::new(self.manner.timeout).wait(stopping).await.ok();
    }
}

/// Makes sure that the query is one statement that cannot write. Gives the number of the connection.
async fn begin(connection: &mut MySqlConnection, query: &str) -> Result<u64, sqlx::Error> {
    // A prepared statement is a single one, whatever quoting hides another one behind.
    (&mut *connection).prepare(AssertSqlSafe(query).into_sql_str()).await?;
    // The server must not hang up on us while we are busy with the rows of a long answer.
    for statement in [
        "SET SESSION net_write_timeout = 86400",
        "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ",
        "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY",
    ] {
        sqlx::raw_sql(statement).execute(&mut *connection).await?;
    }
    sqlx::query_scalar("SELECT CONNECTION_ID()").fetch_one(connection).await
}

fn cells(row: &MySqlRow) -> Row {
    row.columns().iter().map(|column| (column.name().to_owned(), cell(row, column))).collect()
}

fn cell(row: &MySqlRow, column: &MySqlColumn) -> Cell {
    match row.try_get_raw(column.ordinal()) {
        Ok(value) if value.is_null() => return Cell::Null,
        Ok(_) => {}
        Err(error) => return Cell::NoText(error.to_string()),
    }
    let kind = column.type_info();
    let bytes: &[u8] = match row.try_get_unchecked(column.ordinal()) {
        Ok(bytes) => bytes,
        Err(error) => return Cell::NoText(error.to_string()),
    };
    if kind.name() == "BIT" {
        return bits(bytes);
    }
    let Ok(text) = std::str::from_utf8(bytes) else {
        return Cell::NoText(format!("bytes ({})", kind.name().to_lowercase()));
    };
    let is_text = <str as Type<MySql>>::compatible(kind);
    match kind.name() {
        "BOOLEAN" if text == "0" || text == "1" => Cell::boolean(text == "1"),
        name if ["INT", "DECIMAL", "FLOAT", "DOUBLE", "BOOLEAN", "YEAR"].iter().any(|n| name.contains(n)) => {
            Cell::number(text)
        }
        "DATE" | "DATETIME" | "TIMESTAMP" => Cell::date(text),
        "GEOMETRY" => Cell::NoText("a geometry".into()),
        // MariaDB keeps JSON as text whose letters are compared one by one, which looks like bytes.
        name if !is_text && (name.contains("BLOB") || name.contains("BINARY")) => {
            Cell::NoText(format!("bytes ({})", name.to_lowercase()))
        }
        _ => Cell::text(text),
    }
}

/// The number that up to 64 bits are.
fn bits(bytes: &[u8]) -> Cell {
    let number = bytes.iter().fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    Cell::number(number.to_string())
}
