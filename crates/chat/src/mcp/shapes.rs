//! What goes into the tools, and what comes out. The comments on fields are what a client's model reads of them.

use rmcp::schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use siren_domain::ports::{ReadDocument, Shelf};
use siren_domain::{Answer, Citation, Locator, Metadata, Passage};

/// What to look for.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
#[serde(deny_unknown_fields)]
pub(super) struct Searched {
    /// What the passages should be about: words or a question, in Korean or English.
    pub(super) query: String,
    /// How many passages at most.
    #[serde(default = "Searched::usual_limit")]
    #[schemars(range(min = 1, max = 50))]
    pub(super) limit: u64,
    /// Only from documents with all of these facets, each `NAME=VALUE`, where NAME is source, event, owner, language,
    /// tag or field.COLUMN.
    #[serde(default)]
    pub(super) facets: Vec<String>,
}

impl Searched {
    fn usual_limit() -> u64 {
        8
    }
}

/// What to answer.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    /// One question that stands on its own, in Korean or English.
    pub(super) question: String,
    /// Only from documents with all of these facets, each `NAME=VALUE`, where NAME is source, event, owner, language,
    /// tag or field.COLUMN.
    #[serde(default)]
    pub(super) facets: Vec<String>,
}

/// Which document to read.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
#[serde(deny_unknown_fields)]
pub(super) struct Read {
    /// The document's id, as `search` and `ask` tell it.
    pub(super) id: String,
    /// The character to begin with, from 0.
    #[serde(default)]
    pub(super) from: u64,
    /// How many characters at most.
    #[serde(default = "Read::usual_length")]
    #[schemars(range(min = 1, max = 100_000))]
    pub(super) max_chars: u64,
}

impl Read {
    fn usual_length() -> u64 {
        20_000
    }
}

/// What is known of a document.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
pub(super) struct About {
    /// Its id, for `read_document`.
    id: String,
    title: String,
    /// The event it tells of.
    event: Option<String>,
    /// A year, a month or a day. Null: nobody knows how old it is.
    date: Option<String>,
    /// The team or person that can correct it.
    owner: Option<String>,
    /// Where a reader can open it.
    url: Option<String>,
}

impl From<&Metadata> for About {
    fn from(meta: &Metadata) -> Self {
        Self {
            id: meta.id.to_string(),
            title: meta.title.clone(),
            event: meta.event.clone(),
            date: meta.date.map(|date| date.to_string()),
            owner: meta.owner.clone(),
            url: meta.url.clone(),
        }
    }
}

/// Passages, best first.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
pub(super) struct FoundPassages {
    /// The version of the index that was searched.
    generation: u64,
    passages: Vec<FoundPassage>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
struct FoundPassage {
    document: About,
    /// Where in the document it stands: its file and headings, or its table and key.
    place: String,
    text: String,
    score: f32,
}

impl From<Shelf> for FoundPassages {
    fn from(shelf: Shelf) -> Self {
        let passages = shelf.passages.iter().map(FoundPassage::from).collect();
        Self { generation: shelf.generation, passages }
    }
}

impl From<&Passage> for FoundPassage {
    fn from(passage: &Passage) -> Self {
        let chunk = &passage.chunk;
        Self {
            document: About::from(chunk.document.as_ref()),
            place: place(&chunk.locator(0..0)),
            text: chunk.text.clone(),
            score: passage.score,
        }
    }
}

/// An answer with its sources.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
pub(super) struct Answered {
    /// The answer; `[n]` stands behind what source n supports.
    answer: String,
    /// Whether every sentence is supported by a source.
    grounded: bool,
    sources: Vec<Source>,
    /// What a reader should know about how the answer was made.
    notes: Vec<String>,
    /// The rule that answered or refused, where one did.
    rule: Option<String>,
    /// The version of the index that was searched.
    generation: Option<u64>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
struct Source {
    /// The number that stands in the answer as `[n]`.
    n: usize,
    /// The document's id, for `read_document`.
    document_id: String,
    title: String,
    /// The document's own words.
    quote: String,
    /// Where they stand.
    place: String,
    event: Option<String>,
    date: Option<String>,
    url: Option<String>,
}

impl From<&Answer> for Answered {
    fn from(answer: &Answer) -> Self {
        Self {
            answer: answer.text.clone(),
            grounded: answer.grounded,
            sources: answer.citations.iter().map(Source::from).collect(),
            notes: answer.notes.clone(),
            rule: answer.verdict.rule.clone(),
            generation: answer.generation,
        }
    }
}

impl From<&Citation> for Source {
    fn from(citation: &Citation) -> Self {
        Self {
            n: citation.n,
            document_id: citation.document_id.to_string(),
            title: citation.title.clone(),
            quote: citation.quote.clone(),
            place: place(&citation.locator),
            event: citation.event.clone(),
            date: citation.date.map(|date| date.to_string()),
            url: citation.url.clone(),
        }
    }
}

/// A piece of a document.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
pub(super) struct Page {
    document: About,
    text: String,
    /// The first character of `text`, counted from the document's first.
    from: usize,
    /// Characters of the whole document.
    total_chars: usize,
    /// Where to go on; null at the end.
    next: Option<usize>,
}

impl Page {
    pub(super) fn of(document: &ReadDocument, from: usize, most: usize) -> Self {
        let text: String = document.text.chars().skip(from).take(most).collect();
        let total_chars = document.text.chars().count();
        let end = from.saturating_add(text.chars().count());
        let next = (end < total_chars && !text.is_empty()).then_some(end);
        Self { document: About::from(document.meta.as_ref()), text, from, total_chars, next }
    }
}

fn place(locator: &Locator) -> String {
    match locator {
        Locator::File { path, heading, part, .. } => {
            let part = part.as_ref().map(|part| part.name.clone());
            let steps = std::iter::once(path.clone()).chain(part).chain(heading.iter().cloned());
            steps.collect::<Vec<_>>().join(" › ")
        }
        Locator::Row { database, table, key, .. } => format!("{database} › {table} › {key}"),
    }
}
