//! A source and a store in memory.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use futures::StreamExt;
use futures::executor::block_on;
use futures::stream::{self, BoxStream};
use siren_domain::ports::{
    Among, AnalysedChunk, DocumentRecord, DocumentSource, Found, Generation, GenerationWriter, Given,
    IndexIdentity, IndexStore, ItemBody, Known, SourceItem, StoreError,
};
use siren_domain::{Chunk, Conflict, DocumentId, Fault, Origin, Record, Records};
use siren_index::{ChunkSettings, IndexSettings, Mode, Pipeline, Report};

pub(crate) const SETTINGS: ChunkSettings = ChunkSettings { max_tokens: 200, overlap: 0 };

/// A file of the source `notes`.
pub(crate) fn file(path: &str, bytes: impl Into<Vec<u8>>) -> SourceItem {
    SourceItem {
        id: DocumentId::new("notes", path),
        origin: Origin::File { path: path.to_owned() },
        version: None,
        given: Given::default(),
        body: ItemBody::File(bytes.into()),
    }
}

/// A fault of the source `notes`, or of an item of it.
pub(crate) fn fault(path: Option<&str>, kept: bool) -> Fault {
    Fault {
        source: "notes".into(),
        document: path.map(|path| DocumentId::new("notes", path)),
        place: "somewhere".into(),
        problem: "a problem".into(),
        remedy: "a remedy".into(),
        kept,
    }
}

pub(crate) struct FakeSource {
    pub(crate) name: &'static str,
    pub(crate) items: Vec<Result<SourceItem, Fault>>,
}

impl DocumentSource for FakeSource {
    fn name(&self) -> &str {
        self.name
    }

    fn items(&self, _: Arc<dyn Known>) -> BoxStream<'_, Result<Found, Fault>> {
        stream::iter(self.items.clone()).map(|item| item.map(Found::Item)).boxed()
    }
}

type Documents = BTreeMap<DocumentId, (DocumentRecord, Vec<AnalysedChunk>)>;

/// What a generation knows of records.
#[derive(Clone, Default)]
struct Linkable {
    records: BTreeMap<DocumentId, Record>,
    conflicts: Option<Vec<Conflict>>,
}

#[derive(Default)]
struct Content {
    generations: BTreeMap<u64, (Generation, Documents)>,
    linkable: BTreeMap<u64, Linkable>,
    live: Option<u64>,
    /// Chunks that were shown one by one.
    shown: usize,
    begun: Vec<Option<u64>>,
}

/// A store that forgets everything when it is dropped.
#[derive(Default)]
pub(crate) struct Memory(Arc<Mutex<Content>>);

impl Memory {
    /// The bases of the generations that were begun, in order.
    pub(crate) fn begun(&self) -> Vec<Option<u64>> {
        self.0.lock().unwrap().begun.clone()
    }

    /// How many chunks were looked at since this was asked last.
    pub(crate) fn shown(&self) -> usize {
        std::mem::take(&mut self.0.lock().unwrap().shown)
    }

    /// All chunks of the live generation, by document, then in order.
    pub(crate) fn chunks(&self) -> Vec<AnalysedChunk> {
        let content = self.0.lock().unwrap();
        let live = content.live.and_then(|live| content.generations.get(&live));
        live.iter()
            .flat_map(|(_, documents)| documents.values())
            .flat_map(|(_, chunks)| chunks.clone())
            .collect()
    }
}

#[async_trait]
impl IndexStore for Memory {
    async fn generations(&self) -> Result<Vec<Generation>, StoreError> {
        Ok(self.0.lock().unwrap().generations.values().map(|(about, _)| about.clone()).collect())
    }

    async fn live(&self) -> Result<Option<Generation>, StoreError> {
        let content = self.0.lock().unwrap();
        Ok(content.live.map(|live| content.generations[&live].0.clone()))
    }

    async fn documents(
        &self,
        number: u64,
        each: &mut (dyn FnMut(DocumentRecord) + Send),
    ) -> Result<(), StoreError> {
        let content = self.0.lock().unwrap();
        let (_, documents) = content.generations.get(&number).ok_or(StoreError::NoGeneration(number))?;
        documents.values().for_each(|(record, _)| each(record.clone()));
        Ok(())
    }

    async fn begin(&self, base: Option<u64>) -> Result<Box<dyn GenerationWriter>, StoreError> {
        let mut content = self.0.lock().unwrap();
        content.begun.push(base);
        let documents = base.map(|base| content.generations[&base].1.clone()).unwrap_or_default();
        let records = base.map(|base| content.linkable[&base].records.clone()).unwrap_or_default();
        Ok(Box::new(MemoryWriter { content: Arc::clone(&self.0), documents, records }))
    }

    async fn promote(&self, number: u64) -> Result<(), StoreError> {
        self.0.lock().unwrap().live = Some(number);
        Ok(())
    }

    async fn records_of(&self, number: u64) -> Result<Arc<Records>, StoreError> {
        let Linkable { records, conflicts } = self.0.lock().unwrap().linkable[&number].clone();
        Ok(Arc::new(Records { generation: number, records: records.into_values().collect(), conflicts }))
    }

    async fn chunks(
        &self,
        number: u64,
        among: &Among,
        each: &mut (dyn FnMut(Chunk) + Send),
    ) -> Result<(), StoreError> {
        let wanted = |chunk: &&AnalysedChunk| match among {
            Among::All => true,
            Among::Those { documents, terms } => {
                documents.contains(&chunk.chunk.document.id)
                    || chunk.terms.iter().any(|t| terms.iter().any(|term| term == t))
            }
        };
        let mut content = self.0.lock().unwrap();
        let (_, documents) = &content.generations[&number];
        let all: Vec<Chunk> = documents
            .values()
            .flat_map(|(_, chunks)| chunks.iter().filter(wanted).map(|chunk| chunk.chunk.clone()))
            .collect();
        content.shown += all.len();
        all.into_iter().for_each(each);
        Ok(())
    }

    async fn put_conflicts(&self, number: u64, conflicts: &[Conflict]) -> Result<(), StoreError> {
        let mut content = self.0.lock().unwrap();
        assert_ne!(content.live, Some(number), "what is served does not change");
        content.linkable.entry(number).or_default().conflicts = Some(conflicts.to_vec());
        Ok(())
    }

    async fn prune(&self, _keep: usize) -> Result<Vec<u64>, StoreError> {
        Ok(Vec::new())
    }
}

struct MemoryWriter {
    content: Arc<Mutex<Content>>,
    documents: Documents,
    records: BTreeMap<DocumentId, Record>,
}

#[async_trait]
impl GenerationWriter for MemoryWriter {
    async fn put(&mut self, document: DocumentRecord, chunks: Vec<AnalysedChunk>) -> Result<(), StoreError> {
        self.records.remove(&document.id);
        self.documents.insert(document.id.clone(), (document, chunks));
        Ok(())
    }

    async fn put_record(&mut self, record: Record) -> Result<(), StoreError> {
        assert!(self.documents.contains_key(&record.id), "its document comes first");
        self.records.insert(record.id.clone(), record);
        Ok(())
    }

    async fn remove(&mut self, id: &DocumentId) -> Result<(), StoreError> {
        self.records.remove(id);
        self.documents.remove(id);
        Ok(())
    }

    async fn finish(self: Box<Self>, identity: IndexIdentity) -> Result<Generation, StoreError> {
        let mut content = self.content.lock().unwrap();
        let number = content.generations.len() as u64 + 1;
        let chunks = self.documents.values().map(|(_, chunks)| chunks.len() as u64).sum();
        let documents = self.documents.len() as u64;
        let about = Generation { number, created_at: String::new(), identity, documents, chunks };
        content.generations.insert(number, (about.clone(), self.documents));
        content.linkable.insert(number, Linkable { records: self.records, conflicts: None });
        Ok(about)
    }
}

pub(crate) fn pipeline(
    sources: Vec<Arc<dyn DocumentSource>>,
    store: &Arc<Memory>,
    chunks: ChunkSettings,
) -> Pipeline {
    let settings = IndexSettings { chunks, max_shrink: 0.5 };
    Pipeline::new(sources, Arc::clone(store) as Arc<dyn IndexStore>, settings)
}

/// One run over the source `notes`.
pub(crate) fn reindex(
    store: &Arc<Memory>,
    settings: ChunkSettings,
    mode: Mode,
    items: Vec<Result<SourceItem, Fault>>,
) -> Report {
    let sources: Vec<Arc<dyn DocumentSource>> = vec![Arc::new(FakeSource { name: "notes", items })];
    let pipeline = pipeline(sources, store, settings);
    block_on(pipeline.reindex(mode, &|_| {})).unwrap()
}

/// The chunks of one item, indexed by itself, and what was said of it.
pub(crate) fn indexed(item: SourceItem, settings: ChunkSettings) -> (Vec<AnalysedChunk>, Vec<Fault>) {
    let store = Arc::new(Memory::default());
    let report = reindex(&store, settings, Mode::default(), vec![Ok(item)]);
    (store.chunks(), report.faults.listed().to_vec())
}
