//! How a source's records are found in documents, and which of their fields documents may contradict.

use std::collections::BTreeMap;

use siren_domain::record::{Authority, Checked, Record};
use siren_domain::{Locator, Metadata, Origin, Value};

use crate::folded::Folded;
use crate::names::spellings;

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
    /// What the house itself calls in several ways.
    pub aliases: HouseNames,
}

/// The other names of things, by each name of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HouseNames(BTreeMap<String, Vec<String>>);

impl HouseNames {
    /// Of the names of each thing.
    pub fn new(things: &[Vec<String>]) -> Self {
        let mut all: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for names in things {
            for name in names {
                let others = names.iter().filter(|other| *other != name).cloned();
                all.entry(Folded::name(name).0).or_default().extend(others);
            }
        }
        Self(all)
    }

    /// The names, and behind them the other names of what they name.
    fn with_others(&self, mut names: Vec<String>) -> Vec<String> {
        if self.0.is_empty() {
            return names;
        }
        let spelled: Vec<String> = names.iter().flat_map(|name| spellings(name)).collect();
        let others = spelled.iter().filter_map(|name| self.0.get(&Folded::name(name).0)).flatten();
        for other in others {
            if !names.contains(other) {
                names.push(other.clone());
            }
        }
        names
    }
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
        let names = self.aliases.with_others(names);
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
