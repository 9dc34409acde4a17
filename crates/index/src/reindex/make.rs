//! From what a source meets to what is written: read, cut and analysed, on as many threads as there are.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use futures::channel::oneshot;
use rayon::prelude::*;
use siren_domain::ports::{
    AnalysedChunk, DocumentRecord, DocumentSource, Found, ItemBody, SourceItem, StoreError,
};
use siren_domain::{DocumentId, Fault, Record};

use super::catalogue::Catalogue;
use super::steps::{Step, Steps};
use super::{Mode, Pipeline, Tools};
use crate::chunks::{ChunkSettings, Chunker, analysed};
use crate::document::{Earlier, leave_long_fields, read_item};
use crate::embedding::embed;
use crate::read::Unreadable;

/// What became of one thing that a source met.
pub(super) enum Outcome {
    /// The index has it as it is; what is wrong with it all the same.
    Same(Option<Box<Fault>>),
    /// It could not be read, or the source told of something wrong.
    Fault(Box<Fault>),
    /// It could not be read, and the version that the index has must go as well.
    Withdrawn(Box<Fault>),
    /// It was emptied: as good as gone.
    Blank(Box<Fault>),
    /// It is to be written.
    Made(Box<Made>),
}

pub(super) struct Made {
    pub(super) record: DocumentRecord,
    /// What documents can be linked to it by.
    pub(super) linkable: Option<Record>,
    pub(super) chunks: Vec<AnalysedChunk>,
    /// Bytes that it was made of.
    pub(super) bytes: u64,
}

/// Makes documents of one run.
pub(super) struct Maker {
    catalogue: Arc<Catalogue>,
    tools: Tools,
    settings: ChunkSettings,
    /// The sources by name: they tell events.
    sources: BTreeMap<String, Arc<dyn DocumentSource>>,
    /// Whether chunks get their vectors: a dry run has no use for them.
    embeds: bool,
    /// Made on the first document that needs it: unpacking the vocabulary takes longer than finding nothing new.
    chunker: OnceLock<Chunker>,
    pub(super) steps: Steps,
}

impl Maker {
    pub(super) fn new(catalogue: Arc<Catalogue>, pipeline: &Pipeline, mode: Mode) -> Self {
        let (tools, settings) = (pipeline.tools.clone(), pipeline.settings.chunks);
        let sources = pipeline.sources.iter().map(|source| (source.name().to_owned(), Arc::clone(source)));
        Self {
            catalogue,
            tools,
            settings,
            sources: sources.collect(),
            embeds: !mode.dry_run,
            chunker: OnceLock::new(),
            steps: Steps::default(),
        }
    }

    /// Works on a batch in the background; the caller can write the one before meanwhile.
    pub(super) async fn make(
        self: Arc<Self>,
        source: Arc<str>,
        batch: Vec<Result<Found, Fault>>,
    ) -> Result<Vec<Outcome>, StoreError> {
        let (send, receive) = oneshot::channel();
        let maker = Arc::clone(&self);
        rayon::spawn(move || {
            let outcomes = batch.into_par_iter().map(|met| maker.outcome(&source, met)).collect();
            // Nobody waits any more when the run was given up.
            let _given_up = send.send(outcomes);
        });
        let outcomes = receive.await.map_err(|_| broken_off())?;
        self.embedded(outcomes).await
    }

    async fn embedded(&self, mut outcomes: Vec<Outcome>) -> Result<Vec<Outcome>, StoreError> {
        if let Some(embedder) = self.tools.embedder.as_ref().filter(|_| self.embeds) {
            let chunks = outcomes.iter_mut().flat_map(|outcome| match outcome {
                Outcome::Made(made) => &mut made.chunks[..],
                _ => &mut [],
            });
            let start = Instant::now();
            embed(embedder.as_ref(), chunks.collect()).await?;
            self.steps.took(Step::Embed, start.elapsed());
        }
        Ok(outcomes)
    }

    fn outcome(&self, source: &str, met: Result<Found, Fault>) -> Outcome {
        let item = match met {
            Ok(Found::Item(item)) => item,
            Ok(Found::Same(id)) => return self.same(&id),
            Err(fault) => return Outcome::Fault(Box::new(fault)),
        };
        let (hash, content) = hashes(&item, &self.tools.merging.identity(source));
        if self.catalogue.holds_as(&item.id, &hash) {
            return self.same(&item.id);
        }
        let make = || self.made(source, &item, hash, content);
        // What makes us give up costs its document, not the run.
        let made = catch_unwind(AssertUnwindSafe(make));
        made.unwrap_or_else(|_| Outcome::Fault(Box::new(gave_up(source, &item))))
    }

    fn same(&self, id: &DocumentId) -> Outcome {
        self.catalogue.meet(id);
        Outcome::Same(self.catalogue.fault(id).map(Box::new))
    }

    fn made(&self, source: &str, item: &SourceItem, hash: String, content: String) -> Outcome {
        let steps = &self.steps;
        let events = |title: &str| match self.sources.get(source) {
            Some(source) => source.event(item, title),
            None => item.given.event.clone(),
        };
        let read = steps.time(Step::Read, || read_item(self.tools.reader.as_ref(), source, item, &events));
        let Some(mut document) = read.document else {
            let fault = Box::new(read.fault.unwrap_or_else(|| nothing(source, item)));
            return match read.earlier {
                Earlier::Stays => Outcome::Fault(fault),
                Earlier::Goes => Outcome::Withdrawn(fault),
                Earlier::GoesAsDeleted => Outcome::Blank(fault),
            };
        };
        let title = document.meta.title.clone();
        // What the record is found and checked by is kept once, and whole.
        let linkable = self.tools.merging.record(&document.meta);
        leave_long_fields(&mut document.meta.fields);
        let inspected = self.tools.inspector.as_ref().and_then(|inspect| {
            steps.time(Step::Inspect, || inspect(&document.meta, &document.written.text))
        });
        let chunker = self.chunker.get_or_init(|| Chunker::new(self.settings));
        let chunks = steps.time(Step::Cut, || chunker.cut(document));
        let analysed = |chunk| analysed(&self.tools.analyser, chunk);
        let chunks: Vec<AnalysedChunk> =
            steps.time(Step::Analyse, || chunks.into_iter().map(analysed).collect());
        let record = DocumentRecord {
            id: item.id.clone(),
            source: source.to_owned(),
            title,
            hash,
            content,
            version: item.version.as_deref().map(|version| self.tools.merging.version(source, version)),
            fault: both(read.fault, inspected).map(Box::new),
            chunks: u32::try_from(chunks.len()).unwrap_or(u32::MAX),
        };
        let bytes = item.body.bytes() as u64;
        Outcome::Made(Box::new(Made { record, linkable, chunks, bytes }))
    }
}

/// A document has one fault; two are told in one.
fn both(one: Option<Fault>, other: Option<Fault>) -> Option<Fault> {
    match (one, other) {
        (Some(one), Some(other)) => Some(Fault {
            problem: format!("{}; {}: {}", one.problem, other.place, other.problem),
            remedy: format!("{}; {}", one.remedy, other.remedy),
            ..one
        }),
        (one, other) => one.or(other),
    }
}

/// Bytes of a hash that are kept: enough that no two documents of an index ever share one.
const HASH_BYTES: usize = 16;

/// Of the item with all that shapes what is made of it, and of its content alone.
fn hashes(item: &SourceItem, rules: &str) -> (String, String) {
    let mut hasher = blake3::Hasher::new();
    let mut part = |bytes: &[u8]| {
        hasher.update(&(bytes.len() as u64).to_le_bytes());
        hasher.update(bytes);
    };
    match &item.body {
        ItemBody::File(bytes) => part(bytes),
        ItemBody::Record { title, text, fields } => {
            [title, text].into_iter().for_each(|text| part(text.as_bytes()));
            for (column, value) in fields {
                part(column.as_bytes());
                part(format!("{value:?}").as_bytes());
            }
        }
    }
    let content = shortened(&hasher);
    let shaping = format!("{:?} {:?} {rules}", item.origin, item.given);
    hasher.update(shaping.as_bytes());
    (shortened(&hasher), content)
}

fn shortened(hasher: &blake3::Hasher) -> String {
    hasher.finalize().to_hex()[..2 * HASH_BYTES].to_owned()
}

fn nothing(source: &str, item: &SourceItem) -> Fault {
    fault(source, item, "it holds nothing to index", "write something in it, or exclude it")
}

fn gave_up(source: &str, item: &SourceItem) -> Fault {
    let Unreadable { problem, remedy } = Unreadable::crashed();
    fault(source, item, &problem, &remedy)
}

fn fault(source: &str, item: &SourceItem, problem: &str, remedy: &str) -> Fault {
    Fault {
        source: source.to_owned(),
        place: item.id.to_string(),
        document: Some(item.id.clone()),
        problem: problem.to_owned(),
        remedy: remedy.to_owned(),
        kept: false,
    }
}

fn broken_off() -> StoreError {
    StoreError::Failed { context: "reading documents broke off".into(), cause: "an internal error".into() }
}
