//! What is stored of a chunk: its vectors, what it is filtered by, and itself as JSON.

use std::collections::HashMap;

use qdrant_client::qdrant::{
    Condition, CreateCollection, DenseVector, Distance, FieldType, Filter, HnswConfigDiff, ListValue,
    NamedVectors, PointStruct, QuantizationConfig, QuantizationType, ScalarQuantization, SparseIndexConfig,
    SparseVector, SparseVectorConfig, SparseVectorParams, Value, Vector, VectorParams, VectorParamsMap,
    Vectors, VectorsConfig, VectorsOutput, quantization_config, value::Kind, vector, vector_output, vectors,
    vectors_config, vectors_output,
};
use serde::{Deserialize, Serialize};
use siren_domain::Chunk;
use siren_domain::ports::{StoreError, StoreQuery};

use super::names::{damaged, point};
use super::{QdrantSettings, bm25};

/// The vector of what a chunk means.
pub(super) const DENSE: &str = "dense";
/// The vector of its terms.
pub(super) const TERMS: &str = "terms";
pub(super) const DOCUMENT: &str = "document";
const GROUPS: &str = "groups";
const YEARS: &str = "years";
const FACETS: &str = "facets";
/// Terms in the chunk, repeated ones as often as they occur.
const LENGTH: &str = "length";
pub(super) const CHUNK: &str = "chunk";
/// The year of a chunk that names none.
const NO_YEAR: i64 = 0;

/// What is filtered by, and how it is indexed.
pub(super) const FILTERED: [(&str, FieldType); 4] = [
    (DOCUMENT, FieldType::Keyword),
    (GROUPS, FieldType::Keyword),
    (FACETS, FieldType::Keyword),
    (YEARS, FieldType::Integer),
];

/// A chunk on its way into a generation.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Prepared {
    pub(super) id: String,
    document: String,
    groups: Vec<String>,
    years: Vec<u16>,
    facets: Vec<String>,
    /// Places of its terms, each with how often the term occurs.
    pub(super) terms: Vec<(u32, u32)>,
    pub(super) length: u32,
    #[serde(skip)]
    pub(super) vector: Option<Vec<f32>>,
    #[serde(skip)]
    pub(super) chunk: String,
}

impl Prepared {
    pub(super) fn new(
        chunk: &Chunk,
        years: Vec<u16>,
        terms: Vec<(u32, u32)>,
        length: u32,
        vector: Option<Vec<f32>>,
    ) -> serde_json::Result<Self> {
        let meta = &chunk.document;
        Ok(Self {
            id: chunk.id.clone(),
            document: meta.id.as_str().to_owned(),
            groups: meta.access.clone(),
            years,
            facets: meta.facets(),
            terms,
            length,
            vector,
            chunk: serde_json::to_string(chunk)?,
        })
    }

    /// As it is stored in a generation whose chunks have so many terms on average.
    pub(super) fn into_point(self, average: f64) -> PointStruct {
        let norm = bm25::norm(self.length, average);
        let weighed = self.terms.iter().map(|(place, times)| (*place, bm25::weight(*times, norm)));
        let (indices, values) = weighed.unzip();
        let years = self.years.iter().map(|year| i64::from(*year));
        let years = years.chain(self.years.is_empty().then_some(NO_YEAR));
        let payload = [
            (DOCUMENT, Value::from(self.document)),
            (GROUPS, list(self.groups.into_iter().map(Value::from))),
            (FACETS, list(self.facets.into_iter().map(Value::from))),
            (YEARS, list(years.map(Value::from))),
            (LENGTH, Value::from(i64::from(self.length))),
            (CHUNK, Value::from(self.chunk)),
        ];
        PointStruct {
            id: Some(point(&[&self.id])),
            payload: payload.into_iter().map(|(key, value)| (key.to_owned(), value)).collect(),
            vectors: Some(named(SparseVector { values, indices }, self.vector)),
        }
    }
}

fn list(values: impl Iterator<Item = Value>) -> Value {
    Value::from(Kind::ListValue(ListValue { values: values.collect() }))
}

fn named(terms: SparseVector, dense: Option<Vec<f32>>) -> Vectors {
    let vector = |one: vector::Vector| Vector { vector: Some(one), ..Vector::default() };
    let mut vectors = HashMap::new();
    if !terms.indices.is_empty() {
        vectors.insert(TERMS.to_owned(), vector(vector::Vector::Sparse(terms)));
    }
    if let Some(data) = dense {
        vectors.insert(DENSE.to_owned(), vector(vector::Vector::Dense(DenseVector { data })));
    }
    Vectors { vectors_options: Some(vectors::VectorsOptions::Vectors(NamedVectors { vectors })) }
}

/// A point of one generation, ready for the next.
#[derive(Debug)]
pub(super) struct Carried {
    pub(super) point: PointStruct,
    /// Places of its terms.
    pub(super) places: Vec<u32>,
}

/// Weighs a chunk anew for a generation with another average length. Its terms stay as they are, and so does all else.
pub(super) fn carried(
    id: Option<qdrant_client::qdrant::PointId>,
    payload: HashMap<String, Value>,
    stored: Option<VectorsOutput>,
    averages: (f64, f64),
) -> Result<Carried, StoreError> {
    let (before, now) = averages;
    let length = payload.get(LENGTH).and_then(Value::as_integer);
    let length = length.and_then(|length| u32::try_from(length).ok());
    let length = length.ok_or_else(|| damaged("a chunk", &"it does not tell its length"))?;
    let (old, new) = (bm25::norm(length, before), bm25::norm(length, now));
    let (mut terms, dense) = vectors_of(stored);
    if old.to_bits() != new.to_bits() {
        for value in &mut terms.values {
            *value = bm25::weight(bm25::times(*value, old), new);
        }
    }
    let places = terms.indices.clone();
    Ok(Carried { point: PointStruct { id, payload, vectors: Some(named(terms, dense)) }, places })
}

/// The terms and the meaning of a stored point.
pub(super) fn vectors_of(stored: Option<VectorsOutput>) -> (SparseVector, Option<Vec<f32>>) {
    let (mut terms, mut dense) = (SparseVector::default(), None);
    let Some(vectors_output::VectorsOptions::Vectors(named)) = stored.and_then(|all| all.vectors_options)
    else {
        return (terms, dense);
    };
    for vector in named.vectors.into_values() {
        match vector.into_vector() {
            vector_output::Vector::Sparse(sparse) => terms = sparse,
            vector_output::Vector::Dense(DenseVector { data }) => dense = Some(data),
            _ => {}
        }
    }
    (terms, dense)
}

/// The chunk of a stored point.
pub(super) fn chunk_of(payload: &HashMap<String, Value>) -> Result<Chunk, StoreError> {
    let text = payload.get(CHUNK).and_then(Value::as_str).map_or("", String::as_str);
    serde_json::from_str(text).map_err(|error| damaged("a chunk", &error))
}

/// The text of a payload's field.
pub(super) fn text_of<'p>(payload: &'p HashMap<String, Value>, field: &str) -> &'p str {
    payload.get(field).and_then(Value::as_str).map_or("", String::as_str)
}

/// What the asker may read, of the years and facets asked about.
pub(super) fn readable(query: &StoreQuery) -> Filter {
    let mut must = vec![Condition::matches(GROUPS, query.groups.clone())];
    must.extend(query.facets.iter().map(|one_of| Condition::matches(FACETS, one_of.clone())));
    if !query.years.is_empty() {
        let years = query.years.iter().map(|year| i64::from(*year)).chain([NO_YEAR]);
        must.push(Condition::matches(YEARS, years.collect::<Vec<i64>>()));
    }
    Filter { must, ..Filter::default() }
}

/// Chunks of these documents.
pub(super) fn of_documents(ids: Vec<String>) -> Condition {
    Condition::matches(DOCUMENT, ids)
}

/// Chunks that one of these groups may read.
pub(super) fn for_groups(groups: &[String]) -> Condition {
    Condition::matches(GROUPS, groups.to_vec())
}

/// The collection of a generation, for vectors of this length, if it has any.
#[expect(deprecated, reason = "what replaces these fields is not known to servers before 1.17")]
pub(super) fn collection(
    name: String,
    settings: &QdrantSettings,
    dimensions: Option<u64>,
) -> CreateCollection {
    let quantised = settings.quantised.then(|| QuantizationConfig {
        quantization: Some(quantization_config::Quantization::Scalar(ScalarQuantization {
            r#type: QuantizationType::Int8.into(),
            always_ram: Some(true),
            ..ScalarQuantization::default()
        })),
    });
    let dense = dimensions.map(|size| VectorParams {
        size,
        // Vectors come with a length of 1: their product is the cosine.
        distance: Distance::Dot.into(),
        on_disk: Some(settings.on_disk),
        quantization_config: quantised,
        hnsw_config: Some(HnswConfigDiff { on_disk: Some(settings.on_disk), ..HnswConfigDiff::default() }),
        ..VectorParams::default()
    });
    let map = dense.into_iter().map(|params| (DENSE.to_owned(), params)).collect();
    let index = SparseIndexConfig { on_disk: Some(settings.on_disk), ..SparseIndexConfig::default() };
    let terms = SparseVectorParams { index: Some(index), ..SparseVectorParams::default() };
    CreateCollection {
        collection_name: name,
        shard_number: Some(settings.shards),
        replication_factor: Some(settings.replicas),
        write_consistency_factor: Some(settings.write_consistency),
        on_disk_payload: Some(true),
        vectors_config: Some(VectorsConfig {
            config: Some(vectors_config::Config::ParamsMap(VectorParamsMap { map })),
        }),
        sparse_vectors_config: Some(SparseVectorConfig { map: [(TERMS.to_owned(), terms)].into() }),
        ..CreateCollection::default()
    }
}
