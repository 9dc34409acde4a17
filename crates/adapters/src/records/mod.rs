//! What a row becomes: its key, its words, its fields, whatever it comes from.
//!
//! Opens nothing.

mod cell;
mod settled;
mod words;

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use jiff::Timestamp;
use siren_domain::ports::{Found, Given, ItemBody, Known, SourceItem};
use siren_domain::{DocumentId, Fault, Origin, PartialDate};

pub(crate) use self::cell::{Cell, Row};
use self::settled::is_recent;
use self::words::Words;
use crate::files::Trouble;
use crate::source_error::SourceError;

/// How rows are told.
#[derive(Clone, Debug, Default)]
pub struct RecordSettings {
    /// The source's name; the first part of its documents' ids.
    pub name: String,
    /// The database's or the file's name, as a person sees it.
    pub database: String,
    /// The table's name, as a person sees it.
    pub table: String,
    /// The columns that tell one row from another over all runs.
    pub key: Vec<String>,
    /// The columns that become fields; none for all.
    pub fields: Option<Vec<String>>,
    /// The column that changes whenever the row does: a row in which it did not change is not told again.
    pub version: Option<String>,
    /// A minijinja template over the row's columns, as all of the following are.
    pub title: String,
    /// The row in words.
    pub text: String,
    /// Its date.
    pub date: Option<String>,
    /// Where a reader can open it.
    pub link: Option<String>,
    /// The team or person that can correct it.
    pub owner: Option<String>,
    /// The event it tells of.
    pub event: Option<String>,
    /// The language most of it is written in.
    pub language: Option<String>,
    /// Who may read it.
    pub access: Listed,
    /// Its tags.
    pub tags: Listed,
}

/// Some words: the same for each row, or told by it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Listed {
    /// For every row.
    Fixed(Vec<String>),
    /// A template that gives them with commas in between.
    Template(String),
}

impl Default for Listed {
    fn default() -> Self {
        Self::Fixed(Vec::new())
    }
}

/// The settings, compiled.
#[derive(Clone)]
pub(crate) struct Records {
    pub(crate) settings: RecordSettings,
    words: Words,
    /// Differs whenever a row would be told in another way.
    hash: String,
}

/// What a row gave. A row can be told and have a fault all the same.
#[derive(Default)]
pub(crate) struct Told {
    pub(crate) found: Option<Found>,
    pub(crate) fault: Option<Box<Fault>>,
    /// No row behind this one can be told either.
    pub(crate) ends: bool,
}

impl Told {
    fn fault(fault: Box<Fault>) -> Self {
        Self { fault: Some(fault), ..Self::default() }
    }

    /// What a source gives of it.
    pub(crate) fn given(self) -> impl Iterator<Item = Result<Found, Fault>> {
        let fault = self.fault.map(|fault| Err(*fault));
        self.found.map(Ok).into_iter().chain(fault)
    }
}

impl Records {
    pub(crate) fn new(settings: RecordSettings) -> Result<Self, SourceError> {
        let bad = |key, cause: &str| Err(SourceError::new(&settings.name, key, cause));
        if settings.key.iter().all(|column| column.trim().is_empty()) {
            return bad("key", "name the column that tells one row from another");
        }
        if settings.fields.as_ref().is_some_and(|fields| fields.iter().any(|field| field.trim().is_empty())) {
            return bad("fields", "name columns");
        }
        let words = Words::new(&settings).map_err(|error| error.of_source(&settings.name))?;
        let hash = blake3::hash(format!("{settings:?}").as_bytes()).to_hex()[..16].to_owned();
        Ok(Self { settings, words, hash })
    }

    /// A run over the rows.
    pub(crate) fn pass(&self, known: Arc<dyn Known>) -> Pass<'_> {
        Pass { records: self, known, began: Timestamp::now(), seen: HashSet::new(), number: 0 }
    }

    /// A fault of the source as a whole.
    pub(crate) fn whole(&self, place: Place, trouble: Trouble) -> Box<Fault> {
        let settings = &self.settings;
        Box::new(Fault {
            source: settings.name.clone(),
            document: None,
            place: match place {
                Place::Table => format!("{}.{}", settings.database, settings.table),
                Place::File => settings.database.clone(),
                Place::Line(line) => format!("{}:{line}", settings.database),
            },
            problem: trouble.problem,
            remedy: trouble.remedy,
            kept: false,
        })
    }

    /// What makes every row of this shape useless.
    fn unfit(&self, row: &Row) -> Option<Trouble> {
        let mut names = HashSet::new();
        if let Some((twice, _)) = row.iter().find(|(column, _)| !names.insert(column.as_str())) {
            return Some(Trouble::new(
                format!("there are two columns named {twice:?}"),
                "give each column a name of its own (in a query, with AS)",
            ));
        }
        let settings = &self.settings;
        let wanted = settings.key.iter().map(|column| ("key", column));
        let fields = settings.fields.iter().flatten().map(|column| ("fields", column));
        let version = settings.version.iter().map(|column| ("version", column));
        let (setting, missing) =
            wanted.chain(fields).chain(version).find(|(_, column)| !names.contains(column.as_str()))?;
        let listed = row.iter().map(|(column, _)| column.as_str()).collect::<Vec<_>>().join(", ");
        Some(Trouble::new(
            format!("there is no column named {missing:?}, which `{setting}` names"),
            format!("add it, or correct `{setting}`; the columns are {listed}"),
        ))
    }
}

/// Where a row stands, for people.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Place {
    /// In a table, where order means nothing.
    Table,
    /// Somewhere in a file.
    File,
    /// At a line of a file.
    Line(u64),
}

/// One run over the rows of a source.
pub(crate) struct Pass<'a> {
    records: &'a Records,
    known: Arc<dyn Known>,
    /// When it began: a row that changed after this, or just before, may change again without another version.
    began: Timestamp,
    /// Only a hash is kept of each key, so that a large table takes little memory.
    seen: HashSet<[u8; 16]>,
    number: usize,
}

impl Pass<'_> {
    /// A row of a table, all of whose rows have the same columns.
    pub(crate) fn row(&mut self, row: Row, place: Place) -> Told {
        if self.number == 0
            && let Some(trouble) = self.records.unfit(&row)
        {
            self.number += 1;
            let place = if matches!(place, Place::Line(_)) { Place::File } else { place };
            return Told { fault: Some(self.records.whole(place, trouble)), ends: true, ..Told::default() };
        }
        self.loose_row(row, place)
    }

    /// A row that may have other columns than its neighbours.
    pub(crate) fn loose_row(&mut self, row: Row, place: Place) -> Told {
        self.number += 1;
        let settings = &self.records.settings;
        let told = format!("row {}", self.number);
        let key = match self.key(&row) {
            Ok(key) => key,
            Err(problem) => {
                let remedy = "give the row a key, or name another column in `key`";
                return Told::fault(self.one(&told, place, problem, remedy));
            }
        };
        let mut hash = [0; 16];
        hash.copy_from_slice(&blake3::hash(key.as_bytes()).as_bytes()[..16]);
        if !self.seen.insert(hash) {
            let problem = format!("{told} has the key of a row before it, and is left out");
            let remedy = "name in `key` columns that are different in each row";
            return Told::fault(self.one(&key, place, problem, remedy));
        }
        let id = DocumentId::new(&settings.name, &key);
        let version = self.version(&row);
        if version.as_deref().is_some_and(|version| self.known.has(&id, version)) {
            return Told { found: Some(Found::Same(id)), ..Told::default() };
        }
        self.item(id, key, version, row, place)
    }

    /// A row that is not whole: the fault of its document, if it tells its key, else of the source, which may have lost a
    /// document by it.
    pub(crate) fn broken(&mut self, row: &Row, line: u64, problem: String, remedy: &str) -> Told {
        self.number += 1;
        Told::fault(match self.key(row) {
            Ok(key) => self.one(&key, Place::Line(line), problem, remedy),
            Err(_) => self.records.whole(Place::Line(line), Trouble::new(problem, remedy)),
        })
    }

    /// What ends a file before its end.
    pub(crate) fn stopped(&self, line: u64, trouble: Trouble) -> Told {
        let fault = self.records.whole(Place::Line(line), trouble);
        Told { fault: Some(fault), ends: true, ..Told::default() }
    }

    /// The fault of a source that gave no row: a table that was emptied by mistake looks the same.
    pub(crate) fn nothing(&self, place: Place, problem: &str, remedy: &str) -> Option<Box<Fault>> {
        let trouble = Trouble::new(problem, remedy);
        (self.number == 0).then(|| self.records.whole(place, trouble))
    }

    /// The values of the key columns, or what is wrong with them.
    fn key(&self, row: &Row) -> Result<String, String> {
        let mut parts = Vec::new();
        for name in &self.records.settings.key {
            match row.iter().find(|(column, _)| column == name).map(|(_, cell)| cell) {
                Some(Cell::Known { text, .. }) if !text.is_empty() => parts.push(text.as_str()),
                Some(Cell::NoText(what)) => return Err(format!("its key column {name:?} holds {what}")),
                Some(Cell::Known { .. }) => return Err(format!("its key column {name:?} is empty")),
                Some(Cell::Null) | None => return Err(format!("its key column {name:?} is NULL")),
            }
        }
        match parts.as_slice() {
            [one] => Ok((*one).to_owned()),
            // What parts them must not be met within them, or two rows might have one key.
            parts => {
                let escaped = parts.iter().map(|part| part.replace('%', "%25").replace('/', "%2F"));
                Ok(escaped.collect::<Vec<_>>().join("/"))
            }
        }
    }

    fn version(&self, row: &Row) -> Option<String> {
        let named = self.records.settings.version.as_ref()?;
        match row.iter().find(|(column, _)| column == named) {
            Some((_, Cell::Known { text, .. })) if !is_recent(text, self.began, Timestamp::now()) => {
                Some(format!("{text} {}", self.records.hash))
            }
            _ => None,
        }
    }

    fn item(&self, id: DocumentId, key: String, version: Option<String>, row: Row, place: Place) -> Told {
        let settings = &self.records.settings;
        let mut fields = BTreeMap::new();
        let mut seen = BTreeMap::new();
        for (column, cell) in row {
            let wanted = settings.fields.as_ref().is_none_or(|fields| fields.contains(&column));
            match cell {
                Cell::Known { value, seen: shown, .. } => {
                    if wanted {
                        fields.insert(column.clone(), value);
                    }
                    seen.insert(column, shown);
                }
                Cell::NoText(what) if wanted => {
                    let problem = format!("the column {column:?} of row {} holds {what}", self.number);
                    let remedy = "leave it out of the query or of `fields`, or CAST it AS TEXT";
                    return Told::fault(self.one(&key, place, problem, remedy));
                }
                Cell::Null | Cell::NoText(_) => {}
            }
        }
        let words = match self.records.words.tell(seen) {
            Ok(words) => words,
            Err(error) => {
                let problem = format!(
                    "`{}`, line {}, cannot be filled in for row {}: {}",
                    error.key, error.line, self.number, error.cause
                );
                return Told::fault(self.one(&key, place, problem, "correct the template"));
            }
        };
        if words.text.trim().is_empty() {
            let problem = format!("`text` tells nothing of row {}", self.number);
            let remedy = "leave the row out of the query, or let `text` tell something of it";
            return Told::fault(self.one(&key, place, problem, remedy));
        }
        let mut doubts = Vec::new();
        let date = words.date.as_deref().and_then(|text| text.parse::<PartialDate>().ok());
        if let Some(text) = words.date.as_deref().filter(|_| date.is_none()) {
            let problem = format!("`date` gives {text:?} for row {}, which is no date", self.number);
            let remedy = "let it give YYYY-MM-DD, YYYY-MM or YYYY; until then the row has no such date";
            doubts.push((problem, remedy));
        }
        if words.access.is_empty() {
            let problem = format!("`access` names no group for row {}", self.number);
            let remedy = "let it name groups, with commas in between; until then nobody can find the row";
            doubts.push((problem, remedy));
        }
        let fault = doubts.into_iter().next().map(|(problem, remedy)| {
            let mut fault = self.one(&key, place, problem, remedy);
            fault.kept = true;
            fault
        });
        let given = Given {
            access: words.access,
            event: words.event,
            date,
            owner: words.owner,
            url: words.link,
            language: words.language,
            tags: words.tags,
        };
        let (database, table) = (settings.database.clone(), settings.table.clone());
        let found = Found::Item(SourceItem {
            id,
            origin: Origin::Row { database, table, key },
            // What is wrong is to be told again next time.
            version: version.filter(|_| fault.is_none()),
            given,
            body: ItemBody::Record { title: words.title, text: words.text, fields },
        });
        Told { found: Some(found), fault, ends: false }
    }

    /// A fault of one row, which is known by its key or, failing that, its place.
    fn one(&self, row: &str, place: Place, problem: impl Into<String>, remedy: &str) -> Box<Fault> {
        let settings = &self.records.settings;
        let place = match place {
            Place::Table => format!("{}.{}, {row}", settings.database, settings.table),
            Place::File => format!("{}, {row}", settings.database),
            Place::Line(line) => format!("{}:{line}", settings.database),
        };
        Box::new(Fault {
            source: settings.name.clone(),
            document: Some(DocumentId::new(&settings.name, row)),
            place,
            problem: problem.into(),
            remedy: remedy.to_owned(),
            kept: false,
        })
    }
}
