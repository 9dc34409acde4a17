//! A database is put in the place of another that nobody uses, and of no other.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use std::path::Path;

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode};
use sqlx::{ConnectOptions, Connection, SqliteConnection};

use siren_adapters::sqlite_copy::{copy_database, nobody_uses, put_database};

async fn open(path: &Path) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(path).create_if_missing(true);
    options.journal_mode(SqliteJournalMode::Wal).connect().await.unwrap()
}

async fn put(connection: &mut SqliteConnection, word: &str) {
    sqlx::query("create table if not exists words (word text)").execute(&mut *connection).await.unwrap();
    sqlx::query("insert into words values ($1)").bind(word).execute(connection).await.unwrap();
}

async fn words(path: &Path) -> Vec<String> {
    let mut connection = open(path).await;
    let words = sqlx::query_scalar("select word from words order by rowid").fetch_all(&mut connection);
    let words = words.await.unwrap();
    connection.close().await.unwrap();
    words
}

#[tokio::test]
async fn a_database_in_use_is_left_alone_and_an_old_one_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let (live, saved) = (folder.path().join("state.sqlite"), folder.path().join("saved.sqlite"));
    let mut server = open(&live).await;
    put(&mut server, "one").await;
    copy_database(&live, &saved).await.unwrap();
    put(&mut server, "two").await;

    // It does nothing at the moment, and still it must not lose its file.
    for refused in [nobody_uses(&live).await.err(), put_database(&saved, &live).await.err()] {
        let told = refused.unwrap();
        assert!(told.contains("in use") && told.contains("state.sqlite"), "{told}");
    }
    put(&mut server, "three").await;
    // As if it were killed: what it wrote last is in the log alone.
    let (log, kept) = (folder.path().join("state.sqlite-wal"), folder.path().join("kept-wal"));
    std::fs::copy(&log, &kept).unwrap();
    std::fs::copy(&live, folder.path().join("kept")).unwrap();
    server.close().await.unwrap();
    std::fs::rename(folder.path().join("kept"), &live).unwrap();
    std::fs::rename(&kept, &log).unwrap();

    let aside = put_database(&saved, &live).await.unwrap().unwrap();
    assert_eq!(words(&live).await, ["one"]);
    assert_eq!(words(&aside).await, ["one", "two", "three"], "with what was in its log");
    assert!(!log.exists() || std::fs::metadata(&log).unwrap().len() == 0, "no log of another database");
}

#[tokio::test]
async fn what_is_damaged_or_not_there_is_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let (live, saved) = (folder.path().join("deep/state.sqlite"), folder.path().join("saved.sqlite"));
    let mut other = open(&saved).await;
    put(&mut other, "saved").await;
    other.close().await.unwrap();
    assert_eq!(put_database(&saved, &live).await, Ok(None));
    assert_eq!(words(&live).await, ["saved"]);
    std::fs::write(&live, "this is no database, however long one looks at it").unwrap();
    let aside = put_database(&saved, &live).await.unwrap().unwrap();
    assert_eq!(words(&live).await, ["saved"]);
    assert!(std::fs::read_to_string(aside).unwrap().starts_with("this is no database"));
}

#[tokio::test]
async fn what_cannot_be_put_there_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let (live, gone) = (folder.path().join("state.sqlite"), folder.path().join("gone.sqlite"));
    let mut own = open(&live).await;
    put(&mut own, "own").await;
    own.close().await.unwrap();
    let told = put_database(&gone, &live).await.unwrap_err();
    assert!(told.contains("state.sqlite cannot be restored"), "{told}");
    assert_eq!(words(&live).await, ["own"]);
    let names = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name());
    let left: Vec<_> = names.filter(|name| name.to_string_lossy().contains(".restored")).collect();
    assert!(left.is_empty(), "{left:?}");
}
