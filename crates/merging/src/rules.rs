//! How a source's records are found in documents, and which of their fields documents may contradict.

use std::collections::BTreeMap;

use siren_domain::record::{Authority, Checked, Record};
use siren_domain::{Locator, Metadata, Origin, Value};

/// What of a document a key can be compared with.
pub const DOCUMENT_KEYS: [&str; 9] =
    ["date", "event", "id", "language", "owner", "source", "tag", "title", "url"];

/// The rules of one source.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LinkRules {
    /// Columns whose values name the record in texts.
    pub names: Vec<String>,
    /// What of a document equals which column of its record.
    pub keys: BTreeMap<String, String>,
    /// Who is right when they differ.
    pub authority: Authority,
    /// Fields that documents may state.
    pub checks: BTreeMap<String, CheckRule>,
}

/// How documents state a field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CheckRule {
    /// What a text calls it.
    pub words: Vec<String>,
    /// What it is counted in.
    pub unit: Option<String>,
    /// The column that holds the end of the time that begins with the field.
    pub until: Option<String>,
}

impl LinkRules {
    /// Names the rules: records made by others have to be made anew.
    pub fn identity(&self) -> String {
        format!("{self:?}")
    }

    /// What a generation keeps of a record, if it has anything to be found by.
    pub fn record(&self, meta: &Metadata) -> Option<Record> {
        let held =
            |column: &String| meta.fields.get(column).filter(|value| !value.to_string().trim().is_empty());
        let names: Vec<String> = self.names.iter().filter_map(held).map(Value::to_string).collect();
        let keys = self.keys.iter().filter_map(|(key, column)| Some((key.clone(), held(column)?.clone())));
        let keys: BTreeMap<String, Value> = keys.collect();
        // A key that is not known cannot be equal to anything: the rest would link too much.
        let keys = if keys.len() == self.keys.len() { keys } else { BTreeMap::new() };
        if names.is_empty() && keys.is_empty() {
            return None;
        }
        let checked = self.checks.iter().filter_map(|(column, rule)| {
            let value = held(column)?.clone();
            let until = rule.until.as_ref().and_then(held).cloned();
            Some((
                column.clone(),
                Checked { value, until, words: rule.words.clone(), unit: rule.unit.clone() },
            ))
        });
        Some(Record {
            id: meta.id.clone(),
            source: meta.source.clone(),
            title: meta.title.clone(),
            locator: place(meta),
            names,
            keys,
            checked: checked.collect(),
            authority: self.authority,
            date: meta.date,
            access: meta.access.clone(),
        })
    }
}

/// Where the record lies as a whole.
fn place(meta: &Metadata) -> Locator {
    match meta.origin.clone() {
        Origin::File { path } => Locator::File { path, heading: Vec::new(), part: None, bytes: None },
        Origin::Row { database, table, key } => Locator::Row { database, table, key, columns: Vec::new() },
    }
}
