//! The roles that systems outside play. Each is cut at a network, disk or model boundary.

mod authenticator;
mod dependency;
mod library;
mod models;
mod operations;
mod reload;
mod retrieval;
pub mod state;
mod store;
mod terms;

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use futures::stream::BoxStream;
use serde::{Deserialize, Serialize};

use crate::answer::{Answer, AnswerEvent, AskError, Basis, Question};
use crate::chunk::Chunk;
use crate::date::PartialDate;
use crate::document::EVERYONE;
use crate::document::{DocumentId, Origin};
use crate::fault::Fault;
use crate::record::{Conflict, Record, Records};
use crate::value::Value;

pub use authenticator::{AuthError, Authenticated, Authenticator};
pub use dependency::{Dependency, Missing};
pub use library::{Library, ReadDocument, Shelf, joined};
pub use models::{
    AnswerModel, AnswerPart, AnswerRequest, Checker, EmbedError, Embedder, ModelError, Reranker, Rewriter,
    Spoken,
};
pub use operations::{
    GenerationShown, Hints, OperationError, Operations, ReindexOrder, RuleShown, RulesShown, SettingShown,
};
pub use reload::{Reload, Reloaded};
pub use retrieval::{Fate, QuestionPart, RetrievalRequest, Retrieved, Retriever};
pub use store::{Store, StoredChunk};
pub use terms::{AnalysedChunk, Terms};

/// Where documents come from: a folder, a database.
pub trait DocumentSource: Send + Sync {
    /// Its name in the settings; the first part of its documents' ids.
    fn name(&self) -> &str;

    /// How many items it has, if that can be told without reading them.
    fn count(&self) -> Option<usize> {
        None
    }

    /// Every item it has now, one after another, and every fault met on the way. What has the version that is known
    /// already need not be read.
    fn items(&self, known: Arc<dyn Known>) -> BoxStream<'_, Result<Found, Fault>>;

    /// The event of an item of it whose title is known now, unless its own head tells it.
    fn event(&self, item: &SourceItem, _title: &str) -> Option<String> {
        item.given.event.clone()
    }
}

/// What the index has already.
pub trait Known: Send + Sync {
    /// Whether the index holds the item in the version that its source calls so.
    fn has(&self, id: &DocumentId, version: &str) -> bool;
}

/// An index that has nothing yet.
#[derive(Clone, Copy, Debug, Default)]
pub struct NothingKnown;

impl Known for NothingKnown {
    fn has(&self, _: &DocumentId, _: &str) -> bool {
        false
    }
}

/// What a source meets.
#[derive(Clone, Debug, PartialEq)]
#[expect(
    clippy::large_enum_variant,
    reason = "a batch holds few of them, and what an item points at is larger"
)]
pub enum Found {
    /// An item with the version that is known: nothing of it was read.
    Same(DocumentId),
    /// An item.
    Item(SourceItem),
}

/// What the settings, or the row itself, tell of an item. What a file's own head tells goes before.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Given {
    /// Who may read it.
    pub access: Vec<String>,
    /// The event it tells of.
    pub event: Option<String>,
    /// Its date.
    pub date: Option<PartialDate>,
    /// The team or person that can correct it.
    pub owner: Option<String>,
    /// Where a reader can open it.
    pub url: Option<String>,
    /// The language most of it is written in: `ko` or `en`.
    pub language: Option<String>,
    /// Its tags.
    pub tags: Vec<String>,
}

impl Default for Given {
    fn default() -> Self {
        Self {
            access: vec![EVERYONE.to_owned()],
            event: None,
            date: None,
            owner: None,
            url: None,
            language: None,
            tags: Vec::new(),
        }
    }
}

/// One item as its source gives it, before anything is made of it.
#[derive(Clone, Debug, PartialEq)]
pub struct SourceItem {
    /// Identity over all runs.
    pub id: DocumentId,
    /// Where it lies.
    pub origin: Origin,
    /// Differs whenever the item or what is given of it does: a time of change with a size, an etag, a version column,
    /// together with the settings. None when only reading tells.
    pub version: Option<String>,
    /// What the settings tell of it.
    pub given: Given,
    /// What it holds.
    pub body: ItemBody,
}

/// What an item holds.
#[derive(Clone, Debug, PartialEq)]
pub enum ItemBody {
    /// A file's bytes. What they are is told by the name and, failing that, the bytes.
    File(Vec<u8>),
    /// A row, already told in words.
    Record {
        /// Its title.
        title: String,
        /// Its text.
        text: String,
        /// Its columns.
        fields: BTreeMap<String, Value>,
    },
}

impl ItemBody {
    /// Bytes that there are to read.
    pub fn bytes(&self) -> usize {
        match self {
            Self::File(bytes) => bytes.len(),
            Self::Record { title, text, .. } => title.len() + text.len(),
        }
    }
}

/// What made an index. Two generations with different identities cannot share chunks or queries.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndexIdentity {
    /// Version of the stored form.
    pub format: u32,
    /// The text analyser and its version.
    pub analyser: String,
    /// How documents are read and cut.
    pub chunker: String,
    /// What made the vectors, if there are any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub embedding: Option<String>,
}

impl IndexIdentity {
    /// The stored form that is written and read now, in every store.
    pub const FORMAT: u32 = 6;
}

/// A complete index.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Generation {
    /// Counts up from 1.
    pub number: u64,
    /// When it was finished, RFC 3339.
    pub created_at: String,
    /// What made it.
    pub identity: IndexIdentity,
    /// Documents in it.
    pub documents: u64,
    /// Chunks in it.
    pub chunks: u64,
}

/// What a generation knows of a document without opening its chunks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocumentRecord {
    /// The document.
    pub id: DocumentId,
    /// Its source.
    pub source: String,
    /// Its title.
    pub title: String,
    /// Hash of the item's content and of the source settings that shape it.
    pub hash: String,
    /// Hash of the content alone: what was moved keeps it.
    pub content: String,
    /// The version its source gave it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// What is wrong with it although it is indexed: told again on every run until it is mended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<Box<Fault>>,
    /// Chunks it was cut into.
    pub chunks: u32,
}

/// Why a store cannot do what it was asked, cut by what the caller does next.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// There is nothing to search yet: reindex.
    #[error("there is no index yet: run `siren reindex`")]
    NoIndex,
    /// The index was made by other settings: reindex.
    #[error("the index does not fit: {0}: run `siren reindex`")]
    Mismatch(String),
    /// Another process is writing: wait for it.
    #[error("{0}")]
    Busy(String),
    /// No such generation.
    #[error("there is no generation {0}: `siren index list` shows those there are")]
    NoGeneration(u64),
    /// Disk or network: try again, look at the cause.
    #[error("{context}: {cause}")]
    Failed {
        /// What was being done, and where.
        context: String,
        /// What the system said.
        cause: String,
    },
}

/// The writer's side of a store: generations, and which one is live.
#[async_trait]
pub trait IndexStore: Send + Sync {
    /// All complete generations, oldest first.
    async fn generations(&self) -> Result<Vec<Generation>, StoreError>;

    /// The one that is served.
    async fn live(&self) -> Result<Option<Generation>, StoreError>;

    /// Shows the documents of a generation, one by one.
    async fn documents(
        &self,
        number: u64,
        each: &mut (dyn FnMut(DocumentRecord) + Send),
    ) -> Result<(), StoreError>;

    /// Takes the right to write for the generation that this store begins next, where it can be taken so early: who comes
    /// second is told before the sources are read. It is given back once a generation is promoted, and with the store.
    async fn reserve(&self) -> Result<(), StoreError> {
        Ok(())
    }

    /// Gives the right to write back, used or not.
    async fn release(&self) {}

    /// Starts the next generation, with all that `base` holds or with nothing.
    /// Only one writer at a time; what an earlier one left unfinished is cleared away.
    async fn begin(&self, base: Option<u64>) -> Result<Box<dyn GenerationWriter>, StoreError>;

    /// Makes a generation the one that is served, atomically.
    async fn promote(&self, number: u64) -> Result<(), StoreError>;

    /// The records of a generation, and the conflicts that were put with it.
    async fn records_of(&self, number: u64) -> Result<Arc<Records>, StoreError>;

    /// Shows chunks of a generation, in no order.
    async fn chunks(
        &self,
        number: u64,
        among: &Among,
        each: &mut (dyn FnMut(Chunk) + Send),
    ) -> Result<(), StoreError>;

    /// Puts conflicts with a generation that is complete and not live yet.
    async fn put_conflicts(&self, number: u64, conflicts: &[Conflict]) -> Result<(), StoreError>;

    /// Removes all but the live one and the `keep` newest. Returns what was removed.
    async fn prune(&self, keep: usize) -> Result<Vec<u64>, StoreError>;
}

/// A generation in the making. Dropping it leaves no trace that a reader could see.
#[async_trait]
pub trait GenerationWriter: Send {
    /// Puts a document in, in place of what the base held of it.
    async fn put(&mut self, document: DocumentRecord, chunks: Vec<AnalysedChunk>) -> Result<(), StoreError>;

    /// Puts in what documents can be linked to a record by. The document of that id was put before; whatever becomes of
    /// it becomes of this.
    async fn put_record(&mut self, record: Record) -> Result<(), StoreError>;

    /// Takes a document out.
    async fn remove(&mut self, id: &DocumentId) -> Result<(), StoreError>;

    /// How many chunks a copy of the same that was broken off has left: they need not be written again.
    async fn already_there(&mut self) -> Result<u64, StoreError> {
        Ok(0)
    }

    /// Flushes to disk. The generation is complete then, but not live.
    async fn finish(self: Box<Self>, identity: IndexIdentity) -> Result<Generation, StoreError>;
}

/// Which chunks of a generation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Among {
    /// All.
    All,
    /// Those of these documents, and those with any of these terms.
    Those {
        /// The documents.
        documents: Vec<DocumentId>,
        /// The terms.
        terms: Vec<String>,
    },
}

/// What to look for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StoreQuery {
    /// Terms of the question; a repeated one weighs more.
    pub terms: Vec<String>,
    /// What the question means, as a vector of length 1; none to go by terms alone.
    pub vector: Option<Vec<f32>>,
    /// Only chunks that one of these groups may read.
    pub groups: Vec<String>,
    /// Only chunks about one of these years, or of no known year. Empty: all.
    pub years: Vec<u16>,
    /// Only chunks of documents with one facet (`name=value`) of each list. Empty: all.
    pub facets: Vec<Vec<String>>,
    /// At most so many.
    /// At most so many by terms, and so many by the vector.
    pub n_candidates: usize,
}

/// How telling a term of the question is in this index.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TermWeight {
    /// The term.
    pub term: String,
    /// Inverse document frequency; the highest for a term that no chunk holds.
    pub idf: f32,
    /// Whether any chunk holds it.
    pub known: bool,
}

/// A chunk that was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Hit {
    /// The chunk.
    pub chunk: Chunk,
    /// BM25 over the terms; 0 when it holds none of them.
    pub lexical: f32,
    /// Cosine with the question's vector, where both have one.
    pub dense: Option<f32>,
}

/// What was found, by lexical score, then by cosine, then by chunk id.
#[derive(Clone, Debug, PartialEq)]
pub struct StoreHits {
    /// The generation that was searched.
    pub generation: u64,
    /// Each distinct term of the query.
    pub terms: Vec<TermWeight>,
    /// The best by terms and the best by the vector, each with both of its scores.
    pub hits: Vec<Hit>,
}

/// The reader's side of a store.
#[async_trait]
pub trait PassageStore: Send + Sync {
    /// Searches the live generation.
    async fn search(&self, query: &StoreQuery) -> Result<StoreHits, StoreError>;

    /// The generation that would be searched now.
    async fn searched(&self) -> Result<Generation, StoreError>;

    /// The chunks of these documents that one of the groups may read, by document, then in order.
    async fn passages(&self, documents: &[DocumentId], groups: &[String]) -> Result<Vec<Chunk>, StoreError>;

    /// What the live generation knows of records. Whoever uses it heeds who may read what.
    async fn records(&self) -> Result<Arc<Records>, StoreError>;

    /// The generation that is live now, as a store of its own that stays what it is whatever is promoted: a question that
    /// asks several times sees one index. It answers `NoGeneration` once that was pruned. None where nothing ever changes.
    async fn view(&self) -> Result<Option<Arc<dyn PassageStore>>, StoreError> {
        Ok(None)
    }
}

/// Answers questions: the whole assembled pipeline, as chat serves it and evaluation scores it.
#[async_trait]
pub trait Assistant: Send + Sync {
    /// Answers, telling what happens on the way.
    fn ask(&self, question: Question) -> BoxStream<'static, AnswerEvent>;

    /// Answers again from what an earlier answer was made from, as the model of this name does, for this asker, who pays
    /// for it. Nothing is retrieved.
    fn answer_again(&self, basis: Basis, model: &str, asker: &str) -> BoxStream<'static, AnswerEvent> {
        let _unused = (basis, model, asker);
        let failed = AskError::NotReady("answers cannot be made again here".into());
        Box::pin(futures::stream::once(async { AnswerEvent::Failed(failed) }))
    }

    /// Whether questions can be answered now, and if not, why.
    async fn ready(&self) -> Result<(), AskError>;
}

/// Asks, and waits for the whole answer.
pub async fn ask_whole(assistant: &dyn Assistant, question: Question) -> Result<Answer, AskError> {
    use futures::StreamExt;
    let mut events = assistant.ask(question);
    while let Some(event) = events.next().await {
        match event {
            AnswerEvent::Text(_) => {}
            AnswerEvent::Done(answer) => return Ok(*answer),
            AnswerEvent::Failed(error) => return Err(error),
        }
    }
    Err(AskError::Unavailable("the pipeline ended without a word".into()))
}
