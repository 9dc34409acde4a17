//! A SQLite database as one moment left it: copied while others write to it, and put in the place of another that nobody
//! uses.

use std::ffi::OsString;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, SqliteConnection};

/// How long a database's other users may take to let go of it.
const PATIENCE: Duration = Duration::from_secs(1);

/// SQLite's codes for what others hold: busy and locked. What stands above the last byte tells more of it.
const HELD: [u32; 2] = [5, 6];

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

/// Whether nobody has a database open, as far as can be told: one that is damaged or not there is nobody's.
pub async fn nobody_uses(database: &Path) -> Result<(), String> {
    let alone = alone_with(database).await?;
    let_go(alone).await;
    Ok(())
}

/// Puts a copy in a database's place, and tells where the old one went: aside, never away.
///
/// It is refused while another process has the old one open: that would go on writing to what nobody reads any more. The
/// new one is on disk before the old one is touched, and the old one's log is in it before it is moved, so that whatever
/// stops this halfway, both are there in full.
pub async fn put_database(from: &Path, to: &Path) -> Result<Option<PathBuf>, String> {
    let failed = |error: std::io::Error| format!("{} cannot be restored: {error}", to.display());
    // Held until all is in its place: whoever opens the old one meanwhile waits.
    let alone = alone_with(to).await?;
    let beside = with_tail(to, ".restored");
    if let Some(folder) = to.parent() {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    let aside = in_place(from, &beside, to).map_err(|error| {
        let _may_not_be_there = std::fs::remove_file(&beside);
        failed(error)
    })?;
    // On other systems a folder cannot be opened as a file; there its names are durable by themselves.
    #[cfg(unix)]
    if let Some(folder) = to.parent() {
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)?;
    }
    let_go(alone).await;
    Ok(aside)
}

/// Closes a database now, and not when its thread comes to it.
async fn let_go(database: Option<SqliteConnection>) {
    if let Some(connection) = database {
        let _closed_or_gone = connection.close().await;
    }
}

/// Takes a database for itself, its log written into it; none where there is no database that could be opened.
async fn alone_with(database: &Path) -> Result<Option<SqliteConnection>, String> {
    if !database.exists() {
        return Ok(None);
    }
    match taken(database).await {
        Ok(connection) => Ok(Some(connection)),
        Err(error) if is_held(&error) => {
            Err(format!("{} is in use: stop the server that has it open first", database.display()))
        }
        // It is damaged, which is why it is replaced.
        Err(_) => Ok(None),
    }
}

async fn taken(database: &Path) -> Result<SqliteConnection, sqlx::Error> {
    let options = SqliteConnectOptions::new().filename(database).busy_timeout(PATIENCE);
    let mut connection = options.connect().await?;
    // Nobody else can have it open for that: a connection to a database with a log holds a lock as long as it is there.
    sqlx::query("PRAGMA journal_mode = DELETE").execute(&mut connection).await?;
    sqlx::query("BEGIN EXCLUSIVE").execute(&mut connection).await?;
    Ok(connection)
}

fn is_held(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|error| error.code()?.parse::<u32>().ok());
    code.is_some_and(|code| HELD.contains(&(code & 0xff)))
}

/// Puts a copy of `from` in the place of `to`, by way of `beside`, and tells where the old one is now.
fn in_place(from: &Path, beside: &Path, to: &Path) -> std::io::Result<Option<PathBuf>> {
    std::fs::copy(from, beside)?;
    File::open(beside)?.sync_all()?;
    let aside = put_aside(to)?;
    std::fs::rename(beside, to)?;
    Ok(aside)
}

/// Gives a database a second name, and what belongs to it only that. It keeps its own until another takes its place: killed
/// in between, there is a database.
fn put_aside(database: &Path) -> std::io::Result<Option<PathBuf>> {
    if !database.exists() {
        return Ok(None);
    }
    let now = jiff::Timestamp::now().strftime("%Y%m%dT%H%M%S%.fZ");
    let aside = with_tail(database, &format!(".before-{now}"));
    std::fs::hard_link(database, &aside).or_else(|_| std::fs::copy(database, &aside).map(|_| ()))?;
    for tail in ["-wal", "-shm", "-journal"] {
        match std::fs::rename(with_tail(database, tail), with_tail(&aside, tail)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(Some(aside))
}

fn with_tail(path: &Path, tail: &str) -> PathBuf {
    let mut name: OsString = path.as_os_str().to_owned();
    name.push(tail);
    name.into()
}
