//! A stored slice of a document, and the same slice once it was retrieved.

use std::ops::Range;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::document::{Metadata, Origin};
use crate::offsets::OffsetMap;

/// A stored slice of a document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Chunk {
    /// `document#ordinal`.
    pub id: String,
    /// The document it is a slice of.
    pub document: Arc<Metadata>,
    /// Headings from the outermost to the one it stands under.
    pub heading: Vec<String>,
    /// The text a reader sees: no markup.
    pub text: String,
    /// What it costs in a prompt.
    pub tokens: u32,
    /// From offsets in `text` to bytes of the original.
    pub offsets: OffsetMap,
}

impl Chunk {
    /// Where the stretch `range` of this chunk's text can be found by a person.
    pub fn locator(&self, range: Range<usize>) -> Locator {
        match &self.document.origin {
            Origin::File { path } => Locator::File {
                path: path.clone(),
                heading: self.heading.clone(),
                bytes: self.offsets.original_range(range),
            },
            Origin::Row { database, table, key } => Locator::Row {
                database: database.clone(),
                table: table.clone(),
                key: key.clone(),
                columns: self.columns_in(self.text.get(range).unwrap_or(&self.text), key),
            },
        }
    }

    /// The columns whose values the quote tells. The key stands in the locator anyway, and a value of one letter
    /// stands in any text.
    fn columns_in(&self, quote: &str, key: &str) -> Vec<String> {
        let fields = self.document.fields.iter();
        let told = fields.filter(|(_, value)| {
            value.as_str() != key && value.chars().nth(1).is_some() && quote.contains(value.as_str())
        });
        told.map(|(column, _)| column.clone()).collect()
    }
}

/// Where a quote can be found by a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Locator {
    /// In a file.
    File {
        /// Path relative to the configuration.
        path: String,
        /// Headings from the outermost to the innermost.
        heading: Vec<String>,
        /// Bytes of the original file.
        bytes: Range<usize>,
    },
    /// In a database.
    Row {
        /// The database's name.
        database: String,
        /// The table.
        table: String,
        /// The row's key.
        key: String,
        /// The columns whose values the quote tells.
        columns: Vec<String>,
    },
}

/// How a passage came by its place. A part is absent when that ranker did not run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ScoreParts {
    /// BM25 over terms.
    pub lexical: f32,
    /// Cosine of the embeddings.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dense: Option<f32>,
    /// The reranker's number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reranked: Option<f32>,
}

/// A chunk that was retrieved.
#[derive(Clone, Debug, PartialEq)]
pub struct Passage {
    /// The chunk.
    pub chunk: Chunk,
    /// What it is ranked by.
    pub score: f32,
    /// What the score is made of.
    pub parts: ScoreParts,
}
