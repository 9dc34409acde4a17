//! Writing one generation.
//!
//! What comes waits in a spool; once all has come, the average length of a chunk is known, and with it what each term
//! weighs. Then the new chunks go up, and those of the base that stay are copied over: neither read anew nor embedded anew,
//! only weighed anew. Last comes the point that says that the generation is there.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use async_trait::async_trait;
use qdrant_client::qdrant::{CollectionInfo, CollectionStatus, CountPoints, Filter};
use siren_domain::ports::{
    AnalysedChunk, DocumentRecord, Generation, GenerationWriter, IndexIdentity, StoreError,
};
use siren_domain::{DocumentId, Record};
use tokio::task::JoinHandle;

use super::Shared;
use super::client::Trouble;
use super::lease::Lease;
use super::listing::{Listed, Listing, Listings};
use super::meta::{self, About, JSON, Kind, json, made};
use super::names::{damaged, print};
use super::points::{self, DOCUMENT, FILTERED, Prepared, carried, text_of};
use super::scrolling::{Pages, Wanted, counted};
use super::spool::{Spool, Spooled};
use super::terms::TermTable;
use super::upload::{Upload, number};

/// Points that are copied from the base at a time.
const PAGE: u32 = 256;
const LOOK: std::time::Duration = std::time::Duration::from_millis(100);

pub(super) type Slot = Arc<Mutex<Option<Lease>>>;

pub(super) struct QdrantWriter {
    shared: Arc<Shared>,
    number: u64,
    collection: String,
    base: Option<About>,
    table: TermTable,
    spool: Spool,
    turn: u64,
    /// What became of each document of this run: none for one that is gone.
    last: HashMap<u128, Option<Put>>,
    records: BTreeMap<DocumentId, Record>,
    dimensions: Option<u64>,
    /// The collection on its way.
    making: Option<AbortOnDrop>,
    lease: Lease,
    slot: Slot,
}

/// A document that was put.
#[derive(Clone, Copy, Debug)]
struct Put {
    turn: u64,
    chunks: u64,
    length: u64,
}

/// How much a generation holds.
#[derive(Clone, Copy, Debug, Default)]
struct Held {
    documents: u64,
    chunks: u64,
    length: u64,
}

impl Held {
    fn add(&mut self, chunks: u64, length: u64) {
        self.documents += 1;
        self.chunks += chunks;
        self.length += length;
    }

    #[expect(clippy::cast_precision_loss, reason = "counts of terms are far below 2^53")]
    fn average(self) -> f64 {
        if self.length == 0 { 1.0 } else { self.length as f64 / self.chunks as f64 }
    }
}

#[expect(clippy::needless_pass_by_value, reason = "it is given to `map_err`")]
fn unspooled(error: std::io::Error) -> StoreError {
    StoreError::Failed {
        context: "documents cannot wait in the folder for temporary files".into(),
        cause: error.to_string(),
    }
}

impl QdrantWriter {
    /// A writer of the generation `number` into `collection`, upon `base`.
    pub(super) async fn begin(
        shared: Arc<Shared>,
        (number, collection): (u64, String),
        base: Option<About>,
        lease: Lease,
        slot: Slot,
    ) -> Result<Self, StoreError> {
        let (mut table, mut records) = (TermTable::default(), BTreeMap::new());
        if let Some(About { generation: Generation { number, .. }, .. }) = &base {
            let mut take = |payload: &HashMap<_, _>| {
                let bucket = super::terms::Bucket::from_text(text_of(payload, JSON));
                table.take_places(&bucket.map_err(|cause| damaged("the table of terms", &cause))?);
                Ok(())
            };
            shared.meta.each_of(*number, Kind::Terms, &mut take).await?;
            let kept = shared.meta.records(*number).await?.records;
            records = kept.into_iter().map(|record| (record.id.clone(), record)).collect();
        }
        Ok(Self {
            dimensions: base.as_ref().and_then(|base| base.dimensions),
            making: None,
            spool: Spool::new().map_err(unspooled)?,
            turn: 0,
            last: HashMap::new(),
            shared,
            number,
            collection,
            base,
            table,
            records,
            lease,
            slot,
        })
    }

    fn prepared(&mut self, analysed: AnalysedChunk) -> Result<Prepared, StoreError> {
        let AnalysedChunk { chunk, terms, years, vector } = analysed;
        let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
        for term in terms.iter() {
            *counts.entry(term).or_default() += 1;
        }
        let mut placed: Vec<(u32, u32)> = Vec::with_capacity(counts.len());
        for (term, times) in counts {
            placed.extend(self.table.place(term).map(|place| (place, times)));
        }
        placed.sort_unstable();
        if let Some(vector) = &vector {
            let length = vector.len() as u64;
            if *self.dimensions.get_or_insert(length) != length {
                return Err(StoreError::Mismatch("vectors of another length are in the index".into()));
            }
        }
        let length = u32::try_from(terms.len()).unwrap_or(u32::MAX);
        Prepared::new(&chunk, years, placed, length, vector).map_err(|error| StoreError::Failed {
            context: format!("{} cannot be stored", chunk.id),
            cause: error.to_string(),
        })
    }

    /// Whether a document of the base is neither replaced nor gone.
    fn stays(&self, id: &str) -> bool {
        !self.last.contains_key(&print(id))
    }

    fn upload(&self, collection: &str) -> Upload {
        let settings = &self.shared.settings;
        Upload::new(
            Arc::clone(&self.shared.client),
            collection.to_owned(),
            settings.batch,
            settings.in_flight,
        )
    }

    /// Copies the list of documents, and counts what the generation will hold.
    async fn documents(&self, listing: &mut Listing) -> Result<Held, StoreError> {
        let mut held = Held::default();
        for put in self.last.values().flatten() {
            held.add(put.chunks, put.length);
        }
        let Some(base) = &self.base else { return Ok(held) };
        let mut pages = Listings::of(&self.shared.meta, base.generation.number);
        while let Some(page) = pages.next().await? {
            for listed in page {
                if self.stays(listed.record.id.as_str()) {
                    held.add(u64::from(listed.record.chunks), listed.length);
                    listing.push(listed).await?;
                }
            }
        }
        Ok(held)
    }

    /// The collection is made while documents still come: in a cluster that takes as long as some thousand chunks.
    fn start_collection(&mut self) {
        let (shared, name) = (Arc::clone(&self.shared), self.collection.clone());
        let dimensions = self.dimensions;
        let made = async move { make_collection(&shared, &name, dimensions).await };
        self.making.get_or_insert_with(|| AbortOnDrop(tokio::spawn(made)));
    }

    /// What an earlier try has put into the collection.
    async fn collection(&mut self) -> Result<HashSet<u128>, StoreError> {
        self.start_collection();
        let Some(AbortOnDrop(making)) = &mut self.making else { return Ok(HashSet::new()) };
        let failed = |trouble: Trouble| trouble.told("a collection cannot be made");
        making.await.unwrap_or_else(|_| Err(Trouble::Refused("an internal error".into()))).map_err(failed)
    }

    /// Sends up what has waited in the spool.
    async fn send_new(
        &mut self,
        average: f64,
        there: HashSet<u128>,
        listing: &mut Listing,
    ) -> Result<(), StoreError> {
        let failed = |trouble: Trouble| trouble.told("chunks cannot be written");
        let mut chunks = self.upload(&self.collection).without(there);
        let spool = std::mem::replace(&mut self.spool, Spool::new().map_err(unspooled)?);
        for spooled in spool.read().map_err(unspooled)? {
            let Spooled { turn, record, chunks: of_document } = spooled.map_err(unspooled)?;
            let record: DocumentRecord =
                serde_json::from_str(&record).map_err(|error| unspooled(std::io::Error::other(error)))?;
            let last = self.last.get(&print(record.id.as_str())).copied().flatten();
            let Some(put) = last.filter(|last| last.turn == turn) else { continue };
            listing.push(Listed { record, length: put.length }).await?;
            for chunk in of_document {
                chunk.terms.iter().for_each(|(place, _)| self.table.count(*place));
                chunks.push(chunk.into_point(average)).await.map_err(failed)?;
            }
        }
        chunks.finish().await.map_err(failed)
    }

    /// Copies the chunks of the base that stay.
    async fn carry_over(&mut self, average: f64) -> Result<(), StoreError> {
        let Some(base) = self.base.clone() else { return Ok(()) };
        let failed = |trouble: Trouble| trouble.told("chunks cannot be carried over");
        let client = Arc::clone(&self.shared.client);
        let mut upload = self.upload(&self.collection);
        let mut pages = Pages::new(&client, &base.collection, Filter::default(), PAGE, Wanted::All);
        while let Some(page) = pages.next().await.map_err(failed)? {
            for point in page {
                if self.stays(text_of(&point.payload, DOCUMENT)) {
                    let averages = (base.average, average);
                    let carried = carried(point.id, point.payload, point.vectors, averages)?;
                    carried.places.iter().for_each(|place| self.table.count(*place));
                    upload.push(carried.point).await.map_err(failed)?;
                }
            }
        }
        upload.finish().await.map_err(failed)
    }

    /// Records, and the table of terms.
    async fn send_rest(&self, bits: u8) -> Result<(), StoreError> {
        let failed = |trouble: Trouble| trouble.told("records cannot be written");
        let mut upload = self.upload(self.shared.meta.name());
        for record in self.records.values() {
            let point = made(self.number, Kind::Record, record.id.as_str(), json(record)?);
            upload.push(point).await.map_err(failed)?;
        }
        for (bucket, terms) in self.table.buckets(bits) {
            let point = made(self.number, Kind::Terms, &bucket.to_string(), terms.to_text());
            upload.push(point).await.map_err(failed)?;
        }
        upload.finish().await.map_err(failed)
    }

    /// All that should be there is.
    async fn verify(&self, chunks: u64) -> Result<(), StoreError> {
        let asked = CountPoints {
            collection_name: self.collection.clone(),
            exact: Some(true),
            ..CountPoints::default()
        };
        let counted = self.shared.client.write_there(|node| {
            let asked = asked.clone();
            async move { node.count(asked).await }
        });
        let counted = counted.await.map_err(|trouble| trouble.told("chunks cannot be counted"))?;
        let there = counted.result.map(|result| result.count).unwrap_or_default();
        if there == chunks {
            return Ok(());
        }
        Err(StoreError::Failed {
            context: format!("Qdrant: generation {} is not whole", self.number),
            cause: format!("{there} of {chunks} chunks are there: start again"),
        })
    }

    /// Waits until Qdrant has built its indexes: before that, searches are right but slow.
    async fn settle(&self) -> Result<(), StoreError> {
        let (began, name) = (Instant::now(), &self.collection);
        while began.elapsed() < self.shared.settings.settle {
            let about = self.shared.client.read_there(|node| async move { node.collection_info(name).await });
            match about.await.map(|about| about.result) {
                Ok(Some(info)) if info.status == i32::from(CollectionStatus::Green) => return Ok(()),
                Ok(Some(info)) if has_failed(&info) => {
                    tracing::warn!(
                        "Qdrant cannot build its indexes, as with a full disk: searches are slower"
                    );
                    return Ok(());
                }
                Ok(_) | Err(Trouble::Gone) => {}
                Err(trouble) => return Err(trouble.told("a collection cannot be looked at")),
            }
            tokio::time::sleep(LOOK).await;
        }
        tracing::warn!("Qdrant still builds its indexes; searches are slower until it is done");
        Ok(())
    }
}

/// Whether waiting is of no use.
fn has_failed(info: &CollectionInfo) -> bool {
    let is_red = info.status == i32::from(CollectionStatus::Red);
    is_red || info.optimizer_status.as_ref().is_some_and(|optimizer| !optimizer.ok)
}

/// A task that ends with whoever waits for it.
struct AbortOnDrop(JoinHandle<Result<HashSet<u128>, Trouble>>);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Makes the collection, unless an earlier try has; tells what that has put there.
async fn make_collection(
    shared: &Shared,
    name: &str,
    dimensions: Option<u64>,
) -> Result<HashSet<u128>, Trouble> {
    let (client, mut there) = (&shared.client, HashSet::new());
    if client.read(|node| async move { node.collection_exists(name).await }).await? {
        let mut pages = Pages::new(client, name, Filter::default(), 10_000, Wanted::Id);
        while let Some(page) = pages.next().await? {
            there.extend(page.iter().filter_map(|point| number(point.id.as_ref()?)));
        }
    } else {
        create_collection(shared, name, dimensions).await?;
    }
    meta::indexed(client, name, &FILTERED).await?;
    Ok(there)
}

async fn create_collection(shared: &Shared, name: &str, dimensions: Option<u64>) -> Result<(), Trouble> {
    let asked = points::collection(name.to_owned(), &shared.settings, dimensions);
    let made = shared.client.write(|node| {
        let asked = asked.clone();
        async move { node.create_collection(asked).await }
    });
    match made.await {
        // The answer to the first try was lost.
        Err(Trouble::Refused(told)) if told.contains("already exists") => Ok(()),
        made => made.map(|_| ()),
    }
}

#[async_trait]
impl GenerationWriter for QdrantWriter {
    async fn put(&mut self, document: DocumentRecord, chunks: Vec<AnalysedChunk>) -> Result<(), StoreError> {
        self.turn += 1;
        let length = chunks.iter().map(|chunk| chunk.terms.len() as u64).sum();
        let put = Put { turn: self.turn, chunks: chunks.len() as u64, length };
        let chunks = chunks.into_iter().map(|chunk| self.prepared(chunk)).collect::<Result<Vec<_>, _>>()?;
        if !chunks.is_empty() {
            // Now it is known how long vectors are.
            self.start_collection();
        }
        let spooled = Spooled { turn: self.turn, record: json(&document)?, chunks };
        self.spool.put(&spooled).map_err(unspooled)?;
        self.records.remove(&document.id);
        self.last.insert(print(document.id.as_str()), Some(put));
        Ok(())
    }

    async fn put_record(&mut self, record: Record) -> Result<(), StoreError> {
        self.records.insert(record.id.clone(), record);
        Ok(())
    }

    async fn remove(&mut self, id: &DocumentId) -> Result<(), StoreError> {
        self.records.remove(id);
        self.last.insert(print(id.as_str()), None);
        Ok(())
    }

    async fn already_there(&mut self) -> Result<u64, StoreError> {
        let counted = counted(&self.shared.client, &self.collection).await;
        counted.map_err(|trouble| trouble.told("chunks cannot be counted"))
    }

    async fn finish(mut self: Box<Self>, identity: IndexIdentity) -> Result<Generation, StoreError> {
        let mut listing = Listing::new(self.number, self.upload(self.shared.meta.name()));
        let held = self.documents(&mut listing).await?;
        let average = held.average();
        let there = self.collection().await?;
        self.send_new(average, there, &mut listing).await?;
        self.carry_over(average).await?;
        listing.finish().await?;
        let bits = self.table.bits();
        self.send_rest(bits).await?;
        self.verify(held.chunks).await?;
        self.settle().await?;
        self.lease.is_held().await?;
        let created_at = jiff::Timestamp::now().to_string();
        let Held { documents, chunks, .. } = held;
        let generation = Generation { number: self.number, created_at, identity, documents, chunks };
        let about = About {
            generation: generation.clone(),
            collection: self.collection.clone(),
            average,
            bits,
            dimensions: self.dimensions,
        };
        self.shared.meta.complete(&about).await?;
        let Self { lease, slot, .. } = *self;
        if let Ok(mut slot) = slot.lock() {
            *slot = Some(lease);
        }
        Ok(generation)
    }
}
