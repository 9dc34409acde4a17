//! Measures a store with made-up chunks, the same on every run: `bench/scaling.py` starts what it needs and tells the rest.
//!
//! `store_bench embedded FOLDER CHUNKS` · `store_bench qdrant URLS CHUNKS SHARDS REPLICAS`, and `briefly` behind either: no
//! second generation, no bare loop of upserts. One JSON document on stdout; null is what was not measured.
#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "a measurement that cannot go on should stop"
)]

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use qdrant_client::Qdrant;
use qdrant_client::qdrant::{
    Condition, CreateFieldIndexCollectionBuilder, FieldType, Filter, PointStruct, QueryBatchPointsBuilder,
    QueryPoints, QueryPointsBuilder, ScrollPointsBuilder, UpsertPointsBuilder, Vector, VectorInput, Vectors,
    vector_output, vectors_output::VectorsOptions,
};
use serde_json::json;
use siren_adapters::embedded::EmbeddedStore;
use siren_adapters::qdrant::{QdrantSettings, QdrantStore};
use siren_domain::ports::{
    AnalysedChunk, DocumentRecord, IndexIdentity, PassageStore, Store, StoreQuery, Terms,
};
use siren_domain::{Chunk, DocumentId, Metadata, OffsetMap, Origin};

const ANALYSER: &str = "bench/1";
const DIMENSIONS: usize = 512;
const TERMS: usize = 90;
const VOCABULARY: f64 = 200_000.0;
const CANDIDATES: usize = 100;
const QUESTIONS: u64 = 300;
/// The first questions warm caches and are not counted.
const WARMING: u64 = 20;
/// What the store filters by.
const FILTERED: [(&str, FieldType); 4] = [
    ("document", FieldType::Keyword),
    ("groups", FieldType::Keyword),
    ("facets", FieldType::Keyword),
    ("years", FieldType::Integer),
];

/// Numbers that look random and are the same on every run.
struct Seeded(u64);

impl Seeded {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as f64) / f64::from(1_u32 << 31)
    }

    /// Few terms are frequent and most are rare, as in any language.
    fn term(&mut self) -> String {
        format!("낱말{}", VOCABULARY.powf(self.next()) as u64)
    }

    /// Around one of a hundred topics.
    fn vector(&mut self) -> Vec<f32> {
        let mut topic = Seeded((self.next() * 100.0) as u64 + 1);
        let mut vector: Vec<f32> =
            (0..DIMENSIONS).map(|_| (topic.next() - 0.5 + (self.next() - 0.5) * 1.5) as f32).collect();
        let length = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
        vector.iter_mut().for_each(|x| *x /= length);
        vector
    }
}

fn document(at: u64) -> (DocumentRecord, Vec<AnalysedChunk>) {
    let mut seeded = Seeded(at.wrapping_mul(0x9E37_79B9_7F4A_7C15) + 1);
    let id = DocumentId::new("bench", &at.to_string());
    let terms: Terms =
        (0..TERMS / 2 + (seeded.next() * TERMS as f64) as usize).map(|_| seeded.term()).collect();
    let text = terms.joined().to_owned();
    let meta =
        Metadata::new(id.clone(), "bench", Origin::File { path: format!("{at}.md") }, format!("문서 {at}"));
    let chunk = Chunk {
        id: format!("{id}#0"),
        document: Arc::new(meta),
        heading: Vec::new(),
        sections: Vec::new(),
        tokens: 200,
        offsets: OffsetMap::identity(text.len()),
        parts: Vec::new(),
        text,
    };
    let record = DocumentRecord {
        id,
        source: "bench".into(),
        title: format!("문서 {at}"),
        hash: at.to_string(),
        content: at.to_string(),
        version: None,
        fault: None,
        chunks: 1,
    };
    let years = vec![2020 + (at % 6) as u16];
    (record, vec![AnalysedChunk { chunk, terms, years, vector: Some(seeded.vector()) }])
}

fn question(at: u64) -> StoreQuery {
    let mut seeded = Seeded(at.wrapping_mul(0xD134_2543_DE82_EF95) + 7);
    StoreQuery {
        terms: (0..10).map(|_| seeded.term()).collect(),
        vector: Some(seeded.vector()),
        groups: vec!["all".into()],
        n_candidates: CANDIDATES,
        ..StoreQuery::default()
    }
}

fn identity() -> IndexIdentity {
    IndexIdentity {
        format: IndexIdentity::FORMAT,
        analyser: ANALYSER.into(),
        chunker: "bench".into(),
        embedding: None,
    }
}

/// Seconds of a generation from nothing, and of the next one with one document changed.
async fn indexed(store: &dyn Store, chunks: u64, briefly: bool) -> (f64, Option<f64>) {
    let began = Instant::now();
    let mut writer = store.begin(None).await.expect("a writer");
    for at in 0..chunks {
        let (record, chunks) = document(at);
        writer.put(record, chunks).await.expect("a document is put");
    }
    let made = writer.finish(identity()).await.expect("a generation");
    store.promote(made.number).await.expect("it is served");
    let full = began.elapsed().as_secs_f64();
    if briefly {
        return (full, None);
    }
    let began = Instant::now();
    let mut writer = store.begin(Some(made.number)).await.expect("a writer");
    let (record, changed) = document(0);
    writer.put(record, changed).await.expect("a document is put");
    let next = writer.finish(identity()).await.expect("a generation");
    store.promote(next.number).await.expect("it is served");
    let one = began.elapsed().as_secs_f64();
    store.prune(1).await.expect("the old one is removed");
    (full, Some(one))
}

fn percentiles(mut times: Vec<Duration>) -> (f64, f64) {
    times.sort_unstable();
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize].as_secs_f64() * 1000.0;
    (at(0.5), at(0.99))
}

fn memory() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    line.split_whitespace().next().and_then(|kb| kb.parse::<f64>().ok()).unwrap_or_default() / 1024.0
}

async fn embedded(folder: &str, chunks: u64, briefly: bool) {
    let store = EmbeddedStore::new(folder, ANALYSER);
    let (full, one) = indexed(&store, chunks, briefly).await;
    let mut times = Vec::new();
    for at in 0..QUESTIONS {
        let query = question(at);
        let began = Instant::now();
        PassageStore::search(&store, &query).await.expect("an answer");
        if at >= WARMING {
            times.push(began.elapsed());
        }
    }
    let (p50, p99) = percentiles(times);
    println!(
        "{}",
        json!({
            "store": "embedded", "chunks": chunks, "index_s": rounded(full), "one_changed_s": one.map(rounded),
            "p50_ms": rounded(p50), "p99_ms": rounded(p99), "peak_mb": memory().round(),
        })
    );
}

fn rounded(number: f64) -> f64 {
    (number * 100.0).round() / 100.0
}

fn settings(urls: &str, shards: u32, replicas: u32) -> QdrantSettings {
    QdrantSettings {
        nodes: urls.split(',').map(str::to_owned).collect(),
        api_key: None,
        prefix: "bench".into(),
        connect_timeout: Duration::from_secs(3),
        timeout: Duration::from_secs(30),
        patience: Duration::from_secs(120),
        settle: Duration::from_secs(1800),
        shards,
        replicas,
        write_consistency: 1,
        on_disk: false,
        quantised: false,
        exact: false,
        batch: 128,
        in_flight: 4,
    }
}

/// What our store asks, without our store.
fn bare(query: &StoreQuery, weights: &HashMap<String, f32>, collection: &str) -> Vec<QueryPoints> {
    let place = |term: &str| {
        let mut low = [0; 4];
        low.copy_from_slice(&blake3::hash(term.as_bytes()).as_bytes()[..4]);
        u32::from_le_bytes(low)
    };
    let mut terms: Vec<(u32, f32)> = weights.iter().map(|(term, idf)| (place(term), *idf)).collect();
    terms.sort_by_key(|(place, _)| *place);
    let (indices, values): (Vec<u32>, Vec<f32>) = terms.into_iter().unzip();
    let readable = Filter::must([Condition::matches("groups", query.groups.clone())]);
    let one = |input: VectorInput, using: &str| {
        QueryPointsBuilder::new(collection)
            .query(input)
            .using(using)
            .filter(readable.clone())
            .limit(CANDIDATES as u64)
            .with_payload(true)
            .build()
    };
    let dense = query.vector.clone().unwrap_or_default();
    vec![one(VectorInput::new_sparse(indices, values), "terms"), one(VectorInput::new_dense(dense), "dense")]
}

async fn qdrant(urls: &str, chunks: u64, [shards, replicas]: [u32; 2], briefly: bool) {
    let store = QdrantStore::new(settings(urls, shards, replicas), ANALYSER).expect("a store");
    let (full, one) = indexed(&store, chunks, briefly).await;
    let first = urls.split(',').next().unwrap_or_default();
    let client = Qdrant::from_url(first)
        .skip_compatibility_check()
        .timeout(Duration::from_secs(300))
        .build()
        .expect("a client");
    let aliases = client.list_aliases().await.expect("aliases").aliases;
    let collection = aliases.first().expect("the live one").collection_name.clone();
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for at in 0..QUESTIONS {
        let query = question(at);
        let weights = weights(&store, &query).await;
        let batch = QueryBatchPointsBuilder::new(&collection, bare(&query, &weights, &collection)).build();
        let ours_of = timed(PassageStore::search(&store, &query));
        let theirs_of = timed(client.query_batch(batch));
        // Who asks second finds what the first one has read: each is first every other time.
        let (our, their) = if at % 2 == 0 {
            let our = ours_of.await;
            (our, theirs_of.await)
        } else {
            let their = theirs_of.await;
            (ours_of.await, their)
        };
        if at >= WARMING {
            ours.push(our);
            theirs.push(their);
        }
    }
    // Once more: what was found is known now.
    let mut again = Vec::new();
    for at in WARMING..QUESTIONS {
        let query = question(at);
        let began = Instant::now();
        PassageStore::search(&store, &query).await.expect("an answer");
        again.push(began.elapsed());
    }
    let ((p50, p99), (bare_p50, bare_p99)) = (percentiles(ours), percentiles(theirs));
    let again = percentiles(again).0;
    let upsert = match briefly {
        true => None,
        false => Some(upserted(&client, &collection, shards, replicas).await),
    };
    println!(
        "{}",
        json!({
            "store": "qdrant", "chunks": chunks, "index_s": rounded(full), "one_changed_s": one.map(rounded),
            "p50_ms": rounded(p50), "p99_ms": rounded(p99), "again_p50_ms": rounded(again),
            "bare_p50_ms": rounded(bare_p50), "bare_p99_ms": rounded(bare_p99), "overhead": rounded(p50 / bare_p50),
            "bare_upsert_s": upsert.map(rounded), "rate": upsert.map(|bare| rounded(bare / full)),
            "peak_mb": memory().round(),
        })
    );
}

/// What the terms of a question weigh in this index.
async fn weights(store: &QdrantStore, query: &StoreQuery) -> HashMap<String, f32> {
    let nothing = StoreQuery { n_candidates: 0, ..query.clone() };
    let told = PassageStore::search(store, &nothing).await.expect("an answer").terms;
    told.into_iter().filter(|term| term.known).map(|term| (term.term, term.idf)).collect()
}

async fn timed<T, E: std::fmt::Debug>(asked: impl Future<Output = Result<T, E>>) -> Duration {
    let began = Instant::now();
    asked.await.expect("an answer");
    began.elapsed()
}

/// A vector that was read, to be written.
fn again(vector: vector_output::Vector) -> Option<Vector> {
    match vector {
        vector_output::Vector::Dense(dense) => Some(dense.into()),
        vector_output::Vector::Sparse(sparse) => Some(sparse.into()),
        _ => None,
    }
}

/// Seconds that the same points take in a bare loop: batches of the same size, as many under way, until all are indexed.
async fn upserted(client: &Qdrant, collection: &str, shards: u32, replicas: u32) -> f64 {
    let mut points: Vec<PointStruct> = Vec::new();
    let mut offset = None;
    loop {
        let mut page = ScrollPointsBuilder::new(collection).limit(1000).with_payload(true).with_vectors(true);
        if let Some(offset) = offset.take() {
            page = page.offset::<qdrant_client::qdrant::PointId>(offset);
        }
        let page = client.scroll(page).await.expect("a page");
        for point in page.result {
            let Some(VectorsOptions::Vectors(named)) = point.vectors.and_then(|all| all.vectors_options)
            else {
                continue;
            };
            let named = named
                .vectors
                .into_iter()
                .filter_map(|(name, vector)| Some((name, again(vector.into_vector())?)));
            let vectors = Vectors::from(named.collect::<HashMap<String, Vector>>());
            points.push(PointStruct { id: point.id, payload: point.payload, vectors: Some(vectors) });
        }
        offset = page.next_page_offset;
        if offset.is_none() {
            break;
        }
    }
    let began = Instant::now();
    let info =
        client.collection_info(collection).await.expect("a collection").result.expect("its description");
    let params = info.config.and_then(|config| config.params).expect("its settings");
    let made = qdrant_client::qdrant::CreateCollection {
        collection_name: "bare".into(),
        vectors_config: params.vectors_config,
        sparse_vectors_config: params.sparse_vectors_config,
        shard_number: Some(shards),
        replication_factor: Some(replicas),
        ..Default::default()
    };
    client.create_collection(made).await.expect("a collection");
    // What is filtered by has to be indexed, whoever writes.
    for (field, kind) in FILTERED {
        let index = CreateFieldIndexCollectionBuilder::new("bare", field, kind).wait(true);
        client.create_field_index(index).await.expect("an index");
    }
    let mut under_way = tokio::task::JoinSet::new();
    for batch in points.chunks(128) {
        if under_way.len() >= 4 {
            under_way.join_next().await;
        }
        let (client, batch) = (client.clone(), batch.to_vec());
        under_way.spawn(async move {
            client
                .upsert_points(UpsertPointsBuilder::new("bare", batch).wait(true))
                .await
                .expect("an upsert");
        });
    }
    while under_way.join_next().await.is_some() {}
    while client
        .collection_info("bare")
        .await
        .expect("a collection")
        .result
        .is_none_or(|info| info.status != 1)
    {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let seconds = began.elapsed().as_secs_f64();
    client.delete_collection("bare").await.expect("it is removed");
    seconds
}

#[tokio::main]
async fn main() {
    let mut args: Vec<String> = std::env::args().skip(1).collect();
    let briefly = args.pop_if(|last| last == "briefly").is_some();
    let number = |at: usize| args.get(at).and_then(|text| text.parse::<u64>().ok());
    match (args.first().map(String::as_str), args.get(1), number(2)) {
        (Some("embedded"), Some(folder), Some(chunks)) => embedded(folder, chunks, briefly).await,
        (Some("qdrant"), Some(urls), Some(chunks)) => {
            let spread = [3, 4].map(|at| number(at).map_or(1, |n| n as u32));
            qdrant(urls, chunks, spread, briefly).await;
        }
        _ => println!("store_bench embedded FOLDER CHUNKS | qdrant URLS CHUNKS SHARDS REPLICAS [briefly]"),
    }
}
