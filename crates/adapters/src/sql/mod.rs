//! Which rows a query gives, each told in words.
//!
//! Reads; never writes, never creates a database, never repeats an address, which may hold credentials.

use std::collections::{BTreeMap, HashSet};

use async_stream::stream;
use futures::StreamExt;
use futures::stream::BoxStream;
use siren_domain::ports::{DocumentSource, Found, Given, ItemBody, Known, SourceItem};
use siren_domain::{DocumentId, Fault, Origin, Value};

use self::row::{Cell, Row, Words, WordsError};
use self::sqlite::SqliteDatabase;
pub use self::statement::table_of;

mod row;
mod sqlite;
mod statement;

/// What to read, and how to tell it.
#[derive(Clone)]
pub struct SqlSettings {
    /// The source's name; the first part of its documents' ids.
    pub name: String,
    /// Where the database lies, such as `sqlite:data/conferences.sqlite`, its path resolved. It is never shown.
    pub url: String,
    /// The database's name, as a person sees it.
    pub database: String,
    /// The table's name, as a person sees it. [`table_of`] finds it in a query.
    pub table: String,
    /// One SELECT.
    pub query: String,
    /// The columns that tell one row from another over all runs.
    pub key: Vec<String>,
    /// A minijinja template over the row's columns.
    pub title: String,
    /// A minijinja template over the row's columns.
    pub text: String,
    /// Who may read the rows.
    pub access: Vec<String>,
}

/// Why the settings of a database source do not do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SqlError {
    /// A template is none.
    #[error("source {source_name:?}: `{key}`, line {line}: {cause}")]
    BadTemplate {
        /// The source.
        source_name: String,
        /// The setting: `title` or `text`.
        key: &'static str,
        /// The line within the setting, from 1.
        line: usize,
        /// What is wrong with it.
        cause: String,
    },
    /// Another setting is wrong.
    #[error("source {source_name:?}: `{key}`: {cause}")]
    BadSetting {
        /// The source.
        source_name: String,
        /// The setting: `url`, `query` or `key`.
        key: &'static str,
        /// What is wrong with it.
        cause: String,
    },
}

/// The rows of a query.
#[derive(Clone)]
pub struct SqlSource {
    settings: SqlSettings,
    database: Database,
    words: Words,
}

/// The systems that a query can be put to. PostgreSQL and MySQL become arms of it.
#[derive(Clone)]
enum Database {
    Sqlite(SqliteDatabase),
}

impl Database {
    fn new(url: &str) -> Result<Self, String> {
        // The address itself is not repeated: it may hold a password.
        match url.split_once(':').map(|(scheme, _)| scheme) {
            Some("sqlite") => SqliteDatabase::new(url).map(Self::Sqlite),
            Some(scheme @ ("postgres" | "postgresql" | "mysql" | "mariadb")) => {
                Err(format!("{scheme}: databases cannot be read yet; sqlite: can"))
            }
            _ => Err("write `sqlite:` and the path of the database file".into()),
        }
    }

    fn rows<'a>(&'a self, query: &'a str) -> BoxStream<'a, Result<Row, Trouble>> {
        match self {
            Self::Sqlite(database) => database.rows(query),
        }
    }
}

/// Why there are no more rows.
struct Trouble {
    problem: String,
    remedy: String,
}

impl SqlSource {
    /// A source over the query. Whether the database is there is asked when it is read, not now.
    pub fn new(settings: SqlSettings) -> Result<Self, SqlError> {
        let bad = |key, cause| SqlError::BadSetting { source_name: settings.name.clone(), key, cause };
        let database = Database::new(&settings.url).map_err(|cause| bad("url", cause))?;
        statement::check(&settings.query).map_err(|cause| bad("query", cause))?;
        if settings.key.is_empty() {
            return Err(bad("key", "name the column that tells one row from another".into()));
        }
        let words =
            Words::new(&settings.title, &settings.text).map_err(|WordsError { key, line, cause }| {
                SqlError::BadTemplate { source_name: settings.name.clone(), key, line, cause }
            })?;
        Ok(Self { settings, database, words })
    }

    /// What makes every row of this shape useless.
    fn unfit(&self, row: &Row) -> Option<Trouble> {
        let mut names = HashSet::new();
        if let Some((twice, _)) = row.iter().find(|(column, _)| !names.insert(column.as_str())) {
            return Some(Trouble {
                problem: format!("the query gives two columns named {twice:?}"),
                remedy: "give each column a name of its own with AS".into(),
            });
        }
        let missing = self.settings.key.iter().find(|column| !names.contains(column.as_str()))?;
        Some(Trouble {
            problem: format!("the query gives no column named {missing:?}, which `key` names"),
            remedy: format!("select it, or correct `key`; the columns are {}", listed(row)),
        })
    }

    fn item(&self, number: usize, row: Row, seen: &mut HashSet<[u8; 16]>) -> Result<SourceItem, Box<Fault>> {
        let settings = &self.settings;
        let key = self.key(&row).map_err(|problem| {
            let remedy = "give the row a key, or name another column in `key`";
            self.one(&format!("row {number}"), problem, remedy)
        })?;
        let id = DocumentId::new(&settings.name, &key);
        // Only a hash is kept of each key, so that a large table takes little memory.
        let mut hash = [0; 16];
        hash.copy_from_slice(&blake3::hash(key.as_bytes()).as_bytes()[..16]);
        if !seen.insert(hash) {
            let problem = format!("row {number} has the key of a row before it, and is left out");
            return Err(self.one(&key, problem, "name in `key` columns that are different in each row"));
        }

        let mut fields = BTreeMap::new();
        let mut values = BTreeMap::new();
        for (column, cell) in row {
            match cell {
                Cell::Null => {}
                Cell::Known { text, value } => {
                    fields.insert(column.clone(), Value::Text(text));
                    values.insert(column, value);
                }
                Cell::NoText(what) => {
                    let problem = format!("the column {column:?} of row {number} holds {what}");
                    return Err(self.one(
                        &key,
                        problem,
                        "leave the column out of `query`, or CAST it AS TEXT",
                    ));
                }
            }
        }
        let (title, text) =
            self.words.tell(&values).map_err(|WordsError { key: setting, line, cause }| {
                let problem =
                    format!("`{setting}`, line {line}, cannot be filled in for row {number}: {cause}");
                self.one(&key, problem, "correct the template")
            })?;
        let (database, table) = (settings.database.clone(), settings.table.clone());
        Ok(SourceItem {
            id,
            origin: Origin::Row { database, table, key },
            version: None,
            given: Given { access: settings.access.clone(), ..Given::default() },
            body: ItemBody::Record { title, text, fields },
        })
    }

    /// The values of the key columns, or what is wrong with them.
    fn key(&self, row: &Row) -> Result<String, String> {
        let mut parts = Vec::new();
        for name in &self.settings.key {
            match row.iter().find(|(column, _)| column == name).map(|(_, cell)| cell) {
                Some(Cell::Known { text, .. }) if !text.is_empty() => parts.push(text.as_str()),
                Some(Cell::NoText(what)) => return Err(format!("its key column {name:?} holds {what}")),
                Some(Cell::Known { .. }) => return Err(format!("its key column {name:?} is empty")),
                Some(Cell::Null) | None => return Err(format!("its key column {name:?} is NULL")),
            }
        }
        Ok(parts.join("/"))
    }

    /// A fault of one row, which is known by its key or, failing that, its place.
    fn one(&self, row: &str, problem: String, remedy: &str) -> Box<Fault> {
        let settings = &self.settings;
        Box::new(Fault {
            source: settings.name.clone(),
            document: Some(DocumentId::new(&settings.name, row)),
            place: format!("{}.{}, {row}", settings.database, settings.table),
            problem,
            remedy: remedy.to_owned(),
            kept: false,
        })
    }

    fn whole(&self, trouble: Trouble) -> Fault {
        Fault {
            source: self.settings.name.clone(),
            document: None,
            place: format!("{}.{}", self.settings.database, self.settings.table),
            problem: trouble.problem,
            remedy: trouble.remedy,
            kept: false,
        }
    }
}

fn listed(row: &Row) -> String {
    row.iter().map(|(column, _)| column.as_str()).collect::<Vec<_>>().join(", ")
}

impl DocumentSource for SqlSource {
    fn name(&self) -> &str {
        &self.settings.name
    }

    fn items<'a>(&'a self, _known: &'a dyn Known) -> BoxStream<'a, Result<Found, Fault>> {
        Box::pin(stream! {
            let mut rows = self.database.rows(&self.settings.query);
            let mut seen = HashSet::new();
            let mut number = 0;
            while let Some(row) = rows.next().await {
                number += 1;
                let row = match row {
                    Ok(row) if number == 1 => self.unfit(&row).map_or(Ok(row), Err),
                    row => row,
                };
                match row {
                    Ok(row) => yield self.item(number, row, &mut seen).map(Found::Item).map_err(|fault| *fault),
                    Err(trouble) => {
                        yield Err(self.whole(trouble));
                        return;
                    }
                }
            }
            if number == 0 {
                yield Err(self.whole(Trouble {
                    problem: "the query gives no rows".into(),
                    remedy: "fill the table, or correct `query` of this source".into(),
                }));
            }
        })
    }
}
