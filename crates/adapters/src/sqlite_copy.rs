//! A copy of a SQLite database as of one moment, while others write to it.

use std::path::Path;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection};

/// Copies a database into a file that is not there yet.
pub async fn copy_database(from: &Path, to: &Path) -> Result<(), String> {
    let place = from.display();
    let failed = |error: sqlx::Error| format!("{place} cannot be copied: {error}");
    let options = SqliteConnectOptions::new().filename(from).read_only(true);
    let mut connection = options.connect().await.map_err(failed)?;
    let target = to.to_str().ok_or_else(|| format!("{} is no name that SQLite takes", to.display()))?;
    sqlx::query("VACUUM INTO ?").bind(target).execute(&mut connection).await.map_err(failed)?;
    connection.close().await.map_err(failed)
}
