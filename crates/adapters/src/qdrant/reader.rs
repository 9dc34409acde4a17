//! Searching one generation.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, RwLock};

use async_trait::async_trait;
use qdrant_client::qdrant::{
    Condition, DenseVector, Filter, PointId, Query, QueryBatchPoints, QueryPoints, RetrievedPoint,
    ScoredPoint, SearchParams, SparseVector, VectorInput, query, vector_input,
};
use siren_domain::ports::{Generation, Hit, PassageStore, StoreError, StoreHits, StoreQuery, TermWeight};
use siren_domain::{Chunk, DocumentId, Records};
use tokio::sync::OnceCell;

use super::bm25::inverse_document_frequency;
use super::chunks::Chunks;
use super::client::Trouble;
use super::meta::About;
use super::points::{DENSE, TERMS, chunk_of, for_groups, of_documents, readable, vectors_of};
use super::scrolling::{Pages, Wanted};
use super::terms::{Bucket, Place, Print, bucket_of};
use super::upload::number;
use super::{IDS, Shared};

/// Buckets of the table of terms that are kept; then they are asked for anew.
const KEPT: usize = 20_000;
/// Points of a page.
const PAGE: u32 = 256;
/// Points that one answer may name.
const FEW: u64 = 10_000;

/// Is shown points, one after another.
pub(super) type EachPoint<'e> = &'e mut (dyn FnMut(RetrievedPoint) -> Result<(), StoreError> + Send);

/// A generation, ready to be searched. It never changes: what is asked of it is answered from it, or it is gone.
pub(super) struct OpenGeneration {
    pub(super) about: About,
    shared: Arc<Shared>,
    buckets: RwLock<HashMap<u32, Arc<Bucket>>>,
    chunks: Chunks,
    records: OnceCell<Arc<Records>>,
    /// Whether somebody found it removed.
    gone: AtomicBool,
}

impl std::fmt::Debug for OpenGeneration {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OpenGeneration").field("collection", &self.about.collection).finish_non_exhaustive()
    }
}

/// A term of the question.
struct Asked {
    /// Where it stands, if any chunk holds it.
    place: Option<u32>,
    /// How many chunks hold it.
    held: u64,
    weight: TermWeight,
    times: u16,
}

/// A point that was found, with the scores that are known.
struct Found {
    id: PointId,
    lexical: Option<f32>,
    dense: Option<f32>,
}

impl OpenGeneration {
    pub(super) fn new(shared: Arc<Shared>, about: About) -> Self {
        Self {
            about,
            shared,
            buckets: RwLock::default(),
            chunks: Chunks::default(),
            records: OnceCell::new(),
            gone: AtomicBool::new(false),
        }
    }

    /// Whether it is known to be removed.
    pub(super) fn is_gone(&self) -> bool {
        self.gone.load(Ordering::Relaxed)
    }

    fn number(&self) -> u64 {
        self.about.generation.number
    }

    /// What is gone was pruned: then another one is served.
    fn failed(&self, trouble: Trouble) -> StoreError {
        match trouble {
            Trouble::Gone => {
                self.gone.store(true, Ordering::Relaxed);
                StoreError::NoGeneration(self.number())
            }
            trouble => trouble.told(&format!("generation {} cannot be searched", self.number())),
        }
    }

    /// Places of these terms and how many chunks hold them; none for those that no chunk ever held.
    async fn places(&self, prints: &[Print]) -> Result<Vec<Option<(u32, Place)>>, StoreError> {
        let mut out = vec![None; prints.len()];
        let mut open: Vec<usize> = (0..prints.len()).collect();
        let mut probe = 0;
        while !open.is_empty() {
            let at = |term: usize| prints[term].places().nth(probe);
            let wanted =
                open.iter().filter_map(|term| at(*term)).map(|place| bucket_of(place, self.about.bits));
            let buckets = self.buckets(wanted.collect()).await?;
            open.retain(|term| {
                let Some(place) = at(*term) else { return false };
                let bucket = buckets.get(&bucket_of(place, self.about.bits));
                let Some(there) = bucket.and_then(|bucket| bucket.at(place)) else { return false };
                if there.is(prints[*term]) {
                    out[*term] = Some((place, there));
                    return false;
                }
                true
            });
            probe += 1;
        }
        Ok(out)
    }

    async fn buckets(&self, mut wanted: Vec<u32>) -> Result<HashMap<u32, Arc<Bucket>>, StoreError> {
        wanted.sort_unstable();
        wanted.dedup();
        let mut found: HashMap<u32, Arc<Bucket>> = HashMap::new();
        if let Ok(kept) = self.buckets.read() {
            found.extend(wanted.iter().filter_map(|number| Some((*number, Arc::clone(kept.get(number)?)))));
        }
        wanted.retain(|number| !found.contains_key(number));
        if wanted.is_empty() {
            return Ok(found);
        }
        let fetched = self.shared.meta.buckets(self.number(), &wanted).await?;
        let fetched = fetched.into_iter().map(|(number, bucket)| (number, Arc::new(bucket)));
        let fetched: HashMap<u32, Arc<Bucket>> = fetched.collect();
        if let Ok(mut kept) = self.buckets.write() {
            if kept.len() + fetched.len() > KEPT {
                kept.clear();
            }
            kept.extend(fetched.iter().map(|(number, bucket)| (*number, Arc::clone(bucket))));
        }
        found.extend(fetched);
        Ok(found)
    }

    async fn asked(&self, terms: &[String]) -> Result<Vec<Asked>, StoreError> {
        let mut counts: BTreeMap<&str, u16> = BTreeMap::new();
        for term in terms {
            let count = counts.entry(term).or_default();
            *count = count.saturating_add(1);
        }
        let prints: Vec<Print> = counts.keys().map(|term| Print::of(term)).collect();
        let places = self.places(&prints).await?;
        let chunks = self.about.generation.chunks;
        let told = |((term, times), place): ((&str, u16), Option<(u32, Place)>)| {
            let held = place.map_or(0, |(_, there)| u64::from(there.held));
            let idf = inverse_document_frequency(chunks, held);
            let place = place.map(|(place, _)| place).filter(|_| held > 0);
            Asked { place, held, weight: TermWeight { term: term.to_owned(), idf, known: held > 0 }, times }
        };
        Ok(counts.into_iter().zip(places).map(told).collect())
    }

    fn by_terms(&self, asked: &[Asked], filter: Filter, limit: u64) -> Option<QueryPoints> {
        let (indices, values): (Vec<u32>, Vec<f32>) = weights(asked).unzip();
        let terms = vector_input::Variant::Sparse(SparseVector { values, indices });
        asked.iter().any(|one| one.place.is_some()).then(|| self.query(terms, TERMS, filter, limit))
    }

    fn by_meaning(&self, vector: &[f32], filter: Filter, limit: u64) -> Option<QueryPoints> {
        let dense = vector_input::Variant::Dense(DenseVector { data: vector.to_vec() });
        self.about.dimensions.map(|_| self.query(dense, DENSE, filter, limit))
    }

    fn query(&self, wanted: vector_input::Variant, using: &str, filter: Filter, limit: u64) -> QueryPoints {
        let input = VectorInput { variant: Some(wanted) };
        let exact = self.shared.settings.exact && using == DENSE;
        QueryPoints {
            collection_name: self.about.collection.clone(),
            query: Some(Query { variant: Some(query::Variant::Nearest(input)) }),
            using: Some(using.to_owned()),
            filter: Some(filter),
            limit: Some(limit),
            params: exact.then(exactly),
            ..QueryPoints::default()
        }
    }

    /// Asks several questions at once: points in the order of each.
    async fn ask(&self, queries: Vec<QueryPoints>) -> Result<Vec<Vec<ScoredPoint>>, StoreError> {
        if queries.is_empty() {
            return Ok(Vec::new());
        }
        let batch = QueryBatchPoints {
            collection_name: self.about.collection.clone(),
            query_points: queries,
            ..QueryBatchPoints::default()
        };
        let answered = self.shared.client.read_there(|node| {
            let batch = batch.clone();
            async move { node.query_batch(batch).await }
        });
        let answered = answered.await.map_err(|trouble| self.failed(trouble))?;
        Ok(answered.result.into_iter().map(|one| one.result).collect())
    }

    /// Points by their terms and by their meaning, as far as each is asked for.
    async fn both(
        &self,
        terms: Option<QueryPoints>,
        meaning: Option<QueryPoints>,
    ) -> Result<[Vec<ScoredPoint>; 2], StoreError> {
        let asked = [terms.is_some(), meaning.is_some()];
        let mut answers = self.ask(terms.into_iter().chain(meaning).collect()).await?.into_iter();
        Ok(asked.map(|asked| asked.then(|| answers.next()).flatten().unwrap_or_default()))
    }

    /// Searches for points alone, then at once for the scores that they lack and for their chunks: vectors and what is
    /// known already stay where they are.
    async fn found(&self, query: &StoreQuery, asked: &[Asked]) -> Result<Vec<Hit>, StoreError> {
        let limit = query.n_candidates as u64;
        if limit == 0 || query.groups.is_empty() || query.facets.iter().any(Vec::is_empty) {
            return Ok(Vec::new());
        }
        let vector = query.vector.as_deref();
        let terms = self.by_terms(asked, readable(query), limit);
        let meaning = vector.and_then(|vector| self.by_meaning(vector, readable(query), limit));
        let mut found = BTreeMap::new();
        add(&mut found, self.both(terms, meaning).await?);
        let lacking = |lacks: fn(&Found) -> bool| {
            let ids: Vec<PointId> =
                found.values().filter(|one| lacks(one)).map(|one| one.id.clone()).collect();
            let n = ids.len() as u64;
            (n > 0).then(|| (Filter::must([Condition::has_id(ids)]), n))
        };
        let terms = lacking(|one| one.lexical.is_none());
        let terms = terms.and_then(|(filter, n)| self.by_terms(asked, filter, n));
        let meaning = vector.zip(lacking(|one| one.dense.is_none()));
        let meaning = meaning.and_then(|(vector, (filter, n))| self.by_meaning(vector, filter, n));
        let meaning = meaning.map(|query| QueryPoints { params: Some(exactly()), ..query });
        let ids = found.iter().map(|(number, one)| (*number, one.id.clone())).collect();
        let there = (&*self.shared.client, self.about.collection.as_str());
        let chunks = self.chunks.of(ids, there, |trouble| self.failed(trouble));
        let (rest, mut chunks) = tokio::try_join!(self.both(terms, meaning), chunks)?;
        add(&mut found, rest);
        let hit = |(number, one): (u128, Found)| {
            let chunk = chunks.remove(&number)?;
            Some(Hit { chunk: (*chunk).clone(), lexical: one.lexical.unwrap_or_default(), dense: one.dense })
        };
        Ok(found.into_iter().filter_map(hit).collect())
    }

    /// Chunks of a filter, with their vectors where they are wanted.
    pub(super) async fn each(
        &self,
        filter: Filter,
        wanted: Wanted,
        each: EachPoint<'_>,
    ) -> Result<(), StoreError> {
        let mut pages = Pages::new(&self.shared.client, &self.about.collection, filter, PAGE, wanted);
        while let Some(page) = pages.next().await.map_err(|trouble| self.failed(trouble))? {
            page.into_iter().try_for_each(&mut *each)?;
        }
        Ok(())
    }

    /// Chunks of a filter that hold any of these terms. Where they may be many, all chunks are read page by page and looked
    /// at here: a node would not get an answer with all of them ready in time.
    pub(super) async fn each_with_terms(
        &self,
        terms: &[String],
        filter: Filter,
        each: EachPoint<'_>,
    ) -> Result<(), StoreError> {
        let asked = self.asked(terms).await?;
        let most: u64 = asked.iter().map(|one| one.held).sum();
        if most > FEW {
            let places: HashSet<u32> = asked.iter().filter_map(|one| one.place).collect();
            let mut holding = |mut point: RetrievedPoint| {
                let (terms, _) = vectors_of(point.vectors.take());
                let holds = terms.indices.iter().any(|place| places.contains(place));
                if holds { each(point) } else { Ok(()) }
            };
            return self.each(filter, Wanted::All, &mut holding).await;
        }
        let Some(query) = self.by_terms(&asked, Filter::default(), most) else { return Ok(()) };
        let found: Vec<PointId> =
            self.ask(vec![query]).await?.into_iter().flatten().filter_map(|point| point.id).collect();
        for some in found.chunks(IDS) {
            let mut among = filter.clone();
            among.must.push(Condition::has_id(some.to_vec()));
            self.each(among, Wanted::Payload, each).await?;
        }
        Ok(())
    }
}

/// Adds points that were found by their terms, and others by their meaning.
fn add(found: &mut BTreeMap<u128, Found>, [by_terms, by_meaning]: [Vec<ScoredPoint>; 2]) {
    let by_terms = by_terms.into_iter().map(|point| (true, point));
    for (is_lexical, point) in by_terms.chain(by_meaning.into_iter().map(|point| (false, point))) {
        let ScoredPoint { id: Some(id), score, .. } = point else { continue };
        let Some(number) = number(&id) else { continue };
        let known = found.entry(number).or_insert(Found { id, lexical: None, dense: None });
        let place = if is_lexical { &mut known.lexical } else { &mut known.dense };
        *place = Some(score);
    }
}

/// Without an index of neighbours and without rounding.
fn exactly() -> SearchParams {
    SearchParams { exact: Some(true), ..SearchParams::default() }
}

/// What each term that is known counts, by its place.
fn weights(asked: &[Asked]) -> impl Iterator<Item = (u32, f32)> {
    asked.iter().filter_map(|one| Some((one.place?, f32::from(one.times) * one.weight.idf)))
}

#[async_trait]
impl PassageStore for OpenGeneration {
    async fn search(&self, query: &StoreQuery) -> Result<StoreHits, StoreError> {
        let asked = self.asked(&query.terms).await?;
        let mut hits = self.found(query, &asked).await?;
        hits.sort_by(|a, b| {
            let dense = |hit: &Hit| hit.dense.unwrap_or(f32::NEG_INFINITY);
            let by_score = b.lexical.total_cmp(&a.lexical).then_with(|| dense(b).total_cmp(&dense(a)));
            by_score.then_with(|| a.chunk.id.cmp(&b.chunk.id))
        });
        let terms = asked.into_iter().map(|one| one.weight).collect();
        Ok(StoreHits { generation: self.number(), terms, hits })
    }

    async fn searched(&self) -> Result<Generation, StoreError> {
        Ok(self.about.generation.clone())
    }

    async fn passages(&self, documents: &[DocumentId], groups: &[String]) -> Result<Vec<Chunk>, StoreError> {
        if documents.is_empty() || groups.is_empty() {
            return Ok(Vec::new());
        }
        let ids = documents.iter().map(|id| id.as_str().to_owned()).collect();
        let filter = Filter::must([of_documents(ids), for_groups(groups)]);
        let mut out: Vec<Chunk> = Vec::new();
        let mut add = |point: RetrievedPoint| {
            out.push(chunk_of(&point.payload)?);
            Ok(())
        };
        self.each(filter, Wanted::Payload, &mut add).await?;
        let places: HashMap<&str, usize> =
            documents.iter().enumerate().rev().map(|(at, id)| (id.as_str(), at)).collect();
        out.sort_by_key(|chunk| {
            let ordinal = chunk.id.rsplit_once('#').and_then(|(_, ordinal)| ordinal.parse::<usize>().ok());
            (places.get(chunk.document.id.as_str()).copied(), ordinal)
        });
        Ok(out)
    }

    async fn records(&self) -> Result<Arc<Records>, StoreError> {
        let read = || async { Ok(Arc::new(self.shared.meta.records(self.number()).await?)) };
        self.records.get_or_try_init(read).await.map(Arc::clone)
    }
}
