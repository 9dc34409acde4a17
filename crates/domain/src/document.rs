//! What is known about one source item: who it is, where it lies, whose it is and who may read it.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::date::PartialDate;
use crate::value::Value;

/// Names one source item over all runs: `source/key`, such as `takeaways/summit-2024.md` or `sessions/12`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DocumentId(String);

impl DocumentId {
    /// The identity of the item `key` of the source `source`.
    pub fn new(source: &str, key: &str) -> Self {
        Self(format!("{source}/{key}"))
    }

    /// An identity that was written down before.
    pub fn from_text(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The identity as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for DocumentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Where the item lies, in its owner's terms.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Origin {
    /// A file, by its path relative to the configuration.
    File {
        /// Path with forward slashes.
        path: String,
    },
    /// A row of a database.
    Row {
        /// The database's name, never its address with credentials.
        database: String,
        /// The table, or the first one of a join.
        table: String,
        /// The value of the key column.
        key: String,
    },
}

/// Everything about a document but its text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Metadata {
    /// Identity over all runs.
    pub id: DocumentId,
    /// The source it came from, as named in the settings.
    pub source: String,
    /// Where it lies.
    pub origin: Origin,
    /// Its title; never empty.
    pub title: String,
    /// The event it tells of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<String>,
    /// Its date, as precisely as the document tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<PartialDate>,
    /// The years it is about: from its date, event, title and path. Empty when nothing tells.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub years: Vec<u16>,
    /// Its tags.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// The team or person that can correct it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// Where a reader can open it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The groups that may read it; the group [`EVERYONE`] is every asker's.
    pub access: Vec<String>,
    /// The language most of it is written in: `ko` or `en`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// A record's columns.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fields: BTreeMap<String, Value>,
}

impl Metadata {
    /// A document of which no more is known, for everyone to read.
    pub fn new(id: DocumentId, source: impl Into<String>, origin: Origin, title: impl Into<String>) -> Self {
        Self {
            id,
            source: source.into(),
            origin,
            title: title.into(),
            event: None,
            date: None,
            years: Vec::new(),
            tags: Vec::new(),
            owner: None,
            url: None,
            access: vec![EVERYONE.to_owned()],
            language: None,
            fields: BTreeMap::new(),
        }
    }

    /// What it can be filtered by, as `name=value`; `date` is its month, and its years are looked for by themselves. A long
    /// text in a field is nothing that anybody filters by.
    pub fn facets(&self) -> Vec<String> {
        let facet = |name: &str, value: &str| format!("{name}={value}");
        let month = self
            .date
            .map(|date| date.to_string())
            .and_then(|date| date.get(.."YYYY-MM".len()).map(str::to_owned));
        let told = [
            ("date", month.as_deref()),
            ("source", Some(self.source.as_str())),
            ("event", self.event.as_deref()),
            ("owner", self.owner.as_deref()),
            ("language", self.language.as_deref()),
        ];
        let own = told.into_iter().filter_map(|(name, value)| Some(facet(name, value?)));
        let tags = self.tags.iter().map(|tag| facet("tag", tag));
        let fields = self.fields.iter().map(|(name, value)| (name, value.to_string()));
        let fields = fields.filter(|(_, value)| value.len() <= MOST_OF_FACET);
        let fields = fields.map(|(name, value)| facet(&format!("field.{name}"), &value));
        own.chain(tags).chain(fields).collect()
    }
}

/// Bytes that the value of a field may have where it is filtered by.
const MOST_OF_FACET: usize = 256;

/// The group that every asker belongs to.
pub const EVERYONE: &str = "all";
