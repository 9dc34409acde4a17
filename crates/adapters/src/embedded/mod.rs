//! The store that needs nothing else installed: tantivy in folders.
//!
//! ```text
//! <state>/generations/3/        a complete generation: index/, documents.jsonl, records.jsonl, conflicts.jsonl,
//!                               generation.json, and gate.json where a gate was asked
//! <state>/generations/.next-4/  one in the making; cleared away by the next writer or prune
//! <state>/CURRENT               the number of the one that is served, replaced by rename
//! <state>/writer.lock           held while one process writes
//! ```
//! A generation never changes once it has its number. The next one starts as hard links to its files, so that work and
//! disk are in proportion to what changed.

mod allowed;
mod directory;
mod documents;
mod files;
mod gating;
mod lanes;
mod late;
mod reader;
mod records;
mod schema;
mod search;
mod segments;
mod sketches;
mod splitter;
mod tidying;
mod vectors;
mod writer;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, RwLock};

use async_trait::async_trait;
use siren_domain::ports::{
    Among, DocumentRecord, Generation, GenerationWriter, IndexIdentity, IndexStore, PassageStore, StoreError,
    StoreHits, StoreQuery,
};
use siren_domain::{Chunk, Conflict, DocumentId, Records};

use files::{WriterLock, each_json_line, failed, read_json, read_json_lines, write_atomically};
use reader::OpenGeneration;
use writer::{Base, EmbeddedWriter};

const CURRENT: &str = "CURRENT";
const GENERATIONS: &str = "generations";
const ABOUT: &str = "generation.json";
const DOCUMENTS: &str = "documents.jsonl";
const RECORDS: &str = "records.jsonl";
const CONFLICTS: &str = "conflicts.jsonl";
const INDEX: &str = "index";
const UNFINISHED: &str = ".next-";

/// An index in a folder of its own.
#[derive(Debug)]
pub struct EmbeddedStore {
    state: PathBuf,
    /// What questions are analysed with; an index made by another analyser would silently find less.
    analyser: String,
    /// What gives the questions' vectors.
    embedding: Option<String>,
    open: RwLock<Option<Arc<OpenGeneration>>>,
    /// The generation that is searched, in place of the one that is served.
    pinned: Option<u64>,
    /// The right to write, handed from a finished generation to its promotion: nobody else writes in between.
    lease: Lease,
}

type Lease = Arc<Mutex<Option<WriterLock>>>;

impl EmbeddedStore {
    /// The store in `state`, which need not exist yet, for questions analysed by `analyser`.
    pub fn new(state: impl Into<PathBuf>, analyser: impl Into<String>) -> Self {
        Self {
            state: state.into(),
            analyser: analyser.into(),
            embedding: None,
            open: RwLock::new(None),
            pinned: None,
            lease: Lease::default(),
        }
    }

    /// The same store, for questions that this embedder turns into vectors.
    pub fn with_embedding(mut self, embedding: Option<String>) -> Self {
        self.embedding = embedding;
        self
    }

    /// The same store, searching this generation whichever is served: to judge it before it is.
    pub fn pinned_to(mut self, number: u64) -> Self {
        self.pinned = Some(number);
        self
    }

    fn folder(&self, number: u64) -> PathBuf {
        self.state.join(GENERATIONS).join(number.to_string())
    }

    fn current(&self) -> Result<Option<u64>, StoreError> {
        let path = self.state.join(CURRENT);
        match std::fs::read_to_string(&path) {
            Ok(text) => text.trim().parse().map(Some).map_err(|_| StoreError::Failed {
                context: format!("{} is damaged", path.display()),
                cause: "it should hold a generation's number; `siren index rollback N` writes it anew".into(),
            }),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(failed(&path, "cannot be read", &error)),
        }
    }

    fn numbers(&self) -> Result<Vec<u64>, StoreError> {
        let folder = self.state.join(GENERATIONS);
        let entries = match std::fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(failed(&folder, "cannot be read", &error)),
        };
        let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        let mut numbers: Vec<u64> = names.filter_map(|name| name.parse().ok()).collect();
        numbers.sort_unstable();
        Ok(numbers)
    }

    fn about(&self, number: u64) -> Result<Generation, StoreError> {
        let path = self.folder(number).join(ABOUT);
        if path.exists() { read_json(&path) } else { Err(StoreError::NoGeneration(number)) }
    }

    fn lock(&self) -> Result<WriterLock, StoreError> {
        let leased = self.lease.lock().ok().and_then(|mut lease| lease.take());
        leased.map_or_else(|| files::lock(&self.state), Ok)
    }

    /// Keeps the right to write for what this store does next.
    fn lend(&self, lock: WriterLock) {
        if let Ok(mut lease) = self.lease.lock() {
            *lease = Some(lock);
        }
    }

    /// The live generation, opened. Between reading the pointer and opening what it names, a writer may have gone on
    /// and removed it: then the pointer names another one.
    fn opened(&self) -> Result<Arc<OpenGeneration>, StoreError> {
        match self.open_current() {
            Err(StoreError::NoGeneration(_) | StoreError::Failed { .. }) => self.open_current(),
            opened => opened,
        }
        .map_err(|error| match error {
            StoreError::NoGeneration(number) => {
                StoreError::Mismatch(format!("{CURRENT} names generation {number}, which is gone"))
            }
            error => error,
        })
    }

    /// The generation that the pointer names, kept open until it names another one.
    fn open_current(&self) -> Result<Arc<OpenGeneration>, StoreError> {
        let number = match self.pinned {
            Some(number) => number,
            None => self.current()?.ok_or(StoreError::NoIndex)?,
        };
        let kept = self.open.read().ok().and_then(|open| open.clone());
        if let Some(open) = kept.filter(|open| open.generation.number == number) {
            return Ok(open);
        }
        let generation = self.about(number)?;
        let made_by = &generation.identity;
        if made_by.analyser != self.analyser || made_by.format != IndexIdentity::FORMAT {
            return Err(StoreError::Mismatch(format!(
                "generation {number} was made by {} (format {}), questions are analysed by {} (format {})",
                made_by.analyser,
                made_by.format,
                self.analyser,
                IndexIdentity::FORMAT
            )));
        }
        if made_by.embedding != self.embedding {
            let told = |embedding: &Option<String>| embedding.clone().unwrap_or_else(|| "none".into());
            return Err(StoreError::Mismatch(format!(
                "the vectors of generation {number} were made by {}, those of questions by {}",
                told(&made_by.embedding),
                told(&self.embedding)
            )));
        }
        let open = Arc::new(OpenGeneration::open(&self.folder(number), generation)?);
        if let Ok(mut slot) = self.open.write() {
            *slot = Some(Arc::clone(&open));
        }
        Ok(open)
    }
}

/// One generation, whichever is served meanwhile. Its files stay readable as long as it is open.
struct View(Arc<OpenGeneration>);

#[async_trait]
impl PassageStore for View {
    async fn search(&self, query: &StoreQuery) -> Result<StoreHits, StoreError> {
        let (open, query) = (Arc::clone(&self.0), query.clone());
        let searched = tokio::task::spawn_blocking(move || open.search(&query)).await;
        // Not the panic's own words: they may hold a question.
        searched.unwrap_or_else(|_| {
            Err(StoreError::Failed {
                context: "the search broke off".into(),
                cause: "an internal error".into(),
            })
        })
    }

    async fn searched(&self) -> Result<Generation, StoreError> {
        Ok(self.0.generation.clone())
    }

    async fn passages(&self, documents: &[DocumentId], groups: &[String]) -> Result<Vec<Chunk>, StoreError> {
        self.0.passages(documents, groups)
    }

    async fn records(&self) -> Result<Arc<Records>, StoreError> {
        self.0.records()
    }
}

#[async_trait]
impl PassageStore for EmbeddedStore {
    async fn search(&self, query: &StoreQuery) -> Result<StoreHits, StoreError> {
        View(self.opened()?).search(query).await
    }

    async fn searched(&self) -> Result<Generation, StoreError> {
        Ok(self.opened()?.generation.clone())
    }

    async fn passages(&self, documents: &[DocumentId], groups: &[String]) -> Result<Vec<Chunk>, StoreError> {
        self.opened()?.passages(documents, groups)
    }

    async fn records(&self) -> Result<Arc<Records>, StoreError> {
        self.opened()?.records()
    }

    async fn view(&self) -> Result<Option<Arc<dyn PassageStore>>, StoreError> {
        Ok(Some(Arc::new(View(self.opened()?))))
    }
}

impl EmbeddedStore {
    /// Removes a generation, under another name first: its files go in no order, and half a one must not look like one.
    fn take_out(&self, number: u64) -> Result<(), StoreError> {
        let (folder, going) = (self.folder(number), self.state.join(GENERATIONS));
        let going = going.join(format!("{UNFINISHED}gone-{number}"));
        std::fs::rename(&folder, &going).map_err(|error| failed(&folder, "cannot be moved", &error))?;
        std::fs::remove_dir_all(&going).map_err(|error| failed(&going, "cannot be removed", &error))
    }
}

#[async_trait]
impl IndexStore for EmbeddedStore {
    async fn generations(&self) -> Result<Vec<Generation>, StoreError> {
        // A folder that a killed `prune` had begun to remove is no generation any more.
        let there = |number: &u64| self.folder(*number).join(ABOUT).exists();
        self.numbers()?.into_iter().filter(there).map(|number| self.about(number)).collect()
    }

    async fn live(&self) -> Result<Option<Generation>, StoreError> {
        match self.current()?.map(|number| self.about(number)).transpose() {
            // A pointer to what is gone is mended by the next reindex.
            Err(StoreError::NoGeneration(_)) => Ok(None),
            live => live,
        }
    }

    async fn documents(
        &self,
        number: u64,
        each: &mut (dyn FnMut(DocumentRecord) + Send),
    ) -> Result<(), StoreError> {
        let generation = self.about(number)?;
        // What cannot be opened cannot be built upon either.
        OpenGeneration::open(&self.folder(number), generation)?;
        each_json_line(&self.folder(number).join(DOCUMENTS), each)
    }

    async fn reserve(&self) -> Result<(), StoreError> {
        let lock = self.lock()?;
        self.lend(lock);
        Ok(())
    }

    async fn release(&self) {
        if let Ok(mut lease) = self.lease.lock() {
            *lease = None;
        }
    }

    async fn begin(&self, base: Option<u64>) -> Result<Box<dyn GenerationWriter>, StoreError> {
        let lock = self.lock()?;
        let generations = self.state.join(GENERATIONS);
        files::clear_unfinished(&generations, UNFINISHED)?;
        let newest = self.numbers()?.last().copied().max(self.current()?).unwrap_or(0);
        let base = match base {
            Some(number) => {
                self.about(number)?;
                Some(Base {
                    index: self.folder(number).join(INDEX),
                    documents: self.folder(number).join(DOCUMENTS),
                    records: read_json_lines(&self.folder(number).join(RECORDS))?,
                })
            }
            None => None,
        };
        let writer = EmbeddedWriter::begin(&generations, newest + 1, base, lock, Arc::clone(&self.lease))?;
        Ok(Box::new(writer))
    }

    async fn promote(&self, number: u64) -> Result<(), StoreError> {
        let _lock = self.lock()?;
        self.about(number)?;
        write_atomically(&self.state.join(CURRENT), format!("{number}\n").as_bytes())
    }

    async fn records_of(&self, number: u64) -> Result<Arc<Records>, StoreError> {
        self.about(number)?;
        Ok(Arc::new(records::read(&self.folder(number), number)?))
    }

    async fn chunks(
        &self,
        number: u64,
        among: &Among,
        each: &mut (dyn FnMut(Chunk) + Send),
    ) -> Result<(), StoreError> {
        let generation = self.about(number)?;
        OpenGeneration::open(&self.folder(number), generation)?.chunks(among, each)
    }

    async fn put_conflicts(&self, number: u64, conflicts: &[Conflict]) -> Result<(), StoreError> {
        let lock = self.lock()?;
        self.about(number)?;
        let put = records::put_conflicts(&self.folder(number), conflicts);
        // Kept for the promotion: a gate may take its time, and nobody else must write meanwhile.
        self.lend(lock);
        put
    }

    async fn prune(&self, keep: usize) -> Result<Vec<u64>, StoreError> {
        let _lock = self.lock()?;
        files::clear_unfinished(&self.state.join(GENERATIONS), UNFINISHED)?;
        let live = self.current()?;
        let mut numbers = self.numbers()?;
        numbers.truncate(numbers.len().saturating_sub(keep));
        numbers.retain(|number| Some(*number) != live);
        for number in &numbers {
            self.take_out(*number)?;
        }
        Ok(numbers)
    }
}
