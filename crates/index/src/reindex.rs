//! One run: what is new, what changed, what is gone; only that is worked on.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures::StreamExt;
use rayon::prelude::*;
use siren_domain::ports::{
    AnalysedChunk, DocumentRecord, DocumentSource, Embedder, Generation, GenerationWriter, IndexIdentity,
    IndexStore, ItemBody, SourceItem, StoreError,
};
use siren_domain::{DocumentId, Fault};
use siren_text::Analyser;

use crate::chunks::{ChunkSettings, Chunker};
use crate::document::read_item;
use crate::embedding::embed;
use crate::report::Report;

/// Version of what a store keeps of a chunk.
const FORMAT: u32 = 2;
/// So many items are held in memory at a time.
const BATCH: usize = 256;

/// How much of the index is made anew, and whether anything is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mode {
    /// Everything, as if there were no index.
    pub full: bool,
    /// Only say what would be done.
    pub dry_run: bool,
}

/// Told now and then while a run goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress<'a> {
    /// The source being read.
    pub source: &'a str,
    /// Items seen in all sources so far.
    pub seen: usize,
    /// Of these, items read and cut.
    pub reprocessed: usize,
}

/// Stage 1, put together.
pub struct Pipeline {
    sources: Vec<Arc<dyn DocumentSource>>,
    store: Arc<dyn IndexStore>,
    settings: ChunkSettings,
    analyser: Analyser,
    embedder: Option<Arc<dyn Embedder>>,
}

/// One run's state.
struct Run<'a> {
    pipeline: &'a Pipeline,
    mode: Mode,
    before: BTreeMap<DocumentId, DocumentRecord>,
    base: Option<u64>,
    writer: Option<Box<dyn GenerationWriter>>,
    /// Made on the first document that needs it: unpacking the vocabulary takes longer than finding nothing new.
    chunker: Option<Chunker>,
    seen: BTreeSet<DocumentId>,
    /// Sources whose missing documents may just be unread.
    unsure: BTreeSet<String>,
    /// Sources of the generation that is served now.
    served_sources: BTreeSet<String>,
    report: Report,
}

struct Made {
    record: DocumentRecord,
    chunks: Vec<AnalysedChunk>,
    fault: Option<Fault>,
}

/// An item that gave no document.
struct Unread {
    fault: Fault,
    /// Whether the version that the index has must go as well.
    withdrawn: bool,
}

impl Pipeline {
    /// A pipeline from sources to a store.
    pub fn new(
        sources: Vec<Arc<dyn DocumentSource>>,
        store: Arc<dyn IndexStore>,
        settings: ChunkSettings,
    ) -> Self {
        Self { sources, store, settings, analyser: Analyser::default(), embedder: None }
    }

    /// The same pipeline with another analyser than the built-in one.
    pub fn with_analyser(mut self, analyser: Analyser) -> Self {
        self.analyser = analyser;
        self
    }

    /// The same pipeline, which also gives each chunk a vector.
    pub fn with_embedder(mut self, embedder: Option<Arc<dyn Embedder>>) -> Self {
        self.embedder = embedder;
        self
    }

    /// What an index made by this pipeline is made by.
    pub fn identity(&self) -> IndexIdentity {
        IndexIdentity {
            format: FORMAT,
            analyser: self.analyser.identity(),
            chunker: self.settings.identity(),
            embedding: self.embedder.as_ref().map(|embedder| embedder.identity().to_owned()),
        }
    }

    /// Brings the index up to date. The new generation is complete on disk, and live, when this returns.
    pub async fn reindex(
        &self,
        mode: Mode,
        progress: &(dyn Fn(Progress<'_>) + Sync),
    ) -> Result<Report, StoreError> {
        let mut run = self.start(mode).await?;
        for source in &self.sources {
            run.source(source.as_ref(), progress).await?;
        }
        run.lose_no_source()?;
        run.delete_missing().await?;
        run.finish().await
    }

    async fn start(&self, mode: Mode) -> Result<Run<'_>, StoreError> {
        let mut report = Report::default();
        let live = self.store.live().await?;
        let served = match &live {
            Some(live) => self.store.documents(live.number).await.unwrap_or_else(|error| {
                report.faults.push(damaged(live.number, &error));
                Vec::new()
            }),
            None => Vec::new(),
        };
        let identity = self.identity();
        let fits = |live: &Generation| !mode.full && live.identity == identity && report.faults.is_empty();
        let base = live.filter(fits).map(|live| live.number);
        let served_sources = served.iter().map(|record| record.source.clone()).collect();
        let records = if base.is_some() { served } else { Vec::new() };
        Ok(Run {
            pipeline: self,
            mode,
            before: records.into_iter().map(|record| (record.id.clone(), record)).collect(),
            base,
            writer: None,
            chunker: None,
            seen: BTreeSet::new(),
            unsure: BTreeSet::new(),
            served_sources,
            report,
        })
    }
}

impl Run<'_> {
    async fn source(
        &mut self,
        source: &dyn DocumentSource,
        progress: &(dyn Fn(Progress<'_>) + Sync),
    ) -> Result<(), StoreError> {
        let mut items = source.items().chunks(BATCH);
        while let Some(batch) = items.next().await {
            let mut work = Vec::new();
            for item in batch {
                match item {
                    Ok(item) => work.extend(self.needs_work(item)),
                    Err(fault) => self.fault(fault),
                }
            }
            self.process(source.name(), work).await?;
            progress(Progress {
                source: source.name(),
                seen: self.seen.len(),
                reprocessed: self.report.documents.reprocessed(),
            });
        }
        Ok(())
    }

    /// The item with its hash, unless the index has it as it is.
    fn needs_work(&mut self, item: SourceItem) -> Option<(SourceItem, String)> {
        self.seen.insert(item.id.clone());
        let hash = hash(&item);
        if self.before.get(&item.id).is_some_and(|record| record.hash == hash) {
            self.report.documents.unchanged += 1;
            return None;
        }
        Some((item, hash))
    }

    /// What cannot be read is not gone: the version that the index has stays.
    fn fault(&mut self, fault: Fault) {
        match &fault.document {
            Some(id) => {
                self.seen.insert(id.clone());
                self.report.documents.failed += usize::from(!fault.kept);
            }
            None => {
                self.unsure.insert(fault.source.clone());
            }
        }
        self.report.faults.push(fault);
    }

    fn unread(&mut self, Unread { fault, withdrawn }: Unread) {
        let id = fault.document.clone();
        self.fault(fault);
        if let Some(id) = id.filter(|_| withdrawn) {
            self.seen.remove(&id);
        }
    }

    async fn process(&mut self, source: &str, work: Vec<(SourceItem, String)>) -> Result<(), StoreError> {
        if work.is_empty() {
            return Ok(());
        }
        let chunker = match self.chunker.take() {
            Some(chunker) => chunker,
            None => {
                let made = Chunker::new(self.pipeline.settings, self.pipeline.analyser.clone());
                made.map_err(|cause| StoreError::Failed {
                    context: "the chunk settings do not fit each other".into(),
                    cause,
                })?
            }
        };
        let make = |(item, hash): (SourceItem, String)| make(&chunker, source, &item, hash);
        let mut made: Vec<Result<Made, Box<Unread>>> = work.into_par_iter().map(make).collect();
        self.chunker = Some(chunker);
        if let Some(embedder) = self.pipeline.embedder.as_ref().filter(|_| !self.mode.dry_run) {
            let chunks = made.iter_mut().flatten().flat_map(|made| &mut made.chunks);
            embed(embedder.as_ref(), chunks.collect()).await?;
        }
        for made in made {
            match made {
                Ok(made) => self.put(made).await?,
                Err(unread) => self.unread(*unread),
            }
        }
        Ok(())
    }

    async fn put(&mut self, made: Made) -> Result<(), StoreError> {
        match self.before.contains_key(&made.record.id) {
            true => self.report.documents.changed += 1,
            false => self.report.documents.added += 1,
        }
        self.report.touched.push(made.record.id.to_string());
        self.report.chunks_written += made.chunks.len();
        self.report.faults.extend(made.fault);
        if let Some(writer) = self.writer().await? {
            writer.put(made.record, made.chunks).await?;
        }
        Ok(())
    }

    async fn writer(&mut self) -> Result<Option<&mut Box<dyn GenerationWriter>>, StoreError> {
        if self.mode.dry_run {
            return Ok(None);
        }
        if self.writer.is_none() {
            self.writer = Some(self.pipeline.store.begin(self.base).await?);
        }
        Ok(self.writer.as_mut())
    }

    /// Without a base there is nothing to keep unread documents from, so the old index stays as a whole.
    fn lose_no_source(&self) -> Result<(), StoreError> {
        let lost = self.unsure.iter().find(|source| self.served_sources.contains(*source));
        let Some(source) = lost.filter(|_| self.base.is_none()) else { return Ok(()) };
        let told =
            self.report.faults.iter().find(|fault| fault.source == *source && fault.document.is_none());
        Err(StoreError::Failed {
            context: format!(
                "the index has to be made anew, but the source {source:?} could not be read, so the old index stays"
            ),
            cause: told.map_or_else(String::new, Fault::to_string),
        })
    }

    async fn delete_missing(&mut self) -> Result<(), StoreError> {
        let missing = self.before.values().filter(|record| !self.seen.contains(&record.id));
        let (kept, gone): (Vec<_>, Vec<_>) =
            missing.cloned().partition(|record| self.unsure.contains(&record.source));
        self.report.documents.kept = kept.len();
        for record in gone {
            self.report.documents.deleted += 1;
            self.report.touched.push(record.id.to_string());
            if let Some(writer) = self.writer().await? {
                writer.remove(&record.id).await?;
            }
        }
        Ok(())
    }

    async fn finish(mut self) -> Result<Report, StoreError> {
        self.report.touched.sort();
        let Some(writer) = self.writer else {
            self.report.total_documents = self.before.len() as u64;
            self.report.total_chunks = self.before.values().map(|record| u64::from(record.chunks)).sum();
            return Ok(self.report);
        };
        let generation = writer.finish(self.pipeline.identity()).await?;
        self.pipeline.store.promote(generation.number).await?;
        self.report.generation = Some(generation.number);
        self.report.total_documents = generation.documents;
        self.report.total_chunks = generation.chunks;
        Ok(self.report)
    }
}

/// Content and all that shapes what is made of it.
fn hash(item: &SourceItem) -> String {
    let mut hasher = blake3::Hasher::new();
    let mut part = |bytes: &[u8]| {
        hasher.update(&(bytes.len() as u64).to_le_bytes());
        hasher.update(bytes);
    };
    part(format!("{:?}", item.origin).as_bytes());
    item.access.iter().for_each(|group| part(group.as_bytes()));
    match &item.body {
        ItemBody::File(bytes) => part(bytes),
        ItemBody::Record { title, text, fields } => {
            [title, text].into_iter().for_each(|text| part(text.as_bytes()));
            for (column, value) in fields {
                part(column.as_bytes());
                part(value.as_bytes());
            }
        }
    }
    hasher.finalize().to_hex().to_string()
}

fn make(chunker: &Chunker, source: &str, item: &SourceItem, hash: String) -> Result<Made, Box<Unread>> {
    let id = item.id.clone();
    let read = read_item(source, item);
    let Some(document) = read.document else {
        let fault = read.fault.unwrap_or_else(|| nothing(source, id));
        return Err(Box::new(Unread { fault, withdrawn: read.withdrawn }));
    };
    let title = document.meta.title.clone();
    let chunks = chunker.cut(document);
    let record = DocumentRecord {
        id,
        source: source.to_owned(),
        title,
        hash,
        chunks: u32::try_from(chunks.len()).unwrap_or(u32::MAX),
    };
    Ok(Made { record, chunks, fault: read.fault })
}

fn damaged(number: u64, error: &StoreError) -> Fault {
    Fault {
        source: "index".into(),
        document: None,
        place: format!("generation {number}"),
        problem: error.to_string(),
        remedy: "nothing: every document is read anew for the next generation".into(),
        kept: true,
    }
}

fn nothing(source: &str, id: DocumentId) -> Fault {
    Fault {
        source: source.to_owned(),
        place: id.to_string(),
        document: Some(id),
        problem: "it holds nothing to index".into(),
        remedy: "write something in it, or exclude it".into(),
        kept: false,
    }
}
