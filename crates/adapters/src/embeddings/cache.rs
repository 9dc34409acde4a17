//! Vectors on disk, found by the content that they were made of.
//!
//! A cache that cannot be used costs time, never a run: what goes wrong with it is logged, and the server is asked.

use std::path::PathBuf;

use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{ConnectOptions, Row};
use tokio::sync::OnceCell;

/// Stands for a model and a text.
pub(super) type Key = [u8; 32];

/// What a text is kept under. Not the text itself: the file tells nobody what was embedded.
pub(super) fn key(model: &str, text: &str) -> Key {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&(model.len() as u64).to_le_bytes());
    hasher.update(model.as_bytes());
    hasher.update(text.as_bytes());
    *hasher.finalize().as_bytes()
}

/// A file with vectors, made when it is first needed.
#[derive(Debug)]
pub(super) struct Cache {
    file: PathBuf,
    pool: OnceCell<Option<SqlitePool>>,
}

impl Cache {
    pub(super) fn new(file: PathBuf) -> Self {
        Self { file, pool: OnceCell::new() }
    }

    async fn pool(&self) -> Option<&SqlitePool> {
        let open = || async {
            let opened = open(&self.file).await;
            opened.inspect_err(|error| tracing::warn!(%error, "embeddings are not kept")).ok()
        };
        self.pool.get_or_init(open).await.as_ref()
    }

    /// The vectors that are kept, each where its key stands.
    pub(super) async fn get(&self, keys: &[Key], dimensions: usize) -> Vec<Option<Vec<f32>>> {
        let mut found = vec![None; keys.len()];
        let Some(pool) = self.pool().await else { return found };
        for (key, place) in keys.iter().zip(&mut found) {
            let row =
                sqlx::query("select vector from vectors where key = ?").bind(&key[..]).fetch_optional(pool);
            match row.await {
                Ok(row) => *place = row.and_then(|row| numbers(row.get("vector"), dimensions)),
                Err(error) => {
                    tracing::warn!(%error, "embeddings that are kept cannot be read");
                    break;
                }
            }
        }
        found
    }

    pub(super) async fn put<'v>(&self, vectors: impl Iterator<Item = (Key, &'v Vec<f32>)>) {
        let Some(pool) = self.pool().await else { return };
        let written = async {
            let mut all = pool.begin().await?;
            for (key, vector) in vectors {
                let bytes: Vec<u8> = vector.iter().flat_map(|x| x.to_le_bytes()).collect();
                let insert = sqlx::query("insert or replace into vectors (key, vector) values (?, ?)");
                insert.bind(key.to_vec()).bind(bytes).execute(&mut *all).await?;
            }
            all.commit().await
        };
        if let Err(error) = written.await {
            tracing::warn!(%error, "embeddings cannot be kept");
        }
    }
}

async fn open(file: &PathBuf) -> Result<SqlitePool, sqlx::Error> {
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let options = SqliteConnectOptions::new()
        .filename(file)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        // What a power cut takes can be made again.
        .synchronous(SqliteSynchronous::Normal)
        .disable_statement_logging();
    let pool = SqlitePoolOptions::new().max_connections(1).connect_with(options).await?;
    let table =
        "create table if not exists vectors (key blob primary key, vector blob not null) without rowid";
    sqlx::query(table).execute(&pool).await?;
    Ok(pool)
}

fn numbers(bytes: &[u8], dimensions: usize) -> Option<Vec<f32>> {
    let (numbers, rest) = bytes.as_chunks::<4>();
    (rest.is_empty() && numbers.len() == dimensions)
        .then(|| numbers.iter().map(|number| f32::from_le_bytes(*number)).collect())
}
