//! A database's record as documents speak of it: by which names, by which keys, and what they may contradict.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::chunk::{Locator, Passage};
use crate::date::PartialDate;
use crate::document::{DocumentId, EVERYONE};
use crate::value::Value;

/// What a generation keeps of a record so that documents can be linked to it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// The document that was made of it.
    pub id: DocumentId,
    /// Its source.
    pub source: String,
    /// Its title.
    pub title: String,
    /// Where it lies.
    pub locator: Locator,
    /// What texts call it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<String>,
    /// A document with all of these metadata is about it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub keys: BTreeMap<String, Value>,
    /// Fields that documents may state otherwise.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub checked: BTreeMap<String, Checked>,
    /// Who is right when a document states a field otherwise.
    #[serde(default)]
    pub authority: Authority,
    /// Its date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<PartialDate>,
    /// The groups that may read it.
    pub access: Vec<String>,
}

impl Record {
    /// Whether a member of any of these groups may read it.
    pub fn readable_by(&self, groups: &[String]) -> bool {
        readable(&self.access, groups)
    }
}

pub(crate) fn readable(access: &[String], groups: &[String]) -> bool {
    access.iter().any(|group| group == EVERYONE || groups.contains(group))
}

/// A field that documents may state otherwise.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Checked {
    /// What the record holds.
    pub value: Value,
    /// Where the value is the beginning of a time, its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Value>,
    /// What a text calls the field: only sentences with one of them are looked at.
    pub words: Vec<String>,
    /// What it is counted in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
}

/// Who is right when a document and a record differ.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Authority {
    /// The record.
    #[default]
    Record,
    /// The document.
    Document,
}

/// How a document is linked to a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkedBy {
    /// They have the same keys.
    Key,
    /// The document names the record.
    Name,
    /// It stands right before or behind the passage, in a section that was cut.
    Neighbour,
}

/// A record that travels with a passage, a document that goes with a record because it says otherwise, or what stands
/// beside a passage.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Linked {
    /// Which of the retrieved passages it belongs to, from 0.
    pub passage: usize,
    /// How it is linked.
    pub by: LinkedBy,
    /// The words of the document that name it, the key that both have, or the heading that both stand under.
    pub evidence: String,
    /// What is linked.
    pub counterpart: Passage,
    /// Whether it goes before a model: not when it is among the passages of the context anyway, or the budget is spent.
    pub in_context: bool,
}

/// A document and a record that differ in what a field holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Conflict {
    /// The field.
    pub field: String,
    /// Who is right.
    pub authority: Authority,
    /// What the document states.
    pub stated: Side,
    /// Where the sentence stands that states it.
    pub at: Statement,
    /// What the record holds.
    pub recorded: Side,
}

/// One side of a conflict.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Side {
    /// The document.
    pub document_id: DocumentId,
    /// Its title.
    pub title: String,
    /// What it says.
    pub text: String,
    /// Where it says so.
    pub locator: Locator,
    /// How old it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<PartialDate>,
    /// The groups that may read it.
    pub access: Vec<String>,
}

/// A place in a chunk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statement {
    /// The chunk.
    pub chunk_id: String,
    /// First byte of the value in the chunk's text.
    pub start: usize,
    /// Behind its last byte.
    pub end: usize,
}

impl Conflict {
    /// Whether a member of any of these groups may read both sides: nobody else may know of it.
    pub fn readable_by(&self, groups: &[String]) -> bool {
        readable(&self.stated.access, groups) && readable(&self.recorded.access, groups)
    }

    /// The side that is right, and the other one.
    pub fn sides(&self) -> (&Side, &Side) {
        match self.authority {
            Authority::Record => (&self.recorded, &self.stated),
            Authority::Document => (&self.stated, &self.recorded),
        }
    }
}

/// What a generation knows of records: those that can be linked, and the conflicts that stand.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Records {
    /// The generation's number.
    pub generation: u64,
    /// By id.
    pub records: Vec<Record>,
    /// By place; none when they were never looked for.
    pub conflicts: Option<Vec<Conflict>>,
}

#[cfg(test)]
mod tests {
    use super::readable;

    #[test]
    fn who_may_read() {
        let cases: [(&[&str], &[&str], bool); 6] = [
            (&["all"], &[], true),
            (&["all"], &["hr"], true),
            (&["hr"], &[], false),
            (&["hr"], &["it", "hr"], true),
            (&["hr"], &["all"], false),
            (&[], &["all"], false),
        ];
        let owned = |groups: &[&str]| groups.iter().map(|group| (*group).to_owned()).collect::<Vec<_>>();
        for (access, groups, expected) in cases {
            assert_eq!(readable(&owned(access), &owned(groups)), expected, "{access:?} {groups:?}");
        }
    }
}
