//! SQLite databases from SQL text, and what lies in them.

use std::collections::BTreeMap;
use std::path::Path;

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteRow};
use sqlx::{AssertSqlSafe, Column, ConnectOptions, Connection, Executor, Row, TypeInfo, ValueRef};

/// What a database holds: each table's or view's rows, each cell as its type and text.
pub type Content = BTreeMap<String, Vec<Vec<String>>>;

fn wait<T>(work: impl Future<Output = Result<T, sqlx::Error>>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(work).unwrap_or_else(|error| panic!("the database: {error}"))
}

/// Makes a database file of SQL text, in place of what was there.
pub fn create(path: &Path, sql: &str) {
    std::fs::remove_file(path).ok();
    let options = SqliteConnectOptions::new().filename(path).create_if_missing(true);
    wait(async {
        let mut connection = options.connect().await?;
        sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut connection).await?;
        connection.close().await
    });
}

/// Runs statements on a database file.
pub fn run_on_file(path: &Path, sql: &str) {
    let options = SqliteConnectOptions::new().filename(path);
    wait(async {
        let mut connection = options.connect().await?;
        sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut connection).await?;
        connection.close().await
    });
}

/// The content of a database file, which is not changed.
pub fn content_of_file(path: &Path) -> Content {
    let options = SqliteConnectOptions::new().filename(path).read_only(true);
    wait(async { content(&mut options.connect().await?).await })
}

/// The content of the database that SQL text makes.
pub fn content_of_sql(sql: &str) -> Content {
    wait(async {
        let mut connection = SqliteConnection::connect("sqlite::memory:").await?;
        sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut connection).await?;
        content(&mut connection).await
    })
}

/// One row of a database file, each column that is not NULL as text.
pub fn row(path: &Path, table: &str, key: &str) -> BTreeMap<String, String> {
    let options = SqliteConnectOptions::new().filename(path).read_only(true);
    let query = format!("SELECT * FROM {table} WHERE id = {key}");
    wait(async {
        let row = options.connect().await?.fetch_one(AssertSqlSafe(query)).await?;
        let columns = row.columns().iter().map(|column| column.name().to_owned());
        Ok(columns.zip(cells(&row)).filter(|(_, cell)| cell != "NULL").map(|(c, v)| (c, value(&v))).collect())
    })
}

fn value(cell: &str) -> String {
    cell.split_once(' ').map_or_else(|| cell.to_owned(), |(_, value)| value.to_owned())
}

async fn content(connection: &mut SqliteConnection) -> Result<Content, sqlx::Error> {
    let schema =
        "SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%'";
    let names: Vec<String> = sqlx::query_scalar(schema).fetch_all(&mut *connection).await?;
    let mut all = Content::new();
    for name in names {
        let query = format!("SELECT * FROM \"{name}\"");
        let rows = connection.fetch_all(AssertSqlSafe(query)).await?;
        let mut rows: Vec<_> = rows.iter().map(cells).collect();
        rows.sort();
        all.insert(name, rows);
    }
    let shapes = "SELECT name || ': ' || sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name";
    let shapes: Vec<String> = sqlx::query_scalar(shapes).fetch_all(connection).await?;
    all.insert("the schema".to_owned(), vec![shapes]);
    Ok(all)
}

/// `INTEGER 7`, `TEXT seven`, `NULL`.
fn cells(row: &SqliteRow) -> Vec<String> {
    let cell = |at: usize| {
        let raw = row.try_get_raw(at).expect("a column");
        if raw.is_null() {
            return "NULL".to_owned();
        }
        let kind = raw.type_info().name().to_owned();
        let text: String = row.get_unchecked(at);
        format!("{kind} {text}")
    };
    (0..row.columns().len()).map(cell).collect()
}
