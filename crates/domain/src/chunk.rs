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
    /// Headings from the outermost to the one that all of it stands under.
    pub heading: Vec<String>,
    /// Where in `text` its sections begin, with all headings of each, if it is made of several.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sections: Vec<(u32, Vec<String>)>,
    /// The text a reader sees: no markup.
    pub text: String,
    /// What it costs in a prompt.
    pub tokens: u32,
    /// From offsets in `text` to bytes of the original. Empty where the original is no text, as in a PDF.
    pub offsets: OffsetMap,
    /// Where in `text` the pages, slides or sheets of the original begin. The first begins at or before the chunk.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<(u32, Part)>,
}

/// A piece of an original that a person can turn to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// What kind of piece.
    pub kind: PartKind,
    /// Its number or name, as the original's own program shows it.
    pub name: String,
}

/// What an original is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PartKind {
    /// A page.
    Page,
    /// A slide of a presentation.
    Slide,
    /// A sheet of a workbook.
    Sheet,
    /// A row of a table, from 1, its head not counted.
    Row,
}

impl Chunk {
    /// Where the stretch `range` of this chunk's text can be found by a person.
    pub fn locator(&self, range: Range<usize>) -> Locator {
        match &self.document.origin {
            Origin::File { path } => Locator::File {
                path: path.clone(),
                heading: self.heading_at(range.start).to_vec(),
                part: self.part_at(range.start),
                bytes: (!self.offsets.is_empty()).then(|| self.offsets.original_range(range)),
            },
            Origin::Row { database, table, key } => Locator::Row {
                database: database.clone(),
                table: table.clone(),
                key: key.clone(),
                columns: self.columns_in(self.text.get(range).unwrap_or(&self.text), key),
            },
        }
    }

    /// The headings that what stands at `at` stands under, from the outermost on.
    pub fn heading_at(&self, at: usize) -> &[String] {
        let begun = self.sections.iter().take_while(|(start, _)| *start as usize <= at);
        begun.last().map_or(&self.heading, |(_, path)| path)
    }

    fn part_at(&self, at: usize) -> Option<Part> {
        let begun = self.parts.iter().take_while(|(start, _)| *start as usize <= at);
        begun.last().map(|(_, part)| part.clone())
    }

    /// The columns whose values the quote tells. The key stands in the locator anyway, and a value of one letter
    /// stands in any text.
    fn columns_in(&self, quote: &str, key: &str) -> Vec<String> {
        let fields = self.document.fields.iter();
        let told = fields.filter(|(_, value)| {
            let value = value.to_string();
            value != key && value.chars().nth(1).is_some() && quote.contains(&value)
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
        /// The page, slide, sheet or row, where the file has such.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        part: Option<Part>,
        /// Bytes of the original file, where it is a text.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        bytes: Option<Range<usize>>,
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

/// What a passage has to say to a question, beyond the sum of its terms. All are shares, but for the length.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Signals {
    /// How much of the question it speaks of, by weight.
    pub coverage: f32,
    /// How much of the question its title, headings and event speak of.
    pub title: f32,
    /// How much of the question a few words in a row speak of.
    pub together: f32,
    /// How many of the question's neighbours are neighbours here as well.
    pub pairs: f32,
    /// The heaviest word of the question that it lacks.
    pub missing: f32,
    /// The share of the question's numbers that it lacks.
    pub numbers: f32,
    /// The longest stretch of letters in common, as a share of the question.
    pub stretch: f32,
    /// The share of what the question names (records, days of an event) that it is or names as well.
    #[serde(default)]
    pub named: f32,
    /// The logarithm of its length in words.
    pub length: f32,
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
    /// What the closer look ordered it by: the parts before, the signals and their weights. Scores belong to places, so a
    /// passage that changed its place has the score of the one that it has now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closer: Option<f32>,
    /// What the embedded reranker looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signals: Option<Signals>,
}

/// A chunk that was retrieved.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Passage {
    /// The chunk; a question's passages are held in several places, their texts once.
    pub chunk: Arc<Chunk>,
    /// What it is ranked by.
    pub score: f32,
    /// What the score is made of.
    pub parts: ScoreParts,
}
