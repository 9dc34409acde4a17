//! One way to speak to both databases. Placeholders are `$1`, `$2`, …, which both understand.

use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use backon::{ConstantBuilder, Retryable};
use siren_domain::ports::state::StateError;
use sqlx::postgres::{PgArguments, PgConnectOptions, PgPool, PgPoolOptions, PgRow};
use sqlx::sqlite::{
    SqliteArguments, SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteRow,
    SqliteSynchronous,
};
use sqlx::{AssertSqlSafe, Column, ConnectOptions, Row as _, TypeInfo, ValueRef, query_with, raw_sql};

/// So long a statement waits for another one, or for a connection; and so long a server has to answer one. Whoever asks
/// something is waiting behind it.
const PATIENCE: Duration = Duration::from_secs(5);

/// The same for what nobody waits for and touches many rows: deleting what is old, bringing tables to a new form.
const PATIENCE_WITH_MANY: Duration = Duration::from_secs(300);

/// A file that several open for the first time is tried again so soon, and so often.
const AGAIN: Duration = Duration::from_millis(20);
const TIMES: usize = 100;

/// Connections to a SQLite file: one writes at a time, others read meanwhile.
const CONNECTIONS_TO_FILE: u32 = 4;

/// A database.
#[derive(Clone, Debug)]
pub(super) enum Sql {
    File(SqlitePool),
    Server(PgPool),
}

/// Something that stands in place of a placeholder.
#[derive(Clone, Debug)]
pub(super) enum Arg {
    Text(Option<String>),
    Int(Option<i64>),
}

impl From<&str> for Arg {
    fn from(text: &str) -> Self {
        Self::Text(Some(text.to_owned()))
    }
}

impl From<String> for Arg {
    fn from(text: String) -> Self {
        Self::Text(Some(text))
    }
}

impl From<Option<String>> for Arg {
    fn from(text: Option<String>) -> Self {
        Self::Text(text)
    }
}

impl From<u64> for Arg {
    fn from(number: u64) -> Self {
        Self::Int(Some(i64::try_from(number).unwrap_or(i64::MAX)))
    }
}

impl From<Option<u64>> for Arg {
    fn from(number: Option<u64>) -> Self {
        Self::Int(number.map(|number| i64::try_from(number).unwrap_or(i64::MAX)))
    }
}

impl From<usize> for Arg {
    fn from(number: usize) -> Self {
        Self::Int(Some(i64::try_from(number).unwrap_or(i64::MAX)))
    }
}

impl From<bool> for Arg {
    fn from(yes: bool) -> Self {
        Self::Int(Some(i64::from(yes)))
    }
}

/// A statement and what stands in place of its placeholders.
pub(super) type Statement = (&'static str, Vec<Arg>);

/// Makes arguments.
macro_rules! args {
    ($($value:expr),* $(,)?) => { vec![$(crate::state::sql::Arg::from($value)),*] };
}
pub(super) use args;

/// One row of a result.
#[derive(Debug)]
pub(super) struct Row(Vec<Arg>);

impl Row {
    pub(super) fn text(&self, column: usize) -> Result<String, StateError> {
        self.optional_text(column).ok_or_else(|| damaged(column))
    }

    pub(super) fn optional_text(&self, column: usize) -> Option<String> {
        match self.0.get(column) {
            Some(Arg::Text(text)) => text.clone(),
            _ => None,
        }
    }

    pub(super) fn number(&self, column: usize) -> Result<u64, StateError> {
        self.optional_number(column).ok_or_else(|| damaged(column))
    }

    pub(super) fn optional_number(&self, column: usize) -> Option<u64> {
        match self.0.get(column) {
            Some(Arg::Int(Some(number))) => u64::try_from(*number).ok(),
            _ => None,
        }
    }

    pub(super) fn yes(&self, column: usize) -> Result<bool, StateError> {
        self.number(column).map(|number| number != 0)
    }

    /// What was written as JSON.
    pub(super) fn json<T: serde::de::DeserializeOwned>(&self, column: usize) -> Result<T, StateError> {
        read_json(&self.text(column)?)
    }
}

/// Reads what was written as JSON.
pub(super) fn read_json<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, StateError> {
    serde_json::from_str(text).map_err(|error| {
        // The parser's own words may repeat what somebody typed; its position does not.
        let (line, column) = (error.line(), error.column());
        StateError::Damaged(format!("what is kept cannot be read at line {line} column {column}"))
    })
}

/// Writes as JSON.
pub(super) fn json(value: &impl serde::Serialize) -> Result<String, StateError> {
    serde_json::to_string(value)
        .map_err(|error| StateError::Damaged(format!("it cannot be written: {error}")))
}

fn damaged(column: usize) -> StateError {
    StateError::Damaged(format!("what is kept has no value in column {column}"))
}

fn failed(error: &sqlx::Error) -> StateError {
    // The words of a database on a value hold the value; its code and the constraint do not.
    StateError::Unavailable(match error {
        sqlx::Error::Database(error) => {
            format!("the database refused ({})", error.code().unwrap_or_default())
        }
        error => error.to_string(),
    })
}

fn sqlite_arguments(args: Vec<Arg>) -> Result<SqliteArguments, StateError> {
    use sqlx::Arguments;
    let mut out = SqliteArguments::default();
    for arg in args {
        let added = match arg {
            Arg::Text(text) => out.add(text),
            Arg::Int(number) => out.add(number),
        };
        added.map_err(|error| StateError::Damaged(error.to_string()))?;
    }
    Ok(out)
}

fn postgres_arguments(args: Vec<Arg>) -> Result<PgArguments, StateError> {
    use sqlx::Arguments;
    let mut out = PgArguments::default();
    for arg in args {
        let added = match arg {
            // The one letter that PostgreSQL has no place for.
            Arg::Text(text) => out.add(text.map(|text| text.replace('\0', "\u{fffd}"))),
            Arg::Int(number) => out.add(number),
        };
        added.map_err(|error| StateError::Damaged(error.to_string()))?;
    }
    Ok(out)
}

fn of_sqlite(row: &SqliteRow) -> Result<Row, StateError> {
    let cell = |column: usize| {
        let kind = row.try_get_raw(column)?;
        if kind.is_null() {
            return Ok(Arg::Text(None));
        }
        match kind.type_info().name() {
            "INTEGER" => row.try_get_unchecked::<i64, _>(column).map(|number| Arg::Int(Some(number))),
            _ => row.try_get_unchecked::<String, _>(column).map(|text| Arg::Text(Some(text))),
        }
    };
    (0..row.columns().len()).map(cell).collect::<Result<_, _>>().map(Row).map_err(|error| failed(&error))
}

fn of_postgres(row: &PgRow) -> Result<Row, StateError> {
    let cell = |column: &sqlx::postgres::PgColumn| match column.type_info().name() {
        "INT8" => row.try_get::<Option<i64>, _>(column.ordinal()).map(Arg::Int),
        "INT4" => row.try_get::<Option<i32>, _>(column.ordinal()).map(|n| Arg::Int(n.map(i64::from))),
        _ => row.try_get::<Option<String>, _>(column.ordinal()).map(Arg::Text),
    };
    row.columns().iter().map(cell).collect::<Result<_, _>>().map(Row).map_err(|error| failed(&error))
}

/// Whether somebody else is just at the file.
fn is_busy(error: &sqlx::Error) -> bool {
    /// `SQLITE_BUSY`; the rest of a code tells why.
    const BUSY: i32 = 5;
    let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
    code.and_then(|code| code.parse::<i32>().ok()).is_some_and(|code| code & 0xff == BUSY)
}

impl Sql {
    pub(super) async fn file(file: &Path) -> Result<Self, StateError> {
        let told = |problem: &dyn std::fmt::Display| {
            StateError::Unavailable(format!(
                "{} cannot be opened: {problem}: check that the folder can be written to, or name a PostgreSQL \
                 database in `state.url`",
                file.display()
            ))
        };
        if let Some(folder) = file.parent() {
            std::fs::create_dir_all(folder).map_err(|error| told(&error))?;
        }
        let options = SqliteConnectOptions::new()
            .filename(file)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // What was acknowledged outlives a power cut.
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(PATIENCE)
            // What is deleted is overwritten.
            .pragma("secure_delete", "on")
            .disable_statement_logging();
        let open = || {
            SqlitePoolOptions::new()
                .max_connections(CONNECTIONS_TO_FILE)
                .acquire_timeout(PATIENCE)
                .connect_with(options.clone())
        };
        // Of several that make the file at once, SQLite lets one turn to the log of writes and sends the others away
        // without waiting, however long they would.
        let again = ConstantBuilder::new().with_delay(AGAIN).with_max_times(TIMES).with_jitter();
        let pool = open.retry(again).when(is_busy).await;
        Ok(Self::File(pool.map_err(|error| told(&error))?))
    }

    pub(super) async fn server(url: &str, connections: u32) -> Result<Self, StateError> {
        // What is wrong with it is not repeated: it may be a piece of a password.
        let options = PgConnectOptions::from_str(url).map_err(|_| {
            StateError::Damaged(
                "`state.url` is no address of a database: write `postgres://user:${PASSWORD}@host:5432/database`"
                    .into(),
            )
        })?;
        let options = options.application_name("siren").disable_statement_logging();
        let pool = PgPoolOptions::new()
            .max_connections(connections)
            .acquire_timeout(PATIENCE)
            .connect_with(options)
            .await
            .map_err(|error| {
                let said = match &error {
                    sqlx::Error::Database(error) => error.message().to_owned(),
                    error => error.to_string(),
                };
                StateError::Unavailable(format!(
                    "the database of `state.url` cannot be reached: {said}: check that it runs, and host, port, \
                     database, user and password"
                ))
            })?;
        Ok(Self::Server(pool))
    }

    /// The rows of a query.
    pub(super) async fn rows(&self, sql: &'static str, args: Vec<Arg>) -> Result<Vec<Row>, StateError> {
        match self {
            Self::File(pool) => {
                let rows = query_with(sql, sqlite_arguments(args)?).fetch_all(pool).await;
                rows.map_err(|error| failed(&error))?.iter().map(of_sqlite).collect()
            }
            Self::Server(pool) => {
                let rows = query_with(sql, postgres_arguments(args)?).fetch_all(pool);
                in_time(PATIENCE, rows).await?.iter().map(of_postgres).collect()
            }
        }
    }

    /// Its only row, if there is one.
    pub(super) async fn row(&self, sql: &'static str, args: Vec<Arg>) -> Result<Option<Row>, StateError> {
        Ok(self.rows(sql, args).await?.into_iter().next())
    }

    /// Does it; returns how many rows it touched.
    pub(super) async fn run(&self, sql: &'static str, args: Vec<Arg>) -> Result<u64, StateError> {
        self.run_in(PATIENCE, sql, args).await
    }

    /// The same for what may touch many rows.
    pub(super) async fn sweep(&self, sql: &'static str, args: Vec<Arg>) -> Result<u64, StateError> {
        self.run_in(PATIENCE_WITH_MANY, sql, args).await
    }

    async fn run_in(&self, time: Duration, sql: &'static str, args: Vec<Arg>) -> Result<u64, StateError> {
        match self {
            Self::File(pool) => {
                let done = query_with(sql, sqlite_arguments(args)?).execute(pool).await;
                done.map(|done| done.rows_affected()).map_err(|error| failed(&error))
            }
            Self::Server(pool) => {
                let done = query_with(sql, postgres_arguments(args)?).execute(pool);
                in_time(time, done).await.map(|done| done.rows_affected())
            }
        }
    }

    /// Does all or none; returns how many rows each touched.
    pub(super) async fn all(&self, statements: Vec<Statement>) -> Result<Vec<u64>, StateError> {
        self.all_in(PATIENCE, statements).await
    }

    /// The same for what may touch many rows.
    pub(super) async fn sweep_all(&self, statements: Vec<Statement>) -> Result<Vec<u64>, StateError> {
        self.all_in(PATIENCE_WITH_MANY, statements).await
    }

    async fn all_in(&self, time: Duration, statements: Vec<Statement>) -> Result<Vec<u64>, StateError> {
        match self {
            Self::File(pool) => {
                let mut touched = Vec::with_capacity(statements.len());
                // A transaction that begins by reading could not wait for another writer later.
                let begun = pool.begin_with("BEGIN IMMEDIATE").await;
                let mut all = begun.map_err(|error| failed(&error))?;
                for (sql, args) in statements {
                    let done = query_with(sql, sqlite_arguments(args)?).execute(&mut *all).await;
                    touched.push(done.map_err(|error| failed(&error))?.rows_affected());
                }
                all.commit().await.map_err(|error| failed(&error))?;
                Ok(touched)
            }
            Self::Server(pool) => {
                let with_arguments = |(sql, args)| Ok((sql, postgres_arguments(args)?));
                let statements: Vec<_> =
                    statements.into_iter().map(with_arguments).collect::<Result<_, StateError>>()?;
                let done = async {
                    let mut touched = Vec::with_capacity(statements.len());
                    let mut all = pool.begin().await?;
                    for (sql, args) in statements {
                        touched.push(query_with(sql, args).execute(&mut *all).await?.rows_affected());
                    }
                    all.commit().await?;
                    Ok(touched)
                };
                in_time(time, done).await
            }
        }
    }

    /// Runs a script of several statements as one transaction.
    pub(super) async fn script(&self, script: String) -> Result<(), StateError> {
        let script = AssertSqlSafe(script);
        match self {
            Self::File(pool) => {
                let done = async {
                    let mut all = pool.begin_with("BEGIN IMMEDIATE").await?;
                    raw_sql(script).execute(&mut *all).await?;
                    all.commit().await
                };
                done.await.map_err(|error| failed(&error))
            }
            Self::Server(pool) => {
                let done = async {
                    let mut all = pool.begin().await?;
                    raw_sql(script).execute(&mut *all).await?;
                    all.commit().await
                };
                in_time(PATIENCE_WITH_MANY, done).await
            }
        }
    }

    /// Lets nothing that was deleted stay in the file beside the database. A server has its own ways.
    pub(super) async fn forget_deleted(&self) -> Result<(), StateError> {
        let Self::File(_) = self else { return Ok(()) };
        // It waits for those who read as long as every statement does; whether in vain, its first column tells.
        let told = self.row("pragma wal_checkpoint(truncate)", vec![]).await?;
        if told.is_some_and(|row| row.optional_number(0) != Some(0)) {
            tracing::warn!(
                code = "not_forgotten",
                "what was deleted stays in the file beside the state until the next time: somebody reads from it"
            );
        }
        Ok(())
    }
}

/// A server may keep its connection and say nothing: who asks it is told so after this time. The connection goes back to
/// the others only once it has answered.
async fn in_time<T>(
    time: Duration,
    work: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, StateError> {
    match tokio::time::timeout(time, work).await {
        Ok(done) => done.map_err(|error| failed(&error)),
        Err(_elapsed) => Err(StateError::Unavailable(format!("the database said nothing for {time:?}"))),
    }
}
