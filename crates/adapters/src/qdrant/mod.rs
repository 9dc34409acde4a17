//! The store for what one machine cannot hold: a Qdrant cluster.
//!
//! ```text
//! <prefix>-3-1f0a9c2b   the chunks of generation 3: sparse vectors of terms, dense ones of meaning, the chunk itself
//! <prefix>-meta         generations, their documents, records, conflicts and tables of terms; who may write
//! <prefix>-live         the alias of the collection that is served: replaced in one step
//! ```
//! Nothing of an index lies anywhere else: a replica of Siren needs no disk. A generation never changes once its point in
//! the meta collection is there. A question is answered from the collection that the alias named when it began.

mod bm25;
mod chunks;
mod client;
mod lease;
mod listing;
mod meta;
mod names;
mod pointer;
mod points;
mod reader;
mod scrolling;
mod spool;
mod terms;
mod upload;
mod writer;

use std::sync::{Arc, RwLock};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use qdrant_client::qdrant::{Filter, RetrievedPoint};
use siren_domain::gate::GateNote;
use siren_domain::ports::{
    Among, DocumentRecord, Generation, GenerationWriter, IndexIdentity, IndexStore, PassageStore, Store,
    StoreError, StoreHits, StoreQuery, StoredChunk,
};
use siren_domain::{Chunk, Conflict, DocumentId, Records};

use crate::Secret;
use client::{Client, Trouble};
use lease::Lease;
use listing::Listings;
use meta::{About, Meta};
use names::Names;
use points::{chunk_of, of_documents, vectors_of};
use reader::OpenGeneration;
use scrolling::Wanted;
use writer::{QdrantWriter, Slot};

/// Points that are asked for by their ids at a time.
const IDS: usize = 1000;

/// Where the cluster is, and how it keeps an index.
#[derive(Clone, Debug)]
pub struct QdrantSettings {
    /// Addresses of its nodes (gRPC); any of them will do.
    pub nodes: Vec<String>,
    /// Its key, if it asks for one.
    pub api_key: Option<Secret>,
    /// What the names of our collections begin with.
    pub prefix: String,
    /// How long a connection may take.
    pub connect_timeout: Duration,
    /// How long a node may take to answer a question before another one is asked.
    pub timeout: Duration,
    /// For how long a write is tried again.
    pub patience: Duration,
    /// How long a new generation may take to be indexed before it is used all the same.
    pub settle: Duration,
    /// Shards of a collection.
    pub shards: u32,
    /// Copies of each shard.
    pub replicas: u32,
    /// Copies that must have a write before it is acknowledged.
    pub write_consistency: u32,
    /// Whether vectors and their indexes stay on disk.
    pub on_disk: bool,
    /// Whether vectors are searched as bytes.
    pub quantised: bool,
    /// Whether every vector is looked at, instead of those that the graph leads to.
    pub exact: bool,
    /// Points of a batch.
    pub batch: usize,
    /// Batches under way at a time.
    pub in_flight: usize,
}

/// For so long a question need not look where the pointer is: many a second share one look.
const FRESH: Duration = Duration::from_millis(250);

/// What writers and readers of an index share.
#[derive(Debug)]
struct Shared {
    client: Arc<Client>,
    meta: Meta,
    names: Names,
    settings: QdrantSettings,
}

/// An index in a Qdrant cluster.
#[derive(Debug)]
pub struct QdrantStore {
    shared: Arc<Shared>,
    /// What questions are analysed with; an index made by another analyser would silently find less.
    analyser: String,
    /// What gives the questions' vectors.
    embedding: Option<String>,
    /// The generation that was served when somebody looked, and when that was.
    open: RwLock<Option<(Arc<OpenGeneration>, Instant)>>,
    /// The generation that is searched, in place of the one that is served.
    pinned: Option<u64>,
    /// The right to write, handed from a finished generation to its promotion: nobody else writes in between.
    slot: Slot,
}

impl QdrantStore {
    /// The store of these settings, for questions analysed by `analyser`. Connects when it is first asked.
    pub fn new(settings: QdrantSettings, analyser: impl Into<String>) -> Result<Self, StoreError> {
        let client = Arc::new(Client::new(&settings)?);
        let names = Names::new(&settings.prefix);
        let meta = Meta::new(Arc::clone(&client), &names);
        Ok(Self {
            shared: Arc::new(Shared { client, meta, names, settings }),
            analyser: analyser.into(),
            embedding: None,
            open: RwLock::new(None),
            pinned: None,
            slot: Slot::default(),
        })
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

    /// The collection that the pointer names.
    async fn pointer(&self) -> Result<Option<String>, StoreError> {
        let pointer = pointer::read(&self.shared.client, &self.shared.names).await;
        pointer.map_err(|trouble| trouble.told("the live generation is unknown"))
    }

    async fn current(&self) -> Result<Option<u64>, StoreError> {
        Ok(self.pointer().await?.and_then(|collection| self.shared.names.number(&collection)))
    }

    /// The generation that is served, kept open as long as it is.
    async fn opened(&self) -> Result<Arc<OpenGeneration>, StoreError> {
        let kept = self.open.read().ok().and_then(|open| open.clone());
        let kept = kept.filter(|(open, _)| !open.is_gone());
        if let Some((open, _)) = kept.as_ref().filter(|(_, looked)| looked.elapsed() < FRESH) {
            return Ok(Arc::clone(open));
        }
        let looked = Instant::now();
        let number = match self.pinned {
            Some(number) => number,
            None => self.current().await?.ok_or(StoreError::NoIndex)?,
        };
        let kept = kept.map(|(open, _)| open).filter(|open| open.about.generation.number == number);
        if let Some(open) = kept {
            self.keep(Some((Arc::clone(&open), looked)));
            return Ok(open);
        }
        let about = match self.shared.meta.about(number).await {
            Err(StoreError::NoGeneration(_)) if self.pinned.is_none() => {
                let told = format!("the alias names generation {number}, which is gone");
                return Err(StoreError::Mismatch(told));
            }
            about => about?,
        };
        self.fits(&about.generation)?;
        let open = Arc::new(OpenGeneration::new(Arc::clone(&self.shared), about));
        self.keep(Some((Arc::clone(&open), looked)));
        Ok(open)
    }

    fn keep(&self, open: Option<(Arc<OpenGeneration>, Instant)>) {
        if let Ok(mut slot) = self.open.write() {
            *slot = open;
        }
    }

    /// Whether questions as they are analysed and embedded here can be asked of a generation.
    fn fits(&self, generation: &Generation) -> Result<(), StoreError> {
        let (number, made_by) = (generation.number, &generation.identity);
        if made_by.analyser != self.analyser || made_by.format != IndexIdentity::FORMAT {
            return Err(StoreError::Mismatch(format!(
                "generation {number} was made by {} (format {}), questions are analysed by {} (format {})",
                made_by.analyser,
                made_by.format,
                self.analyser,
                IndexIdentity::FORMAT,
            )));
        }
        if made_by.embedding == self.embedding {
            return Ok(());
        }
        let told = |embedding: &Option<String>| embedding.clone().unwrap_or_else(|| "none".into());
        Err(StoreError::Mismatch(format!(
            "the vectors of generation {number} were made by {}, those of questions by {}",
            told(&made_by.embedding),
            told(&self.embedding)
        )))
    }

    /// Keeps the right to write for what comes next.
    fn lend(&self, lease: Lease) {
        if let Ok(mut slot) = self.slot.lock() {
            *slot = Some(lease);
        }
    }

    async fn lease(&self) -> Result<Lease, StoreError> {
        let kept = self.slot.lock().ok().and_then(|mut slot| slot.take());
        if let Some(lease) = kept {
            // This machine may have stood still since, and another process may have written and promoted.
            lease.is_held().await?;
            return Ok(lease);
        }
        self.shared.client.is_new_enough().await?;
        self.shared.meta.ensure(&self.shared.settings).await?;
        Lease::take(Arc::clone(&self.shared.client), &self.shared.names).await
    }

    /// Removes what no generation and no pointer names, but for one collection.
    async fn clear_unfinished(&self, spared: Option<&str>) -> Result<(), StoreError> {
        let failed = |trouble: Trouble| trouble.told("what was left unfinished cannot be cleared away");
        let complete = self.shared.meta.generations().await?;
        let live = self.pointer().await?;
        let there = self.shared.client.read(|node| async move { node.list_collections().await });
        for collection in there.await.map_err(failed)?.collections {
            let name = collection.name;
            let known = complete.iter().any(|about| about.collection == name)
                || live.as_deref() == Some(&name)
                || spared == Some(&name);
            if self.shared.names.number(&name).is_some() && !known {
                self.delete_collection(&name).await?;
            }
        }
        let numbers: Vec<u64> = complete.iter().map(|about| about.generation.number).collect();
        self.shared.meta.clear_unfinished(&numbers).await
    }

    async fn delete_collection(&self, name: &str) -> Result<(), StoreError> {
        let deleted = self.shared.client.write(|node| async move { node.delete_collection(name).await });
        match deleted.await {
            Ok(_) | Err(Trouble::Gone) => Ok(()),
            Err(trouble) => Err(trouble.told("a collection cannot be removed")),
        }
    }

    /// Starts a generation whose collection is known by `own`: one that was begun under the same name is gone on with.
    async fn begin_as(&self, base: Option<u64>, own: &str) -> Result<Box<dyn GenerationWriter>, StoreError> {
        let base = match base {
            Some(number) => Some(self.shared.meta.about(number).await?),
            None => None,
        };
        let lease = self.lease().await?;
        let complete = self.shared.meta.generations().await?;
        let newest = complete.last().map(|about| about.generation.number);
        let number = newest.max(self.current().await?).unwrap_or(0) + 1;
        let collection = self.shared.names.collection(number, own);
        self.clear_unfinished(Some(&collection)).await?;
        let (shared, slot) = (Arc::clone(&self.shared), Arc::clone(&self.slot));
        Ok(Box::new(QdrantWriter::begin(shared, (number, collection), base, lease, slot).await?))
    }

    async fn open_number(&self, number: u64) -> Result<OpenGeneration, StoreError> {
        Ok(OpenGeneration::new(Arc::clone(&self.shared), self.shared.meta.about(number).await?))
    }
}

/// So that an index of another make can be searched: its name is no two writers'.
fn own_name() -> String {
    format!("{} {}", std::process::id(), jiff::Timestamp::now())
}

#[async_trait]
impl PassageStore for QdrantStore {
    async fn search(&self, query: &StoreQuery) -> Result<StoreHits, StoreError> {
        match self.opened().await?.search(query).await {
            // Between reading the pointer and asking, a writer has gone on and removed it.
            Err(StoreError::NoGeneration(_)) => self.opened().await?.search(query).await,
            found => found,
        }
    }

    async fn searched(&self) -> Result<Generation, StoreError> {
        Ok(self.opened().await?.about.generation.clone())
    }

    async fn passages(&self, documents: &[DocumentId], groups: &[String]) -> Result<Vec<Chunk>, StoreError> {
        self.opened().await?.passages(documents, groups).await
    }

    async fn records(&self) -> Result<Arc<Records>, StoreError> {
        self.opened().await?.records().await
    }

    async fn view(&self) -> Result<Option<Arc<dyn PassageStore>>, StoreError> {
        Ok(Some(self.opened().await?))
    }
}

#[async_trait]
impl IndexStore for QdrantStore {
    async fn generations(&self) -> Result<Vec<Generation>, StoreError> {
        let complete = self.shared.meta.generations().await?;
        Ok(complete.into_iter().map(|about| about.generation).collect())
    }

    async fn live(&self) -> Result<Option<Generation>, StoreError> {
        let Some(number) = self.current().await? else { return Ok(None) };
        match self.shared.meta.about(number).await {
            // A pointer to what is gone is mended by the next reindex.
            Err(StoreError::NoGeneration(_)) => Ok(None),
            about => about.map(|about| Some(about.generation)),
        }
    }

    async fn documents(
        &self,
        number: u64,
        each: &mut (dyn FnMut(DocumentRecord) + Send),
    ) -> Result<(), StoreError> {
        self.shared.meta.about(number).await?;
        let mut pages = Listings::of(&self.shared.meta, number);
        while let Some(page) = pages.next().await? {
            page.into_iter().for_each(|listed| each(listed.record));
        }
        Ok(())
    }

    async fn reserve(&self) -> Result<(), StoreError> {
        let lease = self.lease().await?;
        self.lend(lease);
        Ok(())
    }

    async fn release(&self) {
        let kept = self.slot.lock().ok().and_then(|mut slot| slot.take());
        if let Some(lease) = kept {
            lease.give_back().await;
        }
    }

    async fn begin(&self, base: Option<u64>) -> Result<Box<dyn GenerationWriter>, StoreError> {
        self.begin_as(base, &own_name()).await
    }

    async fn promote(&self, number: u64) -> Result<(), StoreError> {
        let About { collection, .. } = self.shared.meta.about(number).await?;
        let lease = self.lease().await?;
        let promoted = pointer::put(&self.shared.client, &self.shared.names, &collection).await;
        lease.give_back().await;
        self.keep(None);
        promoted.map_err(|trouble| trouble.told("a generation cannot be promoted"))
    }

    async fn records_of(&self, number: u64) -> Result<Arc<Records>, StoreError> {
        self.shared.meta.about(number).await?;
        Ok(Arc::new(self.shared.meta.records(number).await?))
    }

    async fn chunks(
        &self,
        number: u64,
        among: &Among,
        each: &mut (dyn FnMut(Chunk) + Send),
    ) -> Result<(), StoreError> {
        let open = self.open_number(number).await?;
        let mut tell = |point: RetrievedPoint| {
            each(chunk_of(&point.payload)?);
            Ok(())
        };
        let Among::Those { documents, terms } = among else {
            return open.each(Filter::default(), Wanted::Payload, &mut tell).await;
        };
        let documents: Vec<String> = documents.iter().map(|id| id.as_str().to_owned()).collect();
        for some in documents.chunks(IDS) {
            open.each(Filter::must([of_documents(some.to_vec())]), Wanted::Payload, &mut tell).await?;
        }
        let of_those = (!documents.is_empty()).then(|| of_documents(documents));
        let others = Filter { must_not: of_those.into_iter().collect(), ..Filter::default() };
        open.each_with_terms(terms, others, &mut tell).await
    }

    async fn put_conflicts(&self, number: u64, conflicts: &[Conflict]) -> Result<(), StoreError> {
        self.shared.meta.about(number).await?;
        let lease = self.lease().await?;
        let put = self.shared.meta.put_conflicts(number, conflicts).await;
        // Kept for the promotion: a gate may take its time, and nobody else must write meanwhile.
        self.lend(lease);
        put
    }

    async fn prune(&self, keep: usize) -> Result<Vec<u64>, StoreError> {
        let lease = self.lease().await?;
        let removed = self.pruned(keep).await;
        lease.give_back().await;
        removed
    }
}

impl QdrantStore {
    async fn pruned(&self, keep: usize) -> Result<Vec<u64>, StoreError> {
        self.clear_unfinished(None).await?;
        let live = self.current().await?;
        let mut complete = self.shared.meta.generations().await?;
        complete.truncate(complete.len().saturating_sub(keep));
        complete.retain(|about| Some(about.generation.number) != live);
        for about in &complete {
            self.taken_out(about).await?;
        }
        Ok(complete.into_iter().map(|about| about.generation.number).collect())
    }

    async fn taken_out(&self, about: &About) -> Result<(), StoreError> {
        self.shared.meta.remove(about.generation.number).await?;
        self.delete_collection(&about.collection).await
    }

    async fn removed(&self, number: u64) -> Result<(), StoreError> {
        if self.current().await? == Some(number) {
            return Err(StoreError::Busy(format!("generation {number} is served")));
        }
        self.taken_out(&self.shared.meta.about(number).await?).await
    }

    async fn removed_all(&self) -> Result<(), StoreError> {
        let failed = |trouble: Trouble| trouble.told("an index cannot be removed");
        let there = self.shared.client.read(|node| async move { node.list_collections().await });
        for collection in there.await.map_err(failed)?.collections {
            if self.shared.names.number(&collection.name).is_some() {
                self.delete_collection(&collection.name).await?;
            }
        }
        self.delete_collection(self.shared.meta.name()).await
    }
}

#[async_trait]
impl Store for QdrantStore {
    async fn put_gate(&self, number: u64, note: &GateNote) -> Result<(), StoreError> {
        self.shared.meta.about(number).await?;
        self.shared.meta.put_gate(number, note).await
    }

    async fn gate_of(&self, number: u64) -> Result<Option<GateNote>, StoreError> {
        self.shared.meta.gate(number).await
    }

    async fn stored(&self, number: u64, documents: &[DocumentId]) -> Result<Vec<StoredChunk>, StoreError> {
        let open = self.open_number(number).await?;
        let ids: Vec<String> = documents.iter().map(|id| id.as_str().to_owned()).collect();
        let mut out = Vec::new();
        let mut add = |point: RetrievedPoint| {
            let chunk = chunk_of(&point.payload)?;
            out.push(StoredChunk { chunk, vector: vectors_of(point.vectors).1 });
            Ok(())
        };
        open.each(Filter::must([of_documents(ids)]), Wanted::All, &mut add).await?;
        Ok(out)
    }

    async fn begin_copy(&self, of: &str) -> Result<Box<dyn GenerationWriter>, StoreError> {
        self.begin_as(None, of).await
    }

    async fn remove_generation(&self, number: u64) -> Result<(), StoreError> {
        let lease = self.lease().await?;
        let removed = self.removed(number).await;
        lease.give_back().await;
        removed
    }

    async fn discard(&self) -> Result<(), StoreError> {
        let lease = self.lease().await?;
        let removed = self.removed_all().await;
        match removed {
            // With the last collection goes the lease itself.
            Ok(()) => lease.forget(),
            Err(_) => lease.give_back().await,
        }
        removed
    }
}
